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

extension MemoryManager {
  /// Allocates memory of the user process.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - byteOffset: The bytes from the start of a page to the buffer: 0 to 4095.
  /// - Returns: The buffer.
  /// - Throws: ``Unmodelled`` if the process has no room for it.
  public func allocateUserBuffer(_ byteCount: Int, byteOffset: Int) throws -> VirtualAddress {
    let count = max(1, (byteOffset + byteCount + 4095) / 4096)
    guard let base = reserve(count, in: userBuffers, .userBuffer, alignment: 16),
      try mapNewPages(count, at: base, [.present, .writable, .user], .user)
    else { throw Unmodelled("running out of user memory for buffers") }
    return base + byteOffset
  }

  /// Frees memory of the user process.
  public func freeUserBuffer(_ buffer: VirtualAddress) {
    let base = VirtualAddress(rawValue: buffer.rawValue & ~0xFFF)
    guard let run = otherRuns[base], run.kind == .userBuffer else { return }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: userBuffers, .userBuffer)
  }

  /// Allocates the stack of a thread.
  ///
  /// - Returns: The lowest address, which follows a page that is never mapped.
  public func allocateStack() throws -> Range<VirtualAddress>? {
    let count = layout.kernelStackSize / 4096
    guard let base = reserve(count, in: kernelStacks, .stack) else { return nil }
    guard try mapNewPages(count, at: base, [.present, .writable], .stack) else {
      _ = release(base, in: kernelStacks, .stack)
      return nil
    }
    return base..<base + layout.kernelStackSize
  }

  /// Frees the stack of a thread.
  public func freeStack(_ base: VirtualAddress) {
    guard let run = otherRuns[base], run.kind == .stack else { return }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: kernelStacks, .stack)
  }

  /// Returns whether an address is in a stack's guard page, or just below one.
  public func isStackGuard(_ address: VirtualAddress) -> Bool {
    layout.kernelStacks.contains(address) && memory.tables.translate(address) == nil
  }

  /// Reserves room for an image of a driver.
  ///
  /// - Returns: The base, or nil if there is no room.
  public func reserveImage(pageCount: Int) -> VirtualAddress? {
    reserve(pageCount, in: driverImages, .image, alignment: 16)
  }

  /// Maps the pages of an image, all of which start zeroed, with the protection of each.
  public func mapImage(
    at base: VirtualAddress,
    protections: [HardwarePTE]
  ) throws -> Bool {
    guard frames.freeCount > protections.count + 64 else { return false }
    for (index, protection) in protections.enumerated() {
      guard let frame = frames.allocateZeroed(.driverImage) else { return false }
      try map(CollectionOfOne(frame), at: base + index * 4096, protection.union(.present))
    }
    return true
  }

  /// Removes an image of a driver.
  public func unmapImage(at base: VirtualAddress) {
    guard let run = otherRuns[base], run.kind == .image else { return }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: driverImages, .image)
  }

  /// Maps new zeroed pages of the kernel itself at a fixed place.
  public func mapKernelPages(_ count: Int, at address: VirtualAddress) throws {
    guard try mapNewPages(count, at: address, [.present, .writable], .kernelImage) else {
      throw Unmodelled("running out of physical memory for the kernel")
    }
  }
}

extension MemoryManager {
  /// Takes the permission to write from pages of an image.
  public func writeProtect(_ pages: Range<Int>, of base: VirtualAddress) {
    for index in pages {
      let address = base + index * 4096
      guard let entry = memory.tables.entry(for: address) else { continue }
      memory.tables.store(memory.tables.load(entry).subtracting(.writable), at: entry)
      memory.invalidate(address)
    }
  }
}

extension MemoryManager: PhysicalViewMapper {
  public func mapPhysicalView(
    _ physical: PhysicalAddress,
    byteCount: Int,
    isWritable: Bool
  ) throws -> VirtualAddress? {
    let count = (byteCount + 4095) / 4096
    let first = physical.rawValue >> 12
    guard first + UInt64(count) <= UInt64(FrameNumber.max) else {
      throw Unmodelled("a view of physical memory above 16 TiB")
    }
    guard count < userPTEs.freeCount,
      let base = reserve(count, in: userPTEs, .physicalView, alignment: 16)
    else { return nil }
    try map(
      (first..<first + UInt64(count)).map { FrameNumber($0) },
      at: base,
      isWritable ? [.present, .user, .writable] : [.present, .user]
    )
    return base
  }

  public func unmapPhysicalView(at address: VirtualAddress) -> Bool {
    guard let count = release(address, in: userPTEs, .physicalView) else { return false }
    unmap(count, at: address)
    return true
  }
}

extension MemoryManager {
  /// Returns a virtual address at which a physical one is mapped.
  ///
  /// The corresponding kernel routine is `MmGetVirtualForPhysical`: it finds the page-table entry that
  /// the frame's record names, which is the one that the frame was allocated for.
  ///
  /// - Returns: The address, or NULL for a frame that was not allocated for one.
  public func virtualAddress(of physical: PhysicalAddress) -> VirtualAddress {
    let page =
      frames.use(of: physical.frame) == .pageTable
      ? tableAddress(of: physical.frame) : frames.page(of: physical.frame)
    return page.map { $0 + physical.offsetInFrame } ?? .null
  }

  /// Returns where the page tables see one of themselves.
  private func tableAddress(of frame: FrameNumber) -> VirtualAddress? {
    let tables = memory.tables
    let top = tables.format.levelCount - 1
    func search(_ table: PhysicalAddress, _ level: Int, _ path: UInt64) -> UInt64? {
      if table.frame == frame { return path << UInt64(tables.format.indexBitCount * (level + 1)) }
      guard level > 0 else { return nil }
      for index in 0..<tables.format.entryCount(level: level) {
        let pte = tables.load(table + index * tables.format.entrySize)
        // The entry with which the tables map themselves leads in a circle.
        guard pte.contains(.present), pte.frame != tables.root.frame else { continue }
        let next = path << UInt64(tables.format.indexBitCount) | UInt64(index)
        if let found = search(PhysicalAddress(frame: pte.frame), level - 1, next) { return found }
      }
      return nil
    }
    if frame == tables.root.frame {
      // The root is its own lowest table for the addresses of the tables.
      var address = layout.pageTableBase
      for _ in 0..<top { address = entryAddress(of: address) }
      return address
    }
    guard let first = search(tables.root, top, 0) else { return nil }
    // The first page that the table leads to, then the place of its entry, level by level.
    var address = VirtualAddress(rawValue: first << 12)
    var level = 0
    while level <= top {
      address = entryAddress(of: address)
      let page = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
      if tables.translate(page)?.frame == frame { return page }
      level += 1
    }
    return nil
  }

  /// Where the page tables see the entry that maps an address.
  private func entryAddress(of address: VirtualAddress) -> VirtualAddress {
    let bits: UInt64 = memory.architecture == .x86 ? 32 : 48
    let page = (address.rawValue & (1 << bits - 1)) >> 12
    return layout.pageTableBase + Int(page) * memory.tables.format.entrySize
  }
}
