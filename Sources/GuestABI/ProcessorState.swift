/// What the processor and the kernel share beside memory and registers.
public final class ProcessorState {
  /// The task priority: CR8 on x64, NT's IRQL.
  public var taskPriority: UInt8 = 0

  /// Creates the state of a processor that has just started.
  public init() {}
}
