public import GuestABI
internal import Snapshots

/// A range of virtual addresses whose pages are reserved in runs: the system PTEs, for example.
///
/// Reserving looks for a free run from where the last one ended, so the time does not grow with the
/// number of runs in use, and an address that was released is reused as late as possible. Every
/// run is followed by a page that stays unmapped, so that an access past its end faults.
public final class PTERegion {
  /// The addresses.
  public let range: Range<VirtualAddress>

  /// The most pages that may be reserved, as the release counts them: it knows no guard pages.
  public let limit: Int

  /// The pages that are reserved, without guard pages.
  public private(set) var usedCount = 0

  /// The pages that may still be reserved, without guard pages.
  public var freeCount: Int { limit - usedCount }

  private let pageCount: Int
  /// Whether the addresses can end before the release's limit.
  private let isShort: Bool
  private let words: JournaledBuffer<UInt64>
  private var cursor = 0
  /// For each page of a run, its owner's number.
  private let owners: JournaledBuffer<UInt32>

  /// Creates a region in which only the first page is taken, by a guard.
  ///
  /// - Parameters:
  ///   - range: The addresses.
  ///   - limit: The most pages that may be reserved, or nil if only the addresses limit them.
  public init(_ range: Range<VirtualAddress>, limit: Int? = nil) {
    self.range = range
    pageCount = range.pageCount
    self.limit = limit ?? pageCount - 1
    isShort = limit.map { Self.pageCount(for: $0) > range.pageCount } ?? false
    words = JournaledBuffer(repeating: 0, count: (pageCount + 63) / 64)
    owners = JournaledBuffer(repeating: 0, count: pageCount)
    mark(0..<1, isUsed: true)
    // The bits past the last page are never free.
    if pageCount % 64 != 0 { words[words.count - 1] |= ~0 << UInt64(pageCount % 64) }
  }

  /// The pages of a region that has room for single pages up to a limit, and a guard for each.
  static func pageCount(for limit: Int) -> Int { 2 * limit + 1 }

  /// Reserves pages and a guard page behind them.
  ///
  /// - Parameters:
  ///   - count: The number of pages, without the guard; at least 1.
  ///   - owner: A number to find the run's owner by; not 0. A run without one has none to find.
  ///   - alignment: A power of two of pages.
  /// - Returns: The first address, or nil if the limit is reached, or no run is long enough.
  /// - Throws: ``Unmodelled`` if no run is long enough, but the release has more addresses than the region.
  public func reserve(
    _ count: Int,
    owner: UInt32?,
    alignment: Int = 1
  ) throws(Unmodelled) -> VirtualAddress? {
    guard count <= freeCount else { return nil }
    let needed = count + 1
    guard
      let first = findRun(needed, from: cursor, to: pageCount, alignment)
        ?? findRun(needed, from: 0, to: min(cursor + needed, pageCount), alignment)
    else {
      if isShort { throw Unmodelled("as many system addresses as the release has") }
      return nil
    }
    mark(first..<first + needed, isUsed: true)
    if let owner { for page in first..<first + count { owners[page] = owner } }
    cursor = first + needed
    return range.lowerBound + first * 4096
  }

  /// What is at pages that a caller asks for.
  enum Occupancy {
    /// Nothing: they can be reserved.
    case free
    /// A run that has an owner.
    case owned
    /// The pages beside a run, or one without an owner.
    case other
  }

  /// Returns what is at pages of the region, and the guard behind them.
  ///
  /// - Parameters:
  ///   - address: The first page, which must be in the region.
  ///   - count: The number of pages, without the guard; at least 1.
  /// - Returns: What is there.
  func occupancy(of address: VirtualAddress, _ count: Int) -> Occupancy {
    let first = page(of: address)
    guard count < pageCount - first else { return .other }
    if (first..<first + count).contains(where: { owners[$0] != 0 }) { return .owned }
    let isFree = (first...first + count).allSatisfy {
      words[$0 >> 6] >> UInt64($0 & 63) & 1 == 0
    }
    return isFree ? .free : .other
  }

  /// Reserves the pages at an address whose ``occupancy(of:_:)`` is free, and a guard behind them.
  func reserve(at address: VirtualAddress, _ count: Int, owner: UInt32) {
    let first = page(of: address)
    mark(first..<first + count + 1, isUsed: true)
    for page in first..<first + count { owners[page] = owner }
  }

  /// Gives pages of a run that has no owner to one, or takes them back with 0.
  func setOwner(_ owner: UInt32, of address: VirtualAddress, _ count: Int) {
    let first = page(of: address)
    for page in first..<first + count { owners[page] = owner }
  }

  /// Releases what ``reserve(_:owner:alignment:)`` returned for as many pages.
  public func release(_ address: VirtualAddress, _ count: Int) {
    let first = page(of: address)
    mark(first..<first + count + 1, isUsed: false)
    for page in first..<first + count { owners[page] = 0 }
  }

  /// Returns the owner of the run that an address is in, or nil if it is in none.
  public func owner(of address: VirtualAddress) -> UInt32? {
    guard range.contains(address) else { return nil }
    let owner = owners[page(of: address)]
    return owner == 0 ? nil : owner
  }

  private func page(of address: VirtualAddress) -> Int {
    Int(address.pageNumber - range.lowerBound.pageNumber)
  }

  private func findRun(_ count: Int, from: Int, to limit: Int, _ alignment: Int) -> Int? {
    var first = (from + alignment - 1) & ~(alignment - 1)
    var page = first
    while first + count <= limit {
      if page == first + count { return first }
      let word = words[page >> 6] >> UInt64(page & 63)
      if word == 0 {
        // All the pages up to the end of the word are free.
        page = min(first + count, (page | 63) + 1)
      } else if word & 1 == 0 {
        page = min(first + count, page + word.trailingZeroBitCount)
      } else {
        // Go on behind the pages in use.
        page += (~word).trailingZeroBitCount
        first = (page + alignment - 1) & ~(alignment - 1)
        page = first
      }
    }
    return nil
  }

  private func mark(_ pages: Range<Int>, isUsed: Bool) {
    for page in pages {
      let bit: UInt64 = 1 << UInt64(page & 63)
      if isUsed { words[page >> 6] |= bit } else { words[page >> 6] &= ~bit }
    }
    // The last page is a guard.
    usedCount += isUsed ? pages.count - 1 : 1 - pages.count
  }
}
