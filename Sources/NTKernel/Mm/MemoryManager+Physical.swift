public import GuestABI
internal import NTReleases

extension MemoryManager {
  /// Reserves a run that is not a mapping of an MDL.
  func reserve(
    _ count: Int,
    in region: PTERegion,
    _ kind: OtherRun.Kind,
    alignment: Int = 1
  ) -> VirtualAddress? {
    guard let base = region.reserve(count, owner: nil, alignment: alignment) else { return nil }
    otherRuns[base] = OtherRun(kind: kind, pageCount: count)
    return base
  }

  func release(_ base: VirtualAddress, in region: PTERegion, _ kind: OtherRun.Kind) -> Int? {
    guard let run = otherRuns[base], run.kind == kind else { return nil }
    otherRuns[base] = nil
    region.release(base, run.pageCount)
    return run.pageCount
  }

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
    guard byteCount > 0 else { throw Unmodelled("MmMapIoSpace of no bytes") }
    let pageCount = (physical.offsetInFrame + byteCount - 1) / 4096 + 1
    guard pageCount <= systemPTEs.freeCount else { return .null }
    let first = physical.rawValue >> 12
    guard first + UInt64(pageCount) <= UInt64(FrameNumber.max) else {
      throw Unmodelled("MmMapIoSpace above 16 TiB")
    }
    if behaviour.mapIoSpaceRefusesPageTables,
      (first..<first + UInt64(pageCount)).contains(where: {
        frames.use(of: FrameNumber($0)) == .pageTable
      })
    {
      return .null
    }
    guard let base = reserve(pageCount, in: systemPTEs, .ioSpace) else { return .null }
    let options: HardwarePTE =
      isCached ? [.present, .writable] : [.present, .writable, .cacheDisabled, .writeThrough]
    try map(
      (first..<first + UInt64(pageCount)).map { FrameNumber($0) },
      at: base,
      options
    )
    return base + physical.offsetInFrame
  }

  /// Removes a mapping of physical addresses.
  ///
  /// The corresponding kernel routine is `MmUnmapIoSpace`.
  public func unmapIOSpace(_ address: VirtualAddress, byteCount: Int) throws {
    let base = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    guard let count = release(base, in: systemPTEs, .ioSpace) else {
      throw Unmodelled("MmUnmapIoSpace of an address that MmMapIoSpace did not return")
    }
    unmap(count, at: base)
  }

  /// Allocates physically contiguous memory.
  ///
  /// The corresponding kernel routine is `MmAllocateContiguousMemorySpecifyCache`.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - range: The physical addresses that will do.
  ///   - boundary: A power of two of bytes that the memory may not cross, or 0.
  ///   - isCached: Whether the mapping is cached.
  /// - Returns: The first byte, which begins a page, or NULL.
  /// - Throws: ``Unmodelled`` for a size or a boundary whose effect is not documented.
  public func allocateContiguous(
    _ byteCount: Int,
    in range: ClosedRange<UInt64>,
    boundary: UInt64,
    isCached: Bool = true
  ) throws -> VirtualAddress {
    guard byteCount > 0 else { throw Unmodelled("MmAllocateContiguousMemory of no bytes") }
    let count = (byteCount + 4095) / 4096
    guard frames.freeCount > count + 64, count < systemPTEs.freeCount else { return .null }
    let lowest = Int(clamping: (range.lowerBound + 4095) >> 12)
    let highest = Int(clamping: (range.upperBound >> 12) + 1)
    guard lowest < highest else { return .null }
    guard boundary == 0 || boundary & (boundary - 1) == 0 && boundary >= 4096 else {
      throw Unmodelled("MmAllocateContiguousMemorySpecifyCache with boundary \(boundary)")
    }
    guard boundary == 0 || UInt64(count) * 4096 <= boundary else { return .null }
    // A run that begins at a multiple of a power of two at least its size crosses no such boundary.
    var alignment = 1
    if boundary != 0 { while alignment < count { alignment *= 2 } }
    guard
      let first = frames.allocateContiguous(
        count,
        in: lowest..<highest,
        alignment: alignment,
        .contiguous
      )
    else { return .null }
    guard let base = reserve(count, in: systemPTEs, .contiguous) else {
      for frame in first..<first + FrameNumber(count) { frames.dereference(frame) }
      return .null
    }
    try map(
      (first..<first + FrameNumber(count)).map { $0 },
      at: base,
      isCached ? [.present, .writable] : [.present, .writable, .cacheDisabled]
    )
    return base
  }

  /// Frees physically contiguous memory.
  ///
  /// The corresponding kernel routine is `MmFreeContiguousMemory`.
  public func freeContiguous(_ address: VirtualAddress) throws {
    guard let run = otherRuns[address], run.kind == .contiguous else {
      throw BugCheck(.badPoolCaller, 0x60, address.rawValue)
    }
    unmapAndFree(run.pageCount, at: address)
    _ = release(address, in: systemPTEs, .contiguous)
  }

  /// Returns the physical address behind a virtual one.
  ///
  /// The corresponding kernel routine is `MmGetPhysicalAddress`.
  ///
  /// - Returns: The physical address, or 0 if nothing is mapped there.
  public func physicalAddress(of address: VirtualAddress) -> PhysicalAddress {
    guard let page = memory.tables.translate(address) else { return PhysicalAddress(rawValue: 0) }
    return PhysicalAddress(frame: page.frame) + address.offsetInPage
  }

}
