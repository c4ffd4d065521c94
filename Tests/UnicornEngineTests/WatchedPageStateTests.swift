import GuestABI
import GuestEngine
import Testing

@Suite struct WatchedPageStateTests {
  @Test(arguments: PageTableFormat.allCases)
  func `every access is reported with its very instruction`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    processor.watch(processor.data, recorder)
    processor.registers.rcx = processor.data.rawValue
    let start = try processor.place(Code.load + Code.load + Code.store)
    #expect(try processor.run(at: start) == .halted)
    #expect(recorder.accesses.map(\.access) == [.read, .read, .write])
    #expect(recorder.accesses.map(\.instruction) == [start, start + 2, start + 4])
    #expect(recorder.accesses.allSatisfy { $0.isPrecise })
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a look-up afresh sees that a page is no longer watched`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    recorder.isAfresh = { [unowned processor] _ in
      processor.unwatch(processor.data)
      return true
    }
    processor.watch(processor.data, recorder)
    processor.registers.rcx = processor.data.rawValue
    #expect(try processor.run(Code.load + Code.load + Code.store + Code.load) == .halted)
    #expect(recorder.accesses.count == 1)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a page that becomes watched is reported at once`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    processor.registers.rcx = processor.data.rawValue
    let start = try processor.place(Code.load + Code.store)
    #expect(try processor.run(at: start) == .halted)
    processor.watch(processor.data, recorder)
    #expect(try processor.run(at: start) == .halted)
    #expect(recorder.accesses.map(\.access) == [.read, .write])
    processor.unwatch(processor.data)
    #expect(try processor.run(at: start) == .halted)
    #expect(recorder.accesses.count == 2)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a watched page keeps its protection, and marks its frame`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    try processor.guest.mapNew(1, at: processor.hole, [])
    processor.watch(processor.hole, recorder)
    processor.registers.rcx = (processor.hole + 0x123).rawValue
    let fault = GuestFault(at: processor.hole + 0x123, access: .write, reason: .protection)
    #expect(try processor.run(Code.load + Code.store) == .fault(fault))
    #expect(recorder.accesses.map(\.access) == [.read])
    processor.watch(processor.data, recorder)
    processor.memory.ram.clearDirtyFrames()
    processor.registers.rcx = processor.data.rawValue
    let frame = try #require(processor.memory.tables.translate(processor.data)).frame
    #expect(try processor.run(Code.store) == .halted)
    #expect(processor.memory.ram.dirtyFrames.contains(frame))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `more watched pages than places are all reported`(format: PageTableFormat) throws {
    let count = 1500
    let processor = try Processor(format, dataPages: count)
    let recorder = Recorder()
    for page in 0..<count {
      try processor.memory.store(UInt32(page), at: processor.data + page * 4096)
      processor.watch(processor.data + page * 4096, recorder)
    }
    // loop: add ebx, [rcx]; add rcx, 4096; dec edx; jnz loop.
    let body = [0x03, 0x19] + processor.addToRCX(4096) + [0xFF, 0xCA]
    let loop = body + [0x75, UInt8(bitPattern: Int8(-body.count - 2))]
    let start = try processor.place(loop)
    for _ in 0..<2 {
      processor.engine[.rbx] = 0
      recorder.accesses = []
      processor.registers.rcx = processor.data.rawValue
      processor.registers.rdx = UInt64(count)
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.engine[.rbx] == UInt64(count * (count - 1) / 2))
      let pages = (0..<count).map { (processor.data + $0 * 4096).rawValue }
      #expect(recorder.accesses.map(\.address.rawValue) == pages)
      #expect(recorder.accesses.allSatisfy { $0.instruction == start })
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a copy between watched pages that use up the places is right`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    recorder.isAfresh = { _ in true }
    for page in 0..<2 { processor.watch(processor.data + page * 4096, recorder) }
    let bytes = (0..<1500).map { UInt8(truncatingIfNeeded: $0 * 7) }
    try processor.memory.store(bytes: bytes, at: processor.data)
    recorder.accesses = []
    processor.engine[.rsi] = processor.data.rawValue
    processor.engine[.rdi] = (processor.data + 4096).rawValue
    processor.registers.rcx = 1500
    #expect(try processor.run(Code.copyBytes) == .halted)
    #expect(recorder.accesses.count == 3000)
    #expect(try processor.memory.bytes(at: processor.data + 4096, count: 1500) == bytes)
  }
}
