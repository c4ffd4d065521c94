/// How a routine that cannot finish at once goes on.
///
/// A routine that only computes a result returns it. One that calls a driver, such as
/// `IofCallDriver`, or that may wait, such as `KeWaitForSingleObject`, returns a completion; the
/// machine carries it out without a frame on the host's stack.
public enum Completion: GuestResult {
  /// The routine returns this value.
  case value(UInt64)
  /// The guest runs a routine, whose result decides how to go on.
  case call(GuestCall, then: (UInt64) throws -> Completion)
  /// The thread waits; whatever wakes it supplies the routine's result.
  case wait
  /// The thread ends.
  case exitThread
  /// The thread goes on with these registers, and what called the routine is left behind.
  case resume(ProcessorContext)

  public func write(to frame: inout CallFrame) {
    if case .value(let bits) = self { frame.setResult(bits) } else { frame.completion = self }
  }

  /// A routine that returns nothing is done.
  public static var done: Self { .value(0) }

  /// The routine returns this value.
  public static func returned(_ value: some GuestScalar) -> Self { .value(value.guestBits) }
}

/// A call that the kernel makes to a routine of the guest.
public struct GuestCall: Sendable {
  /// The first instruction of the routine.
  public let function: VirtualAddress

  /// The arguments, first to last: their bits, and the bytes that each takes on an x86 stack.
  public let arguments: [(bits: UInt64, stackSize: Int)]

  /// How the routine takes its arguments.
  public let convention: CallingConvention

  /// The address below which the call uses the stack, or nil for the caller's stack pointer.
  public var stackTop: VirtualAddress?

  /// What EBP holds on x86 when the routine begins, or nil for what it holds.
  public var framePointer: UInt64?

  /// What the call means to exceptions.
  public var role = CallRole.ordinary

  /// Creates a call with arguments that are at most pointers wide.
  public init(
    _ function: VirtualAddress,
    _ arguments: UInt64...,
    convention: CallingConvention = .nt
  ) {
    self.function = function
    self.arguments = arguments.map { ($0, 4) }
    self.convention = convention
  }

  init(
    function: VirtualAddress,
    arguments: [(bits: UInt64, stackSize: Int)],
    convention: CallingConvention
  ) {
    self.function = function
    self.arguments = arguments
    self.convention = convention
  }

  /// Returns the bytes that the routine removes from the stack, beside its return address.
  public func removedSize(on architecture: Architecture) -> Int {
    guard architecture == .x86, convention != .cdecl else { return 0 }
    let sizes = arguments.map(\.stackSize)
    guard convention == .fastcall else { return sizes.reduce(0, +) }
    var left = 2
    return sizes.reduce(0) { total, size in
      guard left > 0, size <= 4 else { return total + size }
      left -= 1
      return total
    }
  }

  /// Returns the registers for this call, having put its arguments in memory.
  ///
  /// - Parameters:
  ///   - registers: The registers before the call.
  ///   - memory: The memory that holds the stack.
  ///   - returnAddress: Where the routine returns to.
  /// - Returns: The registers at the routine's first instruction.
  /// - Throws: A ``GuestFault`` if the stack cannot be written.
  public func registers(
    from registers: CallFrame.Registers,
    in memory: AddressSpace,
    returningTo returnAddress: VirtualAddress
  ) throws(GuestFault) -> CallFrame.Registers {
    var registers = registers
    let architecture = memory.architecture
    var stacked = arguments
    var homes = 0
    if architecture == .x64 {
      if let first = arguments.first { registers.rcx = first.bits }
      if arguments.count > 1 { registers.rdx = arguments[1].bits }
      if arguments.count > 2 { registers.r8 = arguments[2].bits }
      if arguments.count > 3 { registers.r9 = arguments[3].bits }
      stacked = Array(arguments.dropFirst(4))
      homes = 32
    } else if convention == .fastcall {
      // The first two that fit, wherever they stand.
      let fitting = stacked.indices.filter { stacked[$0].stackSize <= 4 }.prefix(2)
      if let first = fitting.first { registers.rcx = stacked[first].bits }
      if fitting.count == 2 { registers.rdx = stacked[fitting[1]].bits }
      for index in fitting.reversed() { stacked.remove(at: index) }
    }
    let sizes = stacked.map { architecture == .x64 ? 8 : $0.stackSize }
    // The stack is aligned to 16 bytes before the call pushes the return address.
    let alignment: UInt64 = architecture == .x64 ? 15 : 3
    let size = UInt64(homes + sizes.reduce(0, +))
    let bottom = stackTop?.rawValue ?? registers.rsp
    var top = VirtualAddress(rawValue: (bottom &- size) & ~alignment)
    var place = top + homes
    for (argument, size) in zip(stacked, sizes) {
      if size == 8 {
        try memory.store(argument.bits, at: place)
      } else {
        try memory.store(UInt32(truncatingIfNeeded: argument.bits), at: place)
      }
      place = place + size
    }
    top = top + -architecture.pointerSize
    try memory.store(returnAddress, at: top)
    registers.rsp = top.rawValue
    registers.rip = function.rawValue
    return registers
  }
}
