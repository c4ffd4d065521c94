public import GuestABI
internal import NTReleases

extension MemoryManager: PoolAllocator {
  public func allocatePool(
    _ byteCount: Int,
    _ type: PoolType,
    tag: UInt32
  ) throws -> VirtualAddress? {
    try allocatePool(byteCount, type, tag: tag, caller: .null)
  }

  /// Allocates memory that a driver owns.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - type: The kind of memory.
  ///   - tag: Four characters that name the owner, the first in the lowest byte.
  ///   - caller: Where the routine returns to with which the driver allocates it.
  ///   - isCacheAligned: Whether the block begins a line of the processor's cache; here, a page.
  /// - Returns: The first byte, or nil if the pool is exhausted: the release's limit is reached, or, for
  ///   nonpaged pool, physical memory is used up.
  /// - Throws: ``Unmodelled`` if physical memory is used up before paged pool is: NT would write pages to
  ///   its paging file.
  func allocatePool(
    _ byteCount: Int,
    _ type: PoolType,
    tag: UInt32,
    caller: VirtualAddress,
    isCacheAligned: Bool = false
  ) throws -> VirtualAddress? {
    let pool = type.isPaged ? pagedPool : nonpagedPool
    if type.isPaged, caller != .null { checkIRQL("an allocation of paged pool") }
    let use: PFNDatabase.Use = type.isPaged ? .pagedPool : .nonpagedPool
    let address = try pool.allocate(
      byteCount,
      tag: tag,
      caller: caller,
      beginsPage: isCacheAligned,
      mapPages: { address, count in
        if try mapPoolPages(count, at: address, use) { return true }
        if type.isPaged { throw Unmodelled("paged pool that does not fit physical memory") }
        return false
      },
      check: reportWriteAfterFree(_:),
      forget: stopWatching(_:)
    )
    if let address, caller != .null { fillSlack(of: address, in: pool) }
    return address
  }

  /// Maps new pages of a pool, with the page tables that they need.
  ///
  /// - Returns: Whether there were enough frames; if not, nothing is mapped.
  private func mapPoolPages(
    _ count: Int,
    at address: VirtualAddress,
    _ use: PFNDatabase.Use
  ) throws -> Bool {
    let tables = count * memory.tables.format.entrySize / 4096
    guard frames.freeCount > count + tables + 64 else { return false }
    return try mapNewPages(count, at: address, [.present, .writable], use)
  }

  public func freePool(_ address: VirtualAddress) throws { try freePool(address, caller: .null) }

  /// Frees memory that a driver owns.
  func freePool(_ address: VirtualAddress, caller: VirtualAddress) throws {
    let pool = layout.pagedPool.contains(address) ? pagedPool : nonpagedPool
    if caller != .null {
      if pool === pagedPool { checkIRQL("a routine that frees paged pool") }
      try checkBounds(of: address, in: pool)
    }
    let freed = pool.free(
      address,
      contents: { block in
        guard caller != .null, let digest = digest(address, block.byteCount) else { return nil }
        return Pool.Contents(
          byteCount: block.byteCount,
          digest: digest,
          allocatedBy: block.caller,
          freedBy: caller
        )
      },
      forget: stopWatching(_:)
    )
    guard let block = freed else {
      let isFree = layout.pagedPool.contains(address) || layout.nonpagedPool.contains(address)
      if isFreed(address) {
        report(.freeTwice, "\(address) is freed, but it is freed already", about: address)
      } else {
        report(.freeInvalid, "\(address) is freed, but is not an allocation", about: address)
      }
      // BAD_POOL_CALLER: 7 if the block is free already, 0x41/0x42 elsewhere. Kernels before 2000
      // do not use the code; what they do with a bad address is not established.
      guard behaviour.specialPoolHasOwnBugChecks else {
        throw Unmodelled("ExFreePool of an address that is not an allocation")
      }
      throw isFree
        ? BugCheck(.badPoolCaller, 7, 0, 0, address.rawValue)
        : BugCheck(.badPoolCaller, 0x41, address.rawValue)
    }
    if caller != .null { noteFree(of: address, block, by: caller, in: pool) }
    if block.pageCount > 0 {
      unmapAndFree(block.pageCount, at: address)
      pool.region.release(address, block.pageCount)
    }
  }

  /// Returns a number that differs for different bytes, or nil if they cannot be read.
  private func digest(_ address: VirtualAddress, _ byteCount: Int) -> UInt64? {
    // A block that is smaller than a page lies within one.
    guard let page = memory.tables.translate(address), memory.ram.contains(page.frame) else {
      return nil
    }
    let host = UnsafeRawPointer(memory.ram.host(page.frame) + address.offsetInPage)
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    let count = min(byteCount, 4096 - address.offsetInPage)
    let words = count / 8
    for index in 0..<words {
      let word = host.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
      digest = (digest ^ word) &* 0x100_0000_01B3
      // What differs only in the high bits of a word must reach the low ones.
      digest ^= digest >> 32
    }
    for offset in words * 8..<count {
      digest =
        (digest ^ UInt64(host.load(fromByteOffset: offset, as: UInt8.self))) &* 0x100_0000_01B3
    }
    return digest
  }

  /// Looks for writes to freed blocks, and to what lies beside blocks in use.
  public func checkPools() {
    for pool in [nonpagedPool, pagedPool] {
      pool.forEachFreeBlock(reportWriteAfterFree(_:))
      for (address, block) in pool.blocks.sorted(by: { $0.key < $1.key })
      where block.caller != .null {
        _ = reportWriteOutside(address, block, in: pool)
      }
    }
  }

  private func reportWriteAfterFree(_ block: Pool.FreeBlock) {
    guard let contents = block.contents,
      digest(block.address, contents.byteCount) != contents.digest,
      reportedFreedBlocks.insert(block.address).inserted
    else { return }
    sink?.record(
      .violation(
        Violation(
          .writeAfterFree,
          "a block of \(contents.byteCount) bytes of pool was written after it was freed here",
          at: contents.freedBy,
          life: life(of: block.address)
        )
      )
    )
  }

  /// The pool allocations whose owner is a caller in a range of addresses.
  public func poolBlocks(allocatedIn image: Range<VirtualAddress>) -> [PoolBlock] {
    [(nonpagedPool, false), (pagedPool, true)].flatMap { pool, isPaged in
      pool.blocks.filter { image.contains($0.value.caller) }.map { address, block in
        PoolBlock(
          address: address,
          byteCount: block.byteCount,
          tag: block.tag,
          isPaged: isPaged,
          isMDL: allocatedMDLs[address] != nil,
          caller: block.caller
        )
      }
    }.sorted { $0.address < $1.address }
  }
}

/// A block of pool memory in use.
public struct PoolBlock: Sendable {
  public let address: VirtualAddress
  public let byteCount: Int
  public let tag: UInt32
  public let isPaged: Bool
  /// Whether it holds an MDL.
  public let isMDL: Bool
  /// Where the routine that allocated it returned to.
  public let caller: VirtualAddress
}
