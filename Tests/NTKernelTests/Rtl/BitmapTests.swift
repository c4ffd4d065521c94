import GuestABI
import NTKernel
import Testing

@Suite struct BitmapTests {
  private func bitmap(
    _ fixture: RuntimeFixture,
    _ words: [UInt32],
    _ size: UInt32
  ) throws -> (header: VirtualAddress, buffer: VirtualAddress) {
    let buffer = fixture.allocate(words.count * 4)
    for (index, word) in words.enumerated() {
      try fixture.memory.store(word, at: buffer + index * 4)
    }
    let header = fixture.allocate(16)
    _ = try fixture.registers("RtlInitializeBitMap", header, buffer, size)
    return (header, buffer)
  }

  /// ReactOS's test of `RtlFindClearBits`: size, number to find, hint, result.
  @Test(
    arguments: Architecture.allCases,
    [
      (0, 0, 3, 0), (0, 1, 0, -1), (8, 0, 3, 0), (8, 1, 0, 1), (8, 1, 2, 4), (8, 2, 0, 4),
      (8, 3, 0, -1),
      (32, 0, 21, 16), (32, 0, 31, 24), (32, 0, 32, 0), (32, 0, 39, 0), (32, 4, 0, 11),
      (32, 5, 0, 20),
      (32, 4, 11, 11), (32, 4, 12, 20), (32, 2, 12, 12), (32, 1, 32, 1), (32, 5, 32, 20),
      (64, 5, 64, 20), (64, 9, 28, 27), (64, 10, 0, -1),
    ] as [(UInt32, UInt32, UInt32, Int32)]
  )
  func `runs are found from the hint on, and then from the start`(
    architecture: Architecture,
    row: (size: UInt32, count: UInt32, hint: UInt32, index: Int32)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let words: [UInt32] = [0x060F_874D, 0x3F30_3F30]
    let clear = try bitmap(fixture, words, row.size).header
    let found = try fixture.call("RtlFindClearBits", clear, row.count, row.hint)
    #expect(Int32(guestBits: found) == row.index)
    let set = try bitmap(fixture, words.map(~), row.size).header
    #expect(
      Int32(guestBits: try fixture.call("RtlFindSetBits", set, row.count, row.hint)) == row.index
    )
  }

  @Test(arguments: Architecture.allCases)
  func `bits agree with an array of booleans`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let size = 150
    let (header, buffer) = try bitmap(fixture, Array(repeating: 0, count: 5), UInt32(size))
    var bits = Array(repeating: false, count: size)
    for _ in 0..<300 {
      let start = Int.random(in: 0..<size)
      let count = Int.random(in: 0...min(size - start, 40))
      let value = Bool.random()
      let routine = value ? "RtlSetBits" : "RtlClearBits"
      _ = try fixture.registers(routine, header, UInt32(start), UInt32(count))
      for index in start..<start + count { bits[index] = value }
      let stored = try fixture.memory.bytes(at: buffer, count: 20)
      let storedBits = (0..<size).map { index -> Bool in (stored[index / 8] >> (index % 8)) & 1 == 1
      }
      #expect(storedBits == bits)
      #expect(try fixture.call("RtlNumberOfSetBits", header) == UInt64(bits.filter(\.self).count))
      #expect(try fixture.call("RtlNumberOfClearBits", header) == UInt64(bits.filter { !$0 }.count))
      let probe = Int.random(in: 0..<size)
      let length = Int.random(in: 1...4)
      func isRun(of value: Bool, at start: Int) -> Bool {
        start + length <= size && bits[start..<start + length].allSatisfy { $0 == value }
      }
      let areSet = try fixture.call("RtlAreBitsSet", header, UInt32(probe), UInt32(length))
      #expect((areSet & 1 == 1) == isRun(of: true, at: probe))
      let areClear = try fixture.call("RtlAreBitsClear", header, UInt32(probe), UInt32(length))
      #expect((areClear & 1 == 1) == isRun(of: false, at: probe))
      let isSet = try fixture.call("RtlTestBit", header, UInt32(probe))
      #expect((isSet & 1 == 1) == bits[probe])
      let found = try fixture.call("RtlFindClearBits", header, UInt32(length), UInt32(probe))
      let places = Array(probe..<size) + Array(0..<probe)
      let expected = places.first { isRun(of: false, at: $0) } ?? -1
      #expect(Int(Int32(guestBits: found)) == expected)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `found bits change`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let (header, buffer) = try bitmap(fixture, [0x060F_874D], 32)
    let word = { try fixture.memory.load(UInt32.self, at: buffer) }
    #expect(try fixture.call("RtlFindClearBitsAndSet", header, UInt32(4), UInt32(0)) == 11)
    #expect(try word() == 0x060F_FF4D)
    #expect(try fixture.call("RtlFindSetBitsAndClear", header, UInt32(12), UInt32(0)) == 8)
    #expect(try word() == 0x0600_004D)
    _ = try fixture.registers("RtlSetAllBits", header)
    #expect(try word() == .max)
    #expect(
      try fixture.call("RtlFindClearBitsAndSet", header, UInt32(1), UInt32(0)) & 0xFFFF_FFFF
        == 0xFFFF_FFFF
    )
    _ = try fixture.registers("RtlClearAllBits", header)
    #expect(try word() == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `runs have starts and lengths`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let header = try bitmap(fixture, [0xF9F0_78B2], 8).header
    let start = GuestPointer<UInt32>(fixture.allocate(4))
    for (from, length, index) in [(0, 1, 0), (1, 2, 2), (7, 0, 8), (17, 0, 17)]
      as [(UInt32, UInt64, UInt32)]
    {
      #expect(try fixture.call("RtlFindNextForwardRunClear", header, from, start) == length)
      #expect(try fixture.memory.load(UInt32.self, at: start.address) == index)
    }
    #expect(try fixture.call("RtlFindLongestRunClear", header, start) == 2)
    #expect(try fixture.memory.load(UInt32.self, at: start.address) == 2)
    for value in [0, 1, 0x7000_0000, 1 << 60, .max] as [UInt64] {
      let most = try fixture.call("RtlFindMostSignificantBit", value)
      #expect(Int8(guestBits: most) == Int8(63 - value.leadingZeroBitCount))
      let least = try fixture.call("RtlFindLeastSignificantBit", value)
      #expect(Int8(guestBits: least) == (value == 0 ? -1 : Int8(value.trailingZeroBitCount)))
    }
  }

  @Test(arguments: Architecture.allCases)
  func `runs are listed, counted and found backwards`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    // Clear: 4 to 11 and 13 to 15.
    let header = try bitmap(fixture, [0xFFFF_100F], 32).header
    let runs = fixture.allocate(32)
    func find(_ limit: UInt32, _ longest: Bool) throws -> [[UInt32]] {
      let count = try fixture.call("RtlFindClearRuns", header, runs, limit, longest)
      return try (0..<Int(count & 0xFFFF_FFFF)).map { index in
        try [0, 4].map { try fixture.memory.load(UInt32.self, at: runs + (index * 8 + $0)) }
      }
    }
    #expect(try find(4, false) == [[4, 8], [13, 3]])
    #expect(try find(1, false) == [[4, 8]])
    #expect(try find(1, true) == [[4, 8]])
    let start = fixture.allocate(4)
    for (from, length, first) in [(31, 3, 13), (12, 8, 4), (6, 3, 4), (3, 0, 0)]
      as [(UInt32, UInt64, UInt32)]
    {
      let found = try fixture.call("RtlFindLastBackwardRunClear", header, from, start)
      #expect(found & 0xFFFF_FFFF == length)
      #expect(try fixture.memory.load(UInt32.self, at: start) == first)
    }
    let (four, ten): (UInt32, UInt32) = (4, 10)
    let clear = try fixture.call("RtlNumberOfClearBitsInRange", header, four, ten)
    #expect(clear & 0xFFFF_FFFF == 9)
    let set = try fixture.call("RtlNumberOfSetBitsInRange", header, four, ten)
    #expect(set & 0xFFFF_FFFF == 1)
  }
}
