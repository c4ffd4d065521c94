public import GuestABI
internal import NTReleases

/// The memory of one process: its page tables, and what is mapped below the system's addresses.
///
/// Above them every process sees the same memory, because the entries of its top table are copies of
/// the others' ones.
public final class ProcessAddressSpace {
  /// The process, an `EPROCESS`, or null until it is made.
  public internal(set) var process = VirtualAddress.null
  /// The page tables that the processor uses while the process is the current one.
  public let tables: PageTables
  /// The pages that the process has locked: NT's `NumberOfLockedPages`.
  public internal(set) var lockedPageCount = 0
  /// Whether the process has ended.
  public internal(set) var isDeleted = false

  /// Addresses for mappings of locked pages and views.
  let mappings: PTERegion
  /// Addresses for buffers.
  let buffers: PTERegion
  /// The runs below the system's addresses that are not mappings of MDLs, by their first address.
  var runs: [VirtualAddress: OtherRun] = [:]

  init(_ layout: SystemLayout, _ tables: PageTables) {
    self.tables = tables
    mappings = PTERegion(layout.userMappings)
    buffers = PTERegion(layout.userBuffers)
  }
}

extension MemoryManager {
  /// The process in whose memory the current thread runs: its own, or the one it is attached to.
  public var currentProcess: VirtualAddress { currentSpace.process }

  var userPTEs: PTERegion { currentSpace.mappings }
  var userBuffers: PTERegion { currentSpace.buffers }

  /// The memory of a process, or nil if there is no such process or it has ended.
  public func space(of process: VirtualAddress) -> ProcessAddressSpace? {
    spaces.first { $0.process == process }
  }

  /// Makes the memory of a process the one that is in force, as loading CR3 does.
  public func activate(_ space: ProcessAddressSpace) {
    guard space !== currentSpace else { return }
    currentSpace = space
    memory.activate(space.tables)
  }

  /// Does something in the memory of a process.
  func within<Result>(
    _ space: ProcessAddressSpace,
    _ body: () throws -> Result
  ) rethrows -> Result {
    let before = currentSpace
    activate(space)
    defer { activate(before) }
    return try body()
  }

  /// Makes the memory of a new process, in which nothing is mapped but the system.
  ///
  /// - Throws: ``Unmodelled`` if there is no physical memory for its tables.
  public func makeAddressSpace() throws -> ProcessAddressSpace {
    let root = PhysicalAddress(frame: try allocateTable())
    let tables = PageTables(ram: memory.ram, format: memory.tables.format, root: root)
    let space = ProcessAddressSpace(layout, tables)
    try mapOntoThemselves(tables)
    let size = tables.format.entrySize
    for (source, target) in zip(systemEntries(systemSpace.tables), systemEntries(tables)) {
      for offset in stride(from: 0, to: source.count * size, by: size) {
        let pte = tables.load(source.first + offset)
        // The entries with which tables map themselves are each process's own.
        if pte.contains(.present), !tables.load(target.first + offset).contains(.present) {
          tables.store(pte, at: target.first + offset)
        }
      }
    }
    spaces.append(space)
    return space
  }

  /// Gives the memory of a process back, when its last thread is gone.
  ///
  /// What is mapped of other memory goes with it. Pages that are locked stay allocated as long as they
  /// are.
  ///
  /// - Throws: The ``BugCheck`` `PROCESS_HAS_LOCKED_PAGES` on releases that look (KD-034).
  public func delete(_ space: ProcessAddressSpace) throws {
    // In the order of addresses, so that the same seed gives the same run.
    for (mdl, lock) in locks.sorted(by: { $0.key < $1.key }) where lock.space === space {
      report(
        .pagesLockedAtExit,
        "the process ends while pages of it are locked by the MDL at \(mdl)",
        about: mdl,
        at: lock.caller
      )
      // What stops the system is told of the driver's call that locked the pages.
      context.caller = lock.caller
    }
    if space.lockedPageCount > 0, behaviour.processExitChecksLockedPages {
      let count = UInt64(space.lockedPageCount)
      throw BugCheck(.processHasLockedPages, 0, space.process.rawValue, count, 0)
    }
    within(space) {
      for (index, mapping) in mappings.enumerated() {
        if let mapping, mapping.process == space.process { discard(mapping, index) }
      }
      for (base, run) in space.runs.sorted(by: { $0.key < $1.key }) {
        if run.kind == .userBuffer {
          unmapAndFree(run.pageCount, at: base)
        } else {
          unmap(run.pageCount, at: base)
        }
      }
      space.runs = [:]
    }
    if currentSpace === space { activate(systemSpace) }
    freeTables(of: space)
    try unsecureAll(of: space.process)
    space.isDeleted = true
    spaces.removeAll { $0 === space }
  }

  /// The process into which an MDL is mapped at a user address, if it is one that is not current.
  func processOfMapping(at address: VirtualAddress, of mdl: VirtualAddress) -> VirtualAddress? {
    guard address < layout.userProbeAddress else { return nil }
    for space in spaces where space !== currentSpace {
      guard let owner = space.mappings.owner(of: address), let mapping = mappings[Int(owner)],
        mapping.mdl == mdl, mapping.base.pageNumber == address.pageNumber
      else { continue }
      return space.process
    }
    return nil
  }

  /// Removes a mapping of locked pages from a process that ends.
  private func discard(_ mapping: MDLMapping, _ index: Int) {
    report(
      .mappingLeftInProcess,
      "the process ends while the pages of the MDL at \(mapping.mdl) are mapped into it",
      mapping,
      at: mapping.caller
    )
    note(.unmapped, mapping.mdl, mapping.returned)
    unmap(mapping.pageCount, at: mapping.base)
    userPTEs.release(mapping.base, mapping.pageCount)
    mappings[index] = nil
    freeMappings.append(UInt32(index))
    forgetUserMapping(of: mapping.mdl)
    sink?.record(.unmapped(mapping))
  }

  /// The runs of entries that every process has of the system's memory: the upper half of the root,
  /// or of PAE's four directories the upper two.
  private func systemEntries(_ tables: PageTables) -> [(first: PhysicalAddress, count: Int)] {
    let size = tables.format.entrySize
    switch tables.format {
    case .twoLevel: return [(tables.root + 512 * size, 512)]
    case .fourLevel: return [(tables.root + 256 * size, 256)]
    case .pae:
      return [2, 3].map {
        (PhysicalAddress(frame: tables.load(tables.root + $0 * size).frame), 512)
      }
    }
  }

  /// Copies the entry of a system address that has become present into the tables of all processes.
  func shareSystemEntry(for address: VirtualAddress) {
    guard spaces.count > 1, layout.isSystem(address) else { return }
    let place = sharedEntry(for: address, memory.tables)
    let pte = memory.tables.load(place)
    for space in spaces where space !== currentSpace {
      space.tables.store(pte, at: sharedEntry(for: address, space.tables))
    }
  }

  private func sharedEntry(for address: VirtualAddress, _ tables: PageTables) -> PhysicalAddress {
    let size = tables.format.entrySize
    switch tables.format {
    case .twoLevel: return tables.root + Int(address.rawValue >> 22 & 0x3FF) * size
    case .fourLevel: return tables.root + Int(address.rawValue >> 39 & 0x1FF) * size
    case .pae:
      let directory = tables.load(tables.root + Int(address.rawValue >> 30 & 3) * size).frame
      return PhysicalAddress(frame: directory) + Int(address.rawValue >> 21 & 0x1FF) * size
    }
  }

  /// Frees the tables that only one process uses: the root, and what leads to user addresses.
  private func freeTables(of space: ProcessAddressSpace) {
    let tables = space.tables
    let top = tables.format.levelCount - 1
    let half = tables.format == .pae ? 2 : 1 << (tables.format.indexBitCount - 1)
    func free(_ table: PhysicalAddress, _ level: Int, _ count: Int) {
      if level > 0 {
        for index in 0..<count {
          let pte = tables.load(table + index * tables.format.entrySize)
          guard pte.contains(.present) else { continue }
          free(
            PhysicalAddress(frame: pte.frame),
            level - 1,
            tables.format.entryCount(level: level - 1)
          )
        }
      }
      give(table.frame)
    }
    func give(_ frame: FrameNumber) {
      memory.ram.unmarkPageTable(frame)
      frames.dereference(frame)
    }
    if tables.format == .pae {
      for index in [2, 3] {
        give(tables.load(tables.root + index * tables.format.entrySize).frame)
      }
    }
    free(tables.root, top, half)
  }
}
