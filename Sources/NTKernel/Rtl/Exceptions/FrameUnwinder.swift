internal import GuestABI

/// Undoes what x64 routines did to the registers that they preserve.
///
/// The rules are documented (Microsoft Docs, "x64 exception handling", "Unwind procedure").
struct FrameUnwinder {
  /// A routine that has been unwound.
  struct Frame {
    /// The registers of its caller.
    var context: ProcessorContext
    /// The fixed part of its stack frame.
    var establisher: VirtualAddress
    /// Its handler and the handler's data, if it has one that counts here.
    var handler: (routine: VirtualAddress, data: VirtualAddress)?
    /// Where registers were saved: general ones by number, then vectors.
    var savedGeneral: [Int: VirtualAddress] = [:]
    var savedVectors: [Int: VirtualAddress] = [:]
  }

  let memory: AddressSpace

  /// The most entries that lead to one another: `RtlVirtualUnwind` in Windows ends a chain there too.
  private static var maximumChainLength: Int { 32 }

  /// Unwinds one routine.
  ///
  /// The corresponding kernel routine is `RtlVirtualUnwind`.
  ///
  /// - Parameters:
  ///   - entry: The routine's entry.
  ///   - pc: Where in it the thread is.
  ///   - context: The thread's registers.
  ///   - kind: The kind of handler that counts, if any.
  /// - Returns: The frame, with the registers of its caller.
  /// - Throws: `GuestFault` if the stack or the tables cannot be read.
  func unwind(
    _ entry: FunctionEntry,
    at pc: VirtualAddress,
    _ context: ProcessorContext,
    for kind: UnwindInformation.Flags
  ) throws -> Frame {
    var information = try UnwindInformation(at: entry.information, memory)
    let offset = Int(
      truncatingIfNeeded: pc.rawValue &- (entry.imageBase + Int(entry.begin)).rawValue
    )
    var frame = Frame(context: context, establisher: VirtualAddress(rawValue: context.rsp))
    if information.frameRegister != 0,
      offset >= Int(information.prologueSize) || information.flags.contains(.chained)
        || information.codes.contains(where: {
          $0.operation == .setFramePointer && Int($0.offset) <= offset
        })
    {
      let register = context.general[information.frameRegister]
      frame.establisher = VirtualAddress(
        rawValue: register &- UInt64(information.frameOffset)
      )
    }
    let isInPrologue = offset < Int(information.prologueSize)
    let epilogue = EpilogueReader(memory: memory, entry: entry)
    if !isInPrologue, let after = try epilogue.finish(at: pc, context, information) {
      frame.context = after
      return frame
    }
    var hasMachineFrame = false
    var isPrimary = true
    var chainLength = 0
    while true {
      for code in information.codes where !isPrimary || Int(code.offset) <= offset {
        try undo(code, information, &frame, &hasMachineFrame)
      }
      guard information.flags.contains(.chained) else { break }
      chainLength += 1
      guard chainLength <= Self.maximumChainLength else {
        throw Unmodelled("unwind information that leads in a circle")
      }
      let parent = try FunctionEntry(at: information.tail, imageBase: entry.imageBase, memory)
      information = try UnwindInformation(at: parent.information, memory)
      isPrimary = false
    }
    if !hasMachineFrame { try Self.popReturnAddress(&frame.context, memory) }
    if !isInPrologue, !information.flags.intersection(kind).isEmpty {
      let routine = try memory.load(UInt32.self, at: information.tail)
      frame.handler = (entry.imageBase + Int(routine), information.tail + 4)
    }
    return frame
  }

  /// Returns from a routine that has not changed anything.
  static func popReturnAddress(
    _ context: inout ProcessorContext,
    _ memory: AddressSpace
  ) throws(GuestFault) {
    context.rip = try memory.load(at: VirtualAddress(rawValue: context.rsp))
    context.rsp &+= 8
  }

  private func undo(
    _ code: UnwindInformation.Code,
    _ information: UnwindInformation,
    _ frame: inout Frame,
    _ hasMachineFrame: inout Bool
  ) throws(GuestFault) {
    let register = code.information
    switch code.operation {
    case .pushNonvolatile:
      let place = VirtualAddress(rawValue: frame.context.rsp)
      frame.context.general[register] = try memory.load(at: place)
      frame.savedGeneral[register] = place
      // A saved RSP is not what the stack pointer becomes.
      if register != 4 { frame.context.rsp &+= 8 }
    case .allocateLarge: frame.context.rsp &+= UInt64(code.operand)
    case .allocateSmall: frame.context.rsp &+= UInt64(code.information * 8 + 8)
    case .setFramePointer:
      frame.context.rsp =
        frame.context.general[information.frameRegister] &- UInt64(information.frameOffset)
    case .saveNonvolatile, .saveNonvolatileFar:
      let scale = code.operation == .saveNonvolatile ? 8 : 1
      let place = frame.establisher + code.operand * scale
      frame.context.general[register] = try memory.load(at: place)
      frame.savedGeneral[register] = place
    case .saveVector, .saveVectorFar:
      let place = frame.establisher + code.operand * (code.operation == .saveVector ? 16 : 1)
      frame.context.vectors[register] = try SIMD2(
        memory.load(at: place),
        memory.load(at: place + 8)
      )
      frame.savedVectors[register] = place
    case .pushMachineFrame:
      // An error code, if there is one; then RIP, CS, RFLAGS, RSP and SS.
      let place = VirtualAddress(rawValue: frame.context.rsp) + (code.information == 0 ? 0 : 8)
      frame.context.rip = try memory.load(at: place)
      frame.context.rsp = try memory.load(at: place + 24)
      hasMachineFrame = true
    case .epilogue, .spare: break
    }
  }
}
