import GuestABI
import NTStructures

/// Strings whose letters change case.
extension RuntimeLibrary {
  var stringCaseExports: [Export] {
    [
      export("RtlUpperChar") { (character: UInt8) in try LetterCase.upcased(character) },
      export("RtlUpcaseUnicodeChar") { (unit: UInt16) in try LetterCase.upcased(unit) },
      export("RtlDowncaseUnicodeChar") { (unit: UInt16) in try LetterCase.downcased(unit) },
      export("RtlUpperString", to: upperString(_:from:)),
      export("RtlUpcaseUnicodeString") {
        [self]
        (
          string: GuestPointer<CountedString>,
          source: GuestPointer<CountedString>,
          allocates: Bool
        ) in
        try mapUnicodeString(
          string,
          source,
          allocates,
          "RtlUpcaseUnicodeString",
          LetterCase.upcased(_:)
        )
      },
      export("RtlDowncaseUnicodeString") {
        [self]
        (
          string: GuestPointer<CountedString>,
          source: GuestPointer<CountedString>,
          allocates: Bool
        ) in
        try mapUnicodeString(
          string,
          source,
          allocates,
          "RtlDowncaseUnicodeString",
          LetterCase.downcased(_:)
        )
      },
    ]
  }

  private func upperString(
    _ string: GuestPointer<CountedString>,
    from source: GuestPointer<CountedString>
  ) throws {
    let size = min(try memory[source].length, try memory[string].maximumLength)
    let bytes = try memory.bytes(at: memory[source].buffer, count: Int(size))
    let upper: [UInt8] = try bytes.map(LetterCase.upcased(_:))
    try memory[string].store(size, in: \.length)
    try memory.store(bytes: upper, at: memory[string].buffer)
  }

  private func mapUnicodeString(
    _ string: GuestPointer<CountedString>,
    _ source: GuestPointer<CountedString>,
    _ allocates: Bool,
    _ routine: String,
    _ transform: (UInt16) throws -> UInt16
  ) throws -> NTStatus {
    let units = try memory.units(of: source, for: routine).map(transform)
    let size = units.count * 2
    var buffer = try memory[string].buffer
    if allocates {
      guard size > 0 else { throw Unmodelled("\(routine): a buffer for an empty string") }
      guard let block = try allocateString(size) else { return .noMemory }
      buffer = block
      try memory.set(string, buffer: block, length: size, maximumLength: size)
    } else {
      guard size <= Int(try memory[string].maximumLength) else { return .bufferOverflow }
    }
    try memory.store(units: units, at: buffer)
    try memory[string].store(UInt16(size), in: \.length)
    return .success
  }
}
