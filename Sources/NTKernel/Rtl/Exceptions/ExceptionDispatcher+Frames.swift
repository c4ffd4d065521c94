internal import GuestABI
internal import NTStructures

/// A frame whose handler is to be called on x64.
struct HandlerFrame {
  var pc: VirtualAddress
  var entry: FunctionEntry
  var establisher: VirtualAddress
  var handler: VirtualAddress
  var data: VirtualAddress
  var scopeIndex: UInt32 = 0
  /// The registers of the frame's caller.
  var caller: ProcessorContext
}

/// The places on the stack that calls of handlers need on x64.
struct HandlerSpace {
  let dispatcherContext: GuestPointer<DispatcherContext>
  /// The context record that the dispatcher's context refers to.
  let context: VirtualAddress
  /// Where the stack is free.
  let top: VirtualAddress

  init(_ space: inout StackSpace) {
    context = space.take(ContextRecord.size(on: .x64))
    dispatcherContext = GuestPointer(space.take(DispatcherContext.size(on: .x64)))
    top = space.address
  }
}

extension ExceptionDispatcher {
  /// Begins a search over the frames of the stack.
  func beginFrameSearch(_ search: HandlerSearch, _ space: inout StackSpace) throws -> Completion {
    try goOn(search, HandlerSpace(&space), StackCursor(search.exception.context))
  }

  private func goOn(
    _ search: HandlerSearch,
    _ space: HandlerSpace,
    _ start: StackCursor
  ) throws -> Completion {
    var cursor = start
    while true {
      switch try cursor.step(self, for: .exceptionHandler) {
      case .end: try giveUp(search)
      case .passed: continue
      case .handler(let call):
        guard !call.isUnwinding else {
          // The frames up to the one that was being unwound are gone already.
          let frame = try collidedFrame(call, &cursor)
          return try callHandler(search, space, cursor, frame)
        }
        search.flags.insert(.nestedCall)
        let context = GuestPointer<DispatcherContext>(call.dispatcherContext)
        search.nestedFrame = max(search.nestedFrame, try memory[context].establisherFrame)
      case .routine(let entry, let frame):
        guard isOnStack(frame.establisher, byteCount: 8) else {
          search.flags.insert(.stackInvalid)
          try memory[search.record].store(search.flags, in: \.flags)
          try giveUp(search)
        }
        guard let handler = frame.handler else {
          leave(search, frame.establisher)
          cursor.context = frame.context
          continue
        }
        let next = HandlerFrame(
          pc: cursor.pc,
          entry: entry,
          establisher: frame.establisher,
          handler: handler.routine,
          data: handler.data,
          caller: frame.context
        )
        return try callHandler(search, space, cursor, next)
      }
    }
  }

  private func leave(_ search: HandlerSearch, _ frame: VirtualAddress) {
    guard search.nestedFrame == frame else { return }
    search.flags.remove(.nestedCall)
    search.nestedFrame = .null
  }

  private func callHandler(
    _ search: HandlerSearch,
    _ space: HandlerSpace,
    _ cursor: StackCursor,
    _ frame: HandlerFrame
  ) throws -> Completion {
    try memory[search.record].store(search.flags, in: \.flags)
    try describe(frame, context: frame.caller, targetIP: .null, in: space)
    return try call(
      frame,
      search.record,
      search.contextRecord,
      space,
      isUnwinding: false,
      interrupted: (search.exception.context.rip, search.exception.context.rsp)
    ) { [self] result in
      search.flags = try search.flags(in: memory)
      leave(search, frame.establisher)
      switch Disposition(result: result) {
      case .continueExecution: return try continueExecution(search, below: space.top.rawValue)
      case .continueSearch:
        var cursor = cursor
        cursor.context = frame.caller
        return try goOn(search, space, cursor)
      case .nestedException:
        search.flags.insert(.nestedCall)
        let nested = try memory[space.dispatcherContext].establisherFrame
        search.nestedFrame = max(search.nestedFrame, nested)
        var cursor = cursor
        cursor.context = frame.caller
        return try goOn(search, space, cursor)
      case .collidedUnwind, nil:
        return try raise(.invalidDisposition, during: search, below: space.top.rawValue)
      }
    }
  }

  /// Fills in a handler's dispatcher context.
  func describe(
    _ frame: HandlerFrame,
    context: ProcessorContext,
    targetIP: VirtualAddress,
    in space: HandlerSpace
  ) throws {
    try ContextRecord.store(context, at: space.context, in: memory)
    try memory.modify(space.dispatcherContext) { view in
      view.controlPC = frame.pc
      view.imageBase = frame.entry.imageBase
      view.functionEntry = frame.entry.address
      view.establisherFrame = frame.establisher
      view.targetIP = targetIP
      view.contextRecord = space.context
      view.languageHandler = frame.handler
      view.handlerData = frame.data
      view.historyTable = .null
      view.scopeIndex = frame.scopeIndex
    }
  }

  /// Calls a frame's handler.
  func call(
    _ frame: HandlerFrame,
    _ record: GuestPointer<ExceptionRecord>,
    _ contextRecord: VirtualAddress,
    _ space: HandlerSpace,
    isUnwinding: Bool,
    interrupted: (rip: UInt64, rsp: UInt64),
    then body: @escaping (UInt64) throws -> Completion
  ) throws -> Completion {
    var call = GuestCall(
      frame.handler,
      record.address.rawValue,
      frame.establisher.rawValue,
      contextRecord.rawValue,
      space.dispatcherContext.address.rawValue
    )
    call.stackTop = space.top
    call.role = .handler(
      HandlerCall(
        isUnwinding: isUnwinding,
        dispatcherContext: space.dispatcherContext.address,
        interrupted: interrupted
      )
    )
    return .call(call, then: body)
  }

  /// Returns the frame that an unwind had come to, and moves the cursor there.
  func collidedFrame(_ call: HandlerCall, _ cursor: inout StackCursor) throws -> HandlerFrame {
    let view = memory[GuestPointer<DispatcherContext>(call.dispatcherContext)]
    let entry = try FunctionEntry(at: view.functionEntry, imageBase: view.imageBase, memory)
    var context = try ContextRecord.load(at: view.contextRecord, in: memory, onto: cursor.context)
    context.rip = try view.controlPC.rawValue
    cursor.context = context
    let unwinder = FrameUnwinder(memory: memory)
    let frame = try unwinder.unwind(entry, at: view.controlPC, context, for: [])
    return try HandlerFrame(
      pc: view.controlPC,
      entry: entry,
      establisher: view.establisherFrame,
      handler: view.languageHandler,
      data: view.handlerData,
      scopeIndex: view.scopeIndex,
      caller: frame.context
    )
  }
}
