internal import GuestABI

/// The places in a range of memory-mapped I/O that stand for watched pages.
struct WatchedPages {
  /// Where the range is in physical memory: above all memory that a machine has.
  static var base: UInt64 { 0x8_0000_0000 }
  /// The number of places.
  ///
  /// When they are used up, all translations are forgotten.
  static var count: Int { 1024 }
  static var byteCount: UInt64 { UInt64(count) * 4096 }

  private var pages: [VirtualAddress] = []
  private var frames: [FrameNumber] = []
  private var next = 0

  /// The place that was looked up last and not accessed since.
  private var fresh: Int?
  /// Where the next part of an access in parts would begin.
  private var continuation: VirtualAddress?

  /// Gives a watched page a place.
  ///
  /// - Returns: Its physical address, and whether the translations made before must be forgotten.
  mutating func place(_ page: VirtualAddress, _ frame: FrameNumber) -> (
    physical: UInt64, wraps: Bool
  ) {
    let wraps = next == Self.count
    if wraps { next = 0 }
    if next == pages.count {
      pages.append(page)
      frames.append(frame)
    } else {
      pages[next] = page
      frames[next] = frame
    }
    fresh = next
    continuation = nil
    defer { next += 1 }
    return (Self.base + UInt64(next) * 4096, wraps)
  }

  /// Finds what an offset in the range stands for.
  ///
  /// - Returns: The address, its frame, and whether this is the first access since the page was
  ///   looked up, or goes on where that access ended.
  mutating func resolve(
    _ offset: UInt64,
    _ size: Int
  ) -> (address: VirtualAddress, frame: FrameNumber, isFirst: Bool)? {
    let place = Int(offset >> 12)
    guard place < pages.count else { return nil }
    let address = pages[place] + Int(offset & 0xFFF)
    let isFirst = fresh == place || continuation == address
    fresh = nil
    // Unicorn hands over at most four bytes at a time.
    continuation = isFirst && size == 4 ? address + 4 : nil
    return (address, frames[place], isFirst)
  }
}
