internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// Allocates a context.
  ///
  /// The corresponding kernel routine is `FltAllocateContext`.
  ///
  /// - Returns: `STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND` if no kind of that type and size is registered,
  ///   and others.
  func allocateContext(
    _ filter: VirtualAddress,
    _ type: UInt16,
    _ byteCount: GuestWord,
    _ pool: PoolType,
    _ result: VirtualAddress
  ) throws -> Completion {
    let owner = try self.filter(filter, "FltAllocateContext")
    guard type.nonzeroBitCount == 1, type <= 0x40 else {
      return .returned(NTStatus.invalidParameter)
    }
    // A volume's context may be needed at any IRQL.
    guard type != 1 || !pool.isPaged else { return .returned(NTStatus.invalidParameter) }
    guard !owner.isEnding else { return .returned(NTStatus.fltDeletingObject) }
    let count = byteCount.byteCount
    let kinds = owner.contextKinds.filter { $0.type == type }
    let sized = kinds.filter { ($0.byteCount ?? .max) < .max }.sorted {
      ($0.byteCount ?? 0) < ($1.byteCount ?? 0)
    }
    let kind =
      kinds.first { $0.allocate != .null }
      ?? sized.first { $0.byteCount == count || ($0.takesSmaller && count <= ($0.byteCount ?? 0)) }
      ?? kinds.first { $0.byteCount == nil }
    guard let kind else { return .returned(NTStatus.fltContextAllocationNotFound) }
    if kind.allocate != .null {
      let routine = GuestFunction<VirtualAddress, UInt32, GuestWord, UInt16>(kind.allocate)
      return routine.call(pool.rawValue, byteCount, type) { [self] block in
        try adopt(block == .null ? nil : block, owner, kind, result)
      }
    }
    let size = max(kind.byteCount ?? count, 1)
    let tag = kind.tag == 0 ? 0x7843_4D46 : kind.tag
    let caller = manager.context.caller
    let block = try manager.allocatePool(size, pool, tag: tag, caller: caller)
    return try adopt(block, owner, kind, result)
  }

  private func adopt(
    _ block: VirtualAddress?,
    _ filter: MiniFilter,
    _ kind: MiniFilter.ContextKind,
    _ result: VirtualAddress
  ) throws -> Completion {
    guard let block else { return .returned(NTStatus.insufficientResources) }
    contexts[block] = FilterContext(filter: filter.address, kind: kind)
    try memory.store(block, at: result)
    return .returned(NTStatus.success)
  }

  /// Returns a context.
  func context(_ address: VirtualAddress, _ routine: String) throws -> FilterContext {
    guard let context = contexts[address] else {
      throw Unmodelled("\(routine) with \(address), which is not a context")
    }
    return context
  }

  /// Sets a context on an object.
  ///
  /// The corresponding kernel routines are `FltSetInstanceContext` and its siblings.
  ///
  /// - Parameters:
  ///   - key: What it is set on.
  ///   - operation: `FLT_SET_CONTEXT_REPLACE_IF_EXISTS` or `…_KEEP_IF_EXISTS`.
  ///   - new: The context, to which the object holds a reference from then on.
  ///   - old: Where the context goes that is replaced or kept, with a reference, or NULL.
  ///   - routine: The routine that was called.
  /// - Returns: A status.
  /// - Throws: ``Unmodelled`` if there is no such context.
  func setContext(
    on key: FilterContextKey,
    _ operation: UInt32,
    _ new: VirtualAddress,
    _ old: VirtualAddress,
    _ routine: String
  ) throws -> Completion {
    let context = try context(new, routine)
    if old != .null { try memory.store(VirtualAddress.null, at: old) }
    guard context.kind.type == key.type, operation < 2 else {
      return .returned(NTStatus.invalidParameter)
    }
    guard context.key == nil else { return .returned(NTStatus.fltContextAlreadyLinked) }
    let existing = links[key]
    if let existing, operation == 1 {
      if old != .null {
        try self.context(existing, routine).referenceCount += 1
        try memory.store(existing, at: old)
      }
      return .returned(NTStatus.fltContextAlreadyDefined)
    }
    links[key] = new
    context.key = key
    context.referenceCount += 1
    guard let existing else { return .returned(NTStatus.success) }
    // The reference that the object had goes to the caller, or away.
    try self.context(existing, routine).key = nil
    if old != .null {
      try memory.store(existing, at: old)
      return .returned(NTStatus.success)
    }
    return try release(existing, routine) { .returned(NTStatus.success) }
  }

  /// Returns the context that is set on an object, with a reference.
  func getContext(
    of key: FilterContextKey,
    _ result: VirtualAddress,
    _ routine: String
  ) throws -> NTStatus {
    guard let found = links[key] else {
      try memory.store(VirtualAddress.null, at: result)
      return .notFound
    }
    try context(found, routine).referenceCount += 1
    try memory.store(found, at: result)
    return .success
  }

  /// Removes the context that is set on an object.
  ///
  /// - Returns: `STATUS_NOT_FOUND` if there is none.
  func deleteContext(
    of key: FilterContextKey,
    _ old: VirtualAddress,
    _ routine: String
  ) throws -> Completion {
    if old != .null { try memory.store(VirtualAddress.null, at: old) }
    guard let found = links.removeValue(forKey: key) else { return .returned(NTStatus.notFound) }
    try context(found, routine).key = nil
    if old != .null {
      try memory.store(found, at: old)
      return .returned(NTStatus.success)
    }
    return try release(found, routine) { .returned(NTStatus.success) }
  }

  /// Gives a reference back; the last one ends the context.
  ///
  /// The corresponding kernel routine is `FltReleaseContext`.
  func release(
    _ address: VirtualAddress,
    _ routine: String,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    let context = try context(address, routine)
    context.referenceCount -= 1
    guard context.referenceCount == 0 else { return try then() }
    let kind = context.kind
    guard kind.cleanup != .null else { return try free(address, kind, then: then) }
    let cleanup = GuestCall(kind.cleanup, address.rawValue, UInt64(kind.type))
    return .call(cleanup) { [self] _ in try free(address, kind, then: then) }
  }

  private func free(
    _ address: VirtualAddress,
    _ kind: MiniFilter.ContextKind,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    contexts[address] = nil
    guard kind.free == .null else {
      return .call(GuestCall(kind.free, address.rawValue, UInt64(kind.type))) { _ in try then() }
    }
    try manager.freePool(address)
    return try then()
  }

  /// Removes the contexts of objects that end.
  func removeContexts(
    where condition: @escaping (FilterContextKey) -> Bool,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    // The order of addresses does not depend on that of the dictionary.
    guard let first = links.filter({ condition($0.key) }).min(by: { $0.value < $1.value }) else {
      return try then()
    }
    links[first.key] = nil
    contexts[first.value]?.key = nil
    return try release(first.value, "FltUnregisterFilter") { [self] in
      try removeContexts(where: condition, then: then)
    }
  }
}
