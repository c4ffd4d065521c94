import GuestABI
import NTStructures

/// Routines for strings that later releases added.
extension RuntimeLibrary {
  private typealias Text = GuestPointer<CountedString>

  var moreStringExports: [Export] {
    [
      export("RtlSuffixUnicodeString") { [self] (end: Text, string: Text, ignoresCase: Bool) in
        let suffix = try memory.units(of: end, for: "RtlSuffixUnicodeString")
        let units = try memory.units(of: string, for: "RtlSuffixUnicodeString")
        guard suffix.count <= units.count else { return false }
        return try Self.areEqual(suffix, Array(units.suffix(suffix.count)), ignoresCase)
      },
      export("RtlCompareUnicodeStrings") {
        [self]
        (
          first: VirtualAddress,
          firstCount: GuestWord,
          second: VirtualAddress,
          secondCount: GuestWord,
          ignoresCase: Bool
        ) in
        var index = 0
        let common = min(firstCount.byteCount, secondCount.byteCount)
        while index < common {
          var one = try memory.load(UInt16.self, at: first + index &* 2)
          var other = try memory.load(UInt16.self, at: second + index &* 2)
          if one != other, ignoresCase {
            one = try LetterCase.upcased(one)
            other = try LetterCase.upcased(other)
          }
          if one != other { return Int32(one < other ? -1 : 1) }
          index += 1
        }
        let (one, other) = (firstCount.rawValue, secondCount.rawValue)
        return Int32(one == other ? 0 : one < other ? -1 : 1)
      },
      export("RtlCreateUnicodeStringFromAsciiz") { [self] (string: Text, source: VirtualAddress) in
        let count = try memory.length(of: source, UInt8.self, atMost: 0x8000)
        guard count < 0x7FFF else { return false }
        let units = try memory.bytes(at: source, count: count).map(CodePage.unicode)
        guard let block = try allocateString(count * 2 + 2) else { return false }
        try memory.store(units: units + [0], at: block)
        try memory.set(string, buffer: block, length: count * 2, maximumLength: count * 2 + 2)
        return true
      },
      export("RtlValidateUnicodeString") { [self] (flags: UInt32, string: Text) in
        guard flags == 0 else { return NTStatus.invalidParameter }
        guard !string.isNull else { return .success }
        let view = memory[string]
        let (length, maximumLength) = (try view.length, try view.maximumLength)
        guard length % 2 == 0, maximumLength % 2 == 0, length <= maximumLength,
          try view.buffer != .null || length == 0 && maximumLength == 0
        else { return .invalidParameter }
        return .success
      },
      export("RtlIsNameLegalDOS8Dot3") {
        [self] (name: Text, oem: Text, containsSpaces: VirtualAddress) in
        let units = try memory.units(of: name, for: "RtlIsNameLegalDOS8Dot3")
        let result = try Self.shortName(units)
        if let result, containsSpaces != .null {
          try memory.store(result.hasSpaces, at: containsSpaces)
        }
        if let result, !oem.isNull {
          guard result.bytes.count <= Int(try memory[oem].maximumLength) else {
            throw Unmodelled("RtlIsNameLegalDOS8Dot3: an OEM string without room")
          }
          try memory.store(bytes: result.bytes, at: memory[oem].buffer)
          try memory[oem].store(UInt16(result.bytes.count), in: \.length)
        }
        return result != nil
      },
    ]
  }

  private static func areEqual(
    _ first: [UInt16],
    _ second: [UInt16],
    _ ignoresCase: Bool
  ) throws -> Bool {
    for (one, other) in zip(first, second) where one != other {
      guard ignoresCase, try LetterCase.upcased(one) == LetterCase.upcased(other) else {
        return false
      }
    }
    return true
  }

  /// Returns a name in the OEM code page and whether it has spaces, if it is a FAT file's name: up to
  /// eight characters, and a dot and up to three.
  ///
  /// `.` and `..` are such names. Characters that a FAT name cannot have, control characters among them,
  /// are those of the FAT specification.
  private static func shortName(
    _ units: [UInt16]
  ) throws -> (bytes: [UInt8], hasSpaces: Bool)? {
    guard units.count <= 12 else { return nil }
    let bytes = try units.map { try TextEncoding.oem.upcased.byte($0) }
    if bytes == [0x2E] || bytes == [0x2E, 0x2E] { return (bytes, false) }
    guard !bytes.isEmpty else { throw Unmodelled("RtlIsNameLegalDOS8Dot3: an empty name") }
    let illegal = Array("\"*+,/:;<=>?[\\]|".utf8)
    guard bytes.allSatisfy({ $0 >= 0x20 && !illegal.contains($0) }) else { return nil }
    let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count <= 2, (1...8).contains(parts[0].count), parts[0].last != 0x20 else {
      return nil
    }
    if parts.count == 2 {
      guard (1...3).contains(parts[1].count), parts[1].last != 0x20 else { return nil }
    }
    return (bytes, bytes.contains(0x20))
  }
}
