import GuestABI
import GuestEngine
import Testing

@Suite struct BudgetTests {
  @Test(arguments: PageTableFormat.allCases, [1, 3, 100])
  func `a loop stops within a block of its limit, and goes on`(
    format: PageTableFormat,
    length: Int
  ) throws {
    let processor = try Processor(format)
    let engine = processor.engine
    // nop…; jmp to the first.
    let nops = Array(repeating: Code.nop, count: length - 1)
    let start = try processor.place(nops + [0xEB, UInt8(bitPattern: Int8(-length - 1))])
    processor.registers.rip = start.rawValue
    for limit in [UInt64(1000), 1001, 5000, 5000] {
      engine.instructionLimit = limit
      #expect(try processor.resume() == .budgetExhausted)
      #expect(engine.instructionCount <= limit)
      #expect(engine.instructionCount + UInt64(length) > limit)
      #expect(engine.instructionCount % UInt64(length) == 0)
      #expect(processor.registers.rip == start.rawValue)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a block that is longer than what is left does not begin`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let start = try processor.place(Array(repeating: Code.nop, count: 60))
    processor.engine.instructionLimit = 50
    #expect(try processor.run(at: start) == .budgetExhausted)
    #expect(processor.engine.instructionCount == 0)
    #expect(processor.registers.rip == start.rawValue)
    processor.engine.instructionLimit = .max
    #expect(try processor.resume() == .halted)
    #expect(processor.engine.instructionCount == 61)
  }

  @Test(arguments: PageTableFormat.allCases, [0, 1, 10, 511, 512, 513, 2000, 9000])
  func `straight code counts its instructions`(format: PageTableFormat, length: Int) throws {
    let processor = try Processor(format)
    let start = try processor.place(Array(repeating: Code.nop, count: length))
    for round in 1...3 {
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.engine.instructionCount == UInt64(round * (length + 1)))
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `loops and calls count their instructions`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    // mov ecx, 100; loop: nop; dec ecx; jnz loop.
    #expect(try processor.run([0xB9, 100, 0, 0, 0, 0x90, 0xFF, 0xC9, 0x75, 0xFB]) == .halted)
    #expect(processor.engine.instructionCount == 1 + 300 + 1)
    let routine = try processor.place([Code.nop, Code.ret])
    processor.registers.rdx = routine.rawValue
    let before = processor.engine.instructionCount
    // mov ecx, 50; loop: call rdx; dec ecx; jnz loop.
    #expect(try processor.run([0xB9, 50, 0, 0, 0, 0xFF, 0xD2, 0xFF, 0xC9, 0x75, 0xFA]) == .halted)
    #expect(processor.engine.instructionCount - before == 1 + 50 * 5 + 1)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an instruction that the engine executes itself counts as one`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let nops = Array(repeating: Code.nop, count: 10)
    // Each rdtsc ends a run of Unicorn's blocks.
    let start = try processor.place(nops + [0x0F, 0x31] + nops + [0x0F, 0x31] + nops)
    for round in 1...3 {
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.engine.instructionCount == UInt64(round * 33))
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `code that changes its length counts as what it is`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    // Ten instructions; then one of five bytes for five of them.
    let start = try processor.place(Array(repeating: Code.nop, count: 10))
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.engine.instructionCount == 11)
    try processor.memory.store(UInt8(0xB8), at: start)
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.engine.instructionCount == 11 + 7)
    // The guest itself: mov byte [rcx], 0x90.
    processor.registers.rcx = start.rawValue
    #expect(try processor.run([0xC6, 0x01, 0x90]) == .halted)
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.engine.instructionCount == 18 + 2 + 11)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `faults and changed code count the same in each run`(format: PageTableFormat) throws {
    var counts: [UInt64] = []
    for _ in 0..<3 {
      let processor = try Processor(format)
      let step = Code.load + processor.addToRCX(0x1000)
      let start = try processor.place(Array(repeatElement(step, count: 5).joined()))
      processor.registers.rcx = processor.hole.rawValue
      processor.registers.rip = start.rawValue
      for page in 0..<5 {
        guard case .fault = try processor.resume() else { break }
        try processor.guest.mapNew(1, at: processor.hole + page * 4096, .writable)
      }
      #expect(try processor.resume() == .halted)
      counts.append(processor.engine.instructionCount)
    }
    #expect(Set(counts).count == 1)
    #expect(counts[0] >= 11)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `hlt in a slot is a call of its routine, and elsewhere a halt`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    for index in [0, 1, 17, 255] {
      let slot = processor.guest.slots + index * 16
      processor.registers.rcx = slot.rawValue
      // call rcx.
      let start = try processor.place([0xFF, 0xD1])
      let stack = processor.registers.rsp
      #expect(try processor.run(at: start) == .export(index))
      #expect(processor.registers.rip == (slot + 1).rawValue)
      let top = VirtualAddress(rawValue: processor.registers.rsp)
      #expect(try processor.memory.load(VirtualAddress.self, at: top) == start + 2)
      processor.registers.rsp = stack
      #expect(try processor.run(at: start + 2) == .halted)
      #expect(processor.registers.rip == (start + 3).rawValue)
    }
  }
}
