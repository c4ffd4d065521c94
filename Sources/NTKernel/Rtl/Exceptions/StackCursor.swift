internal import GuestABI

/// A walk over the frames of an x64 thread, from the innermost outwards.
struct StackCursor {
  /// What is found at a place.
  enum Step {
    /// A routine with an entry; the cursor stays there.
    case routine(FunctionEntry, FrameUnwinder.Frame)
    /// A call of an exception handler, which the cursor has gone past.
    case handler(HandlerCall)
    /// Something without a handler, which the cursor has gone past.
    case passed
    /// The thread's work began here, or the stack ends.
    case end
  }

  /// More frames than a kernel stack can hold.
  private static var maximumCount: Int { 0x2000 }

  /// The registers in the frame.
  var context: ProcessorContext
  private var index: Int?
  private var count = 0

  init(_ context: ProcessorContext) { self.context = context }

  /// The address at which the thread goes on in the frame.
  var pc: VirtualAddress { VirtualAddress(rawValue: context.rip) }

  /// Looks at the frame.
  ///
  /// - Throws: `GuestFault` if the stack or a table cannot be read; ``Unmodelled`` if frames lead in a
  ///   circle.
  mutating func step(
    _ dispatcher: ExceptionDispatcher,
    for kind: UnwindInformation.Flags
  ) throws -> Step {
    let machine = try dispatcher.machine()
    count += 1
    guard count <= Self.maximumCount else { throw Unmodelled("stack frames that lead in a circle") }
    if pc == machine.returnAddress {
      guard let frame = machine.kernelFrame(returningAt: context.rsp, before: index) else {
        return .end
      }
      index = frame.index
      switch frame.kind {
      case .boundary: return .end
      case .routine(let rip, let rsp):
        context.rip = rip
        context.rsp = rsp
        return .passed
      case .handler(let call):
        context.rip = call.interrupted.rip
        context.rsp = call.interrupted.rsp
        return .handler(call)
      }
    }
    guard dispatcher.isOnStack(VirtualAddress(rawValue: context.rsp), byteCount: 8) else {
      return .end
    }
    if !machine.isRoutine(pc), let entry = try dispatcher.functionTables.entry(for: pc) {
      let unwinder = FrameUnwinder(memory: dispatcher.memory)
      return .routine(entry, try unwinder.unwind(entry, at: pc, context, for: kind))
    }
    try FrameUnwinder.popReturnAddress(&context, dispatcher.memory)
    return .passed
  }
}
