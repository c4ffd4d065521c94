internal import GuestABI
internal import NTStructures

/// The places on the stack that calls of handlers need on x86.
struct ListSpace {
  /// What a handler tells of the frame that was meant: `DISPATCHER_CONTEXT`, one pointer.
  let dispatcherContext: VirtualAddress
  /// The kernel's own handler, on the list while another runs.
  let guardRegistration: GuestPointer<ExceptionRegistration>
  /// Where the stack is free.
  let top: VirtualAddress

  init(_ space: inout StackSpace) {
    dispatcherContext = space.take(4)
    guardRegistration = GuestPointer(space.take(ExceptionRegistration.size(on: .x86)))
    top = space.address
  }
}

extension ExceptionDispatcher {
  /// The names of the kernel's handlers that guard calls of handlers.
  enum GuardHandler: String {
    /// Guards handlers that are asked to handle an exception.
    case exception = "RtlpExceptionGuard"
    /// Guards handlers that are told of an unwind.
    case unwind = "RtlpUnwindGuard"
  }

  /// Begins a search along the list at `fs:[0]`.
  func beginListSearch(_ search: HandlerSearch, _ space: inout StackSpace) throws -> Completion {
    try goOn(search, ListSpace(&space), at: machine().exceptionList())
  }

  private func goOn(
    _ search: HandlerSearch,
    _ space: ListSpace,
    at place: VirtualAddress
  ) throws -> Completion {
    guard place != ExceptionRegistration.end else { try giveUp(search) }
    guard isOnStack(place, byteCount: 8) else {
      search.flags.insert(.stackInvalid)
      try memory[search.record].store(search.flags, in: \.flags)
      try giveUp(search)
    }
    let registration = GuestPointer<ExceptionRegistration>(place)
    try memory[search.record].store(search.flags, in: \.flags)
    return try call(
      registration,
      search.record,
      search.contextRecord,
      space,
      guardedBy: .exception
    ) { [self] result in
      search.flags = try search.flags(in: memory)
      if search.nestedFrame == place {
        search.flags.remove(.nestedCall)
        search.nestedFrame = .null
      }
      switch Disposition(result: result) {
      case .continueExecution: return try continueExecution(search, below: space.top.rawValue)
      case .continueSearch: break
      case .nestedException:
        search.flags.insert(.nestedCall)
        let nested: VirtualAddress = try memory.load(at: space.dispatcherContext)
        search.nestedFrame = max(search.nestedFrame, nested)
      case .collidedUnwind, nil:
        return try raise(.invalidDisposition, during: search, below: space.top.rawValue)
      }
      return try goOn(search, space, at: memory[registration].next)
    }
  }

  /// Calls a handler of the list, with the kernel's own before it.
  private func call(
    _ registration: GuestPointer<ExceptionRegistration>,
    _ record: GuestPointer<ExceptionRecord>,
    _ contextRecord: VirtualAddress,
    _ space: ListSpace,
    guardedBy handler: GuardHandler,
    then body: @escaping (UInt64) throws -> Completion
  ) throws -> Completion {
    let machine = try machine()
    let list = try machine.exceptionList()
    let routine = try addressOfRoutine(handler.rawValue)
    try memory.modify(space.guardRegistration) { view in
      view.next = list
      view.handler = routine
      // The guard's own data: the frame whose handler runs.
      view.scopeTable = registration.address
    }
    try machine.setExceptionList(space.guardRegistration.address)
    var call = try GuestCall(
      memory[registration].handler,
      record.address.rawValue,
      registration.address.rawValue,
      contextRecord.rawValue,
      space.dispatcherContext.rawValue,
      convention: .cdecl
    )
    call.stackTop = space.top
    return .call(call) { result in
      try machine.setExceptionList(list)
      return try body(result)
    }
  }

  /// What the kernel's own handlers do: they tell of the frame whose handler was running.
  func guardFrame(
    _ handler: GuardHandler,
    _ record: GuestPointer<ExceptionRecord>,
    _ registration: GuestPointer<ExceptionRegistration>,
    _ dispatcherContext: VirtualAddress
  ) throws -> Int32 {
    let flags = try memory[record].flags
    let isUnwind = !flags.isDisjoint(with: [.unwinding, .exitUnwind])
    guard isUnwind == (handler == .unwind) else { return Disposition.continueSearch.rawValue }
    try memory.store(memory[registration].scopeTable, at: dispatcherContext)
    return (isUnwind ? Disposition.collidedUnwind : .nestedException).rawValue
  }

  /// Takes the handlers up to a frame off the list at `fs:[0]`, telling each.
  ///
  /// The corresponding kernel routine is `RtlUnwind`, which on x86 returns to its caller.
  ///
  /// - Parameters:
  ///   - target: The frame, or null to unwind all.
  ///   - record: What handlers are told, or null for a record with `STATUS_UNWIND`.
  ///   - top: The address below which the stack is free.
  ///   - body: What to do then.
  /// - Returns: What the guest does first.
  /// - Throws: ``UnhandledException`` if the frame is not met; `GuestFault` if a record or a
  ///   registration cannot be accessed.
  func unwindList(
    to target: VirtualAddress,
    _ record: GuestPointer<ExceptionRecord>,
    below top: UInt64,
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    let start = try machine().threadContext
    var space = StackSpace(below: top)
    let place = VirtualAddress(rawValue: start.rip)
    let told = record.isNull ? try makeUnwindRecord(at: place, &space) : record
    let contextRecord = space.take(ContextRecord.size(on: .x86))
    try ContextRecord.store(start, at: contextRecord, in: memory)
    var flags = try memory[told].flags.union(.unwinding)
    if target == .null { flags.insert(.exitUnwind) }
    try memory[told].store(flags, in: \.flags)
    let unwind = ListUnwind(
      target: target,
      record: told,
      contextRecord: contextRecord,
      start: start,
      space: ListSpace(&space),
      body: body
    )
    return try goOn(unwind, at: machine().exceptionList())
  }

  private func goOn(_ unwind: ListUnwind, at place: VirtualAddress) throws -> Completion {
    guard place != unwind.target else { return try unwind.body() }
    guard place != ExceptionRegistration.end else {
      try giveUp(unwind.record, unwind.start, unwind.contextRecord)
    }
    guard unwind.target == .null || place <= unwind.target else {
      return try raise(.invalidUnwindTarget, during: unwind)
    }
    guard isOnStack(place, byteCount: 8) else { return try raise(.badStack, during: unwind) }
    let registration = GuestPointer<ExceptionRegistration>(place)
    return try call(
      registration,
      unwind.record,
      unwind.contextRecord,
      unwind.space,
      guardedBy: .unwind
    ) { [self] result in
      var left = registration
      switch Disposition(result: result) {
      case .continueSearch: break
      case .collidedUnwind:
        left = GuestPointer(try memory.load(at: unwind.space.dispatcherContext))
      case .continueExecution, .nestedException, nil:
        return try raise(.invalidDisposition, during: unwind)
      }
      let next = try memory[left].next
      try machine().setExceptionList(next)
      return try goOn(unwind, at: next)
    }
  }

  private func raise(_ status: NTStatus, during unwind: ListUnwind) throws -> Completion {
    try raise(status, cause: unwind.record, unwind.start, below: unwind.space.top.rawValue)
  }
}

/// An unwind of the list of handlers on x86.
private struct ListUnwind {
  let target: VirtualAddress
  let record: GuestPointer<ExceptionRecord>
  let contextRecord: VirtualAddress
  let start: ProcessorContext
  let space: ListSpace
  let body: () throws -> Completion
}
