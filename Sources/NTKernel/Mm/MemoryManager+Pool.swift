public import GuestABI
internal import NTReleases

extension MemoryManager: PoolAllocator {
  public func allocatePool(_ byteCount: Int, _ type: PoolType, tag: UInt32) -> VirtualAddress? {
    allocatePool(byteCount, type, tag: tag, caller: .null)
  }

  /// Allocates memory that a driver owns.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - type: The kind of memory.
  ///   - tag: Four characters that name the owner, the first in the lowest byte.
  ///   - caller: Where the routine returns to with which the driver allocates it.
  /// - Returns: The first byte, or nil if the pool is exhausted.
  func allocatePool(
    _ byteCount: Int,
    _ type: PoolType,
    tag: UInt32,
    caller: VirtualAddress
  ) -> VirtualAddress? {
    let pool = type.isPaged ? pagedPool : nonpagedPool
    let use: PFNDatabase.Use = type.isPaged ? .pagedPool : .nonpagedPool
    do {
      return try pool.allocate(byteCount, tag: tag, caller: caller) { address, count in
        try mapNewPages(count, at: address, [.present, .writable], use)
      }
    } catch {
      // There are no frames left, not even for a page table: the pool is exhausted.
      return nil
    }
  }

  public func freePool(_ address: VirtualAddress) throws {
    let pool = layout.pagedPool.contains(address) ? pagedPool : nonpagedPool
    guard let block = pool.free(address) else {
      let isFree = layout.pagedPool.contains(address) || layout.nonpagedPool.contains(address)
      sink?.record(
        .violation(
          Violation(
            .freeInvalid,
            "\(address) is freed, but is not an allocation\(isFree ? " (freed twice?)" : "")",
            at: context.caller
          )
        )
      )
      // BAD_POOL_CALLER: 7 if the block is free already, 0x41/0x42 elsewhere. Kernels before 2000
      // do not use the code; what they do with a bad address is not established.
      guard behaviour.specialPoolHasOwnBugChecks else {
        throw Unmodelled("ExFreePool of an address that is not an allocation")
      }
      throw isFree
        ? BugCheck(.badPoolCaller, 7, 0, 0, address.rawValue)
        : BugCheck(.badPoolCaller, 0x41, address.rawValue)
    }
    if block.pageCount > 0 {
      unmapAndFree(block.pageCount, at: address)
      pool.region.release(address, block.pageCount)
    }
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
  /// Where the routine that allocated it returned to.
  public let caller: VirtualAddress
}
