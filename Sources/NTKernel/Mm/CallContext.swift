public import GuestABI

/// What the kernel knows of the call that it is carrying out.
public final class CallContext {
  /// The driver's instruction that called the routine: its last byte, which lies in the line of
  /// source that made the call, where the address that the routine returns to may not.
  public var caller = VirtualAddress.null

  private let processor: ProcessorState

  /// Creates the context of calls on a processor.
  public init(processor: ProcessorState = ProcessorState()) { self.processor = processor }

  /// The IRQL at which the routine was called.
  public var irql: IRQL { IRQL(rawValue: processor.taskPriority) }
}
