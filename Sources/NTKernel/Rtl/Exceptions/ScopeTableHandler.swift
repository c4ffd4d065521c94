internal import GuestABI
internal import NTStructures

/// The handler of x86 routines with `__try`, and what compiled code calls beside it.
///
/// A scope table has for each scope the scope around it, its filter, which is null for `__finally`, and
/// its handler. Filters and handlers are parts of the routine: they find its variables by EBP, 16 bytes
/// above the registration (Matt Pietrek, Microsoft Systems Journal, January 1997).
struct ScopeTableHandler {
  private struct Scope {
    let enclosing: Int32
    let filter: VirtualAddress
    let handler: VirtualAddress
  }

  /// What ends the chain of scopes.
  private static var noScope: Int32 { -1 }
  /// More scopes than a compiled routine has.
  private static var maximumCount: Int { 4096 }

  let dispatcher: ExceptionDispatcher
  private var memory: AddressSpace { dispatcher.memory }

  /// Looks for a scope that handles an exception, or runs the termination handlers.
  ///
  /// The corresponding kernel routine is `_except_handler3`.
  ///
  /// - Returns: A completion with an `EXCEPTION_DISPOSITION`.
  func handle(
    _ record: GuestPointer<ExceptionRecord>,
    _ registration: GuestPointer<ExceptionRegistration>,
    _ contextRecord: VirtualAddress
  ) throws -> Completion {
    let before = try dispatcher.machine().threadContext
    var space = StackSpace(below: before.rsp)
    let search = Completion.returned(Disposition.continueSearch.rawValue)
    guard try memory[record].flags.isDisjoint(with: [.unwinding, .exitUnwind]) else {
      return try leaveScopes(of: registration, downTo: Self.noScope, below: &space) { search }
    }
    // GetExceptionInformation reads the pointers' address right below the registration.
    let pointers = GuestPointer<ExceptionPointers>(space.take(8))
    try memory[pointers].store(record, in: \.record)
    try memory[pointers].store(contextRecord, in: \.context)
    try memory.store(pointers.address, at: registration.address + -4)
    let first = try memory[registration].tryLevel
    return try filter(registration, from: first, before, below: space.address, count: 0)
  }

  private func filter(
    _ registration: GuestPointer<ExceptionRegistration>,
    from first: Int32,
    _ before: ProcessorContext,
    below top: VirtualAddress,
    count: Int
  ) throws -> Completion {
    var level = first
    var count = count
    while level != Self.noScope {
      count += 1
      let scope = try scope(level, of: registration, count)
      guard scope.filter != .null else {
        level = scope.enclosing
        continue
      }
      let current = level
      let reached = count
      return call(scope.filter, of: registration, before, below: top) { result in
        let decision = Int32(truncatingIfNeeded: result)
        if decision < 0 { return .returned(Disposition.continueExecution.rawValue) }
        if decision == 0 {
          return try filter(
            registration,
            from: scope.enclosing,
            before,
            below: top,
            count: reached
          )
        }
        return try enter(scope, current, registration, below: top)
      }
    }
    return .returned(Disposition.continueSearch.rawValue)
  }

  /// Leaves everything that the handler of a scope is to be entered from.
  private func enter(
    _ scope: Scope,
    _ level: Int32,
    _ registration: GuestPointer<ExceptionRegistration>,
    below top: VirtualAddress
  ) throws -> Completion {
    let none = GuestPointer<ExceptionRecord>(.null)
    return try dispatcher.unwindList(
      to: registration.address,
      none,
      below: top.rawValue
    ) {
      var space = StackSpace(below: top.rawValue)
      return try leaveScopes(of: registration, downTo: level, below: &space) {
        try memory[registration].store(scope.enclosing, in: \.tryLevel)
        var context = try dispatcher.machine().threadContext
        context.rip = scope.handler.rawValue
        context.rbp = framePointer(of: registration)
        context.rsp = top.rawValue
        return .resume(context)
      }
    }
  }

  /// Runs the termination handlers of the scopes that are left.
  ///
  /// The corresponding kernel routine is `_local_unwind2`.
  ///
  /// - Parameters:
  ///   - registration: The routine's registration.
  ///   - level: The scope that is not left, or -1.
  ///   - space: The stack that is free.
  ///   - body: What to do then.
  /// - Returns: What the guest does first.
  /// - Throws: `GuestFault` if the registration or a scope cannot be accessed; ``Unmodelled`` if scopes
  ///   lead in a circle.
  func leaveScopes(
    of registration: GuestPointer<ExceptionRegistration>,
    downTo level: Int32,
    below space: inout StackSpace,
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    let machine = try dispatcher.machine()
    let list = try machine.exceptionList()
    let before = machine.threadContext
    // While it runs, a handler on the list says which routine is being left: see isAbnormal.
    let guardian = GuestPointer<ExceptionRegistration>(space.take(16))
    let routine = try dispatcher.addressOfRoutine(Self.guardName)
    try memory.modify(guardian) { view in
      view.next = list
      view.handler = routine
      view.scopeTable = VirtualAddress(rawValue: 0xFFFF_FFFE)
      view.tryLevel = Int32(truncatingIfNeeded: registration.address.rawValue)
    }
    try machine.setExceptionList(guardian.address)
    return try leaveScope(
      of: registration,
      downTo: level,
      before,
      guardian,
      below: space.address,
      count: 0
    ) {
      try machine.setExceptionList(list)
      return try body()
    }
  }

  private func leaveScope(
    of registration: GuestPointer<ExceptionRegistration>,
    downTo level: Int32,
    _ before: ProcessorContext,
    _ guardian: GuestPointer<ExceptionRegistration>,
    below top: VirtualAddress,
    count: Int,
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    var count = count
    while true {
      let current = try memory[registration].tryLevel
      guard current != Self.noScope, current != level else { return try body() }
      count += 1
      let scope = try scope(current, of: registration, count)
      try memory[registration].store(scope.enclosing, in: \.tryLevel)
      let enclosing = VirtualAddress(rawValue: UInt64(UInt32(bitPattern: scope.enclosing)))
      try memory[guardian].store(enclosing, in: \.scopeTable)
      guard scope.filter == .null else { continue }
      let reached = count
      return call(scope.handler, of: registration, before, below: top) { _ in
        try leaveScope(
          of: registration,
          downTo: level,
          before,
          guardian,
          below: top,
          count: reached,
          then: body
        )
      }
    }
  }

  /// The name of the handler that guards termination handlers.
  static let guardName = "RtlpScopeGuard"

  /// What the handler that guards termination handlers does: the unwind goes on behind itself.
  func guardScopes(
    _ record: GuestPointer<ExceptionRecord>,
    _ registration: GuestPointer<ExceptionRegistration>,
    _ dispatcherContext: VirtualAddress
  ) throws -> Int32 {
    guard try !memory[record].flags.isDisjoint(with: [.unwinding, .exitUnwind]) else {
      return Disposition.continueSearch.rawValue
    }
    try memory.store(registration.address, at: dispatcherContext)
    return Disposition.collidedUnwind.rawValue
  }

  /// Whether a termination handler runs because its scope is left by an unwind.
  ///
  /// The corresponding kernel routine is `_abnormal_termination`.
  func isAbnormal() throws -> Bool {
    let list = try dispatcher.machine().exceptionList()
    guard dispatcher.isOnStack(list, byteCount: 16) else { return false }
    let guardian = memory[GuestPointer<ExceptionRegistration>(list)]
    guard try guardian.handler == dispatcher.addressOfRoutine(Self.guardName) else { return false }
    let routine = try VirtualAddress(rawValue: UInt64(UInt32(bitPattern: guardian.tryLevel)))
    let level = try memory[GuestPointer<ExceptionRegistration>(routine)].tryLevel
    return try guardian.scopeTable.rawValue == UInt64(UInt32(bitPattern: level))
  }

  private func framePointer(of registration: GuestPointer<ExceptionRegistration>) -> UInt64 {
    (registration.address + 16).rawValue & 0xFFFF_FFFF
  }

  /// Calls a part of a routine, which may change every register.
  private func call(
    _ part: VirtualAddress,
    of registration: GuestPointer<ExceptionRegistration>,
    _ before: ProcessorContext,
    below top: VirtualAddress,
    then body: @escaping (UInt64) throws -> Completion
  ) -> Completion {
    var call = GuestCall(part, convention: .cdecl)
    call.stackTop = top
    call.framePointer = framePointer(of: registration)
    return .call(call) { [dispatcher] result in
      try dispatcher.machine().setPreservedRegisters(of: before)
      return try body(result)
    }
  }

  private func scope(
    _ level: Int32,
    of registration: GuestPointer<ExceptionRegistration>,
    _ count: Int
  ) throws -> Scope {
    guard count <= Self.maximumCount else { throw Unmodelled("scopes that lead in a circle") }
    let entry = try memory[registration].scopeTable + 12 * Int(level)
    return try Scope(
      enclosing: memory.load(at: entry),
      filter: memory.load(at: entry + 4),
      handler: memory.load(at: entry + 8)
    )
  }
}
