public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// Maps a range of physical addresses.
  ///
  /// The corresponding kernel routine is `MmMapIoSpace`.
  ///
  /// - Returns: The virtual address of the first byte, or NULL.
  public func mapIOSpace(
    _ physical: PhysicalAddress,
    byteCount: Int,
    isCached: Bool
  ) throws -> VirtualAddress {
    try mapIOSpace(
      physical,
      byteCount: byteCount,
      isCached ? .writable : [.writable, .cacheDisabled, .writeThrough],
      .ioSpace,
      "MmMapIoSpace"
    )
  }

  /// Returns how a caller of `MmMapIoSpace` wants the pages to be cached.
  ///
  /// The third argument was a `BOOLEAN`, of which only the lowest byte counts, before it became a
  /// `MEMORY_CACHING_TYPE` (KD-047).
  func cachingType(_ argument: UInt32, _ routine: String) throws -> CachingType {
    if !behaviour.mapIoSpaceTakesCachingType { return argument & 0xFF == 0 ? .noncached : .cached }
    guard let type = CachingType(rawValue: argument) else {
      throw Unmodelled("\(routine) with cache type \(argument)")
    }
    return type
  }

  /// Maps a range of physical addresses with the bits of its page-table entries.
  func mapIOSpace(
    _ physical: PhysicalAddress,
    byteCount: Int,
    _ options: HardwarePTE,
    _ kind: OtherRun.Kind,
    _ routine: String
  ) throws -> VirtualAddress {
    guard byteCount > 0 else { throw Unmodelled("\(routine) of no bytes") }
    guard byteCount <= systemPTEs.freeCount * 4096 else { return .null }
    let pageCount = (physical.offsetInFrame + byteCount - 1) / 4096 + 1
    guard pageCount <= systemPTEs.freeCount else { return .null }
    let first = physical.rawValue >> 12
    guard first + UInt64(pageCount) <= UInt64(FrameNumber.max) else {
      throw Unmodelled("\(routine) above 16 TiB")
    }
    let frames = FrameNumber(first)..<FrameNumber(first) + FrameNumber(pageCount)
    if behaviour.mapIoSpaceRefusesPageTables,
      frames.contains(where: { self.frames.use(of: $0) == .pageTable })
    {
      return .null
    }
    checkContiguity(frames, routine)
    guard let base = try reserve(pageCount, in: systemPTEs, kind) else { return .null }
    try map(frames, at: base, options.union(.present))
    return base + physical.offsetInFrame
  }

  /// Removes a mapping of physical addresses.
  ///
  /// The corresponding kernel routine is `MmUnmapIoSpace`.
  ///
  /// - Throws: The ``BugCheck`` `SYSTEM_PTE_MISUSE` for an address that is no such mapping;
  ///   ``Unmodelled`` where a release's answer is not documented.
  public func unmapIOSpace(_ address: VirtualAddress, byteCount: Int) throws {
    try unmapIOSpace(address, byteCount: byteCount, .ioSpace, "MmUnmapIoSpace")
  }

  func unmapIOSpace(
    _ address: VirtualAddress,
    byteCount: Int,
    _ kind: OtherRun.Kind,
    _ routine: String
  ) throws {
    let base = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    let pageCount = (min(max(byteCount, 0), 1 << 40) + address.offsetInPage + 4095) / 4096
    guard let run = otherRuns[base], run.kind == kind else {
      guard kind == .ioSpace, behaviour.unmappingUnknownIoSpaceStops else {
        throw Unmodelled("\(routine) of an address that is not mapped")
      }
      throw BugCheck(.systemPTEMisuse, 0x400, address.rawValue, UInt64(pageCount))
    }
    guard run.pageCount == pageCount else {
      throw Unmodelled("\(routine) of \(pageCount) of the \(run.pageCount) pages that are mapped")
    }
    _ = release(base, in: systemPTEs, kind)
    unmap(run.pageCount, at: base)
  }

  /// Returns the bits of page-table entries for a `PAGE_…` protection.
  ///
  /// `nf-wdm-mmmapiospaceex`: one of five protections, and `PAGE_NOCACHE` or `PAGE_WRITECOMBINE`.
  func options(ofProtection protection: UInt32, _ routine: String) throws -> HardwarePTE {
    let access: HardwarePTE? =
      switch protection & 0xFF {
      case 0x02: .noExecute  // PAGE_READONLY
      case 0x04: [.noExecute, .writable]  // PAGE_READWRITE
      case 0x10, 0x20: []  // PAGE_EXECUTE, which x86 cannot keep from being read, and _READ
      case 0x40: .writable  // PAGE_EXECUTE_READWRITE
      default: nil
      }
    let caching: CachingType? =
      switch protection & ~0xFF {
      case 0: .cached
      case 0x200: .noncached  // PAGE_NOCACHE
      case 0x400: .writeCombined  // PAGE_WRITECOMBINE
      default: nil
      }
    guard let access, let caching else {
      throw Unmodelled("\(routine) with protection 0x\(String(protection, radix: 16))")
    }
    return access.union(caching.options)
  }

  /// Allocates an MDL for ranges of physical addresses that are not memory.
  ///
  /// The corresponding kernel routine is `MmAllocateMdlForIoSpace`. `MDL_PAGES_LOCKED` beside
  /// `MDL_IO_SPACE` is inferred from the documentation, which has drivers map the MDL as it is.
  ///
  /// - Returns: `STATUS_INVALID_PARAMETER_1` for a range that is memory or not of whole pages,
  ///   `STATUS_INSUFFICIENT_RESOURCES` without pool for the MDL.
  func allocateIOSpaceMDL(
    _ list: VirtualAddress,
    count: GuestWord,
    _ result: GuestPointer<VirtualAddress>
  ) throws -> NTStatus {
    let routine = "MmAllocateMdlForIoSpace"
    // Each entry has a page at least, and all have less than 4 GiB.
    guard 1...0xF_FFFF ~= count.rawValue else {
      throw Unmodelled("\(routine) of \(count.rawValue) ranges")
    }
    var pages: [Range<FrameNumber>] = []
    var pageCount = 0
    for index in 0..<count.byteCount {
      // MM_PHYSICAL_ADDRESS_LIST: the address, and the number of bytes.
      let physical = try memory.load(PhysicalAddress.self, at: list + index * 16)
      let byteCount = try memory.load(GuestWord.self, at: list + (index * 16 + 8)).rawValue
      guard byteCount > 0, byteCount < 1 << 32, physical.rawValue < 1 << 43 else {
        throw Unmodelled("\(routine) of an empty range, of 4 GiB or above 8 TiB")
      }
      guard physical.offsetInFrame == 0, byteCount & 0xFFF == 0 else { return .invalidParameter1 }
      let range = physical.frame..<physical.frame + FrameNumber(byteCount >> 12)
      guard !range.contains(where: isMemory(_:)) else { return .invalidParameter1 }
      pages.append(range)
      pageCount += range.count
      guard pageCount < 1 << 20 else { throw Unmodelled("\(routine) of 4 GiB") }
    }
    let size = mdlSize(for: .null, byteCount: pageCount * 4096)
    guard let block = try allocatePool(size, .nonpaged, tag: 0x206C_644D, caller: context.caller)
    else { return .insufficientResources }
    let mdl = GuestPointer<MDL>(block)
    try initializeMDL(mdl, for: .null, byteCount: pageCount * 4096)
    try memory.modify(mdl) { mdl in
      mdl.flags = [.ioSpace, .pagesLocked]
      mdl.process = .null
      mdl.mappedSystemVA = .null
    }
    let array = MDL.pageFrames(of: mdl, on: memory.architecture)
    for (index, frame) in pages.joined().enumerated() { try storePageFrame(frame, index, array) }
    try memory.store(block, at: result.address)
    return .success
  }

  /// Whether the system uses a frame as memory.
  func isMemory(_ frame: FrameNumber) -> Bool {
    frames.ram.contains(frame) && frames.use(of: frame) != .reserved
  }
}
