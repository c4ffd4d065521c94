public import Snapshots

/// The memory that a guest address refers to, as one set of page tables maps it.
///
/// Translations are cached, as a processor does; whoever changes a page table says so with
/// ``invalidate(_:)``. An address space belongs to the thread that runs its machine, so it is not
/// `Sendable`.
public final class AddressSpace: StateSaving {
  /// One line of the software translation cache.
  @usableFromInline
  struct Line {
    @usableFromInline var tag: UInt64
    @usableFromInline var host: UnsafeMutableRawPointer
    @usableFromInline var isWritable: Bool
  }

  @usableFromInline static var lineCount: Int { 256 }

  /// The architecture whose layouts and pointer width this memory uses.
  public let architecture: Architecture

  /// The page tables that are in force.
  public private(set) var tables: PageTables

  /// The memory that the tables and their pages are in.
  public let ram: GuestRAM

  /// What watches the watched pages.
  public unowned var observer: (any MemoryObserver)?

  /// Whether translations have changed in a way that an engine must hear of before it runs.
  public private(set) var hasStaleTranslations = false

  /// Whether the guest may have changed page tables by itself.
  public var guestWritesPageTables = false

  @usableFromInline let lines: UnsafeMutablePointer<Line>

  /// Creates an address space.
  public init(architecture: Architecture, tables: PageTables) {
    self.architecture = architecture
    self.tables = tables
    ram = tables.ram
    lines = .allocate(capacity: Self.lineCount)
    let empty = Line(tag: .max, host: tables.ram.base, isWritable: false)
    lines.initialize(repeating: empty, count: Self.lineCount)
  }

  deinit { lines.deallocate() }

  /// Changes to other page tables, as a write to CR3 does.
  public func activate(_ tables: PageTables) {
    self.tables = tables
    invalidateAll()
  }

  /// Forgets the cached translation of one page, whose entry has changed.
  @inlinable
  public func invalidate(_ address: VirtualAddress) {
    lines[Int(truncatingIfNeeded: address.pageNumber & 0xFF)].tag = .max
    noteStaleTranslations()
  }

  /// Remembers which tables are in force, and forgets translations: a write through one that was made
  /// before would not be noted.
  public func saveState() -> () -> Void {
    invalidateAll()
    return { [unowned self, tables, guestWritesPageTables] in
      self.tables = tables
      self.guestWritesPageTables = guestWritesPageTables
      invalidateAll()
    }
  }

  /// Forgets all cached translations.
  public func invalidateAll() {
    forgetLines()
    noteStaleTranslations()
  }

  /// Forgets what this side has cached, where an engine's translations are still right.
  func forgetLines() {
    for index in 0..<Self.lineCount { lines[index].tag = .max }
  }

  @usableFromInline
  func noteStaleTranslations() { hasStaleTranslations = true }

  /// Says that an engine has forgotten its translations.
  public func clearStaleTranslations() { hasStaleTranslations = false }

  /// Says that an engine ran, so that page tables which the guest can write may have changed.
  @inlinable
  public func engineDidRun() {
    if guestWritesPageTables { invalidateAll() }
  }

  /// Records that an engine fetches instructions from a frame.
  public func markFetched(_ frame: FrameNumber) {
    guard !ram.isFetched(frame) else { return }
    ram.markFetched(frame)
    forgetLines()
  }

  /// Returns the host bytes behind a range that lies within one page.
  @inlinable
  @inline(__always)
  func host(
    at address: VirtualAddress,
    _ byteCount: Int,
    for access: GuestFault.Access
  ) throws(GuestFault) -> UnsafeMutableRawPointer {
    let page = address.pageNumber
    let line = lines[Int(truncatingIfNeeded: page & 0xFF)]
    if line.tag == page, access == .read || line.isWritable {
      return line.host + address.offsetInPage
    }
    return try fill(address, byteCount, for: access) + address.offsetInPage
  }

  /// Checks that a page can be accessed, as the processor in kernel mode does.
  ///
  /// - Parameters:
  ///   - address: An address in the page.
  ///   - access: What is to be done there.
  /// - Returns: The page's translation.
  /// - Throws: The ``GuestFault`` that the processor raises.
  public func translate(
    _ address: VirtualAddress,
    for access: GuestFault.Access
  ) throws(GuestFault) -> Translation {
    guard var page = tables.translate(address) else {
      throw GuestFault(at: address, access: access)
    }
    if access == .write && !page.isWritable || access == .execute && !page.isExecutable {
      throw GuestFault(at: address, access: access, reason: .protection)
    }
    guard ram.contains(page.frame) else {
      let physical = PhysicalAddress(frame: page.frame) + address.offsetInPage
      throw GuestFault(at: address, access: access, reason: .nothingAtPhysicalAddress(physical))
    }
    if access == .write, page.isWriteWatched { page.isWatched = true }
    return page
  }

  @usableFromInline
  func fill(
    _ address: VirtualAddress,
    _ byteCount: Int,
    for access: GuestFault.Access
  ) throws(GuestFault) -> UnsafeMutableRawPointer {
    let page = try translate(address, for: access)
    let host = ram.host(page.frame)
    if access == .write {
      ram.markDirty(page.frame)
      if ram.isFetched(page.frame) { ram.noteModifiedCode(page.frame) }
      if ram.isPageTable(page.frame) { invalidateAll() }
    }
    if page.isWatched {
      _ = observer?.observe(
        ObservedAccess(
          address: address,
          byteCount: byteCount,
          access: access,
          instruction: nil,
          isPrecise: true
        )
      )
      return host
    }
    if access == .write, ram.isFetched(page.frame) || ram.isPageTable(page.frame) {
      // Not cached: the next write is to be noted as well.
      return host
    }
    let line = Int(truncatingIfNeeded: address.pageNumber & 0xFF)
    lines[line] = Line(tag: address.pageNumber, host: host, isWritable: access == .write)
    return host
  }
}
