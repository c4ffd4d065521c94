import GuestABI
import NTStructures

/// Strings that are compared. Of a comparison's result only the sign is documented.
extension RuntimeLibrary {
  private typealias Text = GuestPointer<CountedString>

  var stringComparisonExports: [Export] {
    [
      export("RtlCompareString") { [self] (first: Text, second: Text, ignoresCase: Bool) in
        try order(bytes(of: first), bytes(of: second), ignoresCase)
      },
      export("RtlEqualString") { [self] (first: Text, second: Text, ignoresCase: Bool) in
        try haveEqualLengths(first, second)
          && order(bytes(of: first), bytes(of: second), ignoresCase) == 0
      },
      export("RtlPrefixString") { [self] (start: Text, string: Text, ignoresCase: Bool) in
        try isNotLonger(start, string)
          && order(bytes(of: start), bytes(of: string, asLongAs: start), ignoresCase) == 0
      },
      export("RtlCompareUnicodeString") { [self] (first: Text, second: Text, ignoresCase: Bool) in
        try order(units(of: first), units(of: second), ignoresCase)
      },
      export("RtlEqualUnicodeString") { [self] (first: Text, second: Text, ignoresCase: Bool) in
        try haveEqualLengths(first, second)
          && order(units(of: first), units(of: second), ignoresCase) == 0
      },
      export("RtlPrefixUnicodeString") { [self] (start: Text, string: Text, ignoresCase: Bool) in
        try isNotLonger(start, string)
          && order(units(of: start), units(of: string, asLongAs: start), ignoresCase) == 0
      },
      export("RtlHashUnicodeString", to: hash(_:ignoringCase:algorithm:to:)),
    ]
  }

  private func haveEqualLengths(_ first: Text, _ second: Text) throws -> Bool {
    try memory[first].length == memory[second].length
  }

  private func isNotLonger(_ first: Text, _ second: Text) throws -> Bool {
    try memory[first].length <= memory[second].length
  }

  /// Returns the characters of a string, or as many as another string has.
  private func bytes(of string: Text, asLongAs other: Text? = nil) throws -> [UInt8] {
    try memory.bytes(at: memory[string].buffer, count: Int(memory[other ?? string].length))
  }

  /// Returns the code units of a string, or as many as another string has.
  private func units(of string: Text, asLongAs other: Text? = nil) throws -> [UInt16] {
    let length = try memory[other ?? string].length
    guard length % 2 == 0 else { throw Unmodelled("comparison of a UNICODE_STRING of odd length") }
    return try memory.units(at: memory[string].buffer, count: Int(length) / 2)
  }

  private func order(_ first: [UInt8], _ second: [UInt8], _ ignoresCase: Bool) throws -> Int32 {
    try order(first, second, folding: ignoresCase) { try LetterCase.upcased($0) }
  }

  private func order(_ first: [UInt16], _ second: [UInt16], _ ignoresCase: Bool) throws -> Int32 {
    try order(first, second, folding: ignoresCase) { try LetterCase.upcased($0) }
  }

  /// Returns -1, 0 or 1 for the order of two strings.
  ///
  /// Letters are folded only where the strings differ, so that equal characters need no table.
  private func order<Unit: CharacterUnit>(
    _ first: [Unit],
    _ second: [Unit],
    folding: Bool,
    _ fold: (Unit) throws -> Unit
  ) throws -> Int32 {
    for (one, other) in zip(first, second) where one != other {
      let one = folding ? try fold(one) : one
      let other = folding ? try fold(other) : other
      if one != other { return one < other ? -1 : 1 }
    }
    return first.count == second.count ? 0 : first.count < second.count ? -1 : 1
  }

  /// Hashes a string.
  ///
  /// The corresponding kernel routine is `RtlHashUnicodeString`. Algorithm 1 is documented as x65599,
  /// and algorithm 0 as the default, which is the same.
  private func hash(
    _ string: Text,
    ignoringCase: Bool,
    algorithm: UInt32,
    to result: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard !string.isNull, !result.isNull, algorithm <= 1 else { return .invalidParameter }
    var hash: UInt32 = 0
    for unit in try memory.units(of: string, for: "RtlHashUnicodeString") {
      hash = hash &* 65599 &+ UInt32(ignoringCase ? try LetterCase.upcased(unit) : unit)
    }
    try memory.store(hash, at: result.address)
    return .success
  }
}
