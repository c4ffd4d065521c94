public import GuestABI
internal import NTReleases

extension MemoryManager {
  /// Reserves a run that is not a mapping of an MDL.
  func reserve(
    _ count: Int,
    in region: PTERegion,
    _ kind: OtherRun.Kind,
    alignment: Int = 1
  ) throws -> VirtualAddress? {
    guard let base = try region.reserve(count, owner: nil, alignment: alignment) else { return nil }
    setRun(OtherRun(kind: kind, pageCount: count, caller: context.caller), at: base)
    return base
  }

  func release(_ base: VirtualAddress, in region: PTERegion, _ kind: OtherRun.Kind) -> Int? {
    guard let run = run(at: base), run.kind == kind else { return nil }
    setRun(nil, at: base)
    region.release(base, run.pageCount)
    return run.pageCount
  }

  /// The run that begins at an address and is not a mapping of an MDL.
  func run(at base: VirtualAddress) -> OtherRun? {
    base < layout.userProbeAddress ? currentSpace.runs[base] : otherRuns[base]
  }

  private func setRun(_ run: OtherRun?, at base: VirtualAddress) {
    if base < layout.userProbeAddress {
      currentSpace.runs[base] = run
    } else {
      otherRuns[base] = run
    }
  }

  /// Allocates physically contiguous memory.
  ///
  /// The corresponding kernel routine is `MmAllocateContiguousMemorySpecifyCache`. Every release gets
  /// memory that begins a page, which also keeps the promise of NT 4.0's documents (KD-049).
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - range: The physical addresses that will do.
  ///   - boundary: A power of two of bytes that the memory may not cross, or 0.
  ///   - options: The bits of the page-table entries.
  ///   - routine: The routine, for what is not modelled of it.
  /// - Returns: The first byte, or NULL.
  /// - Throws: ``Unmodelled`` for a size or a boundary whose effect is not documented.
  func allocateContiguous(
    _ byteCount: GuestWord,
    in range: ClosedRange<UInt64>,
    boundary: UInt64 = 0,
    options: HardwarePTE = .writable,
    for routine: String
  ) throws -> VirtualAddress {
    try requireIRQL(behaviour.ioSpaceMappingIRQL, routine)
    guard byteCount.rawValue > 0 else { throw Unmodelled("\(routine) of no bytes") }
    guard byteCount.byteCount <= frames.freeCount * 4096 else { return .null }
    let count = (byteCount.byteCount + 4095) / 4096
    guard frames.freeCount > count + 64, count <= systemPTEs.freeCount else { return .null }
    let lowest = Int(clamping: (range.lowerBound >> 12) + (range.lowerBound & 0xFFF == 0 ? 0 : 1))
    let highest = Int(clamping: (range.upperBound >> 12) + 1)
    guard lowest < highest, lowest < frames.ram.frameCount else { return .null }
    guard boundary == 0 || boundary & (boundary - 1) == 0 && boundary >= 4096 else {
      throw Unmodelled("\(routine) with boundary 0x\(String(boundary, radix: 16))")
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
    guard let base = try reserve(count, in: systemPTEs, .contiguous) else {
      for frame in first..<first + FrameNumber(count) { frames.dereference(frame) }
      return .null
    }
    let type = CachingType(options)
    for frame in first..<first + FrameNumber(count) { frames.setCachingType(type, of: frame) }
    try map(first..<first + FrameNumber(count), at: base, options.union(.present))
    return base
  }

  /// Frees physically contiguous memory.
  ///
  /// The corresponding kernel routines are `MmFreeContiguousMemory` and
  /// `MmFreeContiguousMemorySpecifyCache`.
  ///
  /// - Parameters:
  ///   - address: What the routine that allocated it returned.
  ///   - byteCount: The bytes that it was allocated with, if the caller must say.
  ///   - routine: The routine, for what is not modelled of it.
  /// - Throws: The ``BugCheck`` `BAD_POOL_CALLER` for an address that is no such memory;
  ///   ``Unmodelled`` where a release's answer is not documented.
  func freeContiguous(
    _ address: VirtualAddress,
    byteCount: GuestWord? = nil,
    _ routine: String
  ) throws {
    try requireIRQL(
      min(behaviour.pageAllocationIRQL, max(behaviour.ioSpaceMappingIRQL, .apc)),
      routine
    )
    guard let run = otherRuns[address], run.kind == .contiguous else {
      // The code is not used before Windows 2000.
      guard behaviour.specialPoolHasOwnBugChecks else {
        throw Unmodelled("\(routine) of an address that was not allocated")
      }
      throw BugCheck(.badPoolCaller, 0x60, address.rawValue)
    }
    if let byteCount, (min(byteCount.byteCount, 1 << 40) + 4095) / 4096 != run.pageCount {
      throw Unmodelled("\(routine) with another size than the memory has")
    }
    unmapAndFree(run.pageCount, at: address)
    _ = release(address, in: systemPTEs, .contiguous)
  }

  /// Allocates memory that is not cached, in whole pages.
  ///
  /// The corresponding kernel routine is `MmAllocateNonCachedMemory`. Nothing promises that its pages
  /// follow each other.
  ///
  /// - Returns: The first byte, or NULL.
  func allocateNoncached(_ byteCount: GuestWord) throws -> VirtualAddress {
    guard byteCount.rawValue > 0 else { throw Unmodelled("MmAllocateNonCachedMemory of no bytes") }
    guard byteCount.byteCount <= systemPTEs.freeCount * 4096 else { return .null }
    let count = (byteCount.byteCount + 4095) / 4096
    guard let base = try reserve(count, in: systemPTEs, .noncached) else { return .null }
    let options: HardwarePTE = [.present, .writable, .cacheDisabled, .writeThrough]
    guard try mapNewPages(count, at: base, options, .mdlPages) else {
      _ = release(base, in: systemPTEs, .noncached)
      return .null
    }
    return base
  }

  /// Frees memory that is not cached.
  ///
  /// The corresponding kernel routine is `MmFreeNonCachedMemory`.
  ///
  /// - Throws: ``Unmodelled`` for memory or a size that the routine did not give out: that stops the
  ///   machine, but no document says with what.
  func freeNoncached(_ address: VirtualAddress, _ byteCount: GuestWord) throws {
    guard let run = otherRuns[address], run.kind == .noncached,
      (min(byteCount.byteCount, 1 << 40) + 4095) / 4096 == run.pageCount
    else { throw Unmodelled("MmFreeNonCachedMemory of another address or size than was allocated") }
    unmapAndFree(run.pageCount, at: address)
    _ = release(address, in: systemPTEs, .noncached)
  }

  /// Returns the physical address behind a virtual one.
  ///
  /// The corresponding kernel routine is `MmGetPhysicalAddress`.
  ///
  /// - Returns: The physical address, or 0 if nothing is mapped there.
  public func physicalAddress(of address: VirtualAddress) -> PhysicalAddress {
    guard let page = memory.tables.translate(address) else { return PhysicalAddress(rawValue: 0) }
    noteAnswer(page.frame)
    return PhysicalAddress(frame: page.frame) + address.offsetInPage
  }

  /// What is mapped or allocated beside pool and MDLs for callers in a range of addresses: what it is,
  /// and the call that made it.
  public func otherAllocations(
    madeIn image: Range<VirtualAddress>
  ) -> [(what: String, caller: VirtualAddress)] {
    let runs = otherRuns.filter { image.contains($0.value.caller) }.sorted { $0.key < $1.key }
    return runs.compactMap { base, run in
      let size = "\(run.pageCount) page\(run.pageCount == 1 ? "" : "s")"
      return switch run.kind {
      case .ioSpace, .videoDisplay:
        ("the mapping of \(size) of physical addresses at \(base)", run.caller)
      case .contiguous: ("\(size) of contiguous memory at \(base)", run.caller)
      case .noncached: ("\(size) of memory that is not cached at \(base)", run.caller)
      case .physicalView, .userBuffer, .stack, .image: nil
      }
    }
  }
}
