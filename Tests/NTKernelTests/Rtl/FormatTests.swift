import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct FormatTests {
  /// Formats two numbers.
  private func format(
    _ format: String,
    _ one: some GuestScalar,
    _ other: some GuestScalar,
    _ fixture: RuntimeFixture
  ) throws -> String {
    let buffer = fixture.allocate(512)
    let count = try fixture.call("sprintf", buffer, fixture.string(format), one, other)
    let text = try fixture.text(at: buffer)
    #expect(Int32(guestBits: count) == Int32(text.count))
    let wide = fixture.allocate(1024)
    try fixture.call("swprintf", wide, fixture.wide(format), one, other)
    #expect(try fixture.wideText(at: wide) == text)
    return text
  }

  @Test(
    arguments: Architecture.allCases,
    [
      ("%d", -5, "-5"), ("%u", -1, "4294967295"), ("%x", 0xBEEF, "beef"), ("%X", 0xBEEF, "BEEF"),
      ("%o", 8, "10"), ("%#x", 255, "0xff"), ("%#X", 0, "0"), ("%#o", 8, "010"),
      ("%08lX", 0xBEEF, "0000BEEF"),
      ("[%5d]", 42, "[   42]"), ("[%-5d]", 42, "[42   ]"), ("%+d", 42, "+42"), ("% d", 42, " 42"),
      ("%05d", -42, "-0042"), ("%.3d", 7, "007"), ("[%6.3d]", 7, "[   007]"), ("[%.0d]", 0, "[]"),
      ("%hd", 0x1FFFF, "-1"), ("%hu", 0x1FFFF, "65535"), ("%c", 0x41, "A"),
      ("[%3c]", 0x41, "[  A]"),
      ("100%%", 0, "100%"), ("%i and more", 3, "3 and more"),
    ] as [(String, Int32, String)]
  )
  func `numbers are formatted as printf does`(
    architecture: Architecture,
    row: (format: String, value: Int32, text: String)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(try format(row.format, row.value, Int32(0), fixture) == row.text)
  }

  @Test(arguments: Architecture.allCases)
  func `numbers and pointers have their sizes`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(
      try format("%I64x,%d", UInt64(0x1_2345_6789), Int32(-3), fixture) == "123456789,-3"
    )
    #expect(try format("%I64d,%d", Int64.min, Int32(1), fixture) == "-9223372036854775808,1")
    #expect(try format("%*d|", Int32(4), Int32(7), fixture) == "   7|")
    #expect(try format("%*d|", Int32(-4), Int32(7), fixture) == "7   |")
    let pointer = VirtualAddress(rawValue: 0xABC)
    let digits = architecture == .x86 ? "00000ABC" : "0000000000000ABC"
    #expect(try format("%p", pointer, Int32(0), fixture) == digits)
    #expect(try format("[%20p]", pointer, Int32(0), fixture).count == 22)
  }

  @Test(arguments: Architecture.allCases)
  func `ll is not guessed at`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(throws: Unmodelled("sprintf: %llx")) {
      try format("%llx", UInt64(0x1_2345_6789), Int32(0), fixture)
    }
    let new = try RuntimeFixture(architecture, understandsLongLong: true)
    #expect(try format("%llx,%d", UInt64(0x1_2345_6789), Int32(5), new) == "123456789,5")
    let old = try RuntimeFixture(architecture, understandsLongLong: false)
    #expect(try format("%llx", UInt64(0x1_2345_6789), Int32(0), old) == "23456789")
    if architecture == .x64 {
      #expect(try format("%lld", Int64(-7), Int32(0), fixture) == "-7")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `strings of both widths are inserted`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let narrow = try fixture.string("text")
    let wide = try fixture.wide("wide")
    let ansi = try fixture.ansi("ansi")
    let unicode = try fixture.unicode("unicode")
    #expect(try format("%hs, %ws", narrow, wide, fixture) == "text, wide")
    #expect(try format("%Z, %wZ", ansi, unicode, fixture) == "ansi, unicode")
    #expect(try format("[%.2hs][%6.3ls]", narrow, wide, fixture) == "[te][   wid]")
    #expect(try format("[%-10wZ]%hZ", unicode, ansi, fixture) == "[unicode   ]ansi")
    #expect(
      try format("%ls %wZ", VirtualAddress.null, VirtualAddress.null, fixture) == "(null) (null)"
    )
    let buffer = fixture.allocate(256)
    try fixture.call(
      "sprintf",
      buffer,
      fixture.string("%s %S %c%C"),
      narrow,
      wide,
      Int32(0x61),
      Int32(0x62)
    )
    #expect(try fixture.text(at: buffer) == "text wide ab")
    try fixture.call(
      "swprintf",
      buffer,
      fixture.wide("%s %S %c%C"),
      wide,
      narrow,
      Int32(0x61),
      Int32(0x62)
    )
    #expect(try fixture.wideText(at: buffer) == "wide text ab")
  }

  @Test(arguments: Architecture.allCases, ["%f", "%n", "%zu", "%hhd", "%q", "%05s", "%.3wZ", "%"])
  func `other conversions are unmodelled`(architecture: Architecture, format: String) throws {
    let fixture = try RuntimeFixture(architecture)
    let string = try fixture.string("ab")
    #expect(throws: Unmodelled.self) {
      try fixture.call("sprintf", fixture.allocate(64), fixture.string(format), string, string)
    }
  }

  @Test(arguments: Architecture.allCases, 0...8)
  func `limits are kept as documented`(architecture: Architecture, limit: Int) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = "ab-42"
    let narrow = try fixture.bytes(Array(repeating: 0x2E, count: 16))
    let format = try fixture.string("ab%d")
    let count = try fixture.call("_snprintf", narrow, GuestWord(limit), format, Int32(-42))
    #expect(Int32(guestBits: count) == (limit < 5 ? -1 : 5))
    let expected = Array(text.utf8.prefix(limit)) + (limit > 5 ? [0] : [])
    #expect(
      try fixture.memory.bytes(at: narrow, count: 16)
        == expected + Array(repeating: 0x2E, count: 16 - expected.count)
    )
    let wide = try fixture.bytes(Array(repeating: 0x2E, count: 32))
    let wideFormat = try fixture.wide("ab%d")
    let wideCount = try fixture.call("_snwprintf", wide, GuestWord(limit), wideFormat, Int32(-42))
    #expect(Int32(guestBits: wideCount) == Int32(guestBits: count))
    #expect(try fixture.memory.load(UInt16.self, at: wide + limit * 2) == 0x2E2E)
  }

  @Test(arguments: Architecture.allCases)
  func `a va_list is read in slots`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let list = fixture.allocate(64)
    let name = try fixture.wide("name")
    if architecture == .x86 {
      try fixture.memory.store(Int32(-1), at: list)
      try fixture.memory.store(UInt64(0x1_0000_0002), at: list + 4)
      try fixture.memory.store(name, at: list + 12)
    } else {
      try fixture.memory.store(UInt64(0xDEAD_BEEF_FFFF_FFFF), at: list)
      try fixture.memory.store(UInt64(0x1_0000_0002), at: list + 8)
      try fixture.memory.store(name, at: list + 16)
    }
    let buffer = fixture.allocate(128)
    let format = try fixture.string("%d %I64x %ws")
    #expect(try fixture.call("_vsnprintf", buffer, GuestWord(64), format, list) == 17)
    #expect(try fixture.text(at: buffer) == "-1 100000002 name")
    try fixture.call("vsprintf", buffer, format, list)
    #expect(try fixture.text(at: buffer) == "-1 100000002 name")
    try fixture.call("_vsnwprintf", buffer, GuestWord(64), fixture.wide("%d %I64x %s"), list)
    #expect(try fixture.wideText(at: buffer) == "-1 100000002 name")
  }

  @Test(arguments: Architecture.allCases)
  func `a huge width ends in a fault, or is only counted`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let format = try fixture.string("%2000000000d")
    #expect(throws: GuestFault(at: fixture.end, access: .write)) {
      try fixture.call("sprintf", fixture.end + -8, format, Int32(1))
    }
    let buffer = fixture.allocate(16)
    #expect(
      Int32(guestBits: try fixture.call("_snprintf", buffer, GuestWord(4), format, Int32(1))) == -1
    )
    try fixture.call("DbgPrint", format, Int32(1))
    #expect(fixture.messages.lines.map(\.count) == [512])
  }
}
