internal import CUnicorn
public import GuestABI
public import GuestEngine

extension UnicornEngine {
  public func observeInstructions(
    in range: Range<VirtualAddress>,
    with observer: any InstructionObserver
  ) {
    // An instruction has one hook, however many observers it has.
    var start = range.lowerBound
    let others = instructionObservers.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    for other in others where other.overlaps(range) {
      ls_engine_observe(engine, start.rawValue, other.lowerBound.rawValue)
      start = max(start, other.upperBound)
    }
    ls_engine_observe(engine, start.rawValue, range.upperBound.rawValue)
    instructionObservers.append((range, observer))
  }

  /// Tells the observers of an instruction.
  func notifyObservers(of address: UInt64) {
    let place = VirtualAddress(rawValue: address)
    for (range, observer) in instructionObservers where range.contains(place) {
      observer.willExecute(at: place, engine: self)
    }
  }

  public func generalRegister(_ number: Int) -> UInt64 {
    precondition((0..<16).contains(number), "a processor has 16 general registers")
    if memory.architecture == .x86, number >= 8 { return 0 }
    return ls_engine_read(engine, self.number(ofGeneral: number))
  }

  public func setGeneralRegister(_ number: Int, to value: UInt64) {
    precondition((0..<16).contains(number), "a processor has 16 general registers")
    if memory.architecture == .x86, number >= 8 { return }
    ls_engine_write(engine, self.number(ofGeneral: number), value)
  }

  public subscript(vector number: Int) -> SIMD2<UInt64> {
    get {
      guard (0..<vectorCount).contains(number) else { return .zero }
      var halves: (UInt64, UInt64) = (0, 0)
      ls_engine_read_vector(engine, Int32(LS_REG_XMM0) + Int32(number), &halves.0, &halves.1)
      return SIMD2(halves.0, halves.1)
    }
    set {
      guard (0..<vectorCount).contains(number) else { return }
      ls_engine_write_vector(engine, Int32(LS_REG_XMM0) + Int32(number), newValue.x, newValue.y)
    }
  }

  private var vectorCount: Int { memory.architecture == .x86 ? 8 : 16 }

  /// Returns Unicorn's number of a general register.
  func number(ofGeneral number: Int) -> Int32 {
    if memory.architecture == .x86 { return Self.registers32[number] }
    return number < 8 ? Self.registers64[number] : Int32(106 + number - 8)
  }

  // In the order of machine code: A, C, D, B, SP, BP, SI, DI.
  private static let registers64: [Int32] = [35, 38, 40, 37, 44, 36, 43, 39]
  private static let registers32: [Int32] = [19, 22, 24, 21, 30, 20, 29, 23]
}
