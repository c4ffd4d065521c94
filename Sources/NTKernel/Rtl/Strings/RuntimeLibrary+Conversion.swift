import GuestABI
import NTStructures

/// Strings that change between the ANSI or OEM code page and UTF-16.
extension RuntimeLibrary {
  private typealias Text = GuestPointer<CountedString>

  var stringConversionExports: [Export] {
    sizeExports + countedConversionExports + conversionExports
  }

  private var sizeExports: [Export] {
    [
      "RtlAnsiStringToUnicodeSize", "RtlxAnsiStringToUnicodeSize", "RtlOemStringToUnicodeSize",
      "RtlxOemStringToUnicodeSize",
    ].map { export($0, to: unicodeSize(of:)) }
      + [
        "RtlUnicodeStringToAnsiSize", "RtlxUnicodeStringToAnsiSize", "RtlUnicodeStringToOemSize",
        "RtlxUnicodeStringToOemSize",
      ].map { export($0, to: ansiSize(of:)) }
  }

  private var countedConversionExports: [Export] {
    [
      widening("RtlAnsiStringToUnicodeString", .ansi),
      widening("RtlOemStringToUnicodeString", .oem),
      widening("RtlOemStringToCountedUnicodeString", .oem, terminates: false),
      narrowing("RtlUnicodeStringToAnsiString", .ansi),
      narrowing("RtlUnicodeStringToOemString", .oem),
      narrowing("RtlUpcaseUnicodeStringToAnsiString", .ansi.upcased),
      narrowing("RtlUpcaseUnicodeStringToOemString", .oem.upcased),
      counting("RtlUnicodeStringToCountedOemString", .oem),
      counting("RtlUpcaseUnicodeStringToCountedOemString", .oem.upcased),
    ]
  }

  private func widening(
    _ name: String,
    _ encoding: TextEncoding,
    terminates: Bool = true
  ) -> Export {
    export(name) { [self] (string: Text, source: Text, allocates: Bool) in
      guard terminates else { return try countedUnicode(string, from: source, allocates, encoding) }
      return try unicodeString(string, from: source, allocates: allocates, encoding)
    }
  }

  private func narrowing(_ name: String, _ encoding: TextEncoding) -> Export {
    export(name) { [self] (string: Text, source: Text, allocates: Bool) in
      try ansiString(string, from: source, allocates: allocates, encoding)
    }
  }

  private func counting(_ name: String, _ encoding: TextEncoding) -> Export {
    export(name) { [self] (string: Text, source: Text, allocates: Bool) in
      try countedBytes(string, from: source, allocates, encoding, name)
    }
  }

  private var conversionExports: [Export] {
    [
      export("RtlAnsiCharToUnicodeChar") { [self] (source: GuestPointer<VirtualAddress>) in
        let place = try memory.load(VirtualAddress.self, at: source.address)
        let unit = try CodePage.unicode(memory.load(at: place))
        try memory.store(place + 1, at: source.address)
        return unit
      },
      wideningBytes("RtlMultiByteToUnicodeN", .ansi), wideningBytes("RtlOemToUnicodeN", .oem),
      narrowingUnits("RtlUnicodeToMultiByteN", .ansi), narrowingUnits("RtlUnicodeToOemN", .oem),
      narrowingUnits("RtlUpcaseUnicodeToMultiByteN", .ansi.upcased),
      narrowingUnits("RtlUpcaseUnicodeToOemN", .oem.upcased),
      export("RtlIsValidOemCharacter") { [self] (place: GuestPointer<UInt16>) in
        // The character becomes an upper-case one that the code page has.
        let unit = try LetterCase.upcased(memory.load(UInt16.self, at: place.address))
        _ = try OEMCodePage.oem(unit)
        try memory.store(unit, at: place.address)
        return true
      },
      export("RtlGetDefaultCodePage") {
        [self] (ansi: GuestPointer<UInt16>, oem: GuestPointer<UInt16>) in
        try memory.store(UInt16(1252), at: ansi.address)
        try memory.store(OEMCodePage.number, at: oem.address)
      },
      export("RtlMultiByteToUnicodeSize") {
        [self] (result: GuestPointer<UInt32>, source: VirtualAddress, count: UInt32) in
        try memory.store(count &* 2, at: result.address)
        return NTStatus.success
      },
      export("RtlUnicodeToMultiByteSize") {
        [self] (result: GuestPointer<UInt32>, source: VirtualAddress, size: UInt32) in
        try memory.store(size / 2, at: result.address)
        return NTStatus.success
      },
    ]
  }

  private func wideningBytes(_ name: String, _ encoding: TextEncoding) -> Export {
    export(name) {
      [self]
      (
        destination: VirtualAddress,
        size: UInt32,
        converted: GuestPointer<UInt32>,
        source: VirtualAddress,
        count: UInt32
      ) in
      try unicode(destination, size: size, converted: converted, from: source, count, encoding)
    }
  }

  private func narrowingUnits(_ name: String, _ encoding: TextEncoding) -> Export {
    export(name) {
      [self]
      (
        destination: VirtualAddress,
        size: UInt32,
        converted: GuestPointer<UInt32>,
        source: VirtualAddress,
        sourceSize: UInt32
      ) in
      try multiByte(
        destination,
        size: size,
        converted: converted,
        from: source,
        sourceSize,
        encoding
      )
    }
  }

  /// Returns the bytes of a string as UTF-16, with its terminator.
  ///
  /// The corresponding kernel routine is `RtlAnsiStringToUnicodeSize`.
  private func unicodeSize(of string: GuestPointer<CountedString>) throws -> UInt32 {
    UInt32(try memory[string].length) * 2 + 2
  }

  /// Returns the bytes of a string in the code page, with its terminator.
  ///
  /// The corresponding kernel routine is `RtlxUnicodeStringToAnsiSize`.
  private func ansiSize(of string: GuestPointer<CountedString>) throws -> UInt32 {
    let length = try memory[string].length
    guard length % 2 == 0 else {
      throw Unmodelled("RtlUnicodeStringToAnsiSize: a UNICODE_STRING of odd length")
    }
    return UInt32(length) / 2 + 1
  }

  /// Converts a string to UTF-16.
  ///
  /// The corresponding kernel routine is `RtlAnsiStringToUnicodeString`.
  private func unicodeString(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>,
    allocates: Bool,
    _ encoding: TextEncoding
  ) throws -> NTStatus {
    let size = Int(try unicodeSize(of: source))
    guard size <= 0xFFFF else { return .invalidParameter2 }
    let units = try memory.bytes(of: source).map(encoding.unicode)
    try memory[string].store(UInt16(size - 2), in: \.length)
    if allocates {
      guard let block = try allocateString(size) else { return .noMemory }
      try memory.set(string, buffer: block, length: size - 2, maximumLength: size)
    } else {
      let room = Int(try memory[string].maximumLength)
      guard room != size - 1 else {
        throw Unmodelled("RtlAnsiStringToUnicodeString: room for half a terminator")
      }
      guard size <= room else { return .bufferOverflow }
    }
    try memory.store(units: units + [0], at: memory[string].buffer)
    return .success
  }

  /// Converts a string to the code page.
  ///
  /// The corresponding kernel routine is `RtlUnicodeStringToAnsiString`. What a short buffer gets is
  /// what Wine's test finds on Windows: as much as fits, with a terminator.
  private func ansiString(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>,
    allocates: Bool,
    _ encoding: TextEncoding
  ) throws -> NTStatus {
    let length = try memory[source].length
    guard length % 2 == 0 else {
      throw Unmodelled("RtlUnicodeStringToAnsiString: a UNICODE_STRING of odd length")
    }
    let size = Int(length) / 2 + 1
    try memory[string].store(UInt16(size - 1), in: \.length)
    var room = Int(try memory[string].maximumLength)
    if allocates {
      guard let block = try allocateString(size) else { return .noMemory }
      try memory.set(string, buffer: block, length: size - 1, maximumLength: size)
      room = size
    }
    guard room > 0 else { return .bufferOverflow }
    let count = min(size, room) - 1
    let bytes = try memory.units(at: memory[source].buffer, count: count).map(encoding.byte)
    try memory.store(bytes: bytes + [0], at: memory[string].buffer)
    try memory[string].store(UInt16(count), in: \.length)
    return count == size - 1 ? .success : .bufferOverflow
  }

  /// Converts characters to UTF-16, as many as there is room for.
  ///
  /// The corresponding kernel routine is `RtlMultiByteToUnicodeN`.
  private func unicode(
    _ destination: VirtualAddress,
    size: UInt32,
    converted: GuestPointer<UInt32>,
    from source: VirtualAddress,
    _ count: UInt32,
    _ encoding: TextEncoding
  ) throws -> NTStatus {
    let count = min(size / 2, count)
    for step in 0..<Int(count) {
      // A string may be converted in its own buffer: then the last character goes first.
      let index = source == destination ? Int(count) - 1 - step : step
      let unit = try encoding.unicode(memory.load(at: source + index))
      try memory.store(unit, at: destination + index * 2)
    }
    if !converted.isNull { try memory.store(count * 2, at: converted.address) }
    return .success
  }

  /// Converts UTF-16 to characters, as many as there is room for.
  ///
  /// The corresponding kernel routine is `RtlUnicodeToMultiByteN`, whose page says that truncation
  /// is no error.
  private func multiByte(
    _ destination: VirtualAddress,
    size: UInt32,
    converted: GuestPointer<UInt32>,
    from source: VirtualAddress,
    _ sourceSize: UInt32,
    _ encoding: TextEncoding
  ) throws -> NTStatus {
    let count = min(size, sourceSize / 2)
    for index in 0..<Int(count) {
      let byte = try encoding.byte(memory.load(at: source + index * 2))
      try memory.store(byte, at: destination + index)
    }
    if !converted.isNull { try memory.store(count, at: converted.address) }
    return .success
  }
}
