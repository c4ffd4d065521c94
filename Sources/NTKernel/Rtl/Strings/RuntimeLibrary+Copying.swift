import GuestABI
import NTStructures

/// Strings that are copied and appended.
extension RuntimeLibrary {
  var stringCopyExports: [Export] {
    [
      export("RtlCopyString") {
        [self] (string: GuestPointer<CountedString>, source: GuestPointer<CountedString>) in
        _ = try copyBytes(of: source, to: string)
      },
      export("RtlCopyUnicodeString", to: copyUnicodeString(_:from:)),
      export("RtlAppendStringToString") {
        [self] (string: GuestPointer<CountedString>, source: GuestPointer<CountedString>) in
        try append(memory[source].buffer, Int(memory[source].length), to: string)
      },
      export("RtlAppendAsciizToString") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        guard source != .null else { return NTStatus.success }
        return try append(source, memory.length(of: source, UInt8.self), to: string)
      },
      export("RtlAppendUnicodeStringToString") {
        [self] (string: GuestPointer<CountedString>, source: GuestPointer<CountedString>) in
        try appendUnicode(memory[source].buffer, Int(memory[source].length), to: string)
      },
      export("RtlAppendUnicodeToString") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        guard source != .null else { return NTStatus.success }
        let size = try memory.length(of: source, UInt16.self) * 2
        guard size <= 0xFFFC else {
          throw Unmodelled("RtlAppendUnicodeToString: a string of more than 32,766 characters")
        }
        return try appendUnicode(source, size, to: string)
      },
    ]
  }

  /// Copies as many bytes as the destination has room for.
  ///
  /// The corresponding kernel routine is `RtlCopyString`.
  private func copyBytes(
    of source: GuestPointer<CountedString>,
    to string: GuestPointer<CountedString>
  ) throws -> Int {
    guard !source.isNull else {
      try memory[string].store(0, in: \.length)
      return 0
    }
    let size = Int(min(try memory[source].length, try memory[string].maximumLength))
    try memory[string].store(UInt16(size), in: \.length)
    try memory.copy(from: memory[source].buffer, to: memory[string].buffer, count: size)
    return size
  }

  /// Copies a string, and a terminator if there is room.
  ///
  /// The corresponding kernel routine is `RtlCopyUnicodeString`.
  private func copyUnicodeString(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>
  ) throws {
    let size = try copyBytes(of: source, to: string)
    guard !source.isNull else { return }
    let room = Int(try memory[string].maximumLength) - size
    if room >= 2, size % 2 == 0 {
      try memory.store(UInt16(0), at: memory[string].buffer + size)
    } else if room > 0 {
      throw Unmodelled("RtlCopyUnicodeString: room for half a terminator")
    }
  }

  private func append(
    _ source: VirtualAddress,
    _ byteCount: Int,
    to string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    guard byteCount > 0 else { return .success }
    let length = Int(try memory[string].length)
    guard length + byteCount <= Int(try memory[string].maximumLength) else {
      return .bufferTooSmall
    }
    try memory.copy(from: source, to: memory[string].buffer + length, count: byteCount)
    try memory[string].store(UInt16(length + byteCount), in: \.length)
    return .success
  }

  /// Appends code units, and a terminator if the buffer is not full.
  ///
  /// A buffer with one byte to spare gets both bytes of the terminator, as on Windows (Wine's test
  /// of `RtlAppendUnicodeStringToString` notes it).
  private func appendUnicode(
    _ source: VirtualAddress,
    _ byteCount: Int,
    to string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let status = try append(source, byteCount, to: string)
    guard status == .success, byteCount > 0 else { return status }
    let length = try memory[string].length
    if length < (try memory[string].maximumLength) {
      try memory.store(UInt16(0), at: memory[string].buffer + Int(length & ~1))
    }
    return .success
  }
}
