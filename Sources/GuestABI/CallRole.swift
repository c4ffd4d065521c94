/// What a call of the kernel means to an exception that leaves it.
public enum CallRole: Sendable {
  /// The exception goes on to the caller of the kernel's routine.
  case ordinary
  /// Nothing of the caller's handles it: an interrupt's routine does not belong to the thread.
  case boundary
  /// The call is one of an exception handler.
  case handler(HandlerCall)
}

/// A call that the kernel makes to an exception handler.
public struct HandlerCall: Sendable {
  /// Whether the handler is told of an unwind, or asked to handle an exception.
  public let isUnwinding: Bool
  /// The handler's `DISPATCHER_CONTEXT`.
  public let dispatcherContext: VirtualAddress
  /// Where the thread was when the kernel began to call handlers.
  public let interrupted: (rip: UInt64, rsp: UInt64)

  /// Creates a call.
  public init(
    isUnwinding: Bool,
    dispatcherContext: VirtualAddress,
    interrupted: (rip: UInt64, rsp: UInt64)
  ) {
    self.isUnwinding = isUnwinding
    self.dispatcherContext = dispatcherContext
    self.interrupted = interrupted
  }
}
