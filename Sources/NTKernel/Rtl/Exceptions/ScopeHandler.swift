internal import GuestABI
internal import NTStructures

/// The handler of x64 routines with `__try`.
///
/// Its data is a `SCOPE_TABLE`: a count, and for each scope the offsets of its first byte and of the
/// byte after its last, of its filter or termination handler, and of the code of `__except`, which is 0
/// for `__finally` (winnt.h).
struct ScopeHandler {
  private struct Scope {
    let begin: UInt32
    let end: UInt32
    /// A filter or termination handler, or 1 for a filter that always handles.
    let handler: UInt32
    let target: UInt32

    func contains(_ offset: UInt64) -> Bool { offset >= UInt64(begin) && offset < UInt64(end) }
  }

  let dispatcher: ExceptionDispatcher
  private var memory: AddressSpace { dispatcher.memory }

  /// Looks for a scope that handles an exception, or runs the termination handlers of those that are
  /// left.
  ///
  /// The corresponding kernel routine is `__C_specific_handler`.
  ///
  /// - Returns: A completion with an `EXCEPTION_DISPOSITION`.
  func handle(
    _ record: GuestPointer<ExceptionRecord>,
    _ establisher: VirtualAddress,
    _ contextRecord: VirtualAddress,
    _ context: GuestPointer<DispatcherContext>
  ) throws -> Completion {
    let isUnwind = try !memory[record].flags.isDisjoint(with: .anyUnwind)
    let index = try memory[context].scopeIndex
    guard !isUnwind else { return try terminate(record, establisher, context, from: index) }
    // The two pointers that a filter gets lie on the stack.
    var space = try StackSpace(below: dispatcher.machine().threadContext.rsp)
    let pointers = GuestPointer<ExceptionPointers>(space.take(16))
    try memory[pointers].store(record, in: \.record)
    try memory[pointers].store(contextRecord, in: \.context)
    return try filter(pointers, establisher, context, from: index, below: space.address)
  }

  private func filter(
    _ pointers: GuestPointer<ExceptionPointers>,
    _ establisher: VirtualAddress,
    _ context: GuestPointer<DispatcherContext>,
    from first: UInt32,
    below top: VirtualAddress
  ) throws -> Completion {
    let (base, offset) = try place(context)
    var index = first
    while let scope = try scope(index, context) {
      index &+= 1
      guard scope.contains(offset), scope.target != 0 else { continue }
      let next = index
      func decide(_ result: UInt64) throws -> Completion {
        let decision = Int32(truncatingIfNeeded: result)
        if decision < 0 { return .returned(Disposition.continueExecution.rawValue) }
        if decision == 0 {
          return try filter(pointers, establisher, context, from: next, below: top)
        }
        let record = try memory[pointers].record
        return try dispatcher.unwindFrames(
          to: establisher,
          base + Int(scope.target),
          record,
          // The code of the exception is what __except finds in EAX.
          result: UInt64(UInt32(bitPattern: memory[record].code.rawValue))
        )
      }
      guard scope.handler != 1 else { return try decide(1) }
      var call = GuestCall(
        base + Int(scope.handler),
        pointers.address.rawValue,
        establisher.rawValue
      )
      call.stackTop = top
      return .call(call, then: decide)
    }
    return .returned(Disposition.continueSearch.rawValue)
  }

  private func terminate(
    _ record: GuestPointer<ExceptionRecord>,
    _ establisher: VirtualAddress,
    _ context: GuestPointer<DispatcherContext>,
    from first: UInt32
  ) throws -> Completion {
    let (base, offset) = try place(context)
    let isTarget = try memory[record].flags.contains(.targetUnwind)
    let targetOffset = try memory[context].targetIP.rawValue &- base.rawValue
    var index = first
    while let scope = try scope(index, context) {
      index &+= 1
      guard scope.contains(offset) else { continue }
      // Scopes from here on are not left: the thread goes on within them.
      if isTarget, scope.contains(targetOffset) { break }
      guard scope.target == 0 else {
        if isTarget, UInt64(scope.target) == targetOffset { break }
        continue
      }
      // An exception or unwind in the termination handler is not to run it again.
      try memory[context].store(index, in: \.scopeIndex)
      let next = index
      let isAbnormal: UInt64 = 1
      return .call(
        GuestCall(base + Int(scope.handler), isAbnormal, establisher.rawValue),
        then: { _ in try terminate(record, establisher, context, from: next) }
      )
    }
    return .returned(Disposition.continueSearch.rawValue)
  }

  private func place(
    _ context: GuestPointer<DispatcherContext>
  ) throws -> (base: VirtualAddress, offset: UInt64) {
    let base = try memory[context].imageBase
    return (base, try memory[context].controlPC.rawValue &- base.rawValue)
  }

  private func scope(_ index: UInt32, _ context: GuestPointer<DispatcherContext>) throws -> Scope? {
    let table = try memory[context].handlerData
    // What a hostile table can have is bounded by what an image can hold.
    guard try index < min(memory.load(UInt32.self, at: table), 1 << 20) else { return nil }
    let entry = table + (4 + 16 * Int(index))
    return try Scope(
      begin: memory.load(at: entry),
      end: memory.load(at: entry + 4),
      handler: memory.load(at: entry + 8),
      target: memory.load(at: entry + 12)
    )
  }
}
