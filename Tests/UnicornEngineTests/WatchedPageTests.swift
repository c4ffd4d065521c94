import GuestABI
import GuestEngine
import Testing

@Suite struct WatchedPageTests {
  static let loads: [(size: Int, code: [UInt8])] = [
    (1, [0x0F, 0xB6, 0x01]), (2, [0x0F, 0xB7, 0x01]), (4, Code.load),
  ]
  static let stores: [(size: Int, code: [UInt8])] = [
    (1, Code.storeByte), (2, [0x66, 0x89, 0x01]), (4, Code.store),
  ]

  @Test(arguments: PageTableFormat.allCases, 0..<3)
  func `a load is reported once, as what it is`(format: PageTableFormat, kind: Int) throws {
    let (size, code) = Self.loads[kind]
    for offset in [0, 1, 2, 3, 0x120, 0x123, 0x125, 0xFFC] {
      let processor = try Processor(format)
      let recorder = Recorder()
      let address = processor.data + offset
      try processor.memory.store(UInt32(0x4433_2211), at: address)
      processor.watch(processor.data, recorder)
      processor.registers.rcx = address.rawValue
      let start = try processor.place([Code.nop] + code)
      #expect(try processor.run(at: start) == .halted)
      #expect(processor.registers.rax == 0x4433_2211 & (1 << UInt64(8 * size) - 1))
      #expect(recorder.places == [[address.rawValue, UInt64(size)]], "offset \(offset)")
      #expect(recorder.accesses.first?.access == .read)
      #expect(recorder.accesses.first?.instruction == start + 1)
      #expect(recorder.accesses.first?.isPrecise == true)
    }
  }

  @Test(arguments: PageTableFormat.allCases, 0..<3)
  func `a store is reported once, as what it is`(format: PageTableFormat, kind: Int) throws {
    let (size, code) = Self.stores[kind]
    for offset in [0, 1, 2, 3, 0x120, 0x123, 0x125, 0xFFC] {
      let processor = try Processor(format)
      let recorder = Recorder()
      let address = processor.data + offset
      processor.watch(processor.data, recorder)
      processor.registers.rcx = address.rawValue
      processor.registers.rax = 0x4433_2211
      let start = try processor.place([Code.nop] + code)
      #expect(try processor.run(at: start) == .halted)
      #expect(recorder.places == [[address.rawValue, UInt64(size)]], "offset \(offset)")
      #expect(recorder.accesses.first?.access == .write)
      #expect(recorder.accesses.first?.instruction == start + 1)
      #expect(recorder.accesses.first?.isPrecise == true)
      processor.unwatch(processor.data)
      let stored = try processor.memory.load(UInt32.self, at: address)
      #expect(stored == 0x4433_2211 & UInt32(truncatingIfNeeded: 1 << UInt64(8 * size) - 1))
    }
  }

  @Test(arguments: PageTableFormat.allCases, [0, 1, 4, 0x123, 0xFE8])
  func `a wide access is reported in parts that cover it`(
    format: PageTableFormat,
    offset: Int
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    let address = processor.data + offset
    let bytes = (1...16).map { UInt8($0) }
    try processor.memory.store(bytes: bytes, at: address)
    processor.watch(processor.data, recorder)
    processor.registers.rcx = address.rawValue
    processor.registers.rdx = (processor.data + 4096 + offset).rawValue
    // movups xmm0, [rcx]; movups [rdx], xmm0.
    let start = try processor.place([0x0F, 0x10, 0x01, 0x0F, 0x11, 0x02])
    #expect(try processor.run(at: start) == .halted)
    #expect(try processor.memory.bytes(at: processor.data + 4096 + offset, count: 16) == bytes)
    #expect(recorder.bytes == (0..<16).map { (address + $0).rawValue })
    #expect(recorder.accesses.allSatisfy { $0.access == .read && $0.instruction == start })
    #expect(recorder.accesses.allSatisfy { $0.byteCount <= 8 })
    // And written.
    recorder.accesses = []
    processor.registers.rdx = address.rawValue
    #expect(try processor.run([0x0F, 0x11, 0x02]) == .halted)
    #expect(recorder.bytes == (0..<16).map { (address + $0).rawValue })
    #expect(recorder.accesses.allSatisfy { $0.access == .write })
    processor.unwatch(processor.data)
    #expect(try processor.memory.bytes(at: address, count: 16) == bytes)
  }

  @Test(arguments: PageTableFormat.allCases, 1...3)
  func `an access out of a watched page is reported whole`(
    format: PageTableFormat,
    before: Int
  ) throws {
    for isBothWatched in [false, true] {
      let processor = try Processor(format)
      let recorder = Recorder()
      let edge = processor.data + 4096
      let address = edge + -before
      try processor.memory.store(UInt32(0x4433_2211), at: address)
      processor.watch(processor.data, recorder)
      if isBothWatched { processor.watch(edge, recorder) }
      processor.registers.rcx = address.rawValue
      // And an aligned access that follows is no part of it.
      processor.registers.rdx = edge.rawValue
      let count = isBothWatched ? 2 : 1
      #expect(try processor.run(Code.load + [0x8A, 0x1A]) == .halted)
      #expect(processor.registers.rax == 0x4433_2211)
      #expect(recorder.places == [[address.rawValue, 4], [edge.rawValue, 1]].prefix(count) + [])
      recorder.accesses = []
      processor.registers.rax = 0x8877_6655
      #expect(try processor.run(Code.store + [0x88, 0x1A]) == .halted)
      #expect(recorder.places == [[address.rawValue, 4], [edge.rawValue, 1]].prefix(count) + [])
      for page in [processor.data, edge] { processor.unwatch(page) }
      let high = UInt8(truncatingIfNeeded: 0x4433_2211 >> (8 * before))
      #expect(try processor.memory.load(UInt8.self, at: edge) == high)
      #expect(try processor.memory.load(UInt8.self, at: address) == 0x55)
    }
  }

  @Test(arguments: PageTableFormat.allCases, 1...3)
  func `an access into a watched page reports that it is reached`(
    format: PageTableFormat,
    before: Int
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    let edge = processor.data + 4096
    let address = edge + -before
    try processor.memory.store(UInt32(0x4433_2211), at: address)
    processor.watch(edge, recorder)
    processor.registers.rcx = address.rawValue
    #expect(try processor.run(Code.load) == .halted)
    #expect(processor.registers.rax == 0x4433_2211)
    #expect(recorder.places == [[edge.rawValue, 1]])
    #expect(recorder.accesses.first?.isPrecise == false)
    recorder.accesses = []
    processor.registers.rax = 0x8877_6655
    let start = try processor.place(Code.store)
    #expect(try processor.run(at: start) == .halted)
    #expect(recorder.bytes == (0..<4 - before).map { (edge + $0).rawValue })
    #expect(recorder.accesses.allSatisfy { $0.instruction == start && $0.access == .write })
    processor.unwatch(edge)
    #expect(try processor.memory.load(UInt32.self, at: address) == 0x8877_6655)
  }

  @Test(arguments: PageTableFormat.allCases, [0, 1, 0xFFD])
  func `an instruction that reads and writes reports both`(
    format: PageTableFormat,
    offset: Int
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    let address = processor.data + offset
    processor.watch(processor.data, recorder)
    processor.registers.rcx = address.rawValue
    processor.registers.rax = 5
    // add [rcx], eax; lock add [rcx], eax.
    let start = try processor.place([0x01, 0x01, 0xF0, 0x01, 0x01])
    #expect(try processor.run(at: start) == .halted)
    #expect(recorder.places == Array(repeating: [address.rawValue, 4], count: 4))
    #expect(recorder.accesses.map(\.access) == [.read, .write, .read, .write])
    #expect(recorder.accesses.map(\.instruction) == [start, start, start + 2, start + 2])
    processor.unwatch(processor.data)
    #expect(try processor.memory.load(UInt32.self, at: address) == 10)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a read of a device beside a watched page is no access to it`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    processor.watch(processor.data, recorder)
    processor.registers.rcx = (processor.data + 4096).rawValue
    #expect(try processor.run(Code.load + Code.store) == .halted)
    #expect(recorder.accesses.isEmpty)
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a copy reports each byte once`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let recorder = Recorder()
    processor.watch(processor.data, recorder)
    processor.engine[.rsi] = (processor.data + 0xFF0).rawValue
    processor.engine[.rdi] = (processor.data + 0x3000).rawValue
    processor.registers.rcx = 0x20
    #expect(try processor.run(Code.copyBytes) == .halted)
    #expect(recorder.bytes == (0..<16).map { (processor.data + (0xFF0 + $0)).rawValue })
  }
}
