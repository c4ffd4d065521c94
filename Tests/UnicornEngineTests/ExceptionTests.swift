import GuestABI
import GuestEngine
import Testing

@Suite struct ExceptionTests {
  @Test(arguments: PageTableFormat.allCases)
  func `divisions by zero and protection exceptions in turn are told apart`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let divide = try processor.place(Code.divide)
    let protect = try processor.place(Code.loadSegment)
    let load = try processor.place(Code.load)
    for round in 0..<8 {
      processor.registers.rcx = 0
      // A selector beyond the table.
      processor.registers.rax = 0x78
      let (start, vector): (VirtualAddress, UInt32) = round % 2 == 0 ? (divide, 0) : (protect, 13)
      let exit = try processor.run(at: start)
      #expect(exit == .exception(vector: vector), "round \(round)")
      #expect(processor.registers.rip == start.rawValue)
      processor.registers.rcx = (processor.hole + round).rawValue
      let fault = GuestFault(at: processor.hole + round, access: .read)
      let next = try processor.run(at: load)
      #expect(next == .fault(fault), "round \(round)")
    }
    processor.registers.rax = 35
    processor.registers.rdx = 0
    processor.registers.rcx = 7
    #expect(try processor.run(at: divide) == .halted)
    #expect(processor.registers.rax == 5)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an undefined instruction stops before itself, each time`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let start = try processor.place(Code.setEAX(3) + [0x0F, 0x0B])
    for _ in 0..<4 {
      processor.registers.rax = 0
      #expect(try processor.run(at: start) == .exception(vector: 6))
      #expect(processor.registers.rip == (start + 5).rawValue)
      #expect(processor.registers.rax == 3)
    }
    #expect(try processor.run(at: start + 7) == .halted)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a breakpoint stops behind itself, as on a processor, each time`(format: PageTableFormat)
    throws
  {
    let processor = try Processor(format)
    let start = try processor.place([Code.nop, 0xCC, Code.nop])
    for _ in 0..<4 {
      #expect(try processor.run(at: start) == .exception(vector: 3))
      #expect(processor.registers.rip == (start + 2).rawValue)
    }
    #expect(try processor.resume() == .halted)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a software interrupt is reported by its number`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    for vector in [UInt8(0x2D), 0x2E, 0x80] {
      #expect(try processor.run([0xCD, vector]) == .exception(vector: UInt32(vector)))
    }
    #expect(try processor.run([Code.nop]) == .halted)
  }
}
