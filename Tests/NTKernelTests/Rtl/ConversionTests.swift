import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct ConversionTests {
  /// Wine's test `ustr2astr`: the room for "abcdef", and the length and text that come of it.
  @Test(
    arguments: Architecture.allCases,
    [(0, 6, nil), (1, 0, ""), (2, 1, "a"), (5, 4, "abcd"), (6, 5, "abcde"), (7, 6, "abcdef")]
      as [(Int, UInt16, String?)]
  )
  func `RtlUnicodeStringToAnsiString cuts what does not fit`(
    architecture: Architecture,
    row: (room: Int, length: UInt16, text: String?)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = try fixture.string("------------")
    let string = try fixture.counted(buffer, 0, row.room)
    let source = try fixture.unicode("abcdef")
    let status = try fixture.status("RtlUnicodeStringToAnsiString", string, source, false)
    #expect(status == (row.room == 7 ? .success : .bufferOverflow))
    #expect(try fixture.memory[string].length == row.length)
    #expect(try fixture.text(at: buffer) == row.text ?? "------------")
  }

  @Test(arguments: Architecture.allCases)
  func `text goes to UTF-16 and back`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let characters = (UInt8.min...UInt8.max).filter { ![0x80, 0x8E, 0x9E].contains($0) }
    let source = try fixture.counted(fixture.bytes(characters), characters.count, characters.count)
    let unicode = try fixture.counted(.null, 0, 0)
    #expect(try fixture.status("RtlAnsiStringToUnicodeString", unicode, source, true) == .success)
    let text = try fixture.memory.text(of: unicode)
    #expect(text.unicodeScalars.contains("\u{2122}"))
    #expect(text.unicodeScalars.contains("é"))
    let back = try fixture.counted(.null, 0, 0)
    #expect(try fixture.status("RtlUnicodeStringToAnsiString", back, unicode, true) == .success)
    #expect(try fixture.memory.bytes(of: back) == characters)
    #expect(try fixture.call("RtlxUnicodeStringToAnsiSize", unicode) == 254)
    #expect(try fixture.call("RtlxAnsiStringToUnicodeSize", back) == 508)
    try fixture.call("RtlFreeUnicodeString", unicode)
    try fixture.call("RtlFreeAnsiString", back)
    #expect(fixture.pool.live.isEmpty)
  }

  @Test(arguments: Architecture.allCases)
  func `characters without certain equivalent are unmodelled`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let string = try fixture.counted(.null, 0, 0)
    for text in ["€", "漢", "Ā"] {
      let source = try fixture.unicode(text)
      #expect(throws: Unmodelled.self) {
        try fixture.call("RtlUnicodeStringToAnsiString", string, source, true)
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `RtlMultiByteToUnicodeN works in place and cuts`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = fixture.allocate(32)
    try fixture.memory.store(bytes: Array("in place".utf8), at: buffer)
    let count = GuestPointer<UInt32>(fixture.allocate(4))
    try fixture.call("RtlMultiByteToUnicodeN", buffer, UInt32(16), count, buffer, UInt32(8))
    #expect(try fixture.wideText(at: buffer) == "in place")
    #expect(try fixture.memory.load(UInt32.self, at: count.address) == 16)
    let narrow = fixture.allocate(16)
    try fixture.call("RtlUnicodeToMultiByteN", narrow, UInt32(2), count, buffer, UInt32(16))
    #expect(try fixture.text(at: narrow) == "in")
    #expect(try fixture.memory.load(UInt32.self, at: count.address) == 2)
  }

  /// Wine's test `str2int`.
  @Test(
    arguments: Architecture.allCases,
    [
      (0, "1011101100", 1_011_101_100), (0, "-214", -214), (0, "--214", 0),
      (0, " \n \r \t+214", 214),
      (0, "\u{1}\u{1F}17", 17), (0, "0x12345", 0x12345), (0, "00x12345", 0),
      (0, "0b10123456789", 5),
      (0, "-0o56789", -0o567), (0, "0xABCDEFGH", 0xABCDEF), (0, "0y1", 0),
      (0, "-9999999999", -1_410_065_407),
      (2, "2", 0), (8, "-1011101100", -136_610_368), (16, "0b1011101100", 286_265_600),
      (16, "g", 0),
    ] as [(UInt32, String, Int)]
  )
  func `integers are read as Windows reads them`(
    architecture: Architecture,
    row: (base: UInt32, text: String, value: Int)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let result = GuestPointer<Int32>(fixture.allocate(4))
    let narrow = try fixture.string(row.text)
    #expect(try fixture.status("RtlCharToInteger", narrow, row.base, result) == .success)
    #expect(Int(try fixture.memory.load(Int32.self, at: result.address)) == row.value)
    let wide = try fixture.unicode(row.text)
    try fixture.memory.store(Int32(1), at: result.address)
    #expect(try fixture.status("RtlUnicodeStringToInteger", wide, row.base, result) == .success)
    #expect(Int(try fixture.memory.load(Int32.self, at: result.address)) == row.value)
    #expect(
      try fixture.status("RtlCharToInteger", narrow, UInt32(20), result) == .invalidParameter
    )
  }

  @Test(arguments: Architecture.allCases)
  func `integers are written in each base`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let buffer = fixture.allocate(64)
    let string = try fixture.counted(buffer, 0, 34)
    for base in [0, 8, 10, 16] as [UInt32] {
      for value in [0, 9, 255, 0x8000_0000, .max] as [UInt32] {
        let expected = String(value, radix: base == 0 ? 10 : Int(base), uppercase: true)
        #expect(
          try fixture.status("RtlIntegerToUnicodeString", value, base, string) == .success
        )
        #expect(try fixture.memory.text(of: string) == expected)
        #expect(try fixture.wideText(at: buffer) == expected)
        try fixture.call("RtlInt64ToUnicodeString", UInt64(value), base, string)
        #expect(try fixture.memory.text(of: string) == expected)
        let status = try fixture.status(
          "RtlIntegerToChar",
          value,
          base,
          Int32(expected.count),
          buffer
        )
        #expect(status == .success)
        #expect(try fixture.text(at: buffer).hasPrefix(expected))
      }
    }
    try fixture.memory.set(string, buffer: buffer, length: 0, maximumLength: 16)
    #expect(
      try fixture.status("RtlIntegerToUnicodeString", UInt32.max, UInt32(16), string)
        == .bufferOverflow
    )
    #expect(try fixture.memory[string].length == 16)
  }

  @Test(arguments: Architecture.allCases)
  func `GUIDs go to text and back`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let guid = try fixture.bytes([6, 9, 2, 0, 0xAB, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46])
    let string = try fixture.counted(.null, 0, 0)
    #expect(try fixture.status("RtlStringFromGUID", guid, string) == .success)
    #expect(try fixture.memory.text(of: string) == "{00020906-00AB-0000-C000-000000000046}")
    let copy = fixture.allocate(16)
    #expect(try fixture.status("RtlGUIDFromString", string, copy) == .success)
    #expect(
      try fixture.memory.bytes(at: copy, count: 16) == fixture.memory.bytes(at: guid, count: 16)
    )
    for broken in [
      "", "{00020906-00AB-0000-C000-00000000004g}", "00020906-00AB-0000-C000-000000000046",
    ] {
      #expect(
        try fixture.status("RtlGUIDFromString", fixture.unicode(broken), copy) == .invalidParameter
      )
    }
  }

  /// Wine's test of `RtlHashUnicodeString`, as an expression.
  @Test(arguments: Architecture.allCases)
  func `RtlHashUnicodeString multiplies by 65599`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let result = GuestPointer<UInt32>(fixture.allocate(4))
    let string = try fixture.unicode("tEst")
    let expected = "TEST".utf16.reduce(0 as UInt32) { $0 &* 65599 &+ UInt32($1) }
    #expect(
      try fixture.status("RtlHashUnicodeString", string, true, UInt32(0), result) == .success
    )
    #expect(try fixture.memory.load(UInt32.self, at: result.address) == expected)
    #expect(
      try fixture.status("RtlHashUnicodeString", string, true, UInt32(5), result)
        == .invalidParameter
    )
  }
}
