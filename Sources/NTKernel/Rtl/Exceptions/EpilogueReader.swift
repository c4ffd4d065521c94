internal import GuestABI

/// Recognises the end of an x64 routine by its instructions, and carries out what is left of it.
///
/// An epilogue adds a constant to RSP, or sets it from the frame pointer, pops registers, and returns
/// or jumps (Microsoft Docs, "x64 prolog and epilog").
struct EpilogueReader {
  let memory: AddressSpace
  let entry: FunctionEntry

  /// Returns the caller's registers, or nil if the instructions are not those of an epilogue.
  ///
  /// - Throws: `GuestFault` if the stack cannot be read.
  func finish(
    at pc: VirtualAddress,
    _ context: ProcessorContext,
    _ information: UnwindInformation
  ) throws(GuestFault) -> ProcessorContext? {
    var place = pc
    var context = context
    if let (size, stack) = try adjustment(at: place, context, information) {
      place = place + size
      context.rsp = stack
    }
    // A routine preserves eight registers; the pops of a ninth are not an epilogue's.
    for _ in 0..<16 {
      guard let (size, register) = try pop(at: place) else { break }
      context.general[register] = try memory.load(at: VirtualAddress(rawValue: context.rsp))
      context.rsp &+= 8
      place = place + size
    }
    guard try isExit(at: place) else { return nil }
    try FrameUnwinder.popReturnAddress(&context, memory)
    return context
  }

  private func byte(_ place: VirtualAddress) throws(GuestFault) -> UInt8 {
    try memory.load(at: place)
  }

  /// `add rsp, constant`, or `lea rsp, constant[frame pointer]`.
  private func adjustment(
    at place: VirtualAddress,
    _ context: ProcessorContext,
    _ information: UnwindInformation
  ) throws(GuestFault) -> (size: Int, stack: UInt64)? {
    let prefix = try byte(place)
    guard prefix & 0xFE == 0x48 else { return nil }
    let opcode = try byte(place + 1)
    let operand = try byte(place + 2)
    switch (prefix, opcode, operand) {
    case (0x48, 0x83, 0xC4):
      let value = try Int64(memory.load(Int8.self, at: place + 3))
      return (4, context.rsp &+ UInt64(bitPattern: value))
    case (0x48, 0x81, 0xC4):
      let value = try Int64(memory.load(Int32.self, at: place + 3))
      return (7, context.rsp &+ UInt64(bitPattern: value))
    case (_, 0x8D, _):
      let base = Int(operand & 7) + (prefix & 1 != 0 ? 8 : 0)
      guard information.frameRegister != 0, base == information.frameRegister, operand & 7 != 4,
        operand >> 3 & 7 == 4
      else { return nil }
      let value: Int64
      let size: Int
      switch operand >> 6 {
      case 1: (value, size) = (try Int64(memory.load(Int8.self, at: place + 3)), 4)
      case 2: (value, size) = (try Int64(memory.load(Int32.self, at: place + 3)), 7)
      default: return nil
      }
      return (size, context.general[base] &+ UInt64(bitPattern: value))
    default: return nil
    }
  }

  private func pop(
    at place: VirtualAddress
  ) throws(GuestFault) -> (size: Int, register: Int)? {
    let first = try byte(place)
    if first & 0xF8 == 0x58 { return first == 0x5C ? nil : (1, Int(first & 7)) }
    guard first & 0xF0 == 0x40 else { return nil }
    let second = try byte(place + 1)
    guard second & 0xF8 == 0x58 else { return nil }
    let register = Int(second & 7) + (first & 1 != 0 ? 8 : 0)
    return register == 4 ? nil : (2, register)
  }

  /// A return, or a jump out of the routine.
  private func isExit(at place: VirtualAddress) throws(GuestFault) -> Bool {
    switch try byte(place) {
    case 0xC3, 0xC2: return true
    case 0xF3: return try byte(place + 1) == 0xC3
    case 0xEB:
      return try leaves(place + (2 + Int(memory.load(Int8.self, at: place + 1))))
    case 0xE9:
      return try leaves(place + (5 + Int(memory.load(Int32.self, at: place + 1))))
    case 0xFF: return try byte(place + 1) == 0x25
    case let prefix where prefix & 0xF8 == 0x48:
      // A jump through memory, or to a register.
      guard try byte(place + 1) == 0xFF else { return false }
      let operand = try byte(place + 2)
      return operand >> 3 & 7 == 4 && (operand >> 6 == 0 || operand >> 6 == 3)
    default: return false
    }
  }

  private func leaves(_ target: VirtualAddress) -> Bool {
    let start = entry.imageBase + Int(entry.begin)
    let end = entry.imageBase + Int(entry.end)
    return target <= start || target >= end
  }
}
