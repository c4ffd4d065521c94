public import GuestABI

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
      let base = try reserve(count, in: userPTEs, .physicalView, alignment: 16)
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
