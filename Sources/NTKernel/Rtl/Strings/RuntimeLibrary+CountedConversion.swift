import GuestABI
import NTStructures

/// Conversions whose results have no terminator.
extension RuntimeLibrary {
  /// Converts a string to UTF-16 without a terminator.
  ///
  /// The corresponding kernel routine is `RtlOemStringToCountedUnicodeString`. The page of the kindred
  /// `RtlUnicodeStringToCountedOemString` says what an empty string becomes: one without buffer.
  func countedUnicode(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>,
    _ allocates: Bool,
    _ encoding: TextEncoding
  ) throws -> NTStatus {
    let units = try memory.bytes(of: source).map(encoding.unicode)
    let size = units.count * 2
    if size == 0 { return try clear(string) }
    guard size <= 0xFFFE else { return .invalidParameter2 }
    guard try prepare(string, size, allocates) else {
      return allocates ? .noMemory : .bufferOverflow
    }
    try memory.store(units: units, at: memory[string].buffer)
    return .success
  }

  /// Converts a string to a code page without a terminator.
  ///
  /// The corresponding kernel routine is `RtlUnicodeStringToCountedOemString`.
  func countedBytes(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>,
    _ allocates: Bool,
    _ encoding: TextEncoding,
    _ routine: String
  ) throws -> NTStatus {
    let bytes = try memory.units(of: source, for: routine).map(encoding.byte)
    if bytes.isEmpty { return try clear(string) }
    guard try prepare(string, bytes.count, allocates) else {
      return allocates ? .noMemory : .bufferOverflow
    }
    try memory.store(bytes: bytes, at: memory[string].buffer)
    return .success
  }

  private func clear(_ string: GuestPointer<CountedString>) throws -> NTStatus {
    try memory.set(string, buffer: .null, length: 0, maximumLength: 0)
    return .success
  }

  /// Makes room for a result, and stores its length; so much as fits is not known to be stored.
  private func prepare(
    _ string: GuestPointer<CountedString>,
    _ size: Int,
    _ allocates: Bool
  ) throws -> Bool {
    if allocates {
      guard let block = try allocateString(size) else { return false }
      try memory.set(string, buffer: block, length: size, maximumLength: size)
      return true
    }
    try memory[string].store(UInt16(size), in: \.length)
    return size <= Int(try memory[string].maximumLength)
  }
}
