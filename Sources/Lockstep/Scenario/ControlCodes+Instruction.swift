internal import GuestABI

/// What an instruction means to somebody who looks for comparisons.
enum ComparingInstruction: Equatable {
  /// Where a value is.
  enum Operand: Equatable {
    case immediate(UInt32)
    case register(Int)
    /// At base + index × scale + displacement.
    case memory(base: Int?, index: Int?, scale: Int, displacement: Int)
  }

  /// What a condition looks at.
  struct Condition: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    /// Whether the values are equal.
    static let equality = Self(rawValue: 1)
    /// Which of the values is larger.
    static let order = Self(rawValue: 2)
    /// Which is larger, the values taken as unsigned.
    static let unsignedOrder = Self(rawValue: 4)
    /// Anything else.
    static let other = Self(rawValue: 8)
    /// Whether the first value is larger, or not larger: the bound is the second value itself.
    static let includesBound = Self(rawValue: 16)

    /// The condition that machine code gives this number, the lowest bit aside, which negates it.
    init(code: UInt8) {
      switch code & 0xE {
      case 0x2: self = [.order, .unsignedOrder]
      case 0x4: self = .equality
      case 0x6: self = [.order, .unsignedOrder, .includesBound]
      case 0xC: self = .order
      case 0xE: self = [.order, .includesBound]
      default: self = .other
      }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
  }

  /// Sets the flags by the difference of two values. Arithmetic does so too, whoever looks at them.
  case compare(Operand, Operand, isNegated: Bool = false, isArithmetic: Bool, isWide: Bool = false)
  /// Looks at the flags; goes on at an address if the first value is larger, or in the other case.
  case condition(Condition, larger: VirtualAddress?)
  /// Goes on at an address from a register or a table.
  case indirect
  /// Leaves the flags as they are.
  case neutral
}

/// Reads the few instructions that matter here; others are nil.
struct InstructionDecoder {
  private let bytes: [UInt8]
  private let address: VirtualAddress
  private let is64Bit: Bool
  private var position = 0
  private var rex: UInt8 = 0

  private init(_ bytes: [UInt8], _ address: VirtualAddress, _ is64Bit: Bool) {
    self.bytes = bytes
    self.address = address
    self.is64Bit = is64Bit
  }

  /// Decodes the instruction at the start of some bytes.
  static func decode(
    _ bytes: [UInt8],
    at address: VirtualAddress,
    on architecture: Architecture
  ) -> ComparingInstruction? {
    var decoder = Self(bytes, address, architecture == .x64)
    return decoder.instruction()
  }

  private mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func byteImmediate() -> Int? { byte().map { Int(Int8(bitPattern: $0)) } }

  private mutating func immediate() -> Int? {
    guard position + 4 <= bytes.count else { return nil }
    defer { position += 4 }
    let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << (8 * $1) }
    return Int(Int32(bitPattern: value))
  }

  private var isWide: Bool { rex & 8 != 0 }

  private func register(_ number: UInt8) -> Int { Int(number & 7) + (rex & 1 != 0 ? 8 : 0) }

  private mutating func instruction() -> ComparingInstruction? {
    guard var opcode = byte() else { return nil }
    // A prefix for DS or for a hint changes nothing.
    if opcode == 0x3E {
      guard let next = byte() else { return nil }
      opcode = next
    }
    if is64Bit, opcode & 0xF0 == 0x40 {
      rex = opcode
      guard let next = byte() else { return nil }
      opcode = next
    }
    switch opcode {
    case 0x0F: return twoByteInstruction()
    case 0x40...0x47:
      return arithmetic(.register(Int(opcode & 7)), .immediate(.max))
    case 0x48...0x4F:
      return arithmetic(.register(Int(opcode & 7)), .immediate(1))
    case 0x70...0x7F:
      guard let distance = byteImmediate() else { return nil }
      return conditional(opcode, distance)
    case 0x05, 0x2D, 0x35, 0x3D:
      guard let value = immediate() else { return nil }
      return immediateGroup(opcode >> 3, .register(0), value)
    case 0x81, 0x83:
      guard let (extent, operand) = modRM(immediateSize: opcode == 0x81 ? 4 : 1),
        let value = opcode == 0x81 ? immediate() : byteImmediate()
      else { return nil }
      return immediateGroup(UInt8(extent & 7), operand, value)
    case 0x01, 0x03, 0x29, 0x2B, 0x31, 0x33, 0x39, 0x3B:
      guard let (number, operand) = modRM() else { return nil }
      let isReversed = opcode & 2 != 0
      let left = isReversed ? .register(number) : operand
      let right = isReversed ? operand : .register(number)
      return .compare(
        left,
        right,
        isNegated: opcode < 0x10,
        isArithmetic: opcode < 0x38,
        isWide: isWide
      )
    case 0x85:
      guard let (number, operand) = modRM(), operand == .register(number) else { return nil }
      return .compare(operand, .immediate(0), isArithmetic: false, isWide: isWide)
    case 0xFF: return incrementGroup()
    case 0x50...0x5F, 0x88...0x8B, 0x8D, 0x90, 0xB0...0xBF, 0xC6, 0xC7, 0xE9, 0xEB: return .neutral
    case 0x63 where is64Bit: return .neutral
    default: return nil
    }
  }

  private mutating func twoByteInstruction() -> ComparingInstruction? {
    guard let opcode = byte() else { return nil }
    switch opcode {
    case 0x40...0x4F, 0x90...0x9F:
      return .condition(.init(code: opcode), larger: nil)
    case 0x80...0x8F:
      guard let distance = immediate() else { return nil }
      return conditional(opcode, distance)
    case 0x1F, 0xB6, 0xB7, 0xBE, 0xBF: return .neutral
    default: return nil
    }
  }

  private func conditional(_ opcode: UInt8, _ distance: Int) -> ComparingInstruction {
    // The even ones of each pair jump if the first value is smaller, the lowest bit negates.
    let next = address + position
    let isForLarger = opcode & 1 != 0
    return .condition(.init(code: opcode), larger: isForLarger ? next + distance : next)
  }

  private func arithmetic(
    _ left: ComparingInstruction.Operand,
    _ right: ComparingInstruction.Operand
  ) -> ComparingInstruction {
    .compare(left, right, isArithmetic: true, isWide: isWide)
  }

  /// The eight operations with an immediate value, by number: 0 adds, 5 subtracts, 6 is exclusive or.
  private func immediateGroup(
    _ operation: UInt8,
    _ operand: ComparingInstruction.Operand,
    _ value: Int
  ) -> ComparingInstruction? {
    // The wide forms extend the sign.
    switch operation {
    case 0 where !isWide || value <= 0:
      return arithmetic(operand, .immediate(UInt32(truncatingIfNeeded: -value)))
    case 5 where !isWide || value >= 0, 6 where !isWide || value >= 0:
      return arithmetic(operand, .immediate(UInt32(truncatingIfNeeded: value)))
    case 7 where !isWide || value >= 0:
      let right = ComparingInstruction.Operand.immediate(UInt32(truncatingIfNeeded: value))
      return .compare(operand, right, isArithmetic: false, isWide: isWide)
    default: return nil
    }
  }

  private mutating func incrementGroup() -> ComparingInstruction? {
    guard let (extent, operand) = modRM() else { return nil }
    switch extent & 7 {
    case 0: return arithmetic(operand, .immediate(.max))
    case 1: return arithmetic(operand, .immediate(1))
    case 2:
      // A call through a table, not one of an import.
      guard case .memory(_, .some, _, _) = operand else { return nil }
      return .indirect
    case 4: return .indirect
    default: return nil
    }
  }

  /// Reads an operand and the number of the other register.
  private mutating func modRM(
    immediateSize: Int = 0
  ) -> (Int, ComparingInstruction.Operand)? {
    guard let modRM = byte() else { return nil }
    let number = Int(modRM >> 3 & 7) + (rex & 4 != 0 ? 8 : 0)
    let mode = modRM >> 6
    if mode == 3 { return (number, .register(register(modRM))) }
    var base: Int? = register(modRM)
    var index: Int?
    var scale = 1
    var displacement = 0
    if modRM & 7 == 4 {
      guard let sib = byte() else { return nil }
      let indexNumber = Int(sib >> 3 & 7) + (rex & 2 != 0 ? 8 : 0)
      // The stack pointer cannot be an index.
      index = indexNumber == 4 ? nil : indexNumber
      scale = 1 << Int(sib >> 6)
      base = mode == 0 && sib & 7 == 5 ? nil : register(sib)
      if base == nil {
        guard let value = immediate() else { return nil }
        displacement = value
      }
    } else if mode == 0, modRM & 7 == 5 {
      guard let value = immediate() else { return nil }
      base = nil
      displacement = value
      if is64Bit {
        let next = address + (position + immediateSize)
        displacement = Int(truncatingIfNeeded: (next + value).rawValue)
      }
    }
    if mode == 1 {
      guard let value = byteImmediate() else { return nil }
      displacement = value
    } else if mode == 2 {
      guard let value = immediate() else { return nil }
      displacement = value
    }
    return (number, .memory(base: base, index: index, scale: scale, displacement: displacement))
  }
}
