public import GuestABI

/// An engine that plays back a list of steps, for tests that need no processor.
public final class ScriptedEngine: Engine {
  /// What the guest does before it needs the kernel.
  public typealias Step = (inout CallFrame.Registers, AddressSpace) throws(EngineError) -> Exit

  public private(set) var instructionCount: UInt64 = 0
  public var instructionLimit = UInt64.max

  private let memory: AddressSpace
  private var steps: ArraySlice<Step>
  private var registers: [EngineRegister: UInt64] = [:]
  private var generalRegisters: [Int: UInt64] = [:]
  private var vectors: [Int: SIMD2<UInt64>] = [:]
  private var observers: [(range: Range<VirtualAddress>, observer: any InstructionObserver)] = []

  private final class Context: EngineContext {
    let registers: [EngineRegister: UInt64]
    init(_ registers: [EngineRegister: UInt64]) { self.registers = registers }
  }

  /// Creates an engine that takes each of the given steps in turn, and then halts.
  public init(memory: AddressSpace, steps: [Step]) {
    self.memory = memory
    self.steps = steps[...]
  }

  public func run(_ registers: inout CallFrame.Registers) throws(EngineError) -> Exit {
    if instructionCount >= instructionLimit { return .budgetExhausted }
    instructionCount += 1
    memory.clearStaleTranslations()
    guard let step = steps.popFirst() else { return .halted }
    return try step(&registers, memory)
  }

  /// Tells the observers of an instruction, as a processor does that is about to execute it.
  ///
  /// Steps call this in place of the instructions that they play.
  ///
  /// - Parameters:
  ///   - address: Where the instruction is.
  ///   - registers: What ``generalRegister(_:)`` returns until the next instruction, by number.
  public func execute(at address: VirtualAddress, registers: [Int: UInt64] = [:]) {
    generalRegisters = registers
    for (range, observer) in observers where range.contains(address) {
      observer.willExecute(at: address, engine: self)
    }
  }

  public func generalRegister(_ number: Int) -> UInt64 { generalRegisters[number] ?? 0 }

  public func observeInstructions(
    in range: Range<VirtualAddress>,
    with observer: any InstructionObserver
  ) {
    observers.append((range, observer))
  }

  public func setGeneralRegister(_ number: Int, to value: UInt64) {
    generalRegisters[number] = value
  }

  public subscript(vector number: Int) -> SIMD2<UInt64> {
    get { vectors[number] ?? .zero }
    set { vectors[number] = newValue }
  }

  public subscript(register: EngineRegister) -> UInt64 {
    get { registers[register] ?? 0 }
    set { registers[register] = newValue }
  }

  public func saveContext() -> any EngineContext { Context(registers) }

  public func saveState() -> () -> Void {
    let count = instructionCount
    let limit = instructionLimit
    let steps = steps
    let registers = registers
    return { [unowned self] in
      instructionCount = count
      instructionLimit = limit
      self.steps = steps
      self.registers = registers
    }
  }

  public func restore(_ context: any EngineContext) {
    if let context = context as? Context { registers = context.registers }
  }
}
