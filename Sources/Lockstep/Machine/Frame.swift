internal import GuestABI
internal import GuestEngine
internal import NTKernel

/// What is to happen when a routine that the kernel called returns.
struct Frame {
  /// What called the routine.
  enum Kind {
    /// A routine of the kernel goes on, and in the end returns to its caller.
    case routine(rip: UInt64, rsp: UInt64, then: (UInt64) throws -> Completion)
    /// What the machine was asked to call is done.
    case request
    /// A thread's first routine is done.
    case threadStart
    /// An interrupt is over: the thread goes on as it was.
    case interrupt(any EngineContext, CallFrame.Registers, IRQL, exceptionList: VirtualAddress)
    /// A DPC that ran while all threads waited is over.
    case idle(IRQL)
  }

  let kind: Kind
  /// What the call means to exceptions.
  let role: CallRole
  /// Where the routine's return address is.
  let entry: UInt64
  /// The stack pointer when the routine has returned.
  let exit: UInt64

  /// Creates the frame of a call.
  ///
  /// - Parameters:
  ///   - kind: What made the call.
  ///   - call: The call.
  ///   - registers: The registers at the routine's first instruction.
  ///   - architecture: The machine's architecture.
  init(
    _ kind: Kind,
    _ call: GuestCall,
    _ registers: CallFrame.Registers,
    on architecture: Architecture
  ) {
    self.kind = kind
    role = call.role
    entry = registers.rsp
    exit =
      registers.rsp &+ UInt64(architecture.pointerSize + call.removedSize(on: architecture))
  }

  /// The frame of what the machine was asked to do.
  static var request: Self { Self(kind: .request, role: .ordinary, entry: .max, exit: .max) }

  private init(kind: Kind, role: CallRole, entry: UInt64, exit: UInt64) {
    self.kind = kind
    self.role = role
    self.entry = entry
    self.exit = exit
  }

  /// Whether exceptions go no further.
  var isBoundary: Bool {
    guard case .routine = kind, case .boundary = role else {
      if case .routine = kind { return false }
      return true
    }
    return true
  }

  var isRequest: Bool { if case .request = kind { true } else { false } }
}

/// A thread that does not run.
struct ParkedThread {
  var registers: CallFrame.Registers
  var frames: [Frame]
  /// The other registers, or nil if the thread has never run.
  var context: (any EngineContext)?
  /// Whether the thread waits, and gets its wait's status as a result.
  var isWaiting: Bool
  /// The list of exception handlers on x86.
  var exceptionList: VirtualAddress
}
