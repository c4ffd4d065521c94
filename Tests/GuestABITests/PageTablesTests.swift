import GuestABI
import Testing

@Suite struct PageTablesTests {
  @Test(arguments: PageTableFormat.allCases, [1, 2, 3] as [UInt64])
  func `walks agree with a dictionary`(format: PageTableFormat, seed: UInt64) throws {
    let fixture = try GuestFixture(format)
    let tables = fixture.memory.tables
    var generator = Generator(state: seed &* 0x9E37_79B9)
    // Pages near boundaries of tables of every level.
    let starts: [UInt64] =
      format == .fourLevel
      ? [
        0, 0x1F_F000, 0x3FFF_F000, 0x7F_FFFF_F000, 0x7FFF_FFFF_F000, 0xFFFF_8000_0000_0000,
        0xFFFF_FFFF_FFFF_D000,
      ]
      : [0, 0x1F_F000, 0x3F_F000, 0x3FFF_F000, 0x7FFF_F000, 0xBFFF_F000, 0xFFFF_D000]
    let pages = starts.flatMap { start in
      (0..<3).map { VirtualAddress(rawValue: start &+ $0 * 4096) }
    }.filter { tables.isCanonical($0) }
    var model: [VirtualAddress: HardwarePTE] = [:]
    for _ in 0..<3000 {
      let page = pages.randomElement(using: &generator) ?? pages[0]
      if Int.random(in: 0..<3, using: &generator) == 0 {
        model[page] = nil
        if tables.entry(for: page) != nil { try fixture.set([], at: page) }
      } else {
        var options: HardwarePTE = .present
        for option in [HardwarePTE.writable, .user, .watched] where Bool.random(using: &generator) {
          options.insert(option)
        }
        if format != .twoLevel, Bool.random(using: &generator) { options.insert(.noExecute) }
        let pte = HardwarePTE(FrameNumber.random(in: 0..<0x10_0000, using: &generator), options)
        model[page] = pte
        try fixture.set(pte, at: page)
      }
      let probe = pages.randomElement(using: &generator) ?? pages[0]
      let found = tables.translate(probe + Int.random(in: 0..<4096, using: &generator))
      let expected = model[probe]
      #expect(found?.frame == expected?.frame)
      #expect(found?.isWritable == expected?.contains(.writable))
      #expect(found?.isUser == expected?.contains(.user))
      #expect(found?.isWatched == expected?.contains(.watched))
      #expect(found?.isExecutable == expected.map { !$0.contains(.noExecute) })
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a large page maps all its frames`(format: PageTableFormat) throws {
    let fixture = try GuestFixture(format)
    let tables = fixture.memory.tables
    let count = format == .twoLevel ? 1024 : 512
    // The entry one level up is the one that a table would be referred to from.
    let page = VirtualAddress(rawValue: fixture.base.rawValue)
    let entry = try tables.makeEntry(for: page, allocateTable: fixture.allocateFrame)
    let table = entry.frame
    var directory: PhysicalAddress?
    for frame in FrameNumber(0)..<32 where tables.ram.isPageTable(frame) {
      for index in 0..<4096 / format.entrySize {
        let place = PhysicalAddress(frame: frame) + index * format.entrySize
        let pte = tables.load(place)
        if pte.contains(.present), pte.frame == table { directory = place }
      }
    }
    let place = try #require(directory)
    let first = FrameNumber(count * 3)
    tables.store(HardwarePTE(first, [.present, .large, .user]), at: place)
    for index in [0, 1, 77, count - 1] {
      let found = try #require(tables.translate(page + index * 4096 + 0x123))
      #expect(found.frame == first + FrameNumber(index))
      #expect(!found.isWritable)
      #expect(!found.isWatched)
    }
    // It has no entry for one page, and is no table.
    #expect(tables.entry(for: page) == nil)
  }

  @Test func `an address that is not canonical is never mapped`() throws {
    let fixture = try GuestFixture(.fourLevel)
    let tables = fixture.memory.tables
    for bits in [0x0000_8000_0000_0000, 0xFFFF_7FFF_FFFF_F000, 0x8000_0000_0000_0000] as [UInt64] {
      let address = VirtualAddress(rawValue: bits)
      #expect(!tables.isCanonical(address))
      #expect(tables.translate(address) == nil)
      #expect(tables.entry(for: address) == nil)
      #expect(throws: GuestFault.self) { try fixture.map(address) }
    }
    let high = try GuestFixture(.pae).memory.tables
    #expect(!high.isCanonical(VirtualAddress(rawValue: 0x1_0000_0000)))
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a permission holds only if every level grants it`(format: PageTableFormat) throws {
    let fixture = try GuestFixture(format)
    let tables = fixture.memory.tables
    try fixture.map(fixture.base, [.present, .writable, .user])
    let table = try #require(tables.entry(for: fixture.base)).frame
    for frame in FrameNumber(0)..<16 where tables.ram.isPageTable(frame) {
      for index in 0..<4096 / format.entrySize {
        let place = PhysicalAddress(frame: frame) + index * format.entrySize
        let pte = tables.load(place)
        guard pte.contains(.present), pte.frame == table else { continue }
        tables.store(pte.subtracting([.writable, .user]), at: place)
      }
    }
    let found = try #require(tables.translate(fixture.base))
    #expect(!found.isWritable)
    #expect(!found.isUser)
  }
}
