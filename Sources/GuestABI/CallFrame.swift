/// A guest call that has reached a routine written in Swift.
///
/// The engine reads the registers into a frame when the guest calls the routine,
/// and writes them back when the routine returns. A frame is a value on the
/// host's stack that one thread owns, so reading an argument allocates nothing.
public struct CallFrame: ~Copyable {
  /// The integer registers that calling conventions use.
  public struct Registers: Sendable {
    /// The result.
    public var rax: UInt64 = 0
    /// The first argument on x64 and of an x86 fast call.
    public var rcx: UInt64 = 0
    /// The second argument on x64 and of an x86 fast call, and the high half of a 64-bit x86 result.
    public var rdx: UInt64 = 0
    /// The third argument on x64.
    public var r8: UInt64 = 0
    /// The fourth argument on x64.
    public var r9: UInt64 = 0
    /// The address of the return address.
    public var rsp: UInt64 = 0
    /// The address of the next instruction.
    public var rip: UInt64 = 0

    /// Creates registers that are all zero.
    public init() {}
  }

  /// The memory that the caller's addresses refer to.
  public let memory: AddressSpace

  /// The registers at the time of the call, then those to return with.
  public var registers: Registers

  /// What is still to be done before the call returns, or nil if it is done.
  public var completion: Completion?

  /// The next argument to read.
  @usableFromInline var cursor: ArgumentCursor

  /// Creates a frame for a call that has just been made.
  @inlinable
  public init(memory: AddressSpace, registers: Registers) {
    self.memory = memory
    self.registers = registers
    completion = nil
    cursor = ArgumentCursor(registers, memory.architecture)
  }

  /// Puts a result where callers look for it.
  @inlinable
  @inline(__always)
  public mutating func setResult(_ bits: UInt64) {
    if memory.architecture == .x64 {
      registers.rax = bits
    } else {
      registers.rax = bits & 0xFFFF_FFFF
      registers.rdx = bits >> 32
    }
  }
}

/// The place of the next argument of a call.
@usableFromInline
struct ArgumentCursor {
  /// x64 counts every argument; x86 counts only those in registers.
  @usableFromInline var position = 0
  @usableFromInline var stack: VirtualAddress

  @inlinable
  init(_ registers: CallFrame.Registers, _ architecture: Architecture) {
    // The return address is on top; on x64 the first four arguments' homes follow it.
    stack = VirtualAddress(rawValue: registers.rsp) + architecture.pointerSize
  }

  @inlinable
  @inline(__always)
  mutating func next<Value: GuestScalar>(
    _ type: Value.Type,
    _ convention: CallingConvention,
    _ registers: borrowing CallFrame.Registers,
    _ memory: AddressSpace
  ) throws(GuestFault) -> Value {
    if memory.architecture == .x64 {
      let index = position
      position &+= 1
      switch index {
      case 0: return Value(guestBits: registers.rcx)
      case 1: return Value(guestBits: registers.rdx)
      case 2: return Value(guestBits: registers.r8)
      case 3: return Value(guestBits: registers.r9)
      default: return try memory.load(at: stack + 8 &* index)
      }
    }
    let size = Value.size(on: .x86)
    if convention == .fastcall, size <= 4, position < 2 {
      position &+= 1
      let bits = position == 1 ? registers.rcx : registers.rdx
      return Value(guestBits: bits & 0xFFFF_FFFF)
    }
    let address = stack
    stack = stack + ((size &+ 3) & ~3)
    return try memory.load(at: address)
  }
}

extension CallFrame {
  /// Returns the next argument and moves past it.
  @inlinable
  @inline(__always)
  public mutating func next<Value: GuestScalar>(
    _ type: Value.Type,
    _ convention: CallingConvention
  ) throws(GuestFault) -> Value {
    try cursor.next(type, convention, registers, memory)
  }
}
