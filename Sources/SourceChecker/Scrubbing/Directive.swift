/// A directive of the preprocessor that decides what is compiled, or defines a macro.
struct Directive {
  enum Kind {
    case begin(Condition)
    /// `#elif`
    case alternative(Condition)
    case otherwise
    case end
    /// The place of the macro.
    case define(Int)
  }

  /// What a branch depends on.
  struct Condition {
    /// The expression without blanks, without outer parentheses and negations.
    let expression: String
    let isNegated: Bool
    /// What takes the same value as this throughout the file: `X` for `defined(X)` too.
    let variable: String
    /// Whether the expression is true when the variable is false: `A<B` when `A>=B` is false.
    var isOpposite = false
    /// The value, if it cannot but have one.
    let constant: Bool?
  }

  let kind: Kind
  let range: Range<Int>
  /// The place of the first token after it.
  let token: Int

  /// Creates a directive.
  init(_ kind: Kind, _ range: Range<Int>, _ token: Int) {
    self.kind = kind
    self.range = range
    self.token = token
  }
}

/// Reads the text of one directive.
struct DirectiveReader {
  private static let longestExpression = 1024
  private static let mostParameters = 128

  private let input: [UInt8]
  /// Where the directive's text ends, before a comment at its end.
  private let end: Int

  /// Creates a reader of a directive.
  init(_ input: [UInt8], _ end: Int) {
    self.input = input
    self.end = end
  }

  /// The offset of what follows blanks, joined lines and comments.
  private func skipBlanks(_ start: Int) -> Int {
    var offset = start
    while offset < end {
      switch input[offset] {
      case 0x20, 0x09, 0x0A, 0x0D, 0x5C, 0x0C, 0x0B: offset += 1
      case 0x2F where offset + 1 < end && input[offset + 1] == 0x2A:
        offset += 3
        while offset < end, !(input[offset] == 0x2F && input[offset - 1] == 0x2A) { offset += 1 }
        offset += 1
      default: return offset
      }
    }
    return min(offset, end)
  }

  private func endOfWord(_ start: Int) -> Int {
    var offset = start
    while offset < end, Lexer.continuesWord(input[offset]) { offset += 1 }
    return offset
  }

  /// The name of the directive whose `#` is at an offset.
  private func name(at start: Int) -> Range<Int> {
    let first = skipBlanks(min(start + 1, end))
    return first..<endOfWord(first)
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: input[range], as: UTF8.self)
  }

  private func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { $0.elementsEqual(input[range]) }
  }

  /// The macro that a `#define` at an offset defines.
  func macro(at start: Int) -> ScrubbedSource.Macro? {
    let directive = name(at: start)
    guard isWord(directive, "define") else { return nil }
    let first = skipBlanks(directive.upperBound)
    var offset = endOfWord(first)
    guard offset > first else { return nil }
    let name = text(first..<offset)
    var parameters: [String]?
    if offset < end, input[offset] == 0x28 {
      var names: [String] = []
      offset = skipBlanks(offset + 1)
      while offset < end, input[offset] != 0x29 {
        let word = offset..<endOfWord(offset)
        if !word.isEmpty {
          if names.count < Self.mostParameters { names.append(text(word)) }
        } else if input[offset] == 0x2E, names.last != "..." {
          names.append("...")
        }
        offset = skipBlanks(max(word.upperBound, offset + 1))
      }
      parameters = names
      offset = min(offset + 1, end)
    }
    let body = skipBlanks(offset)
    return ScrubbedSource.Macro(name: name, parameters: parameters, body: body..<max(body, end))
  }

  /// The conditional directive at an offset.
  func conditional(at start: Int, isCPlusPlus: Bool) -> Directive.Kind? {
    let word = name(at: start)
    let rest = skipBlanks(word.upperBound)..<end
    if isWord(word, "if") { return .begin(condition(rest, isCPlusPlus)) }
    if isWord(word, "ifdef") { return .begin(definition(rest, isCPlusPlus, isNegated: false)) }
    if isWord(word, "ifndef") { return .begin(definition(rest, isCPlusPlus, isNegated: true)) }
    if isWord(word, "elif") { return .alternative(condition(rest, isCPlusPlus)) }
    if isWord(word, "elifdef") {
      return .alternative(definition(rest, isCPlusPlus, isNegated: false))
    }
    if isWord(word, "elifndef") {
      return .alternative(definition(rest, isCPlusPlus, isNegated: true))
    }
    if isWord(word, "else") { return .otherwise }
    if isWord(word, "endif") { return .end }
    return nil
  }

  private func definition(
    _ range: Range<Int>,
    _ isCPlusPlus: Bool,
    isNegated: Bool
  ) -> Directive.Condition {
    let name = text(range.lowerBound..<endOfWord(range.lowerBound))
    return Directive.Condition(
      name: name,
      isNegated: isNegated,
      isCPlusPlus: isCPlusPlus
    )
  }

  private func condition(_ range: Range<Int>, _ isCPlusPlus: Bool) -> Directive.Condition {
    var words = normalised(range)[...]
    var isNegated = false
    while true {
      if words.first == [0x28], closes(words, at: words.startIndex) == words.endIndex - 1 {
        words = words.dropFirst().dropLast()
      } else if words.first == [0x21], isUnit(words.dropFirst()) {
        isNegated.toggle()
        words = words.dropFirst()
      } else {
        break
      }
    }
    if let name = definedName(words) {
      return Directive.Condition(
        name: name,
        isNegated: isNegated,
        isCPlusPlus: isCPlusPlus
      )
    }
    let expression = joined(words)
    var constant: Bool?
    if words.count == 1 {
      if ["FALSE", "false", ""].contains(expression) { constant = false }
      if ["TRUE", "true"].contains(expression) { constant = true }
      if expression == "__cplusplus" { constant = isCPlusPlus }
      if let first = words.first?.first, first >= 0x30, first <= 0x39 {
        constant = expression.contains { !"0xXuUlL".contains($0) }
      }
    } else if expression.hasPrefix("0&&") {
      constant = false
    } else if expression.hasPrefix("1||") {
      constant = true
    }
    let (compared, isOpposite) = Self.comparison(words) ?? (words, false)
    let opposite = Directive.Condition.opposites[expression]
    return Directive.Condition(
      expression: expression,
      isNegated: isNegated,
      variable: opposite ?? joined(compared),
      isOpposite: isOpposite || opposite != nil,
      constant: constant
    )
  }

  /// The comparison whose opposite an expression is, if it is one comparison and no more: `>=` for `<`.
  private static func comparison(
    _ words: ArraySlice<[UInt8]>
  ) -> (ArraySlice<[UInt8]>, isOpposite: Bool)? {
    let less: [UInt8] = [0x3C]
    let greater: [UInt8] = [0x3E]
    let equals: [UInt8] = [0x3D]
    let not: [UInt8] = [0x21]
    let marks = words.indices.filter { [less, greater, equals, not].contains(words[$0]) }
    guard !words.contains([0x26]), !words.contains([0x7C]), let first = marks.first else {
      return nil
    }
    var result = words
    switch (marks.count, words[first]) {
    case (1, less): result.replaceSubrange(first...first, with: [greater, equals])
    case (2, less) where words[first + 1] == equals:
      result.replaceSubrange(first...first + 1, with: [greater])
    case (2, not) where words[first + 1] == equals:
      result.replaceSubrange(first...first, with: [equals])
    default: return nil
    }
    return (result, true)
  }

  /// The name in `defined(X)` or `defined X`.
  private func definedName(_ words: ArraySlice<[UInt8]>) -> String? {
    guard let first = words.first, first.elementsEqual("defined".utf8) else { return nil }
    let rest = words.dropFirst()
    if rest.count == 1, let name = rest.first { return String(decoding: name, as: UTF8.self) }
    guard rest.count == 3, rest.first == [0x28], rest.last == [0x29] else { return nil }
    return String(decoding: rest[rest.startIndex + 1], as: UTF8.self)
  }

  /// The words and marks of an expression.
  private func normalised(_ range: Range<Int>) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var offset = skipBlanks(range.lowerBound)
    let limit = min(range.lowerBound + Self.longestExpression, end)
    while offset < limit {
      let next = max(endOfWord(offset), offset + 1)
      words.append(Array(input[offset..<next]))
      offset = skipBlanks(next)
    }
    return words
  }

  private func joined(_ words: ArraySlice<[UInt8]>) -> String {
    var bytes: [UInt8] = []
    for word in words {
      if let last = bytes.last, let first = word.first, Lexer.continuesWord(last),
        Lexer.continuesWord(first)
      {
        bytes.append(0x20)
      }
      bytes += word
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The place of the parenthesis that closes the one at a place.
  private func closes(_ words: ArraySlice<[UInt8]>, at opening: Int) -> Int? {
    var depth = 0
    for index in opening..<words.endIndex {
      if words[index] == [0x28] { depth += 1 }
      if words[index] == [0x29] {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  /// Whether a negation before it would apply to all of it.
  private func isUnit(_ words: ArraySlice<[UInt8]>) -> Bool {
    let words = words.drop { $0 == [0x21] }
    guard let first = words.first else { return false }
    if words.count == 1 || definedName(words) != nil { return true }
    return first == [0x28] && closes(words, at: words.startIndex) == words.endIndex - 1
  }
}
