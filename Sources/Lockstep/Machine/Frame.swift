internal import GuestABI
internal import GuestEngine
internal import NTKernel

/// What is to happen when a routine that the kernel called returns.
enum Frame {
  /// A routine of the kernel goes on, and in the end returns to its caller.
  case routine(rip: UInt64, rsp: UInt64, then: (UInt64) throws -> Completion)
  /// What the machine was asked to call is done.
  case request
  /// A thread's first routine is done.
  case threadStart
  /// An interrupt is over: the thread goes on as it was.
  case interrupt(any EngineContext, CallFrame.Registers, IRQL)
  /// A DPC that ran while all threads waited is over.
  case idle(IRQL)
}

/// A thread that does not run.
struct ParkedThread {
  var registers: CallFrame.Registers
  var frames: [Frame]
  /// The other registers, or nil if the thread has never run.
  var context: (any EngineContext)?
  /// Whether the thread waits, and gets its wait's status as a result.
  var isWaiting: Bool
}
