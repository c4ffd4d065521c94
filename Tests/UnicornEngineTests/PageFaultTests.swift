import GuestABI
import GuestEngine
import Testing

@Suite struct PageFaultTests {
  static let offsets = [0, 1, 0x123, 0x7FE, 0xFF8, 0xFFC]

  @Test(arguments: PageTableFormat.allCases, offsets)
  func `a read of an unmapped page faults at its address`(
    format: PageTableFormat,
    offset: Int
  ) throws {
    let processor = try Processor(format)
    let start = try processor.place(Code.load)
    processor.registers.rcx = (processor.hole + offset).rawValue
    let exit = try processor.run(at: start)
    #expect(exit == .fault(GuestFault(at: processor.hole + offset, access: .read)))
    #expect(processor.registers.rip == start.rawValue)
    #expect(processor.registers.rcx == (processor.hole + offset).rawValue)
  }

  @Test(arguments: PageTableFormat.allCases, offsets)
  func `a write of an unmapped page faults at its address`(
    format: PageTableFormat,
    offset: Int
  ) throws {
    let processor = try Processor(format)
    processor.registers.rcx = (processor.hole + offset).rawValue
    let exit = try processor.run(Code.store)
    #expect(exit == .fault(GuestFault(at: processor.hole + offset, access: .write)))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `ten faults in a row are reported, fixed and retried`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let step = Code.load + processor.wide([0x01, 0xC6]) + processor.addToRCX(0x1000)
    let start = try processor.place(Array(repeatElement(step, count: 10).joined()))
    let first = processor.hole + 0x234
    processor.registers.rcx = first.rawValue
    processor.registers.rip = start.rawValue
    processor.engine[.rsi] = 0
    for page in 0..<10 {
      let address = first + page * 4096
      #expect(try processor.resume() == .fault(GuestFault(at: address, access: .read)))
      #expect(processor.registers.rip == (start + page * step.count).rawValue)
      try processor.guest.mapNew(1, at: processor.hole + page * 4096, .writable)
      try processor.memory.store(UInt32(page + 1), at: address)
    }
    #expect(try processor.resume() == .halted)
    #expect(processor.engine[.rsi] == 55)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a write to a read-only page faults and changes nothing`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(1, at: processor.hole, [])
    processor.registers.rcx = (processor.hole + 0x321).rawValue
    processor.registers.rax = 0x1234
    // A read first, so that a translation is cached.
    let exit = try processor.run([0x8B, 0x11] + Code.store)
    #expect(
      exit
        == .fault(GuestFault(at: processor.hole + 0x321, access: .write, reason: .protection))
    )
    #expect(try processor.memory.load(UInt32.self, at: processor.hole + 0x321) == 0)
    let frame = try #require(processor.memory.tables.translate(processor.hole)).frame
    try processor.guest.map(frame, at: processor.hole, .writable)
    #expect(try processor.resume() == .halted)
    #expect(try processor.memory.load(UInt32.self, at: processor.hole + 0x321) == 0x1234)
  }

  @Test(arguments: PageTableFormat.allCases, [1, 2, 3])
  func `a store across pages that faults stores nothing`(
    format: PageTableFormat,
    before: Int
  ) throws {
    let processor = try Processor(format)
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    let end = processor.hole + 4096
    processor.registers.rcx = (end + -before).rawValue
    processor.registers.rax = 0xFFFF_FFFF
    let exit = try processor.run(Code.store)
    #expect(exit == .fault(GuestFault(at: end, access: .write)))
    #expect(try processor.memory.bytes(at: end + -4, count: 4) == [0, 0, 0, 0])
    try processor.guest.mapNew(1, at: end, .writable)
    #expect(try processor.resume() == .halted)
    #expect(try processor.memory.load(UInt32.self, at: end + -before) == 0xFFFF_FFFF)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an access across pages faults where the unmapped one begins`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let end = processor.hole + 4096
    try processor.guest.mapNew(1, at: end, .writable)
    processor.registers.rcx = (end + -3).rawValue
    #expect(try processor.run(Code.load) == .fault(GuestFault(at: end + -3, access: .read)))
    #expect(try processor.run(Code.store) == .fault(GuestFault(at: end + -3, access: .write)))
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    processor.guest.unmap(end)
    #expect(try processor.run(Code.load) == .fault(GuestFault(at: end, access: .read)))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a repeated string instruction stops at the byte that faults`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let source = processor.data
    for index in 0..<0x300 { try processor.memory.store(UInt8(index & 0xFF), at: source + index) }
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    let target = processor.hole + 0xF80
    processor.engine[.rsi] = source.rawValue
    processor.engine[.rdi] = target.rawValue
    processor.registers.rcx = 0x300
    let start = try processor.place(Code.copyBytes)
    let fault = GuestFault(at: processor.hole + 0x1000, access: .write)
    #expect(try processor.run(at: start) == .fault(fault))
    #expect(processor.registers.rip == start.rawValue)
    #expect(processor.registers.rcx == 0x280)
    #expect(processor.engine[.rsi] == (source + 0x80).rawValue)
    #expect(processor.engine[.rdi] == (processor.hole + 0x1000).rawValue)
    try processor.guest.mapNew(1, at: processor.hole + 0x1000, .writable)
    #expect(try processor.resume() == .halted)
    #expect(
      try processor.memory.bytes(at: target, count: 0x300)
        == processor.memory.bytes(at: source, count: 0x300)
    )
  }

  @Test(arguments: PageTableFormat.allCases)
  func `memory that no frame backs faults with its physical address`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let device = FrameNumber(0xF0000)
    try processor.guest.map(device, at: processor.hole, .writable)
    let physical = PhysicalAddress(frame: device)
    for (offset, code, access) in [
      (0x10, Code.load, GuestFault.Access.read), (0xFFC, Code.store, .write),
    ] {
      processor.registers.rcx = (processor.hole + offset).rawValue
      let fault = GuestFault(
        at: processor.hole + offset,
        access: access,
        reason: .nothingAtPhysicalAddress(physical + offset)
      )
      #expect(try processor.run(code) == .fault(fault))
    }
    // The entry is as it was.
    #expect(processor.memory.tables.translate(processor.hole)?.frame == device)
    #expect(processor.memory.tables.translate(processor.hole)?.isWritable == true)
  }

  @Test(arguments: [Code.load, Code.store])
  func `an address that is not canonical is reported as it is`(code: [UInt8]) throws {
    let processor = try Processor(.fourLevel)
    processor.registers.rcx = 0x8000_0000_0000_0000
    let start = try processor.place(code)
    let exit = try processor.run(at: start)
    guard case .fault(let fault) = exit else {
      Issue.record("\(exit)")
      return
    }
    #expect(!processor.memory.tables.isCanonical(fault.address))
    #expect(processor.registers.rip == start.rawValue)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.resume() == .halted)
  }
}
