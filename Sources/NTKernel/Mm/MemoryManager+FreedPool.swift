public import GuestABI

/// A page in which drivers have freed blocks.
struct FreedPage {
  /// The freed blocks that are not used again yet.
  var blockCount: Int
  /// How many more accesses to what is not freed are watched.
  var patience: Int
}

extension MemoryManager {
  /// Whether a driver freed the block at an address, as far as is remembered.
  func isFreed(_ address: VirtualAddress) -> Bool {
    guard nonpagedPool.blocks[address] == nil, pagedPool.blocks[address] == nil else {
      return false
    }
    return life(of: address).last?.act == .freed
  }

  /// Takes note of the MDL that follows one that is freed.
  func noteChain(behind next: VirtualAddress) {
    if next != .null, allocatedMDLs[next] != nil { orphanedMDLs[next] = context.caller }
  }

  /// Returns the call that freed the MDL in front of one in a chain, or nil if none did.
  public func freeOfHead(of mdl: VirtualAddress) -> VirtualAddress? { orphanedMDLs[mdl] }

  /// Returns the last act that made the pages at an address disappear, if one is remembered: an MDL was
  /// unmapped, or a block of whole pages was freed.
  public func lastUse(of address: VirtualAddress) -> ObjectEvent? {
    var found: ObjectEvent?
    ledger.forEachFromLast { event in
      let base = event.address.rawValue & ~0xFFF
      let size = UInt64(clamping: event.pageCount) * 4096
      let isOver = event.act == .unmapped || event.act == .freed
      if isOver, base <= address.rawValue, address.rawValue &- base < size { found = event }
      return found == nil
    }
    return found
  }

  /// Returns the block of whole pages whose last page is the one before an address's.
  public func poolBlock(endingBefore address: VirtualAddress) -> (VirtualAddress, PoolBlock)? {
    let pool = layout.pagedPool.contains(address) ? pagedPool : nonpagedPool
    let page = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    for (start, block) in pool.blocks where block.pageCount > 0 {
      guard start + block.pageCount * 4096 == page else { continue }
      let found = PoolBlock(
        address: start,
        byteCount: block.byteCount,
        tag: block.tag,
        isPaged: pool === pagedPool,
        isMDL: allocatedMDLs[start] != nil,
        caller: block.caller
      )
      return (start, found)
    }
    return nil
  }

  /// Takes note of a block that a driver freed, and watches for accesses to it.
  func noteFree(
    of address: VirtualAddress,
    _ block: Pool.Block,
    by caller: VirtualAddress,
    in pool: Pool
  ) {
    if !allocatedMDLs.isEmpty, allocatedMDLs.removeValue(forKey: address) != nil {
      orphanedMDLs[address] = nil
    } else {
      ledger.note(ObjectEvent(.allocated, address, at: block.caller))
    }
    ledger.note(ObjectEvent(.freed, address, at: caller, address, pageCount: block.pageCount))
    guard checksAccesses, block.pageCount == 0, pool.freedBlock(at: address) != nil else { return }
    if !reportedFreedBlocks.isEmpty { reportedFreedBlocks.remove(address) }
    let page = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    guard freedPages[page] == nil else {
      freedPages[page]?.blockCount += 1
      return
    }
    freedPages[page] = FreedPage(blockCount: 1, patience: Self.patience)
    guard let entry = memory.tables.entry(for: page) else { return }
    memory.tables.store(memory.tables.load(entry).union(.watched), at: entry)
    memory.invalidate(page)
  }

  /// How many accesses to the other blocks of a page a freed one is watched for.
  ///
  /// They are slow; a driver that goes on using such a page is not to be slowed down for ever. What
  /// is written later is still found, when the block is used again or the run ends.
  private static var patience: Int { 256 }

  /// Stops watching for accesses to a freed block, which may be used again.
  func stopWatching(_ block: Pool.FreeBlock) {
    let page = VirtualAddress(rawValue: block.address.rawValue & ~0xFFF)
    guard let count = freedPages[page]?.blockCount else { return }
    freedPages[page]?.blockCount = count - 1
    guard count == 1, let left = freedPages.removeValue(forKey: page) else { return }
    if left.patience > 0 { stopWatching(page) }
  }

  /// Takes note of an access to a page with freed blocks.
  ///
  /// - Returns: Whether the page is watched no longer.
  func observe(_ access: ObservedAccess, ofFreedBlocksIn page: VirtualAddress) -> Bool {
    guard !isReporting else { return false }
    let end = access.address + access.byteCount
    let pool = layout.pagedPool.contains(page) ? pagedPool : nonpagedPool
    let used = pool.quarantine.first {
      $0.address < end && access.address < $0.address + ($0.contents?.byteCount ?? 0)
    }
    if let used {
      report(useOf: used, access)
      return false
    }
    // The kernel's own accesses do not wear patience out: they are few.
    guard access.instruction != nil, let patience = freedPages[page]?.patience else { return false }
    freedPages[page]?.patience = patience - 1
    guard patience == 1 else { return false }
    stopWatching(page)
    return true
  }

  private func report(useOf block: Pool.FreeBlock, _ access: ObservedAccess) {
    guard reportedFreedBlocks.insert(block.address).inserted, let contents = block.contents else {
      return
    }
    let offset = Int(clamping: Int64(bitPattern: access.address.rawValue &- block.address.rawValue))
    let isWrite = access.access == .write
    report(
      isWrite ? .writeAfterFree : .readAfterFree,
      "\(isWrite ? "writes" : "reads") byte \(offset) of a block of \(contents.byteCount) bytes of "
        + "pool at \(block.address), which is freed",
      about: block.address,
      by: access
    )
  }
}
