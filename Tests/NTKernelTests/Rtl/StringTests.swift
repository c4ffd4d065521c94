import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct StringTests {
  @Test(arguments: Architecture.allCases)
  func `RtlInitUnicodeString points at the text`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = try fixture.wide("\\Device\\Näme")
    let string = try fixture.counted(.null, 7, 7)
    try fixture.call("RtlInitUnicodeString", string, text)
    #expect(try fixture.memory[string].length == 24)
    #expect(try fixture.memory[string].maximumLength == 26)
    #expect(try fixture.memory[string].buffer == text)
    try fixture.call("RtlInitUnicodeString", string, VirtualAddress.null)
    #expect(try fixture.memory[string].maximumLength == 0)
    #expect(try fixture.memory[string].buffer == .null)
  }

  @Test(arguments: Architecture.allCases)
  func `a string that is too long is not guessed at`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = fixture.allocate(0x10002)
    for index in 0..<0x8000 { try fixture.memory.store(UInt16(0x41), at: text + index * 2) }
    let string = try fixture.counted(.null, 0, 0)
    #expect(throws: Unmodelled.self) { try fixture.call("RtlInitUnicodeString", string, text) }
    #expect(
      try fixture.status("RtlInitUnicodeStringEx", string, text) == NTStatus(0xC000_0106)
    )
    try fixture.memory.store(UInt16(0), at: text + 0x7FFE * 2)
    try fixture.call("RtlInitUnicodeString", string, text)
    #expect(try fixture.memory[string].maximumLength == 0xFFFE)
  }

  @Test(arguments: Architecture.allCases)
  func `a string without terminator ends in its fault`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    try fixture.memory.fill(at: fixture.end + -64, count: 64, with: 0x41)
    let string = try fixture.counted(.null, 0, 0)
    #expect(throws: GuestFault(at: fixture.end, access: .read)) {
      try fixture.call("RtlInitAnsiString", string, fixture.end + -64)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `RtlCopyUnicodeString copies what fits`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let source = try fixture.unicode("abcdef")
    for room in [0, 4, 8, 12, 14, 20] {
      let buffer = try fixture.bytes(Array(repeating: 0xEE, count: 24))
      let string = try fixture.counted(buffer, 2, room)
      try fixture.call("RtlCopyUnicodeString", string, source)
      let count = min(room, 12)
      #expect(Int(try fixture.memory[string].length) == count)
      #expect(try fixture.memory.text(of: string) == String("abcdef".prefix(count / 2)))
      let next = try fixture.memory.load(UInt16.self, at: buffer + count)
      #expect(next == (room - count >= 2 ? 0 : 0xEEEE))
      try fixture.call("RtlCopyUnicodeString", string, VirtualAddress.null)
      #expect(try fixture.memory[string].length == 0)
    }
  }

  /// The cases of Wine's test `app_ustr2str`: length, room, what is appended, status.
  @Test(
    arguments: Architecture.allCases,
    [
      (2, 12, "Us", true), (2, 8, "Us", true), (2, 6, "Us", true), (2, 5, "Us", false),
      (2, 0, "", true),
    ]
  )
  func `RtlAppendUnicodeStringToString appends all or nothing`(
    architecture: Architecture,
    shape: (count: Int, room: Int, addition: String, fits: Bool)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = try fixture.wide("Fake01")
    let string = try fixture.counted(buffer, shape.count, shape.room)
    let source = try fixture.unicode(shape.addition)
    let status = try fixture.status("RtlAppendUnicodeStringToString", string, source)
    #expect(status == (shape.fits ? .success : .bufferTooSmall))
    let expected = shape.fits ? "F" + shape.addition : "F"
    #expect(try fixture.memory.text(of: string) == expected)
    if shape.fits, !shape.addition.isEmpty, shape.room > 6 {
      #expect(try fixture.wideText(at: buffer) == expected)
    }
    let copy = try fixture.counted(fixture.wide("F00000"), 2, 12)
    #expect(
      try fixture.status("RtlAppendUnicodeToString", copy, fixture.wide("xyz")) == .success
    )
    #expect(try fixture.memory.text(of: copy) == "Fxyz")
  }

  @Test(arguments: Architecture.allCases)
  func `comparisons agree with Swift's`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      let one = RuntimeFixture.randomText(.random(in: 0...3), using: &generator)
      let other = RuntimeFixture.randomText(.random(in: 0...3), using: &generator)
      for ignoresCase in [false, true] {
        let folded = ignoresCase ? (one.uppercased(), other.uppercased()) : (one, other)
        for (kind, first, second) in [
          ("Unicode", try fixture.unicode(one), try fixture.unicode(other)),
          ("", try fixture.ansi(one), try fixture.ansi(other)),
        ] {
          let order = Int32(
            guestBits: try fixture.call("RtlCompare\(kind)String", first, second, ignoresCase)
          )
          #expect((order == 0) == (folded.0 == folded.1))
          #expect((order < 0) == (folded.0 < folded.1))
          let isEqual = try fixture.call("RtlEqual\(kind)String", first, second, ignoresCase)
          #expect((isEqual & 0xFF == 1) == (folded.0 == folded.1))
          let isPrefix = try fixture.call("RtlPrefix\(kind)String", first, second, ignoresCase)
          #expect((isPrefix & 0xFF == 1) == folded.1.hasPrefix(folded.0))
        }
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `letters of later alphabets are unmodelled only where they matter`(
    architecture: Architecture
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let lower = try fixture.unicode("жук")
    let same = try fixture.unicode("жук")
    let upper = try fixture.unicode("ЖУК")
    #expect(try fixture.call("RtlEqualUnicodeString", lower, same, true) & 0xFF == 1)
    #expect(throws: Unmodelled.self) {
      try fixture.call("RtlEqualUnicodeString", lower, upper, true)
    }
    let umlaut = try fixture.unicode("ÄÖü漢")
    let other = try fixture.unicode("äöÜ漢")
    #expect(try fixture.call("RtlEqualUnicodeString", umlaut, other, true) & 0xFF == 1)
    #expect(try fixture.call("RtlUpcaseUnicodeChar", UInt16(0xFF)) & 0xFFFF == 0x178)
    #expect(try fixture.call("RtlUpcaseUnicodeChar", UInt16(0xB5)) & 0xFFFF == 0xB5)
  }

  @Test(arguments: Architecture.allCases)
  func `strings that the library allocates can be freed once`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let string = try fixture.counted(.null, 0, 0)
    let source = try fixture.unicode("mixed Case é")
    #expect(try fixture.status("RtlUpcaseUnicodeString", string, source, true) == .success)
    #expect(try fixture.memory.text(of: string) == "MIXED CASE É")
    #expect(fixture.pool.live.count == 1)
    try fixture.call("RtlFreeUnicodeString", string)
    #expect(fixture.pool.live.isEmpty)
    #expect(try fixture.memory[string].buffer == .null)
    try fixture.call("RtlFreeUnicodeString", string)
    #expect(try fixture.call("RtlCreateUnicodeString", string, fixture.wide("text")) & 0xFF == 1)
    #expect(try fixture.memory.text(of: string) == "text")
    fixture.pool.isExhausted = true
    #expect(try fixture.call("RtlCreateUnicodeString", string, fixture.wide("text")) & 0xFF == 0)
    #expect(
      try fixture.status("RtlDuplicateUnicodeString", UInt32(1), source, string) == .noMemory
    )
  }

  /// Wine's test `dupl_ustr`: flags, length, room of the source, status, length, room of the copy.
  @Test(
    arguments: Architecture.allCases,
    [
      (0, 32, 34, true, 32, 32), (1, 32, 32, true, 32, 34), (2, 32, 34, false, 0, 0),
      (3, 32, 30, false, 0, 0), (3, 32, 32, true, 32, 34), (1, 0, 2, true, 0, 0),
      (3, 0, 2, true, 0, 2), (4, 32, 34, false, 0, 0),
    ] as [(UInt32, Int, Int, Bool, Int, Int)]
  )
  func `RtlDuplicateUnicodeString does as Windows does`(
    architecture: Architecture,
    row: (flags: UInt32, length: Int, room: Int, succeeds: Bool, newLength: Int, newRoom: Int)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = try fixture.wide("This is a string")
    let source = try fixture.counted(text, row.length, row.room)
    let copy = try fixture.counted(.null, 0, 0)
    let status = try fixture.status("RtlDuplicateUnicodeString", row.flags, source, copy)
    #expect(status == (row.succeeds ? .success : .invalidParameter))
    #expect(Int(try fixture.memory[copy].length) == row.newLength)
    #expect(Int(try fixture.memory[copy].maximumLength) == row.newRoom)
    #expect((try fixture.memory[copy].buffer == .null) == (row.newRoom == 0))
  }
}
