import GuestABI
import GuestEngine
import Testing

@Suite struct ContextTests {
  @Test(arguments: PageTableFormat.allCases)
  func `a context keeps integer registers and flags`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let engine = processor.engine
    let preserved: [(EngineRegister, UInt64)] = [(.rbx, 11), (.rbp, 12), (.rsi, 13), (.rdi, 14)]
    for (register, value) in preserved { engine[register] = value }
    // stc; then all registers that calls do not preserve.
    let set: [UInt8] = [0xF9] + Code.setEAX(5) + [0xB9, 6, 0, 0, 0, 0xBA, 7, 0, 0, 0]
    #expect(try processor.run(set) == .halted)
    #expect(engine[.rflags] & 1 == 1)
    let context = engine.saveContext()
    let registers = processor.registers
    // clc; zero everything.
    let clear: [UInt8] = [
      0x31, 0xC0, 0x31, 0xC9, 0x31, 0xD2, 0x31, 0xDB, 0x31, 0xED, 0x31, 0xF6, 0x31, 0xFF, 0xF8,
    ]
    #expect(try processor.run(clear) == .halted)
    #expect(engine[.rbx] == 0)
    #expect(engine[.rflags] & 1 == 0)
    engine.restore(context)
    for (register, value) in preserved { #expect(engine[register] == value) }
    #expect(engine[.rflags] & 1 == 1)
    let low = (0..<3).map { engine.generalRegister($0) }
    #expect(low == [5, 6, 7])
    // What the caller of `run` holds is what the processor starts with.
    processor.registers = registers
    #expect(try processor.run([Code.nop]) == .halted)
    #expect(processor.registers.rax == 5)
    #expect(processor.registers.rcx == 6)
    #expect(processor.registers.rdx == 7)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a context keeps SSE and floating-point registers`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let bytes = (0..<16).map { UInt8($0 * 3 + 1) }
    try processor.memory.store(bytes: bytes, at: processor.data)
    processor.registers.rcx = processor.data.rawValue
    processor.registers.rdx = (processor.data + 64).rawValue
    // movups xmm7, [rcx]; fninit; fldpi.
    #expect(try processor.run([0x0F, 0x10, 0x39, 0xDB, 0xE3, 0xD9, 0xEB]) == .halted)
    let context = processor.engine.saveContext()
    // xorps xmm7, xmm7; fstp st0; fldz.
    #expect(try processor.run([0x0F, 0x57, 0xFF, 0xDD, 0xD8, 0xD9, 0xEE]) == .halted)
    processor.engine.restore(context)
    // movups [rdx], xmm7; fstp qword [rdx+16].
    #expect(try processor.run([0x0F, 0x11, 0x3A, 0xDD, 0x5A, 0x10]) == .halted)
    #expect(try processor.memory.bytes(at: processor.data + 64, count: 16) == bytes)
    let pi: UInt64 = try processor.memory.load(at: processor.data + 80)
    #expect(Double(bitPattern: pi) == .pi)
  }

  @Test func `a context keeps the registers that only x64 has`() throws {
    let processor = try Processor(.fourLevel)
    // mov r10d…r15d, 10…15.
    let set = (10...15).flatMap { (n: Int) -> [UInt8] in
      [0x41, 0xB8 + UInt8(n - 8), UInt8(n), 0, 0, 0]
    }
    #expect(try processor.run(set) == .halted)
    let context = processor.engine.saveContext()
    let clear = (10...15).flatMap { (n: Int) -> [UInt8] in
      [0x41, 0xB8 + UInt8(n - 8), 0, 0, 0, 0]
    }
    #expect(try processor.run(clear) == .halted)
    #expect(high(processor) == [0, 0, 0, 0, 0, 0])
    processor.engine.restore(context)
    #expect(high(processor) == [10, 11, 12, 13, 14, 15])
  }

  private func high(_ processor: Processor) -> [UInt64] {
    (10...15).map { processor.engine.generalRegister($0) }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `two contexts change places many times`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    // loop: inc ebx; hlt; jmp loop.
    let start = try processor.place([0xFF, 0xC3, 0xF4, 0xEB, 0xFB])
    var registers = [processor.registers, processor.registers]
    var contexts: [any EngineContext] = []
    for thread in 0..<2 {
      processor.engine[.rbx] = UInt64(thread * 1000)
      registers[thread].rip = start.rawValue
      contexts.append(processor.engine.saveContext())
    }
    for round in 0..<20 {
      for thread in 0..<2 {
        processor.engine.restore(contexts[thread])
        processor.registers = registers[thread]
        #expect(try processor.resume() == .halted)
        #expect(processor.engine[.rbx] == UInt64(thread * 1000 + round + 1))
        registers[thread] = processor.registers
        contexts[thread] = processor.engine.saveContext()
      }
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `what changed in memory since a context was saved stays changed`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let load = try processor.place(Code.load)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(at: load) == .halted)
    let context = processor.engine.saveContext()
    processor.guest.unmap(processor.data)
    processor.engine.restore(context)
    let fault = GuestFault(at: processor.data, access: .read)
    #expect(try processor.run(at: load) == .fault(fault))
  }
}
