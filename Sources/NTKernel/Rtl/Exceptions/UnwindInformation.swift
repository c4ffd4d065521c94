internal import GuestABI

/// How a routine's prologue is undone: `UNWIND_INFO`.
///
/// The format is documented (Microsoft Docs, "x64 exception handling", "Unwind data for exception
/// handling").
struct UnwindInformation {
  /// What follows the codes: `UNW_FLAG_…`.
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// A handler that is asked to handle exceptions.
    static var exceptionHandler: Self { Self(rawValue: 1) }
    /// A handler that is told of unwinds.
    static var terminationHandler: Self { Self(rawValue: 2) }
    /// Another entry, whose prologue came first.
    static var chained: Self { Self(rawValue: 4) }
  }

  /// What an instruction of the prologue did: `UWOP_…`.
  enum Operation: UInt8 {
    case pushNonvolatile = 0
    case allocateLarge = 1
    case allocateSmall = 2
    case setFramePointer = 3
    case saveNonvolatile = 4
    case saveNonvolatileFar = 5
    /// Where epilogues are, in version 2; nothing to undo.
    case epilogue = 6
    /// Not used any more, and followed by two slots.
    case spare = 7
    case saveVector = 8
    case saveVectorFar = 9
    case pushMachineFrame = 10
  }

  /// One operation, with its operand from the slots that follow.
  struct Code {
    /// The offset behind the instruction.
    let offset: UInt8
    let operation: Operation
    let information: Int
    /// In units of what the operation counts.
    let operand: Int
  }

  let version: UInt8
  let flags: Flags
  let prologueSize: UInt8
  let frameRegister: Int
  /// In bytes.
  let frameOffset: Int
  let codes: [Code]
  /// Where the handler's offset or the chained entry is.
  let tail: VirtualAddress

  /// Reads the information at an address.
  ///
  /// - Throws: `GuestFault` if it cannot be read; ``Unmodelled`` for a version or operation that no
  ///   document describes.
  init(at address: VirtualAddress, _ memory: AddressSpace) throws {
    let first = try memory.load(UInt8.self, at: address)
    version = first & 7
    guard version == 1 || version == 2 else {
      throw Unmodelled("unwind information of version \(version)")
    }
    flags = Flags(rawValue: first >> 3)
    prologueSize = try memory.load(at: address + 1)
    let count = try Int(memory.load(UInt8.self, at: address + 2))
    let frame = try memory.load(UInt8.self, at: address + 3)
    frameRegister = Int(frame & 15)
    frameOffset = Int(frame >> 4) * 16
    tail = address + (4 + (count + 1) / 2 * 4)
    var codes: [Code] = []
    var index = 0
    func slot(_ index: Int) throws -> Int {
      try Int(memory.load(UInt16.self, at: address + (4 + 2 * index)))
    }
    while index < count {
      let slot0 = try slot(index)
      guard let operation = Operation(rawValue: UInt8(slot0 >> 8 & 15)) else {
        throw Unmodelled("unwind operation \(slot0 >> 8 & 15)")
      }
      let information = slot0 >> 12
      let operand: Int
      let size: Int
      switch operation {
      case .pushNonvolatile, .allocateSmall, .setFramePointer, .pushMachineFrame:
        (operand, size) = (0, 1)
      case .epilogue: (operand, size) = (0, version == 2 ? 1 : 2)
      case .spare: (operand, size) = (0, 3)
      case .saveNonvolatile, .saveVector: (operand, size) = (try slot(index + 1), 2)
      case .saveNonvolatileFar, .saveVectorFar:
        (operand, size) = (try slot(index + 1) | slot(index + 2) << 16, 3)
      case .allocateLarge:
        (operand, size) =
          information == 0
          ? (try slot(index + 1) * 8, 2) : (try slot(index + 1) | slot(index + 2) << 16, 3)
      }
      codes.append(
        Code(
          offset: UInt8(slot0 & 0xFF),
          operation: operation,
          information: information,
          operand: operand
        )
      )
      index += size
    }
    self.codes = codes
  }
}
