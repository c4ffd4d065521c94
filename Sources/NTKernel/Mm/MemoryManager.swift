public import GuestABI
public import NTReleases
internal import NTStructures

/// The memory manager: the routines whose names begin with `Mm`, and the pools.
public final class MemoryManager {
  /// The memory that is in force.
  public let memory: AddressSpace
  /// Where the regions of the address space are.
  public let layout: SystemLayout
  /// What this release does.
  public let behaviour: Behaviour
  /// How the documents of releases before NT 4.0 SP4 are read (KD-002).
  public let reading: Reading
  /// What every frame is used for.
  public let frames: PFNDatabase
  /// The call that is being carried out.
  public let context: CallContext
  /// Whether accesses to mapped pages and to freed pool are checked to the byte.
  ///
  /// Without that, what a driver does is the same, and less is found.
  public var checksAccesses = true
  /// Whether a frame of the driver might handle an exception; nil without a processor.
  var mayHandleException: (() -> Bool)?
  /// The calls that map pages for user mode which were looked at.
  var guardedCalls: Set<VirtualAddress> = []
  /// What takes note of events.
  public weak var sink: (any KernelEventSink)?

  /// The memory of the system process, in which drivers are initialised.
  public let systemSpace: ProcessAddressSpace
  /// The memory of the process that is the current one.
  public internal(set) var currentSpace: ProcessAddressSpace
  /// The memory of every process that has not ended, the system's first.
  public internal(set) var spaces: [ProcessAddressSpace]

  let systemPTEs: PTERegion
  let kernelStacks: PTERegion
  let driverImages: PTERegion
  let nonpagedPool: Pool
  let pagedPool: Pool

  /// The mappings of MDLs, by the owner numbers of their runs.
  var mappings: [MDLMapping?] = [nil]
  var freeMappings: [UInt32] = []
  /// The runs of system addresses that are not mappings of MDLs, by their first address.
  var otherRuns: [VirtualAddress: OtherRun] = [:]
  /// The pages that were allocated for MDLs.
  var pageAllocations = PageAllocations()
  /// The pages that each locked MDL holds, by the MDL's address.
  var locks: [VirtualAddress: LockedPages] = [:]
  /// What happens before a page is first accessed, by the page's address.
  var firstAccessActions: [VirtualAddress: () throws -> Void] = [:]
  /// The structures whose fields are not documented, by their pages.
  var opaqueStructures: [VirtualAddress: OpaqueStructure] = [:]
  /// What went wrong in one of those actions, which cannot be thrown where it happens.
  public internal(set) var failedAction: (any Error)?
  /// The ranges of system PTEs that drivers have reserved, by their first page.
  var reservedRanges: [VirtualAddress: ReservedRange] = [:]
  /// The ranges of user memory that drivers have secured, by their handles.
  var securedRanges: [VirtualAddress: SecuredRange] = [:]
  /// How often each section of a driver's image is locked, by its handle.
  var sectionLocks: [VirtualAddress: Int] = [:]
  /// The bytes of each MDL that was allocated and not freed, by its address.
  var allocatedMDLs: [VirtualAddress: Int] = [:]

  /// How many mappings for user mode each MDL has that has one.
  var userMappingCounts: [VirtualAddress: Int] = [:]
  /// The pages with freed blocks whose accesses are watched.
  var freedPages: [VirtualAddress: FreedPage] = [:]
  /// The freed blocks whose use was told.
  var reportedFreedBlocks: Set<VirtualAddress> = []
  /// The MDLs that were next to one that was freed, with the call that freed it.
  var orphanedMDLs: [VirtualAddress: VirtualAddress] = [:]
  /// The frames whose physical addresses drivers were told last.
  var physicalAnswers: [FrameNumber] = []
  var oldestAnswer = 0
  /// Whether a broken rule is being told.
  var isReporting = false
  /// What was done with MDLs and pool lately.
  var ledger = ObjectLedger()

  /// Creates a memory manager over page tables that map nothing.
  ///
  /// - Throws: ``Unmodelled`` if the machine is too small to hold its own tables.
  public init(
    memory: AddressSpace,
    frames: PFNDatabase,
    layout: SystemLayout,
    behaviour: Behaviour,
    reading: Reading,
    context: CallContext
  ) throws {
    self.memory = memory
    self.frames = frames
    self.layout = layout
    self.behaviour = behaviour
    self.reading = reading
    self.context = context
    systemPTEs = PTERegion(layout.systemPTEs, limit: layout.limits.systemPTEs)
    systemSpace = ProcessAddressSpace(layout, memory.tables)
    currentSpace = systemSpace
    spaces = [systemSpace]
    kernelStacks = PTERegion(layout.kernelStacks)
    driverImages = PTERegion(layout.driverImages)
    let granule = behaviour.poolGranularity(pointerSize: memory.architecture.pointerSize)
    nonpagedPool = Pool(
      layout.nonpagedPool,
      limit: layout.limits.nonpagedPool,
      granularity: granule,
      memory.architecture
    )
    pagedPool = Pool(
      layout.pagedPool,
      limit: layout.limits.pagedPool,
      granularity: granule,
      memory.architecture
    )
    try mapOntoThemselves(memory.tables)
    memory.observer = self
  }

  /// Makes the page tables visible at ``SystemLayout/pageTableBase``, as NT does on x86 and x64.
  func mapOntoThemselves(_ tables: PageTables) throws {
    switch tables.format {
    case .twoLevel:
      tables.store(
        HardwarePTE(tables.root.frame, [.present, .writable]),
        at: tables.root + 0x300 * 4
      )
    case .fourLevel:
      tables.store(
        HardwarePTE(tables.root.frame, [.present, .writable]),
        at: tables.root + Int(layout.pageTableBase.rawValue >> 39 & 0x1FF) * 8
      )
    case .pae:
      // The four page directories follow each other in the tables that they map.
      var directories: [FrameNumber] = []
      for index in 0..<4 {
        directories.append(try allocateTable())
        tables.store(HardwarePTE(directories[index], .present), at: tables.root + index * 8)
      }
      for (index, directory) in directories.enumerated() {
        tables.store(
          HardwarePTE(directory, [.present, .writable]),
          at: PhysicalAddress(frame: directories[3]) + index * 8
        )
      }
    }
  }

  func allocateTable() throws -> FrameNumber {
    guard let frame = frames.allocateZeroed(.pageTable) else {
      throw Unmodelled("running out of physical memory for page tables")
    }
    memory.ram.markPageTable(frame)
    return frame
  }

  func makeEntry(for address: VirtualAddress) throws -> PhysicalAddress {
    var isNew = false
    let entry = try memory.tables.makeEntry(for: address) {
      isNew = true
      return try allocateTable()
    }
    if isNew { shareSystemEntry(for: address) }
    return entry
  }

  /// Maps frames at consecutive pages that are not mapped.
  func map(
    _ pages: some Collection<FrameNumber>,
    at address: VirtualAddress,
    _ options: HardwarePTE
  ) throws {
    var entry = PhysicalAddress(rawValue: 0)
    let entrySize = memory.tables.format.entrySize
    for (index, frame) in pages.enumerated() {
      if index == 0 || entry.offsetInFrame == 0 {
        entry = try makeEntry(for: address + index * 4096)
      }
      memory.tables.store(HardwarePTE(frame, options), at: entry)
      entry = entry + entrySize
    }
  }

  /// Unmaps consecutive pages.
  func unmap(_ count: Int, at address: VirtualAddress) {
    var entry: PhysicalAddress?
    let entrySize = memory.tables.format.entrySize
    for index in 0..<count {
      let page = address + index * 4096
      if index == 0 || entry?.offsetInFrame == 0 { entry = memory.tables.entry(for: page) }
      guard let place = entry else { continue }
      memory.tables.store([], at: place)
      memory.invalidate(page)
      entry = place + entrySize
    }
  }

  /// Maps new zeroed frames at consecutive pages.
  ///
  /// - Returns: Whether there were enough frames; if not, nothing is mapped.
  func mapNewPages(
    _ count: Int,
    at address: VirtualAddress,
    _ options: HardwarePTE,
    _ use: PFNDatabase.Use
  ) throws -> Bool {
    // A few frames stay in reserve for page tables.
    guard frames.freeCount > count + 64 else { return false }
    var pages: [FrameNumber] = []
    pages.reserveCapacity(count)
    for _ in 0..<count {
      if let frame = frames.allocateZeroed(use) { pages.append(frame) }
    }
    try map(pages, at: address, options)
    let type = CachingType(options)
    for (index, frame) in pages.enumerated() {
      frames.setPage(address + index * 4096, of: frame)
      frames.setCachingType(type, of: frame)
    }
    return true
  }

  /// Unmaps consecutive pages and gives their frames back.
  func unmapAndFree(_ count: Int, at address: VirtualAddress) {
    for index in 0..<count {
      if let page = memory.tables.translate(address + index * 4096) {
        frames.dereference(page.frame)
      }
    }
    unmap(count, at: address)
  }
}

/// Pages of a region that are not a mapping of an MDL.
struct OtherRun {
  enum Kind {
    case ioSpace, videoDisplay, contiguous, noncached, physicalView, userBuffer, stack, image
  }
  let kind: Kind
  let pageCount: Int
  /// The driver's call that made it.
  let caller: VirtualAddress
}

/// The frames that a lock holds.
struct LockedPages {
  let frames: [FrameNumber]
  let caller: VirtualAddress
  /// The process whose pages they are, or nil for pages of the system.
  let space: ProcessAddressSpace?
}
