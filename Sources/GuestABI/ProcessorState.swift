/// What the processor and the kernel share beside memory and registers.
public final class ProcessorState {
  /// The task priority: CR8 on x64, NT's IRQL.
  public var taskPriority: UInt8 = 0

  /// What answers at the I/O ports, or nil if nothing does.
  public var ports: (any PortSpace)?

  /// The model-specific registers that hold what was last written to them, by their numbers.
  ///
  /// The kernel fills in those that it sets up. The processor has others besides.
  public var modelSpecificRegisters: [UInt32: UInt64] = [:]

  /// What the next random number is made of: the processor's numbers are the same in each run.
  public var randomState: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Creates the state of a processor that has just started.
  public init() {}

  /// Returns the next random number of `rdrand` and `rdseed`.
  public func nextRandomNumber() -> UInt64 {
    // Steele, Lea and Flood's SplitMix.
    randomState &+= 0x9E37_79B9_7F4A_7C15
    var value = randomState
    value = (value ^ value &>> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value &>> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value &>> 31
  }
}
