/// Mends what only makes sense once macros are expanded, so that the grammar can read it.
///
/// What macros hide cannot be known; only what is no C or C++ as it stands is changed.
struct Mender {
  var bytes: [UInt8]
  /// The tokens; a closing parenthesis after which a statement begins is marked with a control word.
  var tokens: [Token]
  let pairs: BracketPairs
  let isCPlusPlus: Bool
  /// The place of the last token before the current one that is not blanked, or -1.
  var previous = -1
  /// The place of the one before that, or -1.
  var secondPrevious = -1

  /// Creates a mender of a reading's tokens and bytes.
  init(_ tokens: [Token], _ pairs: BracketPairs, bytes: [UInt8], isCPlusPlus: Bool) {
    self.isCPlusPlus = isCPlusPlus
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

  /// Blanks a token, which is no token any more.
  mutating func blank(_ index: Int) {
    tokens[index].kind = .blank
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
    mendType(function.start..<max(function.start, name))
    if isName(function.start), word(function.start + 1) == .specifier,
      (function.start + 2..<max(function.start + 2, name)).contains(where: { kind($0) == .word })
    {
      // `MACRO static type name(…)`
      blank(function.start)
    }
    if isName(name), name > function.start + 2, isName(name - 1), kind(name - 2) == .star {
      // `type *API name(…)`
      blank(name - 1)
    }
    blankSurplus(function.start..<max(function.start, name))
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

  /// Takes the type out of `API(type) name(…)`, where there is no other.
  private mutating func mendType(_ places: Range<Int>) {
    for index in places where isName(index) && kind(index + 1) == .openParenthesis {
      guard let end = pairs.close(of: index + 1), end < places.upperBound else { return }
      let hasType = places.contains { place in
        place < index && (isName(place) || word(place) == .keyword)
          || place > end && kind(place) == .word
      }
      guard !hasType else { return }
      blank(index...index + 1)
      blank(end)
      return
    }
  }

  /// Blanks the first of three names in a row, and `MACRO(…)` before a name.
  private mutating func blankSurplus(_ places: Range<Int>) {
    var index = places.lowerBound
    while index < places.upperBound {
      if isName(index), isName(index + 1), isName(index + 2) {
        blank(index)
      } else if isName(index), !isName(index - 1) || index == places.lowerBound,
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
