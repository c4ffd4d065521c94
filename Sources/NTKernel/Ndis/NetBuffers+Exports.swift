internal import GuestABI
internal import NTStructures

extension NetBuffers {
  /// The routines that drivers import to work with net buffers.
  var exports: [Export] { poolExports + listExports + netBufferExports + dataExports }

  private var poolExports: [Export] {
    [
      export("NdisAllocateNetBufferListPool") {
        [self]
        (handle: VirtualAddress, parameters: GuestPointer<NetBufferListPoolParameters>) in
        try makeListPool(parameters)
      },
      export("NdisFreeNetBufferListPool") { [self] (pool: VirtualAddress) in
        try freePool(pool, .lists, "NdisFreeNetBufferListPool")
      },
      export("NdisAllocateNetBufferPool") {
        [self]
        (handle: VirtualAddress, parameters: GuestPointer<NetBufferPoolParameters>) in
        try makeNetBufferPool(parameters)
      },
      export("NdisFreeNetBufferPool") { [self] (pool: VirtualAddress) in
        try freePool(pool, .netBuffers, "NdisFreeNetBufferPool")
      },
      export("NdisGetPoolFromNetBufferList") { [self] (list: GuestPointer<NetBufferList>) in
        try pool(of: list, "NdisGetPoolFromNetBufferList")
      },
      export("NdisGetPoolFromNetBuffer") { [self] (netBuffer: GuestPointer<NetBuffer>) in
        try memory[netBuffer].poolHandle
      },
      export("NdisGetNetBufferListProtocolId") { [self] (list: GuestPointer<NetBufferList>) in
        let routine = "NdisGetNetBufferListProtocolId"
        return try pool(pool(of: list, routine), .lists, routine).protocolID
      },
    ]
  }

  private var listExports: [Export] {
    [
      export("NdisAllocateNetBufferList") {
        [self]
        (pool: VirtualAddress, contextSize: UInt16, backFill: UInt16) in
        try allocateList(
          from: pool,
          contextSize: Int(contextSize),
          backFill: Int(backFill),
          "NdisAllocateNetBufferList"
        ) ?? GuestPointer(.null)
      },
      export("NdisAllocateNetBufferAndNetBufferList") {
        [self]
        (
          pool: VirtualAddress,
          contextSize: UInt16,
          backFill: UInt16,
          chain: GuestPointer<MDL>,
          offset: UInt32,
          byteCount: GuestWord
        ) in
        try allocatePair(
          from: pool,
          contextSize,
          backFill,
          chain,
          offset,
          byteCount,
          "NdisAllocateNetBufferAndNetBufferList"
        )
      },
      export("NdisFreeNetBufferList") { [self] (list: GuestPointer<NetBufferList>) in
        try freeList(list, "NdisFreeNetBufferList")
      },
      export("NdisAllocateNetBufferListContext") {
        [self]
        (list: GuestPointer<NetBufferList>, size: UInt16, backFill: UInt16, tag: UInt32) in
        try allocateContext(list, size, backFill: backFill, tag: tag)
      },
      export("NdisFreeNetBufferListContext", to: freeContext(_:_:)),
      export("NdisAllocateCloneNetBufferList") {
        [self]
        (
          list: GuestPointer<NetBufferList>,
          listPool: VirtualAddress,
          netBufferPool: VirtualAddress,
          flags: UInt32
        ) in
        try clone(list, listPool: listPool, netBufferPool: netBufferPool, flags: flags)
          ?? GuestPointer(.null)
      },
      export("NdisFreeCloneNetBufferList") {
        [self]
        (list: GuestPointer<NetBufferList>, flags: UInt32) in
        try freeClone(list)
      },
    ]
  }

  /// Allocates a list with one net buffer.
  ///
  /// The corresponding kernel routine is `NdisAllocateNetBufferAndNetBufferList`.
  ///
  /// - Returns: The list, or NULL if there is no memory.
  func allocatePair(
    from handle: VirtualAddress,
    _ contextSize: UInt16,
    _ backFill: UInt16,
    _ chain: GuestPointer<MDL>,
    _ offset: UInt32,
    _ byteCount: GuestWord,
    _ routine: String
  ) throws -> GuestPointer<NetBufferList> {
    let pool = try pool(handle, .lists, routine)
    guard pool.allocatesNetBuffer, pool.dataSize == 0 else {
      throw Unmodelled("\(routine) from a pool that was not made for it")
    }
    guard !chain.isNull || (offset == 0 && byteCount.rawValue == 0) else {
      throw Unmodelled("\(routine) of data without MDLs")
    }
    let list = try allocateList(
      from: handle,
      contextSize: Int(contextSize),
      backFill: Int(backFill),
      routine
    )
    guard let list else { return GuestPointer(.null) }
    let netBuffer = try memory[list].firstNetBuffer
    try set(netBuffer, chain: chain, offset: offset, byteCount: byteCount)
    return list
  }

  private var netBufferExports: [Export] {
    [
      export("NdisAllocateNetBuffer") {
        [self]
        (
          pool: VirtualAddress,
          chain: GuestPointer<MDL>,
          offset: UInt32,
          byteCount: GuestWord
        ) in
        let routine = "NdisAllocateNetBuffer"
        guard try self.pool(pool, .netBuffers, routine).dataSize == 0 else {
          throw Unmodelled("\(routine) from a pool with data")
        }
        guard let netBuffer = try allocateNetBuffer(from: pool, routine) else {
          return GuestPointer<NetBuffer>(.null)
        }
        try set(netBuffer, chain: chain, offset: offset, byteCount: byteCount)
        return netBuffer
      },
      export("NdisAllocateNetBufferMdlAndData") { [self] (pool: VirtualAddress) in
        let routine = "NdisAllocateNetBufferMdlAndData"
        guard try self.pool(pool, .netBuffers, routine).dataSize > 0 else {
          throw Unmodelled("\(routine) from a pool without data")
        }
        return try allocateNetBuffer(from: pool, routine) ?? GuestPointer(.null)
      },
      export("NdisFreeNetBuffer") { [self] (netBuffer: GuestPointer<NetBuffer>) in
        try freeNetBuffer(netBuffer, "NdisFreeNetBuffer")
      },
      export("NdisAdjustNetBufferCurrentMdl", to: findCurrentMDL(of:)),
    ]
  }

  private var dataExports: [Export] {
    [
      export("NdisGetDataBuffer", to: dataBuffer(_:_:_:_:_:)),
      export("NdisAdvanceNetBufferDataStart") {
        [self]
        (
          netBuffer: GuestPointer<NetBuffer>,
          delta: UInt32,
          freesMDLs: Bool,
          free: VirtualAddress
        ) in
        try advance(netBuffer, by: delta, freesMDLs: freesMDLs, free: free)
      },
      export("NdisRetreatNetBufferDataStart") {
        [self]
        (
          netBuffer: GuestPointer<NetBuffer>,
          delta: UInt32,
          backFill: UInt32,
          allocate: VirtualAddress
        ) in
        try retreat(netBuffer, by: delta, backFill: backFill, allocate: allocate)
      },
      export("NdisAdvanceNetBufferListDataStart") {
        [self]
        (
          list: GuestPointer<NetBufferList>,
          delta: UInt32,
          freesMDLs: Bool,
          free: VirtualAddress
        ) in
        try advanceAll(from: memory[list].firstNetBuffer, delta, freesMDLs, free, depth: 0)
      },
      export("NdisCopyFromNetBufferToNetBuffer") {
        [self]
        (
          destination: GuestPointer<NetBuffer>,
          destinationOffset: UInt32,
          byteCount: UInt32,
          source: GuestPointer<NetBuffer>,
          sourceOffset: UInt32,
          copied: GuestPointer<UInt32>
        ) in
        try copy(
          byteCount,
          from: source,
          at: sourceOffset,
          to: destination,
          at: destinationOffset,
          copied: copied
        )
      },
      export("NdisQueryNetBufferPhysicalCount") { [self] (netBuffer: GuestPointer<NetBuffer>) in
        try physicalCount(of: netBuffer)
      },
    ]
  }

  private func advanceAll(
    from netBuffer: GuestPointer<NetBuffer>,
    _ delta: UInt32,
    _ freesMDLs: Bool,
    _ free: VirtualAddress,
    depth: Int
  ) throws -> Completion {
    guard !netBuffer.isNull else { return .done }
    guard depth < 4096 else { throw Unmodelled("more than 4,096 NET_BUFFERs in a list") }
    let next = try memory[netBuffer].next
    switch try advance(netBuffer, by: delta, freesMDLs: freesMDLs, free: free) {
    case .call(let call, let then):
      return .call(call) { [self] result in
        guard case .value = try then(result) else {
          throw Unmodelled("NdisAdvanceNetBufferListDataStart that frees several MDLs of a driver")
        }
        return try advanceAll(from: next, delta, freesMDLs, free, depth: depth + 1)
      }
    default: return try advanceAll(from: next, delta, freesMDLs, free, depth: depth + 1)
    }
  }

  /// Returns the pages that the used data of a net buffer touch.
  ///
  /// The corresponding kernel routine is `NdisQueryNetBufferPhysicalCount`.
  private func physicalCount(of netBuffer: GuestPointer<NetBuffer>) throws -> UInt32 {
    let view = memory[netBuffer]
    var left = try view.dataLength.byteCount
    var skipped = Int(try view.currentMDLOffset)
    var mdl = try view.currentMDL
    var count = 0
    for _ in 0..<Self.longestChain where left > 0 && !mdl.isNull {
      let length = try Int(memory[mdl].byteCount)
      let taken = min(max(0, length - skipped), left)
      let start = try memory[mdl].startVA + Int(memory[mdl].byteOffset) + skipped
      if taken > 0 { count += MDL.pageCount(from: start, byteCount: taken) }
      left -= taken
      skipped = 0
      mdl = try memory[mdl].next
    }
    return UInt32(clamping: count)
  }
}
