@testable import SourceChecker

/// The readings of a source in C or C++.
func readings(of source: String, _ language: SourceText.Language = .c) -> [ScrubbedSource] {
  Scrubber.readings(of: SourceText(path: "a.c", language: language, bytes: Array(source.utf8)))
}

extension ScrubbedSource {
  /// What the grammar is given.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What the grammar is given, with one space for each row of blanks.
  var words: String {
    text.split { $0 == " " || $0.isNewline }.joined(separator: " ")
  }
}

/// What the grammar is given of a source's first reading, with one space for each row of blanks.
func scrubbed(_ source: String, _ language: SourceText.Language = .c) -> String? {
  readings(of: source, language).first?.words
}

/// The part of a source at a range.
func part(_ source: String, _ range: Range<Int>) -> String {
  String(decoding: Array(source.utf8)[range], as: UTF8.self)
}

/// A source of random numbers that is the same in each run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  /// Creates a source.
  init(_ seed: UInt64) { state = seed &* 2 &+ 1 }

  /// The next number.
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) ^ (state << 31)
  }
}
