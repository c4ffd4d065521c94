import GuestABI
import Testing

@Suite struct CallTests {
  static let conventions = [CallingConvention.nt, .fastcall, .cdecl]

  /// Calls a routine as a driver does, and returns the registers that it leaves.
  private func call(
    _ export: Export,
    _ call: GuestCall,
    _ fixture: GuestFixture
  ) throws -> (before: UInt64, after: CallFrame.Registers) {
    let table = ExportTable([export])
    var registers = CallFrame.Registers()
    registers.rsp = (fixture.base + 0x3000).rawValue
    let returnAddress = fixture.base + 0x10
    let entered = try call.registers(
      from: registers,
      in: fixture.memory,
      returningTo: returnAddress
    )
    let top = VirtualAddress(rawValue: entered.rsp)
    #expect(try fixture.memory.load(VirtualAddress.self, at: top) == returnAddress)
    if fixture.memory.architecture == .x64 { #expect(entered.rsp % 16 == 8) }
    var frame = CallFrame(memory: fixture.memory, registers: entered)
    try table.call(0, &frame, returningTo: returnAddress)
    #expect(frame.registers.rip == returnAddress.rawValue)
    return (registers.rsp, frame.registers)
  }

  @Test(arguments: Architecture.allCases, conventions)
  func `arguments of every size arrive`(
    architecture: Architecture,
    convention: CallingConvention
  ) throws {
    let fixture = try GuestFixture(architecture)
    try fixture.map(count: 4)
    var generator = Generator(state: 42)
    for _ in 0..<200 {
      let a = UInt8.random(in: 0...255, using: &generator)
      let b = UInt64.random(in: 0...UInt64.max, using: &generator)
      let c = Int32.random(in: Int32.min...Int32.max, using: &generator)
      let d = UInt16.random(in: 0...UInt16.max, using: &generator)
      let e = Int64.random(in: Int64.min...Int64.max, using: &generator)
      let f = Bool.random(using: &generator)
      var seen: [String] = []
      let routine = export("R", convention) {
        (a: UInt8, b: UInt64, c: Int32, d: UInt16, e: Int64, f: Bool) -> UInt64 in
        seen = ["\(a)", "\(b)", "\(c)", "\(d)", "\(e)", "\(f)"]
        return b
      }
      let function = GuestFunction<UInt64, UInt8, UInt64, Int32, UInt16, Int64, Bool>(.null)
      let result = try call(
        routine,
        function.call(a, b, c, d, e, f, convention: convention),
        fixture
      )
      #expect(seen == ["\(a)", "\(b)", "\(c)", "\(d)", "\(e)", "\(f)"])
      // A result of 64 bits is in EDX and EAX on x86.
      let after = result.after
      if architecture == .x86 {
        #expect(after.rax == b & 0xFFFF_FFFF)
        #expect(after.rdx == b >> 32)
        #expect((after.rsp == result.before) == (convention != .cdecl))
      } else {
        #expect(after.rax == b)
      }
    }
  }

  @Test func `a fast call puts the first two that fit into registers`() throws {
    let fixture = try GuestFixture(.x86)
    try fixture.map(count: 4)
    let function = GuestFunction<UInt32, UInt64, UInt32, UInt64, UInt8, UInt32>(.null)
    var registers = CallFrame.Registers()
    registers.rsp = (fixture.base + 0x2000).rawValue
    let call = function.call(1, 2, 3, 4, 5, convention: .fastcall)
    registers = try call.registers(from: registers, in: fixture.memory, returningTo: .null)
    #expect(registers.rcx == 2)
    #expect(registers.rdx == 4)
    #expect(registers.rsp == (fixture.base + (0x2000 - 4 - 20)).rawValue)
    let stack = VirtualAddress(rawValue: registers.rsp)
    let words = try (1...5).map { try fixture.memory.load(UInt32.self, at: stack + 4 * $0) }
    #expect(words == [1, 0, 3, 0, 5])
  }

  @Test func `the bytes of parameters make the decorated name`() {
    let nt = export("R") { (_: UInt8, _: UInt64, _: VirtualAddress) in UInt32(0) }
    #expect(nt.decoratedName == "_R@16")
    #expect(nt.stackSize == 16)
    let fast = export("R", .fastcall) { (_: UInt64, _: UInt8, _: UInt32, _: UInt32) in UInt32(0) }
    #expect(fast.decoratedName == "@R@20")
    #expect(fast.stackSize == 12)
    let cdecl = export("R", .cdecl) { (_: UInt32, _: VariadicArguments) in UInt32(0) }
    #expect(cdecl.decoratedName == "_R")
    #expect(cdecl.stackSize == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `unnamed arguments follow the named ones`(architecture: Architecture) throws {
    let fixture = try GuestFixture(architecture)
    try fixture.map(count: 4)
    var seen: [UInt64] = []
    let routine = export("R", .cdecl) { (first: UInt32, rest: VariadicArguments) in
      var rest = rest
      seen = [UInt64(first)]
      seen.append(UInt64(try rest.next(UInt32.self)))
      seen.append(try rest.next(UInt64.self))
      for _ in 0..<4 { seen.append(UInt64(try rest.next(UInt32.self))) }
    }
    let function = GuestFunction<Void, UInt32, UInt32, UInt64, UInt32, UInt32, UInt32, UInt32>(
      .null
    )
    let wide: UInt64 = 0x1122_3344_5566_7788
    _ = try call(routine, function.call(1, 2, wide, 4, 5, 6, 7, convention: .cdecl), fixture)
    #expect(seen == [1, 2, wide, 4, 5, 6, 7])
  }

  @Test(arguments: Architecture.allCases)
  func `a completion waits in the frame, and a value is the result`(
    architecture: Architecture
  ) throws {
    let fixture = try GuestFixture(architecture)
    try fixture.map(count: 4)
    let routine = export("R") { (isDone: Bool) -> Completion in
      if isDone { return .returned(UInt32(7)) }
      return GuestFunction<UInt32, UInt32>(fixture.base).call(9) { .returned($0 + 1) }
    }
    let table = ExportTable([routine])
    for isDone in [true, false] {
      var registers = CallFrame.Registers()
      registers.rsp = (fixture.base + 0x2000).rawValue
      let call = GuestFunction<UInt32, Bool>(.null).call(isDone)
      registers = try call.registers(from: registers, in: fixture.memory, returningTo: .null)
      var frame = CallFrame(memory: fixture.memory, registers: registers)
      try table.call(0, &frame, returningTo: .null)
      guard case .call(let next, let then) = frame.completion else {
        #expect(isDone)
        #expect(frame.registers.rax == 7)
        continue
      }
      #expect(!isDone)
      #expect(next.function == fixture.base)
      #expect(next.arguments.map(\.bits) == [9])
      guard case .value(let bits) = try then(0xFFFF_FFFF_0000_0029) else {
        Issue.record("no value")
        continue
      }
      #expect(bits == 0x2A)
    }
  }
}
