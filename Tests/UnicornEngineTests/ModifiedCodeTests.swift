import GuestABI
import GuestEngine
import Testing

@Suite struct ModifiedCodeTests {
  /// How a driver reaches the code that it changes.
  enum Way: CaseIterable {
    case sameMapping, alias, aliasNotExecutable
  }

  /// `mov eax, 1; ret`.
  private static let routine = Code.setEAX(1) + [Code.ret]

  @Test(arguments: PageTableFormat.allCases, Way.allCases)
  func `code that is changed between calls runs changed`(format: PageTableFormat, way: Way) throws {
    let processor = try Processor(format)
    let routine = try processor.place(Self.routine)
    processor.registers.rcx = try address(of: routine + 1, processor, way).rawValue
    processor.registers.rdx = routine.rawValue
    // call rdx; mov esi, eax; mov dword [rcx], 2; call rdx; and once more.
    let change = { (value: UInt8) -> [UInt8] in [0xC7, 0x01, value, 0, 0, 0, 0xFF, 0xD2] }
    #expect(try processor.run([0xFF, 0xD2, 0x89, 0xC6] + change(2)) == .halted)
    #expect(processor.engine[.rsi] == 1)
    #expect(processor.registers.rax == 2)
    for value in UInt8(3)...9 {
      #expect(try processor.run(change(value)) == .halted)
      #expect(processor.registers.rax == UInt64(value))
    }
  }

  @Test(arguments: PageTableFormat.allCases, Way.allCases)
  func `code that is written before it first runs runs as written, also later`(
    format: PageTableFormat,
    way: Way
  ) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    try processor.memory.store(bytes: Self.routine, at: processor.hole)
    processor.registers.rcx = try address(of: processor.hole + 1, processor, way).rawValue
    processor.registers.rdx = processor.hole.rawValue
    // mov byte [rcx], 5; call rdx; mov esi, eax; mov byte [rcx], 6; call rdx.
    let code: [UInt8] = [0xC6, 0x01, 5, 0xFF, 0xD2, 0x89, 0xC6, 0xC6, 0x01, 6, 0xFF, 0xD2]
    #expect(try processor.run(code) == .halted)
    #expect(processor.engine[.rsi] == 5)
    #expect(processor.registers.rax == 6)
  }

  @Test(arguments: PageTableFormat.allCases, Way.allCases)
  func `an instruction can change the one that follows it`(
    format: PageTableFormat,
    way: Way
  ) throws {
    let processor = try Processor(format)
    // mov dword [rcx], 7; mov eax, 1.
    let start = try processor.place([0xC7, 0x01, 7, 0, 0, 0] + Code.setEAX(1))
    processor.registers.rcx = try address(of: start + 7, processor, way).rawValue
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 7)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `code that the kernel changes runs changed`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let start = try processor.place(Code.setEAX(1))
    for value in UInt32(1)...5 {
      try processor.memory.store(value, at: start + 1)
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.registers.rax == UInt64(value))
    }
    // Through an alias, and by a copy across the page.
    let frame = try #require(processor.memory.tables.translate(start)).frame
    try processor.guest.map(frame, at: processor.hole, .writable)
    try processor.memory.store(UInt8(77), at: processor.hole + (start.offsetInPage + 1))
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 77)
    try processor.memory.store(bytes: Code.setEAX(88), at: processor.data)
    try processor.memory.copy(from: processor.data, to: start, count: 5)
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 88)
  }

  /// Returns where a byte of code can be written.
  private func address(
    of byte: VirtualAddress,
    _ processor: Processor,
    _ way: Way
  ) throws -> VirtualAddress {
    if way == .sameMapping { return byte }
    let frame = try #require(processor.memory.tables.translate(byte)).frame
    let alias = processor.hole + 0x10_0000
    let hasNX = processor.memory.tables.format != .twoLevel
    let options: HardwarePTE =
      way == .aliasNotExecutable && hasNX ? [.writable, .noExecute] : .writable
    try processor.guest.map(frame, at: alias, options)
    return alias + byte.offsetInPage
  }
}
