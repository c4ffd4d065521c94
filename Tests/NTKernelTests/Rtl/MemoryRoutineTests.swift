import GuestABI
import NTKernel
import Testing

@Suite struct MemoryRoutineTests {
  @Test(arguments: Architecture.allCases, ["memmove", "RtlMoveMemory"])
  func `ranges that overlap keep their bytes`(architecture: Architecture, routine: String) throws {
    let fixture = try RuntimeFixture(architecture)
    let base = fixture.allocate(0x3000)
    for _ in 0..<50 {
      let bytes = (0..<0x2800).map { _ in UInt8.random(in: 0...255) }
      try fixture.memory.store(bytes: bytes, at: base)
      let source = Int.random(in: 0..<0x400)
      let destination = Int.random(in: 0..<0x400)
      let count = Int.random(in: 0..<0x2400)
      try fixture.call(routine, base + destination, base + source, GuestWord(count))
      var expected = bytes
      expected.replaceSubrange(
        destination..<destination + count,
        with: bytes[source..<source + count]
      )
      #expect(try fixture.memory.bytes(at: base, count: 0x2800) == expected)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `memcpy copies, but not between ranges that overlap`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let source = try fixture.string("0123456789")
    let destination = fixture.allocate(16)
    #expect(try fixture.call("memcpy", destination, source, GuestWord(11)) == destination.rawValue)
    #expect(try fixture.text(at: destination) == "0123456789")
    try fixture.call("memcpy", source, source, GuestWord(11))
    for shift in [-1, 1] {
      #expect(throws: Unmodelled.self) {
        try fixture.call("memcpy", source + shift, source, GuestWord(4))
      }
    }
    try fixture.call("memcpy", source + 4, source, GuestWord(4))
    #expect(try fixture.text(at: source) == "0123012389")
  }

  @Test(arguments: Architecture.allCases)
  func `a huge length ends at the first page that is not mapped`(architecture: Architecture) throws
  {
    let fixture = try RuntimeFixture(architecture)
    let last = fixture.end + -16
    let huge = GuestWord(architecture == .x86 ? UInt64(UInt32.max) : .max)
    let fault = GuestFault(at: fixture.end, access: .write)
    #expect(throws: fault) { try fixture.call("memset", last, Int32(0x5A), huge) }
    #expect(try fixture.memory.load(UInt8.self, at: fixture.end + -1) == 0x5A)
    #expect(throws: fault) { try fixture.call("RtlZeroMemory", last, huge) }
    #expect(throws: GuestFault.self) { try fixture.call("RtlCompareMemory", last, last, huge) }
    #expect(throws: GuestFault.self) { try fixture.call("RtlMoveMemory", last, last + -8, huge) }
  }

  @Test(arguments: Architecture.allCases)
  func `comparisons find the first difference`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let one = try fixture.bytes([1, 2, 3, 0x80])
    let other = try fixture.bytes([1, 2, 3, 0x7F])
    #expect(try fixture.call("RtlCompareMemory", one, other, GuestWord(4)) == 3)
    #expect(try fixture.call("RtlCompareMemory", one, other, GuestWord(2)) == 2)
    #expect(Int32(guestBits: try fixture.call("memcmp", one, other, GuestWord(4))) > 0)
    #expect(Int32(guestBits: try fixture.call("memcmp", other, one, GuestWord(4))) < 0)
    #expect(try fixture.call("memcmp", one, other, GuestWord(3)) == 0)
    #expect(try fixture.call("memchr", one, Int32(0x103), GuestWord(4)) == (one + 2).rawValue)
    #expect(try fixture.call("memchr", one, Int32(9), GuestWord(4)) == 0)
    let words = try fixture.bytes([7, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0])
    #expect(try fixture.call("RtlCompareMemoryUlong", words, GuestWord(12), UInt32(7)) == 8)
  }
}
