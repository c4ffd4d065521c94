import GuestABI
import NTKernel
import Testing

@Suite struct CStringTests {
  private func store(_ text: String, _ isWide: Bool, _ fixture: RuntimeFixture) throws
    -> VirtualAddress
  {
    try isWide ? fixture.wide(text) : fixture.string(text)
  }

  private func load(_ address: VirtualAddress, _ isWide: Bool, _ fixture: RuntimeFixture) throws
    -> String
  {
    try isWide ? fixture.wideText(at: address) : fixture.text(at: address)
  }

  @Test(arguments: Architecture.allCases, [false, true])
  func `searches agree with Swift's`(architecture: Architecture, isWide: Bool) throws {
    let fixture = try RuntimeFixture(architecture)
    let prefix = isWide ? "wcs" : "str"
    let size = isWide ? 2 : 1
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<150 {
      let text = RuntimeFixture.randomText(.random(in: 0...12), letters: "ab", using: &generator)
      let part = RuntimeFixture.randomText(.random(in: 0...4), letters: "ab", using: &generator)
      let string = try store(text, isWide, fixture)
      let pattern = try store(part, isWide, fixture)
      #expect(try fixture.call("\(prefix)len", string) == UInt64(text.count))
      let units = Array(text)
      let needle = Array(part)
      let place = (0...max(0, units.count - needle.count)).first {
        $0 + needle.count <= units.count && Array(units[$0..<$0 + needle.count]) == needle
      }
      let found = try fixture.call("\(prefix)str", string, pattern)
      #expect(found == place.map { (string + $0 * size).rawValue } ?? 0)
      for (routine, index) in [
        ("chr", units.firstIndex(of: "b")), ("rchr", units.lastIndex(of: "b")),
      ] {
        let found = try fixture.call("\(prefix)\(routine)", string, Int32(0x62))
        #expect(found == index.map { (string + $0 * size).rawValue } ?? 0)
      }
      #expect(
        try fixture.call("\(prefix)chr", string, Int32(0)) == (string + text.count * size).rawValue
      )
      let span = try fixture.call("\(prefix)spn", string, store("a", isWide, fixture))
      #expect(span == UInt64(units.prefix { $0 == "a" }.count))
    }
  }

  @Test(arguments: Architecture.allCases, [false, true])
  func `orders agree with Swift's`(architecture: Architecture, isWide: Bool) throws {
    let fixture = try RuntimeFixture(architecture)
    let prefix = isWide ? "wcs" : "str"
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<150 {
      let texts = (0..<2).map { _ in
        RuntimeFixture.randomText(.random(in: 0...4), letters: "aAb", using: &generator)
      }
      let limit = Int.random(in: 0...5)
      let one = try store(texts[0], isWide, fixture)
      let other = try store(texts[1], isWide, fixture)
      let cases: [(String, [String], Bool)] = [
        ("\(prefix)cmp", texts, false),
        ("_\(prefix)icmp", texts.map { $0.lowercased() }, false),
        ("\(prefix)ncmp", texts.map { String($0.prefix(limit)) }, true),
        ("_\(prefix)nicmp", texts.map { $0.lowercased().prefix(limit).description }, true),
      ]
      for (routine, expected, isLimited) in cases {
        let order = Int32(
          guestBits: try isLimited
            ? fixture.call(routine, one, other, GuestWord(limit))
            : fixture.call(routine, one, other)
        )
        #expect(
          order.signum() == (expected[0] == expected[1] ? 0 : expected[0] < expected[1] ? -1 : 1)
        )
      }
    }
  }

  @Test(arguments: Architecture.allCases, [false, true])
  func `copies end where the C library's do`(architecture: Architecture, isWide: Bool) throws {
    let fixture = try RuntimeFixture(architecture)
    let prefix = isWide ? "wcs" : "str"
    let size = isWide ? 2 : 1
    let abc = try store("abc", isWide, fixture)
    let buffer = fixture.allocate(64)
    try fixture.memory.fill(at: buffer, count: 64, with: 0x2D)
    #expect(try fixture.call("\(prefix)cpy", buffer, abc) == buffer.rawValue)
    try fixture.call("\(prefix)cat", buffer, abc)
    try fixture.call("\(prefix)ncat", buffer, abc, GuestWord(2))
    #expect(try load(buffer, isWide, fixture) == "abcabcab")
    try fixture.memory.fill(at: buffer, count: 64, with: 0x2D)
    try fixture.call("\(prefix)ncpy", buffer, abc, GuestWord(2))
    #expect(try fixture.memory.load(UInt8.self, at: buffer + 2 * size) == 0x2D)
    try fixture.call("\(prefix)ncpy", buffer, abc, GuestWord(8))
    #expect(
      try fixture.memory.bytes(at: buffer + 3 * size, count: 6 * size)
        == Array(repeating: 0, count: 5 * size) + Array(repeating: 0x2D, count: size)
    )
    let text = try store("Mixed 1", isWide, fixture)
    try fixture.call("_\(prefix)upr", text)
    #expect(try load(text, isWide, fixture) == "MIXED 1")
    try fixture.call("_\(prefix)lwr", text)
    try fixture.call("_\(prefix)rev", text)
    #expect(try load(text, isWide, fixture) == "1 dexim")
  }

  @Test(arguments: Architecture.allCases)
  func `secure copies are modelled where they succeed`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = try fixture.string("12345")
    let buffer = fixture.allocate(16)
    #expect(try fixture.call("strncpy_s", buffer, GuestWord(6), text, GuestWord(9)) == 0)
    #expect(try fixture.text(at: buffer) == "12345")
    #expect(throws: Unmodelled.self) {
      try fixture.call("strncpy_s", buffer, GuestWord(5), text, GuestWord(9))
    }
    let truncate = GuestWord(architecture == .x86 ? UInt64(UInt32.max) : .max)
    #expect(try fixture.call("strncpy_s", buffer, GuestWord(3), text, truncate) == 80)
    #expect(try fixture.text(at: buffer) == "12")
    #expect(try fixture.call("strcat_s", buffer, GuestWord(16), text) == 0)
    #expect(try fixture.text(at: buffer) == "1212345")
  }

  @Test(arguments: Architecture.allCases)
  func `numbers are read and written`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(Int32(guestBits: try fixture.call("atoi", fixture.string(" \t-42x"))) == -42)
    #expect(Int32(guestBits: try fixture.call("_wtol", fixture.wide("+7"))) == 7)
    #expect(
      Int32(guestBits: try fixture.call("atol", fixture.string("-2147483648"))) == .min
    )
    #expect(throws: Unmodelled.self) {
      try fixture.call("atol", fixture.string("2147483648"))
    }
    let buffer = fixture.allocate(80)
    for (value, base) in [(-5, 10), (-1, 16), (35, 36), (5, 2)] as [(Int32, Int32)] {
      let expected =
        base == 10 ? String(value) : String(UInt32(bitPattern: value), radix: Int(base))
      #expect(try fixture.call("_itoa", value, buffer, base) == buffer.rawValue)
      #expect(try fixture.text(at: buffer) == expected)
      try fixture.call("_itow", value, buffer, base)
      #expect(try fixture.wideText(at: buffer) == expected)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `characters are classified in ASCII`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    for character in 0..<128 as Range<Int32> where character != 0x09 {
      let letter = Character(Unicode.Scalar(UInt8(character)))
      let isPrintable = (32...126).contains(character)
      for (routine, expected) in [
        ("isdigit", letter.isNumber), ("isupper", letter.isUppercase),
        ("islower", letter.isLowercase), ("isxdigit", letter.isHexDigit),
        ("isprint", isPrintable), ("isspace", letter.isWhitespace),
      ] {
        #expect((try fixture.call(routine, character) != 0) == expected, "\(routine) \(character)")
      }
      #expect(
        try fixture.call("toupper", character)
          == UInt64(letter.uppercased().unicodeScalars.first?.value ?? 0)
      )
    }
    #expect(throws: Unmodelled.self) { try fixture.call("isupper", Int32(0xC4)) }
    #expect(try fixture.call("towlower", UInt16(0x6F22)) == 0x6F22)
  }
}
