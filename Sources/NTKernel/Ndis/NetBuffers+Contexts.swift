internal import GuestABI
internal import NTStructures

extension NetBuffers {
  /// Reserves space in the context of a list, and allocates one if there is too little.
  ///
  /// The corresponding kernel routine is `NdisAllocateNetBufferListContext`.
  ///
  /// - Returns: `NDIS_STATUS_SUCCESS`, or `NDIS_STATUS_RESOURCES`.
  func allocateContext(
    _ list: GuestPointer<NetBufferList>,
    _ size: UInt16,
    backFill: UInt16,
    tag: UInt32
  ) throws -> NTStatus {
    let context = try memory[list].context
    if !context.isNull, try memory[context].offset >= size {
      try memory[context].store(memory[context].offset - size, in: \.offset)
      return .success
    }
    let space = Int(size) + Int(backFill)
    guard space <= Int(UInt16.max) else { return .insufficientResources }
    let header = NetBufferListContext.size(on: memory.architecture)
    let caller = manager.context.caller
    guard
      let block = try manager.allocatePool(header + space, .nonpaged, tag: tag, caller: caller)
    else { return .insufficientResources }
    try memory.fill(at: block, count: header + space)
    let new = GuestPointer<NetBufferListContext>(block)
    try memory.modify(new) { new in
      new.next = context
      new.byteCount = UInt16(space)
      new.offset = backFill
    }
    try memory[list].store(new, in: \.context)
    allocatedContexts.insert(block)
    return .success
  }

  /// Gives back space in the context of a list, which is freed if all of it is unused then and it was
  /// allocated for the list.
  ///
  /// The corresponding kernel routine is `NdisFreeNetBufferListContext`.
  func freeContext(_ list: GuestPointer<NetBufferList>, _ size: UInt16) throws {
    let context = try memory[list].context
    guard !context.isNull else {
      throw Unmodelled("NdisFreeNetBufferListContext without a context")
    }
    let (offset, overflow) = try memory[context].offset.addingReportingOverflow(size)
    guard !overflow, try offset <= memory[context].byteCount else {
      throw Unmodelled("NdisFreeNetBufferListContext of more than is used")
    }
    try memory[context].store(offset, in: \.offset)
    guard try offset == memory[context].byteCount,
      allocatedContexts.remove(context.address) != nil
    else { return }
    try memory[list].store(memory[context].next, in: \.context)
    try manager.freePool(context.address, caller: manager.context.caller)
  }

  // Copies

  /// Makes a list that describes the data of another.
  ///
  /// The corresponding kernel routine is `NdisAllocateCloneNetBufferList`.
  ///
  /// - Parameters:
  ///   - original: The other list.
  ///   - listPool: The pool that the list comes from, or NULL for NDIS's own.
  ///   - netBufferPool: The pool that its net buffers come from, or NULL for NDIS's own.
  ///   - flags: `NDIS_CLONE_FLAGS_…`.
  /// - Returns: The list, or nil if there is no memory.
  /// - Throws: ``Unmodelled`` for flags or pools that are not documented for it.
  func clone(
    _ original: GuestPointer<NetBufferList>,
    listPool: VirtualAddress,
    netBufferPool: VirtualAddress,
    flags: UInt32
  ) throws -> GuestPointer<NetBufferList>? {
    let routine = "NdisAllocateCloneNetBufferList"
    guard flags & ~2 == 0 else { throw Unmodelled("\(routine) with flags \(flags)") }
    let sharesMDLs = flags & 2 != 0
    let listHandle = listPool == .null ? try ownPool(.lists) : listPool
    let netBufferHandle = netBufferPool == .null ? try ownPool(.netBuffers) : netBufferPool
    // The pairs that a pool makes are not for lists with several net buffers.
    guard try !pool(listHandle, .lists, routine).allocatesNetBuffer else {
      throw Unmodelled("\(routine) from a pool that allocates net buffers")
    }
    guard let list = try allocateList(from: listHandle, contextSize: 0, backFill: 0, routine)
    else { return nil }
    clones[list] = Clone(sharesMDLs: sharesMDLs)
    var source = try memory[original].firstNetBuffer
    var place = memory[list].address(of: \.firstNetBuffer)
    for _ in 0..<Self.longestChain where !source.isNull {
      guard let copy = try allocateNetBuffer(from: netBufferHandle, routine),
        try describe(source, by: copy, sharesMDLs: sharesMDLs)
      else {
        try freeClone(list)
        return nil
      }
      try memory.store(copy, at: place)
      place = memory[copy].address(of: \.next)
      source = try memory[source].next
    }
    try memory[list].store(original, in: \.parent)
    return list
  }

  /// Makes a net buffer describe the used data of another.
  private func describe(
    _ source: GuestPointer<NetBuffer>,
    by copy: GuestPointer<NetBuffer>,
    sharesMDLs: Bool
  ) throws -> Bool {
    let view = memory[source]
    let length = try view.dataLength
    guard !sharesMDLs else {
      // A copy begins with the MDL in which the used data begin.
      let (mdl, offset) = (try view.currentMDL, try view.currentMDLOffset)
      try set(copy, chain: mdl, offset: offset, byteCount: length)
      return true
    }
    var place = memory[copy].address(of: \.mdlChain)
    for piece in try pieces(of: source, from: 0, limit: length.byteCount) {
      let original = memory[piece.mdl]
      let start = try original.startVA + Int(original.byteOffset) + piece.offset
      guard let mdl = try manager.allocateMDL(for: start, byteCount: piece.byteCount) else {
        return false
      }
      try manager.buildPartialMDL(
        from: piece.mdl,
        to: mdl,
        at: start,
        byteCount: UInt32(piece.byteCount)
      )
      mdls[mdl] = NetBufferData(data: .null, isDrivers: false)
      try memory.store(mdl, at: place)
      place = memory[mdl].address(of: \.next)
    }
    try memory[copy].store(length, in: \.dataLength)
    try findCurrentMDL(of: copy)
    return true
  }

  /// Frees what a copy of a list consists of.
  ///
  /// The corresponding kernel routine is `NdisFreeCloneNetBufferList`.
  func freeClone(_ list: GuestPointer<NetBufferList>) throws {
    let routine = "NdisFreeCloneNetBufferList"
    guard let clone = clones.removeValue(forKey: list) else {
      throw Unmodelled("\(routine) of \(list.address), which is not a clone in use")
    }
    var netBuffer = try memory[list].firstNetBuffer
    for _ in 0..<Self.longestChain where !netBuffer.isNull {
      let next = try memory[netBuffer].next
      if !clone.sharesMDLs { try freeChain(memory[netBuffer].mdlChain) }
      try freeNetBuffer(netBuffer, routine)
      netBuffer = next
    }
    try freeList(list, routine)
  }

  private func freeChain(_ chain: GuestPointer<MDL>) throws {
    var mdl = chain
    for _ in 0..<Self.longestChain where mdls[mdl] != nil {
      let next = try memory[mdl].next
      try freeMDL(mdl)
      mdl = next
    }
  }
}
