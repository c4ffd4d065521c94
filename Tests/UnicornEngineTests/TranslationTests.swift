import GuestABI
import GuestEngine
import Testing

@Suite struct TranslationTests {
  @Test(arguments: PageTableFormat.allCases)
  func `a page that is unmapped faults at once`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    processor.registers.rcx = (processor.data + 0x10).rawValue
    #expect(try processor.run(Code.load + Code.store) == .halted)
    processor.guest.unmap(processor.data)
    let load = GuestFault(at: processor.data + 0x10, access: .read)
    let store = GuestFault(at: processor.data + 0x10, access: .write)
    #expect(try processor.run(Code.load) == .fault(load))
    #expect(try processor.run(Code.store) == .fault(store))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a page that is mapped to another frame shows that frame`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    try processor.memory.store(UInt32(1), at: processor.data)
    try processor.memory.store(UInt32(2), at: processor.data + 4096)
    let start = try processor.place(Code.load)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 1)
    let second = try #require(processor.memory.tables.translate(processor.data + 4096)).frame
    try processor.guest.map(second, at: processor.data, .writable)
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.registers.rax == 2)
    #expect(try processor.run(Code.setEAX(3) + Code.store) == .halted)
    #expect(try processor.memory.load(UInt32.self, at: processor.data + 4096) == 3)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a page that loses its permission to write faults at once`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(Code.store) == .halted)
    let frame = try #require(processor.memory.tables.translate(processor.data)).frame
    try processor.guest.map(frame, at: processor.data, [])
    let fault = GuestFault(at: processor.data, access: .write, reason: .protection)
    #expect(try processor.run(Code.store) == .fault(fault))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `code that is mapped to another frame runs as that frame says`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(2, at: processor.hole, .writable)
    try processor.memory.store(bytes: Code.setEAX(1) + [0xF4], at: processor.hole)
    try processor.memory.store(bytes: Code.setEAX(2) + [0xF4], at: processor.hole + 4096)
    for value in [UInt64(1), 2] {
      #expect(try processor.run(at: processor.hole) == .halted)
      #expect(processor.registers.rax == value)
      let second = try #require(processor.memory.tables.translate(processor.hole + 4096)).frame
      try processor.guest.map(second, at: processor.hole, .writable)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `two mappings of a frame show the same bytes`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let frame = try #require(processor.memory.tables.translate(processor.data)).frame
    try processor.guest.map(frame, at: processor.hole, .writable)
    // mov [rcx], eax; mov eax, [rdx].
    processor.registers.rcx = (processor.data + 8).rawValue
    processor.registers.rdx = (processor.hole + 8).rawValue
    let code = Code.setEAX(0x55AA) + Code.store + Code.setEAX(0) + [0x8B, 0x02]
    #expect(try processor.run(code) == .halted)
    #expect(processor.registers.rax == 0x55AA)
    #expect(try processor.memory.load(UInt32.self, at: processor.hole + 8) == 0x55AA)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `page tables that the guest changes are in force at the next run`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let entry = try #require(processor.memory.tables.entry(for: processor.data))
    // The table itself is mapped, as NT maps its tables.
    try processor.guest.map(entry.frame, at: processor.hole, .writable)
    try processor.memory.store(UInt32(9), at: processor.data)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(Code.load) == .halted)
    processor.registers.rcx = (processor.hole + entry.offsetInFrame).rawValue
    #expect(try processor.run(Code.setEAX(0) + Code.store) == .halted)
    let fault = GuestFault(at: processor.data, access: .read)
    #expect(throws: fault) { try processor.memory.load(UInt32.self, at: processor.data) }
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(Code.load) == .fault(fault))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `frames that the guest writes are dirty, and those that it reads are not`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let tables = processor.memory.tables
    let first = try #require(tables.translate(processor.data)).frame
    let second = try #require(tables.translate(processor.data + 4096)).frame
    processor.memory.ram.clearDirtyFrames()
    processor.memory.invalidateAll()
    let start = try processor.place(Code.load)
    processor.memory.ram.clearDirtyFrames()
    processor.registers.rcx = (processor.data + 4096).rawValue
    #expect(try processor.run(at: start) == .halted)
    #expect(processor.memory.ram.dirtyFrames.isEmpty)
    processor.registers.rcx = processor.data.rawValue
    _ = try processor.run(Code.store)
    #expect(processor.memory.ram.dirtyFrames.contains(first))
    #expect(!processor.memory.ram.dirtyFrames.contains(second))
  }
}
