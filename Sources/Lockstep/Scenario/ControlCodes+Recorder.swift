public import GuestABI

/// Records what a driver's instructions compare while a request with a control code runs.
///
/// One run says what was compared; two runs that differ in nothing but the code say which values
/// come from it, whatever registers and memory they went through.
public struct ComparisonRecorder: Sendable {
  /// Two values that an instruction compared.
  public struct Observation: Hashable, Sendable {
    /// The instruction.
    public let address: VirtualAddress
    /// How often the instruction had been executed before.
    public let occurrence: Int
    /// The values.
    public let left: UInt32
    public let right: UInt32

    /// Whether the instruction also computes, so that it compares only if a condition follows.
    let isArithmetic: Bool
    /// What the driver asked of the flags.
    var conditions: ComparingInstruction.Condition = []
    /// Where execution goes if the first value is too large.
    var rejection: VirtualAddress?
    /// Where an indirect jump behind the comparison went.
    var destination: VirtualAddress?
  }

  /// The most comparisons that are kept of a run, and of one instruction in it.
  static let maximumCount = 16_384
  static let maximumOccurrences = 16
  /// The most instructions from a test of order to the jump that it guards.
  private static let maximumDistance = 16

  /// What was compared, in order.
  public private(set) var observations: [Observation] = []

  private let architecture: Architecture
  private var decoded: [VirtualAddress: ComparingInstruction?] = [:]
  private var occurrences: [VirtualAddress: Int] = [:]
  /// The comparison whose outcome is in the flags.
  private var inFlags: Int?
  /// The last comparison that was followed by a question of order.
  private var bounded: Int?
  private var distance = 0
  private var isJumping = false

  /// Creates a recorder of a driver's run.
  public init(architecture: Architecture) { self.architecture = architecture }

  /// Forgets what was compared, to record another run of the same code.
  public mutating func reset() {
    observations.removeAll(keepingCapacity: true)
    occurrences.removeAll(keepingCapacity: true)
    inFlags = nil
    bounded = nil
    isJumping = false
  }

  /// Takes note of an instruction before it is executed.
  ///
  /// - Parameters:
  ///   - address: Where it is.
  ///   - code: Returns its bytes: 16, or as many as there are. Asked once for each address.
  ///   - register: Returns a register by the number that machine code gives it.
  ///   - load32: Returns the value at an address, or nil if it cannot be read.
  public mutating func willExecute(
    at address: VirtualAddress,
    code: () -> [UInt8],
    register: (Int) -> UInt64,
    load32: (VirtualAddress) -> UInt32?
  ) {
    if isJumping {
      if let bounded { observations[bounded].destination = address }
      isJumping = false
      bounded = nil
    }
    distance += 1
    if distance > Self.maximumDistance { bounded = nil }
    let instruction: ComparingInstruction?
    if let known = decoded[address] {
      instruction = known
    } else {
      instruction = InstructionDecoder.decode(code(), at: address, on: architecture)
      decoded[address] = .some(instruction)
    }
    switch instruction {
    case .compare(let left, let right, let isNegated, let isArithmetic, let isWide):
      inFlags = nil
      let left = value(left, isWide, register, load32)
      let right = value(right, isWide, register, load32)
      guard let left, let right else { return }
      record(address, left, isNegated ? 0 &- right : right, isArithmetic)
    case .condition(let condition, let larger):
      guard let inFlags else { return }
      observations[inFlags].conditions.formUnion(condition)
      if condition.contains(.unsignedOrder) {
        observations[inFlags].rejection = larger
        bounded = inFlags
        distance = 0
      }
    case .indirect:
      isJumping = bounded != nil
      inFlags = nil
    case .neutral: break
    case nil: inFlags = nil
    }
  }

  private mutating func record(
    _ address: VirtualAddress,
    _ left: UInt32,
    _ right: UInt32,
    _ isArithmetic: Bool
  ) {
    let occurrence = occurrences[address, default: 0]
    guard occurrence < Self.maximumOccurrences, observations.count < Self.maximumCount else {
      return
    }
    occurrences[address] = occurrence + 1
    inFlags = observations.count
    observations.append(
      Observation(
        address: address,
        occurrence: occurrence,
        left: left,
        right: right,
        isArithmetic: isArithmetic
      )
    )
  }

  /// Returns the low half of an operand, or nil if it is wide and has a high half.
  private func value(
    _ operand: ComparingInstruction.Operand,
    _ isWide: Bool,
    _ register: (Int) -> UInt64,
    _ load32: (VirtualAddress) -> UInt32?
  ) -> UInt32? {
    switch operand {
    case .immediate(let value): return value
    case .register(let number):
      let value = register(number)
      return isWide && value >> 32 != 0 ? nil : UInt32(truncatingIfNeeded: value)
    case .memory(let base, let index, let scale, let displacement):
      var address = UInt64(bitPattern: Int64(displacement))
      if let base { address &+= register(base) }
      if let index { address &+= register(index) &* UInt64(scale) }
      if architecture == .x86 { address &= 0xFFFF_FFFF }
      let place = VirtualAddress(rawValue: address)
      if isWide, load32(place + 4) != 0 { return nil }
      return load32(place)
    }
  }
}
