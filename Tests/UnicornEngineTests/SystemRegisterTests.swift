import GuestABI
import GuestEngine
import Testing

@Suite struct SystemRegisterTests {
  /// `mov rN, cr8`, or `mov cr8, rN`.
  static func moveCR8(_ register: Int, isWrite: Bool = false) -> [UInt8] {
    [register < 8 ? 0x44 : 0x45, 0x0F, isWrite ? 0x22 : 0x20, 0xC0 | UInt8(register & 7)]
  }

  @Test(arguments: 0..<16)
  func `CR8 reads as the task priority`(register: Int) throws {
    let processor = try Processor(.fourLevel)
    let start = try processor.place(Self.moveCR8(register))
    for priority in [UInt8(2), 0, 15, 1] {
      processor.state.taskPriority = priority
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.engine.generalRegister(register) == UInt64(priority))
      #expect(processor.registers.rip == (start + 5).rawValue)
    }
  }

  @Test(arguments: 0..<16)
  func `writing CR8 sets the task priority`(register: Int) throws {
    let processor = try Processor(.fourLevel)
    for priority in [UInt8(2), 0, 15] {
      let set: [UInt8] =
        (register < 8 ? [] : [0x41]) + [0xB8 + UInt8(register & 7), priority, 0, 0, 0]
      #expect(try processor.run(set + Self.moveCR8(register, isWrite: true)) == .halted)
      #expect(processor.state.taskPriority == priority)
    }
  }

  @Test func `CR8 is right in every mapping of its frame`() throws {
    let processor = try Processor(.fourLevel)
    let start = try processor.place(Self.moveCR8(0))
    processor.state.taskPriority = 2
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 2)
    let frame = try #require(processor.memory.tables.translate(start)).frame
    try processor.guest.map(frame, at: processor.hole, [])
    processor.registers.rax = 99
    #expect(try processor.run(at: processor.hole + start.offsetInPage) == .halted)
    #expect(processor.registers.rax == 2)
  }

  @Test func `CR8 is right in code that the kernel stores later`() throws {
    let processor = try Processor(.fourLevel)
    processor.state.taskPriority = 2
    let start = try processor.place(Code.setEAX(1))
    #expect(try processor.run(at: start) == .halted)
    try processor.memory.store(bytes: Self.moveCR8(0) + [0xF4], at: start)
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 2)
  }

  @Test(arguments: 1...3)
  func `CR8 is right in an instruction across pages`(before: Int) throws {
    let processor = try Processor(.fourLevel)
    try processor.guest.mapNew(2, at: processor.hole, .writable)
    let start = processor.hole + (4096 - before)
    try processor.memory.store(bytes: Self.moveCR8(9) + [0xF4], at: start)
    processor.state.taskPriority = 2
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.r9 == 2)
  }

  /// Runs a loop between two readings of the time-stamp counter.
  private func readCounter(_ format: PageTableFormat) throws -> (first: UInt64, second: UInt64) {
    let processor = try Processor(format)
    // rdtsc; mov esi, eax; mov ecx, 1000; loop: dec ecx; jnz loop; rdtsc.
    let code: [UInt8] = [
      0x0F, 0x31, 0x89, 0xC6, 0xB9, 0xE8, 3, 0, 0, 0xFF, 0xC9, 0x75, 0xFC, 0x0F, 0x31,
    ]
    #expect(try processor.run(code) == .halted)
    #expect(processor.registers.rdx == 0)
    return (processor.engine[.rsi], processor.registers.rax)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `the time-stamp counter counts instructions, the same in each run`(
    format: PageTableFormat
  ) throws {
    let first = try readCounter(format)
    let second = try readCounter(format)
    #expect(first == second)
    #expect((2000...2010).contains(first.second - first.first))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a model-specific register that there is not raises an exception`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let read = try processor.place([0x0F, 0x32])
    for number in [UInt64(0x1234), 0xC001_0015, 0x1234] {
      processor.registers.rcx = number
      #expect(try processor.run(at: read) == .exception(vector: 13))
      #expect(processor.registers.rip == read.rawValue)
      #expect(try processor.run([0x0F, 0x30]) == .exception(vector: 13))
    }
    processor.registers.rcx = 0x1B
    #expect(try processor.run(at: read) == .halted)
    #expect(processor.registers.rax == 0xFEE0_0900)
    #expect(processor.registers.rdx == 0)
  }

  @Test func `a write that would change the processor is not modelled`() throws {
    let processor = try Processor(.fourLevel)
    processor.registers.rcx = 0xC000_0101
    processor.registers.rax = 0x1000
    #expect(try processor.run([0x0F, 0x30]) == .unmodelled("wrmsr 0xc0000101"))
    let gs: UInt64 = 0xFFFF_F800_1234_5678
    processor.engine[.gsBase] = gs
    #expect(try processor.run([0x0F, 0x32]) == .halted)
    #expect(processor.registers.rdx << 32 | processor.registers.rax == gs)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `two performance counters never count, and there are no more`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let read = try processor.place([0x0F, 0x33])
    for number in [UInt64(0), 1] {
      processor.registers.rcx = number
      processor.registers.rax = 5
      #expect(try processor.run(at: read) == .halted)
      #expect(processor.registers.rax == 0)
    }
    processor.registers.rcx = 2
    #expect(try processor.run(at: read) == .exception(vector: 13))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a port on which nothing answers reads as ones`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    processor.registers.rdx = 0x3F8
    for (code, value) in [
      ([UInt8(0xEC)], UInt64(0xFF)), ([0x66, 0xED], 0xFFFF), ([0xED], 0xFFFF_FFFF),
    ] {
      processor.registers.rax = 0
      #expect(try processor.run(code) == .halted)
      #expect(processor.registers.rax == value)
    }
    #expect(try processor.run([0xEE, 0xEF]) == .halted)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `registers that say where the system is entered hold what is written`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    processor.state.modelSpecificRegisters[0x176] = 0x8040_1800
    processor.registers.rcx = 0x176
    let read = try processor.place([0x0F, 0x32])
    #expect(try processor.run(at: read) == .halted)
    #expect(processor.registers.rax == 0x8040_1800)
    processor.registers.rax = 0x1234_5678
    processor.registers.rdx = 0x9ABC
    #expect(try processor.run([0x0F, 0x30]) == .halted)
    processor.registers.rax = 0
    #expect(try processor.run(at: read) == .halted)
    #expect(processor.registers.rax == 0x1234_5678 && processor.registers.rdx == 0x9ABC)
    // System calls of x64 are entered by registers that x86 kernels do not set up.
    processor.registers.rcx = 0xC000_0082
    #expect(try processor.run(at: read) == (processor.isX64 ? .halted : .exception(vector: 13)))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `random numbers and RDTSCP are the same in each run`(format: PageTableFormat) throws {
    var runs: [[UInt64]] = []
    for _ in 0..<2 {
      let processor = try Processor(format)
      var values: [UInt64] = []
      // rdrand eax; rdseed edx; setc cl: then rdtscp.
      #expect(
        try processor.run([0x0F, 0xC7, 0xF0, 0x0F, 0xC7, 0xFA, 0x0F, 0x92, 0xC1]) == .halted
      )
      #expect(processor.registers.rcx & 0xFF == 1)
      values += [processor.registers.rax, processor.registers.rdx]
      // rdrand ax leaves the rest of the register.
      processor.registers.rax = 0x1234_0000
      #expect(try processor.run([0x66, 0x0F, 0xC7, 0xF0]) == .halted)
      #expect(processor.registers.rax >> 16 == 0x1234)
      values.append(processor.registers.rax)
      if processor.isX64 {
        #expect(try processor.run([0x48, 0x0F, 0xC7, 0xF0]) == .halted)
        values.append(processor.registers.rax)
        #expect(processor.registers.rax >> 32 != 0)
      }
      processor.registers.rcx = 99
      #expect(try processor.run([0x0F, 0x01, 0xF9]) == .halted)
      #expect(processor.registers.rcx == 0)
      values.append(processor.registers.rax)
      runs.append(values)
    }
    #expect(runs[0] == runs[1])
    #expect(Set(runs[0]).count == runs[0].count)
  }

  /// Ports that note what is done to them.
  private final class Ports: PortSpace {
    var written: [[UInt32]] = []
    func read(port: UInt16, byteCount: Int) -> UInt32 { .max - UInt32(port) }
    func write(port: UInt16, byteCount: Int, value: UInt32) {
      written.append([UInt32(port), UInt32(byteCount), value])
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `what answers at a port gets the width and the value`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let ports = Ports()
    processor.state.ports = ports
    processor.registers.rdx = 0x3F8
    for (code, mask) in [
      ([UInt8(0xEC)], UInt64(0xFF)), ([0x66, 0xED], 0xFFFF), ([0xED], 0xFFFF_FFFF),
    ] {
      processor.registers.rax = 0
      #expect(try processor.run(code) == .halted)
      #expect(processor.registers.rax == (0xFFFF_FFFF - 0x3F8) & mask)
    }
    processor.registers.rax = 0x1122_3344
    #expect(try processor.run([0xEE, 0x66, 0xEF, 0xEF]) == .halted)
    #expect(ports.written == [[0x3F8, 1, 0x44], [0x3F8, 2, 0x3344], [0x3F8, 4, 0x1122_3344]])
  }

  @Test(arguments: PageTableFormat.allCases)
  func `the processor is the one that the system tells of`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    processor.registers.rax = 1
    #expect(try processor.run([0x0F, 0xA2]) == .halted)
    // Family 6, model 0x3C, stepping 4.
    #expect(processor.registers.rax == 0x306C4)
  }
}
