import GuestABI
import GuestEngine
import Testing

@Suite struct FetchFaultTests {
  /// `jmp rcx`.
  static let jump: [UInt8] = [0xFF, 0xE1]

  @Test(arguments: PageTableFormat.allCases)
  func `a jump to an unmapped page faults there`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let target = processor.hole + 0x456
    processor.registers.rcx = target.rawValue
    #expect(try processor.run(Self.jump) == .fault(GuestFault(at: target, access: .execute)))
    #expect(processor.registers.rip == target.rawValue)
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    try processor.memory.store(bytes: Code.setEAX(7) + [0xF4], at: target)
    #expect(try processor.resume() == .halted)
    #expect(processor.registers.rax == 7)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `data cannot be executed where the format can forbid it`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let target = processor.data + 0x456
    try processor.memory.store(bytes: Code.setEAX(7) + [0xF4], at: target)
    processor.registers.rcx = target.rawValue
    let exit = try processor.run(Self.jump)
    if format == .twoLevel {
      #expect(exit == .halted)
      #expect(processor.registers.rax == 7)
    } else {
      let fault = GuestFault(at: target, access: .execute, reason: .protection)
      #expect(exit == .fault(fault))
      #expect(processor.registers.rip == target.rawValue)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an instruction that goes on in an unmapped page faults where that begins`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    let end = processor.hole + 4096
    let bytes = Code.setEAX(0x1122_3344) + [0xF4]
    try processor.memory.store(bytes: bytes.prefix(2), at: end + -2)
    let exit = try processor.run(at: end + -2)
    #expect(exit == .fault(GuestFault(at: end, access: .execute)))
    #expect(processor.registers.rip == (end + -2).rawValue)
    try processor.guest.mapNew(1, at: end, .writable)
    try processor.memory.store(bytes: bytes.dropFirst(2), at: end)
    #expect(try processor.resume() == .halted)
    #expect(processor.registers.rax == 0x1122_3344)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `instructions before an unmapped page are executed first`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    let end = processor.hole + 4096
    try processor.memory.store(bytes: Code.setEAX(42), at: end + -5)
    let exit = try processor.run(at: end + -5)
    #expect(exit == .fault(GuestFault(at: end, access: .execute)))
    #expect(processor.registers.rip == end.rawValue)
    #expect(processor.registers.rax == 42)
  }
}
