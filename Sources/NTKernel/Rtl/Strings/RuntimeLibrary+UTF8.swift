import GuestABI
import NTStructures

/// Text that changes between UTF-8 and UTF-16.
///
/// The statuses are those of the routines' pages; what they leave open is what Wine's tests of both
/// routines find on Windows.
extension RuntimeLibrary {
  var utf8Exports: [Export] {
    [
      export("RtlUnicodeToUTF8N", to: utf8(_:size:stored:from:_:)),
      export("RtlUTF8ToUnicodeN", to: utf16(_:size:stored:from:_:)),
      export("RtlInitUTF8String") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        guard try initializeUTF8(string, source) else {
          throw Unmodelled("RtlInitUTF8String: a string of more than 65,534 bytes")
        }
      },
      export("RtlInitUTF8StringEx") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        try initializeUTF8(string, source) ? NTStatus.success : .nameTooLong
      },
      export("RtlFreeUTF8String", to: free(_:)),
      export("RtlUnicodeStringToUTF8String") {
        [self]
        (
          string: GuestPointer<CountedString>,
          source: GuestPointer<CountedString>,
          allocates: Bool
        ) in
        let units = try memory.units(of: source, for: "RtlUnicodeStringToUTF8String")
        let text = Self.utf8(units)
        guard !text.hasReplacements else {
          throw Unmodelled("RtlUnicodeStringToUTF8String: half a surrogate pair")
        }
        return try store(text.bytes + [0], in: string, allocates, terminator: 1)
      },
      export("RtlUTF8StringToUnicodeString") {
        [self]
        (
          string: GuestPointer<CountedString>,
          source: GuestPointer<CountedString>,
          allocates: Bool
        ) in
        let units = try Self.utf16(memory.bytes(of: source), "RtlUTF8StringToUnicodeString")
        let bytes = (units + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        return try store(bytes, in: string, allocates, terminator: 2)
      },
    ]
  }

  private func initializeUTF8(
    _ string: GuestPointer<CountedString>,
    _ source: VirtualAddress
  ) throws -> Bool {
    guard source != .null else {
      try memory.set(string, buffer: .null, length: 0, maximumLength: 0)
      return true
    }
    let size = try memory.length(of: source, UInt8.self, atMost: 0xFFFF)
    guard size < 0xFFFF else { return false }
    try memory.set(string, buffer: source, length: size, maximumLength: size + 1)
    return true
  }

  /// Stores terminated text in a counted string.
  private func store(
    _ bytes: [UInt8],
    in string: GuestPointer<CountedString>,
    _ allocates: Bool,
    terminator: Int
  ) throws -> NTStatus {
    guard bytes.count <= 0xFFFF else { return .invalidParameter2 }
    if allocates {
      guard let block = try allocateString(bytes.count) else { return .noMemory }
      try memory.set(string, buffer: block, length: 0, maximumLength: bytes.count)
    }
    guard bytes.count <= Int(try memory[string].maximumLength) else { return .bufferOverflow }
    try memory.store(bytes: bytes, at: memory[string].buffer)
    try memory[string].store(UInt16(bytes.count - terminator), in: \.length)
    return .success
  }

  /// The most text that one call converts, as a bound on the host's memory.
  private static var longestText: UInt32 { 1 << 24 }

  /// Converts UTF-16 to UTF-8, as many whole characters as there is room for.
  ///
  /// The corresponding kernel routine is `RtlUnicodeToUTF8N`.
  private func utf8(
    _ destination: VirtualAddress,
    size: UInt32,
    stored: GuestPointer<UInt32>,
    from source: VirtualAddress,
    _ sourceSize: UInt32
  ) throws -> NTStatus {
    guard source != .null else { return .invalidParameter4 }
    guard !stored.isNull || destination != .null else { return .invalidParameter }
    guard sourceSize % 2 == 0 || destination == .null else { return .invalidParameter5 }
    guard sourceSize % 2 == 0, sourceSize <= Self.longestText else {
      throw Unmodelled("RtlUnicodeToUTF8N: half a character, or more than 16 MiB")
    }
    let units = try memory.units(at: source, count: Int(sourceSize) / 2)
    let text = Self.utf8(units)
    let status: NTStatus = text.hasReplacements ? .someNotMapped : .success
    return try deliver(text.bytes, text.ends, to: destination, size, stored, status)
  }

  /// Converts UTF-8 to UTF-16, as many whole characters as there is room for.
  ///
  /// The corresponding kernel routine is `RtlUTF8ToUnicodeN`.
  private func utf16(
    _ destination: VirtualAddress,
    size: UInt32,
    stored: GuestPointer<UInt32>,
    from source: VirtualAddress,
    _ sourceSize: UInt32
  ) throws -> NTStatus {
    guard source != .null else { return .invalidParameter4 }
    guard !stored.isNull || destination != .null else { return .invalidParameter }
    guard sourceSize <= Self.longestText else {
      throw Unmodelled("RtlUTF8ToUnicodeN: more than 16 MiB")
    }
    let text = try memory.bytes(at: source, count: Int(sourceSize))
    let units = try Self.utf16(text, "RtlUTF8ToUnicodeN")
    let bytes = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    // Surrogates stay together.
    let ends = units.indices.filter { !(0xD800..<0xDC00).contains(units[$0]) }.map { $0 * 2 + 2 }
    return try deliver(bytes, ends, to: destination, size, stored, .success)
  }

  /// Stores what fits of text that may be cut at its ends of characters.
  private func deliver(
    _ bytes: [UInt8],
    _ ends: [Int],
    to destination: VirtualAddress,
    _ size: UInt32,
    _ stored: GuestPointer<UInt32>,
    _ status: NTStatus
  ) throws -> NTStatus {
    var count = bytes.count
    if destination != .null {
      if count > Int(size) { count = ends.last { $0 <= Int(size) } ?? 0 }
      try memory.store(bytes: bytes.prefix(count), at: destination)
    }
    if !stored.isNull { try memory.store(UInt32(clamping: count), at: stored.address) }
    return count == bytes.count ? status : .bufferTooSmall
  }

  /// Returns UTF-8, the offsets at which its characters end, and whether half a surrogate pair became
  /// U+FFFD.
  private static func utf8(
    _ units: [UInt16]
  ) -> (bytes: [UInt8], ends: [Int], hasReplacements: Bool) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    let hasReplacements = transcode(
      units.makeIterator(),
      from: UTF16.self,
      to: UTF8.self,
      stoppingOnError: true,
      into: { _ in }
    )
    var decoder = UTF16()
    var iterator = units.makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: break decoding
      case .scalarValue(let scalar): bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
      case .error: bytes += [0xEF, 0xBF, 0xBD]
      }
      ends.append(bytes.count)
    }
    return (bytes, ends, hasReplacements)
  }

  /// Returns UTF-16 of well-formed UTF-8.
  private static func utf16(_ bytes: [UInt8], _ routine: String) throws -> [UInt16] {
    var units: [UInt16] = []
    let isMalformed = transcode(
      bytes.makeIterator(),
      from: UTF8.self,
      to: UTF16.self,
      stoppingOnError: true,
      into: { units.append($0) }
    )
    guard !isMalformed else { throw Unmodelled("\(routine): text that is no UTF-8") }
    return units
  }
}
