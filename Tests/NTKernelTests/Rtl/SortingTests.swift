import GuestABI
import NTKernel
import Testing

@Suite struct SortingTests {
  private let compare = VirtualAddress(rawValue: 0x9001)

  private func fixture(
    _ architecture: Architecture,
    _ answer: @escaping (UInt32, UInt32) -> Int32
  ) throws -> ExecutiveFixture {
    let fixture = try ExecutiveFixture(architecture)
    fixture.routines[compare] = { [unowned fixture] call in
      #expect(call.convention == .cdecl)
      let places = call.arguments.suffix(2).map { VirtualAddress(rawValue: $0.bits) }
      let first = try fixture.memory.load(UInt32.self, at: places[0])
      let second = try fixture.memory.load(UInt32.self, at: places[1])
      return UInt64(UInt32(bitPattern: answer(first, second)))
    }
    return fixture
  }

  /// Calls a `__cdecl` routine; its caller removes the arguments.
  private func call(
    _ fixture: ExecutiveFixture,
    _ name: String,
    _ arguments: [UInt64]
  ) throws -> UInt64 {
    var registers = CallFrame.Registers()
    let memory = fixture.memory
    let word = memory.architecture.pointerSize
    let stack = fixture.dispatcher.current.stack.upperBound + -0x200
    registers.rsp = stack.rawValue
    let order: [WritableKeyPath<CallFrame.Registers, UInt64>] = [\.rcx, \.rdx, \.r8, \.r9]
    for (index, argument) in arguments.enumerated() {
      if word == 8, index < 4 {
        registers[keyPath: order[index]] = argument
      } else {
        try memory.store(GuestWord(argument), at: stack + (index + 1) * word)
      }
    }
    let found = fixture.table.index(of: name)
    let index = try #require(found)
    var frame = CallFrame(memory: memory, registers: registers)
    try fixture.table.call(index, &frame, returningTo: .null)
    guard let completion = frame.completion else { return frame.registers.rax }
    return try #require(try fixture.carryOut(completion))
  }

  @Test(arguments: Architecture.allCases, ["qsort", "qsort_s"])
  func `an array is sorted`(architecture: Architecture, routine: String) throws {
    let fixture = try fixture(architecture) { $0 < $1 ? -1 : $0 > $1 ? 1 : 0 }
    var generator = SystemRandomNumberGenerator()
    for count in [0, 1, 2, 3, 4, 7, 64, 257] {
      let values = (0..<count).map { _ in UInt32.random(in: 0..<100, using: &generator) }
      let base = try fixture.allocate(max(count, 1) * 12)
      for (index, value) in values.enumerated() {
        try fixture.memory.store(value, at: base + index * 12)
        try fixture.memory.store(~value, at: base + (index * 12 + 8))
      }
      let extra: [UInt64] = routine == "qsort_s" ? [0x77] : []
      let arguments = [base.rawValue, UInt64(count), 12, compare.rawValue] + extra
      _ = try call(fixture, routine, arguments)
      let sorted = try (0..<count).map { try fixture.memory.load(UInt32.self, at: base + $0 * 12) }
      #expect(sorted == values.sorted())
      for index in 0..<count {
        let tail = try fixture.memory.load(UInt32.self, at: base + (index * 12 + 8))
        #expect(tail == ~sorted[index])
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a comparison that contradicts itself cannot keep a sort from ending`(
    architecture: Architecture
  ) throws {
    var calls = 0
    let fixture = try fixture(architecture) { _, _ in
      calls += 1
      return calls % 3 == 0 ? 1 : -1
    }
    let base = try fixture.allocate(1024 * 4)
    _ = try call(fixture, "qsort", [base.rawValue, 1024, 4, compare.rawValue])
    #expect(calls < 2 * 1024 * 11)
  }

  @Test(arguments: Architecture.allCases)
  func `bsearch finds what is there`(architecture: Architecture) throws {
    let fixture = try fixture(architecture) { $0 < $1 ? -1 : $0 > $1 ? 1 : 0 }
    let base = try fixture.allocate(40)
    let key = try fixture.allocate(4)
    for index in 0..<10 { try fixture.memory.store(UInt32(index * 3), at: base + index * 4) }
    for value in 0..<30 {
      try fixture.memory.store(UInt32(value), at: key)
      let arguments = [key.rawValue, base.rawValue, 10, 4, compare.rawValue]
      let found = try call(fixture, "bsearch", arguments)
      #expect(found == (value % 3 == 0 ? (base + value / 3 * 4).rawValue : 0))
    }
  }

  @Test(arguments: Architecture.allCases)
  func `random numbers follow from the seed and stay in range`(architecture: Architecture) throws {
    for routine in ["RtlRandom", "RtlRandomEx"] {
      func numbers(_ seed: UInt32) throws -> [UInt64] {
        let fixture = try ExecutiveFixture(architecture)
        let place = try fixture.allocate(4)
        try fixture.memory.store(seed, at: place)
        return try (0..<100).map { _ in try fixture.call(routine, place) & 0xFFFF_FFFF }
      }
      let first = try numbers(7)
      #expect(try first == numbers(7))
      #expect(try first != numbers(8))
      #expect(Set(first).count == 100 && first.allSatisfy { $0 < 0x7FFF_FFFF })
    }
    // Microsoft's C library: 41, 18467, 6334 are its well-known first numbers.
    let fixture = try ExecutiveFixture(architecture)
    #expect(try (0..<3).map { _ in try call(fixture, "rand", []) } == [41, 18467, 6334])
    _ = try call(fixture, "srand", [1])
    #expect(try call(fixture, "rand", []) == 41)
  }
}
