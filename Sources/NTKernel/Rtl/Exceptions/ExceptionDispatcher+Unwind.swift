internal import GuestABI
internal import NTStructures

/// An unwind of the x64 stack.
final class FrameUnwind {
  /// The frame that it leads to, or null for all frames.
  let target: VirtualAddress
  /// Where the thread goes on there.
  let targetIP: VirtualAddress
  let result: UInt64
  let record: GuestPointer<ExceptionRecord>
  let space: HandlerSpace
  /// Where the thread was when the unwind began.
  let start: ProcessorContext
  var flags: ExceptionRecord.Flags

  init(
    target: VirtualAddress,
    targetIP: VirtualAddress,
    result: UInt64,
    record: GuestPointer<ExceptionRecord>,
    space: HandlerSpace,
    start: ProcessorContext
  ) {
    self.target = target
    self.targetIP = targetIP
    self.result = result
    self.record = record
    self.space = space
    self.start = start
    flags = target == .null ? [.unwinding, .exitUnwind] : .unwinding
  }
}

extension ExceptionDispatcher {
  /// Unwinds the x64 stack to a frame, and goes on there.
  ///
  /// The corresponding kernel routine is `RtlUnwindEx`.
  ///
  /// - Parameters:
  ///   - target: The frame, or null to unwind all.
  ///   - targetIP: Where the thread goes on in it.
  ///   - record: What handlers are told, or null for a record with `STATUS_UNWIND`.
  ///   - result: What RAX then holds.
  /// - Returns: What the guest does first.
  /// - Throws: ``UnhandledException`` if the frame is not met; `GuestFault` if the stack or a table
  ///   cannot be read.
  func unwindFrames(
    to target: VirtualAddress,
    _ targetIP: VirtualAddress,
    _ record: GuestPointer<ExceptionRecord>,
    result: UInt64
  ) throws -> Completion {
    let start = try machine().threadContext
    var space = StackSpace(below: start.rsp)
    let place = VirtualAddress(rawValue: start.rip)
    let told = record.isNull ? try makeUnwindRecord(at: place, &space) : record
    guard try memory[told].code != .unwindConsolidate else {
      throw Unmodelled("an unwind with STATUS_UNWIND_CONSOLIDATE")
    }
    let unwind = FrameUnwind(
      target: target,
      targetIP: targetIP,
      result: result,
      record: told,
      space: HandlerSpace(&space),
      start: start
    )
    return try goOn(unwind, StackCursor(start))
  }

  /// Makes the record of an unwind that no exception is the reason of.
  func makeUnwindRecord(
    at place: VirtualAddress,
    _ space: inout StackSpace
  ) throws(GuestFault) -> GuestPointer<ExceptionRecord> {
    let size = ExceptionRecord.size(on: memory.architecture)
    let record = GuestPointer<ExceptionRecord>(space.take(size))
    try memory.fill(at: record.address, count: size)
    try memory[record].store(.unwind, in: \.code)
    try memory[record].store(place, in: \.exceptionAddress)
    return record
  }

  private func goOn(_ unwind: FrameUnwind, _ start: StackCursor) throws -> Completion {
    var cursor = start
    while true {
      switch try cursor.step(self, for: .terminationHandler) {
      case .end: return try failUnwind(unwind)
      case .passed: continue
      case .handler(let call):
        guard call.isUnwinding else { continue }
        let frame = try collidedFrame(call, &cursor)
        unwind.flags.insert(.collidedUnwind)
        return try callHandler(unwind, cursor, frame)
      case .routine(let entry, let frame):
        guard isOnStack(frame.establisher, byteCount: 8) else {
          return try raise(.badStack, during: unwind)
        }
        guard unwind.target == .null || frame.establisher <= unwind.target else {
          return try raise(.invalidUnwindTarget, during: unwind)
        }
        if let handler = frame.handler {
          let next = HandlerFrame(
            pc: cursor.pc,
            entry: entry,
            establisher: frame.establisher,
            handler: handler.routine,
            data: handler.data,
            caller: frame.context
          )
          return try callHandler(unwind, cursor, next)
        }
        guard frame.establisher != unwind.target else { return finish(unwind, cursor.context) }
        cursor.context = frame.context
      }
    }
  }

  private func callHandler(
    _ unwind: FrameUnwind,
    _ cursor: StackCursor,
    _ frame: HandlerFrame
  ) throws -> Completion {
    if frame.establisher == unwind.target { unwind.flags.insert(.targetUnwind) }
    try memory[unwind.record].store(unwind.flags, in: \.flags)
    var context = cursor.context
    context.rax = unwind.result
    try describe(frame, context: context, targetIP: unwind.targetIP, in: unwind.space)
    return try call(
      frame,
      unwind.record,
      unwind.space.context,
      unwind.space,
      isUnwinding: true,
      interrupted: (unwind.start.rip, unwind.start.rsp)
    ) { [self] result in
      unwind.flags.subtract([.collidedUnwind, .targetUnwind])
      switch Disposition(result: result) {
      case .continueSearch:
        guard frame.establisher != unwind.target else {
          let record = unwind.space.context
          let context = try ContextRecord.load(at: record, in: memory, onto: cursor.context)
          return finish(unwind, context)
        }
        var cursor = cursor
        cursor.context = frame.caller
        return try goOn(unwind, cursor)
      case .continueExecution, .nestedException, .collidedUnwind, nil:
        return try raise(.invalidDisposition, during: unwind)
      }
    }
  }

  private func finish(_ unwind: FrameUnwind, _ context: ProcessorContext) -> Completion {
    var context = context
    context.rax = unwind.result
    context.rip = unwind.targetIP.rawValue
    return .resume(context)
  }

  private func raise(_ status: NTStatus, during unwind: FrameUnwind) throws -> Completion {
    try raise(status, cause: unwind.record, unwind.start, below: unwind.space.top.rawValue)
  }

  /// Raises an exception that a wrong frame or handler causes while the stack is unwound.
  func raise(
    _ status: NTStatus,
    cause: GuestPointer<ExceptionRecord>,
    _ start: ProcessorContext,
    below top: UInt64
  ) throws -> Completion {
    let place = VirtualAddress(rawValue: start.rip)
    return try raise(
      RaisedException(
        .new(status, .noncontinuable, address: place, information: []),
        cause: cause,
        context: start,
        stackTop: top,
        place: place
      )
    )
  }

  /// Ends an unwind that has not met its frame: the exception counts as unhandled.
  private func failUnwind(_ unwind: FrameUnwind) throws -> Completion {
    try giveUp(unwind.record, unwind.start, unwind.space.context)
  }

  /// Ends an unwind that has left the stack.
  func giveUp(
    _ record: GuestPointer<ExceptionRecord>,
    _ start: ProcessorContext,
    _ contextRecord: VirtualAddress
  ) throws -> Never {
    try ContextRecord.store(start, at: contextRecord, in: memory)
    let place = VirtualAddress(rawValue: start.rip)
    let exception = RaisedException(.existing(record), context: start, place: place)
    try giveUp(exception, record, contextRecord)
  }
}
