import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct TextConversionTests {
  @Test(arguments: Architecture.allCases)
  func `text changes between the OEM code page and UTF-16`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    // Code page 437: é is 0x82, ß is 0xE1, a full block is 0xDB.
    let bytes: [UInt8] = [0x61, 0x82, 0xE1, 0xDB]
    let source = try fixture.counted(fixture.bytes(bytes), 4, 4)
    let string = try fixture.counted(.null, 0, 0)
    #expect(try fixture.status("RtlOemStringToUnicodeString", string, source, true) == .success)
    #expect(try fixture.wideText(at: fixture.memory[string].buffer) == "aéß█")
    let back = try fixture.counted(fixture.allocate(8), 0, 8)
    #expect(try fixture.status("RtlUnicodeStringToOemString", back, string, false) == .success)
    #expect(try fixture.memory.bytes(of: back) == bytes)
    let upper = try fixture.unicode("aé")
    let status = try fixture.status("RtlUpcaseUnicodeStringToOemString", back, upper, false)
    #expect(status == .success)
    #expect(try fixture.memory.bytes(of: back) == [0x41, 0x90])
    let counted = try fixture.counted(fixture.allocate(2), 0, 2)
    let name = "RtlUnicodeStringToCountedOemString"
    #expect(try fixture.status(name, counted, upper, false) == .success)
    #expect(try fixture.memory.bytes(of: counted) == [0x61, 0x82])
    #expect(try fixture.call("RtlxOemStringToUnicodeSize", source) == 10)
  }

  @Test(arguments: Architecture.allCases)
  func `text changes between UTF-8 and UTF-16`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = "aé€😀"
    let units = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let source = try fixture.bytes(units)
    let (destination, size) = (fixture.allocate(32), fixture.allocate(4))
    func encode(_ room: UInt32) throws -> (NTStatus, [UInt8]) {
      let status = try fixture.status(
        "RtlUnicodeToUTF8N",
        destination,
        room,
        size,
        source,
        UInt32(units.count)
      )
      let count = try fixture.memory.load(UInt32.self, at: size)
      return (status, try fixture.memory.bytes(at: destination, count: Int(count)))
    }
    #expect(try encode(32) == (.success, Array(text.utf8)))
    // No character is cut.
    #expect(try encode(9) == (.bufferTooSmall, Array("aé€".utf8)))
    #expect(try encode(2) == (.bufferTooSmall, Array("a".utf8)))
    let back = try fixture.bytes(Array(text.utf8))
    let status = try fixture.status(
      "RtlUTF8ToUnicodeN",
      destination,
      UInt32(32),
      size,
      back,
      UInt32(text.utf8.count)
    )
    #expect(status == .success)
    #expect(try fixture.memory.bytes(at: destination, count: units.count) == units)
    let half = try fixture.bytes([0x3D, 0xD8])
    let lone = try fixture.status(
      "RtlUnicodeToUTF8N",
      destination,
      UInt32(8),
      size,
      half,
      UInt32(2)
    )
    #expect(lone == NTStatus(0x107))
    #expect(try fixture.memory.bytes(at: destination, count: 3) == [0xEF, 0xBF, 0xBD])
    let null = VirtualAddress.null
    let none = try fixture.status(
      "RtlUnicodeToUTF8N",
      destination,
      UInt32(8),
      size,
      null,
      UInt32(2)
    )
    #expect(none == NTStatus(0xC000_00F2))
  }

  @Test(arguments: Architecture.allCases)
  func `C strings change their width`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = fixture.allocate(32)
    let null = VirtualAddress.null
    let word = { (value: Int) in GuestWord(value) }
    #expect(try fixture.call("mbstowcs", buffer, fixture.string("text"), word(16)) == 4)
    #expect(try fixture.wideText(at: buffer) == "text")
    #expect(try fixture.call("wcstombs", buffer, fixture.wide("wide"), word(16)) == 4)
    #expect(try fixture.text(at: buffer) == "wide")
    #expect(try fixture.call("wcstombs", null, fixture.wide("wide"), word(0)) == 4)
    #expect(try fixture.call("mbstowcs", buffer, fixture.string("text"), word(2)) == 2)
  }

  @Test(arguments: Architecture.allCases)
  func `formatted text is cut where it may be`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = fixture.allocate(32)
    let format = try fixture.string("%s-%d")
    let text = try fixture.string("abc")
    let (number, all): (Int32, GuestWord) = (42, GuestWord(architecture == .x86 ? 0xFFFF_FFFF : -1))
    func write(_ size: Int, _ count: GuestWord) throws -> Int32 {
      Int32(
        guestBits: try fixture.call(
          "_snprintf_s",
          buffer,
          GuestWord(size),
          count,
          format,
          text,
          number
        )
      )
    }
    #expect(try write(32, all) == 6)
    #expect(try fixture.text(at: buffer) == "abc-42")
    #expect(try write(4, all) == -1)
    #expect(try fixture.text(at: buffer) == "abc")
    #expect(try write(32, GuestWord(2)) == -1)
    #expect(try fixture.text(at: buffer) == "ab")
    #expect(throws: Unmodelled.self) { try write(4, GuestWord(10)) }
    let plain = try fixture.call("sprintf_s", buffer, GuestWord(32), format, text, number)
    #expect(plain == 6)
  }

  @Test(arguments: Architecture.allCases)
  func `numbers become text and text numbers`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let (buffer, end) = (fixture.allocate(80), fixture.allocate(8))
    let room = GuestWord(40)
    #expect(try fixture.call("_itoa_s", Int32(-17), buffer, room, Int32(10)) == 0)
    #expect(try fixture.text(at: buffer) == "-17")
    #expect(try fixture.call("_ui64tow_s", UInt64.max, buffer, room, Int32(16)) == 0)
    #expect(try fixture.wideText(at: buffer) == "ffffffffffffffff")
    let text = try fixture.wide(" 0x1Fz")
    #expect(try fixture.call("wcstoul", text, end, Int32(0)) == 0x1F)
    #expect(try fixture.memory.load(VirtualAddress.self, at: end) == text + 10)
    let number = try fixture.string("18446744073709551615")
    #expect(try fixture.call("_strtoui64", number, end, Int32(10)) == .max)
    let list = try fixture.string("a, b")
    let marks = try fixture.string(", ")
    #expect(try fixture.call("strtok_s", list, marks, end) == list.rawValue)
    let null = VirtualAddress.null
    #expect(try fixture.call("strtok_s", null, marks, end) == (list + 3).rawValue)
    #expect(try fixture.call("strtok_s", null, marks, end) == 0)
  }

  @Test(
    arguments: Architecture.allCases,
    [
      ("10.0.0.1", true, 0x0A00_0001), ("1.2.3", true, nil), ("1.2.3", false, 0x0102_0003),
      ("0x7F.1", false, 0x7F00_0001), ("256.1.1.1", false, nil), ("4294967295", false, 0xFFFF_FFFF),
      ("1.2.3.4", false, 0x0102_0304), ("010.1", false, 0x0800_0001), ("x", false, nil),
    ] as [(String, Bool, UInt32?)]
  )
  func `IPv4 addresses are read`(
    architecture: Architecture,
    row: (text: String, isStrict: Bool, value: UInt32?)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let (end, address) = (fixture.allocate(8), fixture.allocate(4))
    let string = try fixture.string(row.text)
    let name = "RtlIpv4StringToAddressA"
    let status = try fixture.status(name, string, row.isStrict, end, address)
    #expect(status == (row.value == nil ? .invalidParameter : .success))
    guard let value = row.value else { return }
    #expect(try fixture.memory.load(UInt32.self, at: address).byteSwapped == value)
    #expect(
      try fixture.memory.load(VirtualAddress.self, at: end) == string + row.text.utf8.count
    )
    let text = fixture.allocate(32)
    let last = try fixture.call("RtlIpv4AddressToStringA", address, text)
    let written = try fixture.text(at: text)
    #expect(last == (text + written.utf8.count).rawValue)
    if row.isStrict { #expect(written == row.text) }
  }
}
