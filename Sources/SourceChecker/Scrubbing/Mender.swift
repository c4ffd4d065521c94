/// Mends what only makes sense once macros are expanded, so that the grammar can read it.
///
/// What macros hide cannot be known; only what is no C or C++ as it stands is changed.
struct Mender {
  var bytes: [UInt8]
  var tokens: [Token]
  let pairs: BracketPairs
  /// The place of the last token before the current one that is not blanked, or -1.
  var previous = -1
  /// The place of the one before that, or -1.
  var secondPrevious = -1
  /// The places of closing parentheses after which a statement begins.
  var conditionEnds: Set<Int> = []

  /// Creates a mender of a reading's tokens and bytes.
  init(_ tokens: [Token], _ pairs: BracketPairs, bytes: [UInt8]) {
    self.tokens = tokens
    self.pairs = pairs
    self.bytes = bytes
  }

  /// Mends a source, given its functions.
  mutating func mend(_ functions: [FunctionFinder.Found]) {
    for function in functions {
      mendHeading(function)
      mendBody(function.brace + 1..<max(function.brace + 1, function.end))
    }
  }

  func kind(_ index: Int) -> Token.Kind? {
    tokens.indices.contains(index) ? tokens[index].kind : nil
  }

  func word(_ index: Int) -> Word {
    tokens.indices.contains(index) ? tokens[index].word : .other
  }

  /// Whether a token is a word that the scrubber knows nothing of.
  func isName(_ index: Int) -> Bool {
    kind(index) == .word && word(index) == .other
  }

  mutating func blank(_ index: Int) {
    for offset in tokens[index].range where bytes[offset] != 0x0A && bytes[offset] != 0x0D {
      bytes[offset] = 0x20
    }
  }

  mutating func blank(_ places: ClosedRange<Int>) {
    for index in places { blank(index) }
  }

  mutating func write(_ word: StaticString, at index: Int) {
    blank(index)
    word.withUTF8Buffer { word in
      for (offset, byte) in word.enumerated() { bytes[Int(tokens[index].start) + offset] = byte }
    }
  }

  /// Blanks the macros of a function's heading that are neither type nor name.
  private mutating func mendHeading(_ function: FunctionFinder.Found) {
    guard function.group > function.start, let close = pairs.close(of: function.group) else {
      return
    }
    let name = function.group - 1
    if kind(function.start + 1) == .openParenthesis, function.start + 1 < function.group,
      isName(function.start), let end = pairs.close(of: function.start + 1), end < name
    {
      // `API(type) name(…)`, or `SECTION("x") type name(…)`.
      blank(function.start)
      let hasType = (end + 1..<name).contains { kind($0) == .word }
      if hasType {
        blank(function.start + 1...end)
      } else {
        blank(function.start + 1)
        blank(end)
      }
    }
    blankSurplus(function.start..<name)
    blankSurplus(function.group + 1..<close)
    if close + 1 < function.brace, isName(close + 1) {
      var index = close + 1
      // `name(…) MACRO(…) {`; but parameters as before C89 end with semicolons.
      while index < function.brace, isName(index) || kind(index) == .openParenthesis {
        index = kind(index) == .openParenthesis ? (pairs.close(of: index) ?? index) + 1 : index + 1
      }
      if index == function.brace { blank(close + 1...function.brace - 1) }
    }
  }

  /// Blanks the first of three names in a row, and `MACRO(…)` before a name.
  private mutating func blankSurplus(_ places: Range<Int>) {
    var index = places.lowerBound
    while index < places.upperBound {
      if isName(index), isName(index + 1), isName(index + 2) {
        blank(index)
      } else if isName(index), kind(index - 1) != .word || index == places.lowerBound,
        kind(index + 1) == .openParenthesis, let close = pairs.close(of: index + 1),
        close + 1 < places.upperBound, kind(close + 1) == .word
      {
        blank(index...close)
        index = close
      }
      index += 1
    }
  }
}
