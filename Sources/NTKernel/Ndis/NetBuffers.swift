internal import GuestABI
internal import NTStructures

/// NDIS 6's packets: `NET_BUFFER` structures, lists of them, and the pools that they come from.
///
/// The facts are those of the pages of `nblapi.h` and `nbl.h` in the WDK. What they do not say, such as
/// what becomes of a pool that is freed while lists of it are in use, ends the run by name.
final class NetBuffers {
  let memory: AddressSpace
  let manager: MemoryManager
  /// The pools, by their handles.
  private var pools: [VirtualAddress: NetBufferPool] = [:]
  /// The lists that are in use, with their pools' handles.
  private var lists: [GuestPointer<NetBufferList>: VirtualAddress] = [:]
  /// The net buffers that are in use and belong to no list, with their pools' handles.
  private var netBuffers: [GuestPointer<NetBuffer>: VirtualAddress] = [:]
  /// The MDLs that were allocated for net buffers.
  var mdls: [GuestPointer<MDL>: NetBufferData] = [:]
  /// The lists that are copies of others, and what they share with them.
  var clones: [GuestPointer<NetBufferList>: Clone] = [:]
  /// The contexts that were allocated beside a list.
  var allocatedContexts: Set<VirtualAddress> = []
  /// The pool of lists for callers that name none.
  private var ownListPool = VirtualAddress.null
  /// The pool of net buffers for callers that name none.
  private var ownNetBufferPool = VirtualAddress.null

  /// A list that refers to the data of another.
  struct Clone {
    /// Whether the MDLs are the other's own.
    let sharesMDLs: Bool
  }

  /// The longest chain that is followed; a longer one goes in circles.
  static var longestChain: Int { 0x10_0000 }

  init(_ manager: MemoryManager) {
    self.manager = manager
    memory = manager.memory
  }

  // Pools

  /// Makes a pool.
  ///
  /// - Returns: Its handle, or NULL if there is no memory.
  func makePool(_ pool: NetBufferPool, caller: VirtualAddress) throws -> VirtualAddress {
    let handle = try manager.allocatePool(0x40, .nonpaged, tag: pool.tag, caller: caller)
    guard let handle else { return .null }
    try memory.fill(at: handle, count: 0x40)
    pools[handle] = pool
    return handle
  }

  /// Makes a pool of lists.
  ///
  /// The corresponding kernel routine is `NdisAllocateNetBufferListPool`.
  func makeListPool(_ parameters: GuestPointer<NetBufferListPoolParameters>) throws
    -> VirtualAddress
  {
    let view = memory[parameters]
    let pool = NetBufferPool(
      .lists,
      tag: try view.poolTag,
      protocolID: try view.protocolID,
      allocatesNetBuffer: try view.allocatesNetBuffer,
      contextSize: Int(try view.contextSize),
      dataSize: Int(try view.dataSize)
    )
    guard pool.allocatesNetBuffer || pool.dataSize == 0 else {
      throw Unmodelled("NdisAllocateNetBufferListPool of data without net buffers")
    }
    return try makePool(pool, caller: manager.context.caller)
  }

  /// Makes a pool of net buffers.
  ///
  /// The corresponding kernel routine is `NdisAllocateNetBufferPool`.
  func makeNetBufferPool(_ parameters: GuestPointer<NetBufferPoolParameters>) throws
    -> VirtualAddress
  {
    let view = memory[parameters]
    let pool = NetBufferPool(.netBuffers, tag: try view.poolTag, dataSize: Int(try view.dataSize))
    return try makePool(pool, caller: manager.context.caller)
  }

  /// Returns the pool of a handle.
  func pool(
    _ handle: VirtualAddress,
    _ kind: NetBufferPool.Kind,
    _ routine: String
  ) throws -> NetBufferPool {
    guard let pool = pools[handle], pool.kind == kind else {
      throw Unmodelled("\(routine) with \(handle), which is not a handle of such a pool")
    }
    return pool
  }

  /// Frees a pool.
  ///
  /// The corresponding kernel routines are `NdisFreeNetBufferListPool` and `NdisFreeNetBufferPool`.
  func freePool(_ handle: VirtualAddress, _ kind: NetBufferPool.Kind, _ routine: String) throws {
    let pool = try pool(handle, kind, routine)
    guard pool.useCount == 0 else {
      throw Unmodelled("\(routine) while \(pool.useCount) of the pool are in use")
    }
    pools[handle] = nil
    try manager.freePool(handle, caller: manager.context.caller)
  }

  /// Returns NDIS's own pool of lists without net buffers.
  func ownPool(_ kind: NetBufferPool.Kind) throws -> VirtualAddress {
    let tag: UInt32 = 0x6E_6462_4E  // Nbdn
    switch kind {
    case .lists:
      if ownListPool == .null {
        ownListPool = try makePool(NetBufferPool(.lists, tag: tag, dataSize: 0), caller: .null)
      }
      return ownListPool
    case .netBuffers:
      if ownNetBufferPool == .null {
        ownNetBufferPool = try makePool(
          NetBufferPool(.netBuffers, tag: tag, dataSize: 0),
          caller: .null
        )
      }
      return ownNetBufferPool
    }
  }

  // Lists

  /// The bytes of a list, with room for the information of every version of NDIS.
  private var listSize: Int {
    NetBufferList.size(on: memory.architecture) + 32 * memory.architecture.pointerSize
  }

  /// Allocates a list.
  ///
  /// - Parameters:
  ///   - handle: The pool.
  ///   - contextSize: The bytes of context that the caller uses.
  ///   - backFill: The bytes of context beside these.
  ///   - routine: The routine that was called.
  /// - Returns: The list, or nil if there is no memory.
  /// - Throws: ``Unmodelled`` if the pool is none, or the context too large.
  func allocateList(
    from handle: VirtualAddress,
    contextSize: Int,
    backFill: Int,
    _ routine: String
  ) throws -> GuestPointer<NetBufferList>? {
    let pool = try pool(handle, .lists, routine)
    let architecture = memory.architecture
    // Drivers get structures that are aligned as SLIST_HEADER is.
    let netBufferSize = pool.allocatesNetBuffer ? NetBuffer.size(on: architecture) : 0
    let contextSpace = max(contextSize + backFill, pool.contextSize)
    let contextHeader = contextSpace > 0 ? NetBufferListContext.size(on: architecture) : 0
    let size = listSize + netBufferSize + contextHeader + contextSpace
    guard contextSpace <= Int(UInt16.max) else {
      throw Unmodelled("\(routine) with a context of \(contextSpace) bytes")
    }
    let caller = manager.context.caller
    guard let block = try manager.allocatePool(size, .nonpaged, tag: pool.tag, caller: caller)
    else { return nil }
    try memory.fill(at: block, count: size)
    let list = GuestPointer<NetBufferList>(block)
    let netBuffer = GuestPointer<NetBuffer>(block + listSize)
    let context = GuestPointer<NetBufferListContext>(block + listSize + netBufferSize)
    try memory[list].store(handle, in: \.poolHandle)
    if pool.allocatesNetBuffer {
      try memory[list].store(netBuffer, in: \.firstNetBuffer)
      try memory[netBuffer].store(handle, in: \.poolHandle)
    }
    if contextSpace > 0 {
      try memory[context].store(UInt16(contextSpace), in: \.byteCount)
      try memory[context].store(UInt16(contextSpace - contextSize), in: \.offset)
      try memory[list].store(context, in: \.context)
    }
    if pool.dataSize > 0, try !allocateData(of: pool, for: netBuffer) {
      try manager.freePool(block)
      return nil
    }
    lists[list] = handle
    pool.useCount += 1
    return list
  }

  /// Frees a list, and what its pool gave with it.
  ///
  /// The corresponding kernel routine is `NdisFreeNetBufferList`.
  func freeList(_ list: GuestPointer<NetBufferList>, _ routine: String) throws {
    guard let handle = lists[list] else {
      throw Unmodelled("\(routine) of \(list.address), which is not a list in use")
    }
    let pool = try pool(handle, .lists, routine)
    if pool.dataSize > 0 { try freeData(of: memory[list].firstNetBuffer) }
    lists[list] = nil
    pool.useCount -= 1
    try manager.freePool(list.address, caller: manager.context.caller)
  }

  /// Returns the handle of a list's pool.
  func pool(of list: GuestPointer<NetBufferList>, _ routine: String) throws -> VirtualAddress {
    guard let handle = lists[list] else {
      throw Unmodelled("\(routine) of \(list.address), which is not a list in use")
    }
    return handle
  }

  /// Whether an address is a list that is in use.
  func isInUse(_ list: GuestPointer<NetBufferList>) -> Bool { lists[list] != nil }

  // Net buffers

  /// Allocates a net buffer.
  ///
  /// - Returns: The net buffer, or nil if there is no memory.
  func allocateNetBuffer(
    from handle: VirtualAddress,
    _ routine: String
  ) throws -> GuestPointer<NetBuffer>? {
    let pool = try pool(handle, .netBuffers, routine)
    let size = NetBuffer.size(on: memory.architecture)
    let caller = manager.context.caller
    guard let block = try manager.allocatePool(size, .nonpaged, tag: pool.tag, caller: caller)
    else { return nil }
    try memory.fill(at: block, count: size)
    let netBuffer = GuestPointer<NetBuffer>(block)
    try memory[netBuffer].store(handle, in: \.poolHandle)
    if pool.dataSize > 0, try !allocateData(of: pool, for: netBuffer) {
      try manager.freePool(block)
      return nil
    }
    netBuffers[netBuffer] = handle
    pool.useCount += 1
    return netBuffer
  }

  /// Frees a net buffer.
  ///
  /// The corresponding kernel routine is `NdisFreeNetBuffer`.
  func freeNetBuffer(_ netBuffer: GuestPointer<NetBuffer>, _ routine: String) throws {
    guard let handle = netBuffers[netBuffer] else {
      throw Unmodelled("\(routine) of \(netBuffer.address), which is not a net buffer in use")
    }
    let pool = try pool(handle, .netBuffers, routine)
    if pool.dataSize > 0 { try freeData(of: netBuffer) }
    netBuffers[netBuffer] = nil
    pool.useCount -= 1
    try manager.freePool(netBuffer.address, caller: manager.context.caller)
  }

  /// Sets a net buffer to data.
  ///
  /// - Throws: ``Unmodelled`` if the offset lies outside the chain.
  func set(
    _ netBuffer: GuestPointer<NetBuffer>,
    chain: GuestPointer<MDL>,
    offset: UInt32,
    byteCount: GuestWord
  ) throws {
    try memory.modify(netBuffer) { netBuffer in
      netBuffer.mdlChain = chain
      netBuffer.dataOffset = offset
      netBuffer.dataLength = byteCount
    }
    try findCurrentMDL(of: netBuffer)
  }

  /// Sets the current MDL and the offset in it by the offset in the chain.
  ///
  /// The corresponding kernel routine is `NdisAdjustNetBufferCurrentMdl`.
  func findCurrentMDL(of netBuffer: GuestPointer<NetBuffer>) throws {
    var mdl = try memory[netBuffer].mdlChain
    var rest = Int(try memory[netBuffer].dataOffset)
    for _ in 0..<Self.longestChain {
      if mdl.isNull {
        guard rest == 0 else { throw Unmodelled("a NET_BUFFER whose data begin behind its MDLs") }
        break
      }
      let count = try Int(memory[mdl].byteCount)
      let next = try memory[mdl].next
      // Data that begin where the last MDL ends begin in it.
      if rest < count || (rest == count && next.isNull) { break }
      rest -= count
      mdl = next
    }
    try memory.modify(netBuffer) { netBuffer in
      netBuffer.currentMDL = mdl
      netBuffer.currentMDLOffset = UInt32(truncatingIfNeeded: rest)
    }
  }

  /// Allocates the data of a pool's net buffer, with an MDL.
  private func allocateData(
    of pool: NetBufferPool,
    for netBuffer: GuestPointer<NetBuffer>
  ) throws -> Bool {
    guard let mdl = try allocateMDL(pool.dataSize, tag: pool.tag) else { return false }
    // No data are used yet. That they are at the end of the space is not documented, but follows from
    // how a driver gets at the space: by a retreat.
    try set(netBuffer, chain: mdl, offset: UInt32(pool.dataSize), byteCount: GuestWord(0))
    return true
  }

  private func freeData(of netBuffer: GuestPointer<NetBuffer>) throws {
    let mdl = try memory[netBuffer].mdlChain
    guard mdls[mdl] != nil else {
      throw Unmodelled("a NET_BUFFER that no longer begins with the MDL of its pool")
    }
    try freeMDL(mdl)
  }

  /// Allocates memory with an MDL that describes it.
  ///
  /// - Returns: The MDL, or nil if there is no memory.
  func allocateMDL(_ byteCount: Int, tag: UInt32) throws -> GuestPointer<MDL>? {
    guard byteCount > 0, byteCount <= 1 << 28,
      let data = try manager.allocatePool(byteCount, .nonpaged, tag: tag)
    else { return nil }
    guard let mdl = try manager.allocateMDL(for: data, byteCount: byteCount) else {
      try manager.freePool(data)
      return nil
    }
    try memory.fill(at: data, count: byteCount)
    try manager.buildMDLForNonpagedPool(mdl)
    mdls[mdl] = NetBufferData(data: data, isDrivers: false)
    return mdl
  }

  /// Frees an MDL with its memory.
  func freeMDL(_ mdl: GuestPointer<MDL>) throws {
    guard let data = mdls.removeValue(forKey: mdl) else { return }
    try manager.freeMDL(mdl)
    if data.data != .null { try manager.freePool(data.data) }
  }
}
