import GuestABI
import NTStructures

/// Strings that are set up, allocated and freed.
extension RuntimeLibrary {
  var stringInitializationExports: [Export] {
    [
      export("RtlInitString", to: initializeAnsiString("RtlInitString")),
      export("RtlInitAnsiString", to: initializeAnsiString("RtlInitAnsiString")),
      export("RtlInitUnicodeString") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        guard try initialize(string, to: source, UInt16.self) else {
          throw Unmodelled("RtlInitUnicodeString: a string of more than 32,766 characters")
        }
      },
      export("RtlInitUnicodeStringEx") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        try initialize(string, to: source, UInt16.self) ? NTStatus.success : .nameTooLong
      },
      export("RtlInitAnsiStringEx") {
        [self] (string: GuestPointer<CountedString>, source: VirtualAddress) in
        try initialize(string, to: source, UInt8.self) ? NTStatus.success : .nameTooLong
      },
      export("RtlFreeUnicodeString", to: free(_:)),
      export("RtlFreeAnsiString", to: free(_:)),
      export("RtlFreeOemString", to: free(_:)),
      export("RtlCreateUnicodeString", to: createUnicodeString(_:from:)),
      export("RtlDuplicateUnicodeString", to: duplicateUnicodeString(flags:_:to:)),
    ]
  }

  private func initializeAnsiString(
    _ routine: String
  ) -> (GuestPointer<CountedString>, VirtualAddress) throws -> Void {
    { [self] string, source in
      guard try initialize(string, to: source, UInt8.self) else {
        throw Unmodelled("\(routine): a string of more than 65,534 characters")
      }
    }
  }

  /// Points a counted string at a C string.
  ///
  /// - Returns: False if the string does not fit with its terminator, with nothing changed.
  private func initialize<Unit: CharacterUnit>(
    _ string: GuestPointer<CountedString>,
    to source: VirtualAddress,
    _ type: Unit.Type
  ) throws -> Bool {
    guard source != .null else {
      try memory.set(string, buffer: .null, length: 0, maximumLength: 0)
      return true
    }
    let size = try memory.length(of: source, Unit.self) * Unit.byteCount
    let maximumSize = size + Unit.byteCount
    // The longest buffer of a UNICODE_STRING, UNICODE_STRING_MAX_BYTES, is even.
    guard maximumSize <= (Unit.byteCount == 2 ? 0xFFFE : 0xFFFF) else { return false }
    try memory.set(string, buffer: source, length: size, maximumLength: maximumSize)
    return true
  }

  /// Frees the buffer of a string that the library allocated, and clears the string.
  ///
  /// The corresponding kernel routine is `RtlFreeUnicodeString`.
  func free(_ string: GuestPointer<CountedString>) throws {
    let buffer = try memory[string].buffer
    guard buffer != .null else { return }
    try pool.freePool(buffer)
    try memory.fill(at: string.address, count: CountedString.size(on: memory.architecture))
  }

  /// Copies a C string to a new buffer.
  ///
  /// The corresponding kernel routine is `RtlCreateUnicodeString`.
  private func createUnicodeString(
    _ string: GuestPointer<CountedString>,
    from source: VirtualAddress
  ) throws -> Bool {
    let size = try memory.length(of: source, UInt16.self) * 2
    guard size + 2 <= 0xFFFE else {
      throw Unmodelled("RtlCreateUnicodeString: a string of more than 32,766 characters")
    }
    guard let buffer = try allocateString(size + 2) else { return false }
    try memory.copy(from: source, to: buffer, count: size + 2)
    try memory.set(string, buffer: buffer, length: size, maximumLength: size + 2)
    return true
  }

  /// Copies a string to a new buffer.
  ///
  /// The corresponding kernel routine is `RtlDuplicateUnicodeString`. The cases are those of Wine's
  /// test on Windows.
  private func duplicateUnicodeString(
    flags: UInt32,
    _ source: GuestPointer<CountedString>,
    to string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let isTerminated = flags & 1 != 0
    let allocatesEmpty = flags & 2 != 0
    guard flags < 4, isTerminated || !allocatesEmpty, !source.isNull, !string.isNull else {
      return .invalidParameter
    }
    let length = Int(try memory[source].length)
    let maximumLength = try memory[source].maximumLength
    let sourceBuffer = try memory[source].buffer
    guard length % 2 == 0, maximumLength % 2 == 0 else {
      throw Unmodelled("RtlDuplicateUnicodeString: a UNICODE_STRING of odd length")
    }
    guard length <= maximumLength, sourceBuffer != .null || maximumLength == 0 else {
      return .invalidParameter
    }
    if length == 0 && !allocatesEmpty {
      try memory.set(string, buffer: .null, length: 0, maximumLength: 0)
      return .success
    }
    let size = length + (isTerminated ? 2 : 0)
    guard size <= 0xFFFE else {
      throw Unmodelled("RtlDuplicateUnicodeString: no room for the terminator")
    }
    guard let buffer = try allocateString(size) else { return .noMemory }
    try memory.copy(from: sourceBuffer, to: buffer, count: length)
    if isTerminated { try memory.store(UInt16(0), at: buffer + length) }
    try memory.set(string, buffer: buffer, length: length, maximumLength: size)
    return .success
  }
}
