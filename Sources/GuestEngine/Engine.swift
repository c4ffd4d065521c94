public import GuestABI
public import Snapshots

/// Something that executes guest instructions.
///
/// An engine knows memory and registers, and nothing of NT: it asks its address space for
/// translations and is told of invalidations, it never walks NT's structures.
public protocol Engine: StateSaving {
  /// Runs the guest until it needs the kernel.
  ///
  /// - Parameter registers: Those to start with; then those at the exit. Registers that calling
  ///   conventions do not use stay in the engine.
  /// - Returns: Why the engine stopped.
  /// - Throws: ``EngineError`` if the engine itself fails.
  func run(_ registers: inout CallFrame.Registers) throws(EngineError) -> Exit

  /// The instructions executed since the engine was created.
  ///
  /// The count is the same for the same guest on every host.
  var instructionCount: UInt64 { get }

  /// The count at which ``run(_:)`` returns ``Exit/budgetExhausted``.
  var instructionLimit: UInt64 { get set }

  /// The value of a register that calling conventions do not use.
  subscript(register: EngineRegister) -> UInt64 { get set }

  /// Returns the value of a general register, at the last exit or before an observed instruction.
  ///
  /// - Parameter number: The register as machine code numbers it: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP,
  ///   5 RBP, 6 RSI, 7 RDI, then 8 to 15, which read as 0 on x86.
  /// - Returns: Its value.
  func generalRegister(_ number: Int) -> UInt64

  /// Changes a general register that calling conventions do not use.
  ///
  /// - Parameters:
  ///   - number: The register, numbered as for ``generalRegister(_:)``: not 0, 1, 2, 4, 8 or 9, which
  ///     ``run(_:)`` sets. On x86 those from 8 on do not exist, and nothing happens.
  ///   - value: What it is to hold.
  func setGeneralRegister(_ number: Int, to value: UInt64)

  /// The value of an XMM register, its low half first.
  ///
  /// x86 has eight; those from 8 on read as 0 there, and cannot be changed.
  subscript(vector number: Int) -> SIMD2<UInt64> { get set }

  /// Tells an observer of each instruction in a range before the guest executes it.
  ///
  /// Only instructions in the range cost more for it. Not to be called while the guest runs.
  ///
  /// - Parameters:
  ///   - range: The addresses.
  ///   - observer: The observer, which the engine keeps for as long as it lives.
  func observeInstructions(in range: Range<VirtualAddress>, with observer: any InstructionObserver)

  /// Returns all registers, those of calling conventions as they were at the last exit.
  func saveContext() -> any EngineContext

  /// Restores what ``saveContext()`` of the same engine returned.
  func restore(_ context: any EngineContext)
}

/// Something that looks at instructions while the guest executes them.
public protocol InstructionObserver: AnyObject {
  /// Notes that an instruction is about to be executed: registers and memory are as it will find them.
  ///
  /// An instruction that faults is observed again when the guest executes it again. The observer may
  /// read registers and memory; it must change neither, nor run the engine.
  func willExecute(at address: VirtualAddress, engine: any Engine)
}

/// A processor's registers, saved by the engine that can restore them.
public protocol EngineContext: AnyObject {}

/// A register that an operating system sets up.
public enum EngineRegister: Sendable {
  /// The flags.
  case rflags
  /// The frame pointer.
  case rbp
  /// A register that routines preserve.
  case rbx, rsi, rdi
  /// The base of FS on x86, which must have been set up in the descriptor table.
  case fsBase
  /// The base of GS on x64.
  case gsBase
  /// The root of the page tables, as the guest sees it.
  case cr3
  /// The control and status of SSE instructions.
  case mxcsr
}

/// Why an engine stopped.
public enum Exit: Hashable, Sendable {
  /// The guest called the export slot with this index.
  case export(Int)
  /// The guest touched memory that its page tables do not allow.
  case fault(GuestFault)
  /// The processor raised an exception: an Intel vector number.
  case exception(vector: UInt32)
  /// The guest executed `hlt` outside the export slots.
  case halted
  /// The guest executed an instruction whose effect the engine does not model, by name.
  case unmodelled(String)
  /// As many instructions have run as were allowed.
  case budgetExhausted
}

/// A failure of the engine itself.
public struct EngineError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable {
    /// The engine's library is not installed, or is too old.
    case unavailable
    /// The engine reported an error that no guest should be able to cause.
    case failed
  }

  /// What kind of failure it is.
  public let code: Code
  /// One line that says what is wrong, and what to do about it.
  public let description: String

  /// Creates an error.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
