import GuestABI

/// The C library's conversions between `char` and `WCHAR`, in the machine's ANSI code page.
extension RuntimeLibrary {
  var multiByteExports: [Export] {
    [
      export("mbstowcs", .cdecl) {
        [self] (destination: VirtualAddress, source: VirtualAddress, limit: GuestWord) in
        try convert(source, to: destination, limit) { (byte: UInt8) in try CodePage.unicode(byte) }
      },
      export("wcstombs", .cdecl) {
        [self] (destination: VirtualAddress, source: VirtualAddress, limit: GuestWord) in
        try convert(source, to: destination, limit) { (unit: UInt16) in try CodePage.ansi(unit) }
      },
      export("mbtowc", .cdecl) {
        [self] (destination: VirtualAddress, source: VirtualAddress, limit: GuestWord) in
        // Without a string, whether the encoding has states: it has none.
        guard source != .null, limit.rawValue > 0 else { return Int32(0) }
        let byte = try memory.load(UInt8.self, at: source)
        if destination != .null { try memory.store(CodePage.unicode(byte), at: destination) }
        return byte == 0 ? 0 : 1
      },
      export("wctomb", .cdecl) { [self] (destination: VirtualAddress, unit: UInt16) in
        guard destination != .null else { return Int32(0) }
        try memory.store(CodePage.ansi(unit), at: destination)
        return 1
      },
      wideClass("iswdigit") { (0x30...0x39).contains($0) },
      wideClass("iswspace") { $0.isSpace },
      wideClass("iswalnum") { ($0.digitValue ?? 36) < 36 },
    ]
  }

  /// Converts a C string, as many units as fit; a terminator is among them if it fits.
  ///
  /// - Returns: The units without the terminator, or those that are needed if there is no buffer.
  private func convert<Source: CharacterUnit, Target: CharacterUnit>(
    _ source: VirtualAddress,
    to destination: VirtualAddress,
    _ limit: GuestWord,
    _ transform: (Source) throws -> Target
  ) throws -> GuestWord {
    guard destination != .null else {
      let count = try memory.length(of: source, Source.self)
      for index in 0..<count {
        _ = try transform(memory.load(at: source + index &* Source.byteCount))
      }
      return GuestWord(count)
    }
    var count = 0
    while count < limit.byteCount {
      let unit = try memory.load(Source.self, at: source + count &* Source.byteCount)
      try memory.store(transform(unit), at: destination + count &* Target.byteCount)
      if unit == 0 { break }
      count += 1
    }
    return GuestWord(count)
  }

  private func wideClass(_ name: String, _ contains: @escaping (UInt16) -> Bool) -> Export {
    export(name, .cdecl) { (unit: UInt16) in
      guard unit < 0x80 else { throw Unmodelled("\(name): a character that is not ASCII") }
      return Int32(contains(unit) ? 1 : 0)
    }
  }
}
