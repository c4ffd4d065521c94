/// Finds the functions that a source defines, by its brackets and the words before them.
struct FunctionFinder {
  /// How many tokens after a function's closing brace are looked at for the next one's parameters.
  private static let longestHeading = 12
  /// How many parentheses of a declaration are remembered.
  private static let mostGroups = 16

  /// A function's places among the tokens.
  struct Found {
    let name: String
    let start: Int
    /// The parenthesis before its parameters.
    let group: Int
    let brace: Int
    /// The place after its last token.
    let end: Int
  }

  private let tokens: [Token]
  private let pairs: BracketPairs
  private let text: [UInt8]
  private let isCPlusPlus: Bool

  // The declaration under way.
  private var start = 0
  /// The places of the parentheses outside of others.
  private var groups: [Int] = []
  private var hasInitialiser = false
  private var hasMembers = false
  private var isEnumeration = false
  private var operatorName: Int?
  /// Where the list of a constructor's initialisers, or of base classes, begins.
  private var list: Int?
  private var isOldStyle = false
  private var lastSemicolon = -1

  /// Creates a finder over the tokens of a reading.
  init(_ tokens: [Token], _ pairs: BracketPairs, in text: SourceText) {
    self.tokens = tokens
    self.pairs = pairs
    self.text = text.bytes
    isCPlusPlus = text.language == .cPlusPlus
  }

  private mutating func restart(at index: Int) {
    start = index
    groups = []
    hasInitialiser = false
    hasMembers = false
    isEnumeration = false
    operatorName = nil
    list = nil
    isOldStyle = false
  }

  private func kind(_ index: Int) -> Token.Kind? {
    tokens.indices.contains(index) ? tokens[index].kind : nil
  }

  private func word(_ index: Int) -> Word {
    tokens.indices.contains(index) ? tokens[index].word : .other
  }

  /// The functions, in the order in which they begin.
  consuming func functions() -> [Found] {
    var functions: [Found] = []
    var index = 0
    while index < tokens.count {
      switch tokens[index].kind {
      case .semicolon:
        if !continuesOldStyle(to: index) { restart(at: index + 1) }
        lastSemicolon = index
        index += 1
      case .closeBrace:
        index += 1
        restart(at: index)
      case .openParenthesis:
        if isOldStyle, kind(index - 1) == .word, kind(index + 1) != .star {
          // No parameter's declaration: what began it was a macro's use.
          restart(at: lastSemicolon + 1)
        }
        if groups.count < Self.mostGroups, list == nil, !isOldStyle { groups.append(index) }
        index = (pairs.close(of: index) ?? index) + 1
      case .openBracket: index = (pairs.close(of: index) ?? index) + 1
      case .equals:
        if operatorName == nil { hasInitialiser = true }
        index += 1
      case .colon:
        if word(index - 1) == .access {
          restart(at: index + 1)
        } else if kind(index - 1) == .colon || kind(index + 1) == .colon {
          // Part of a qualified name.
        } else if list == nil {
          list = index
        }
        index += 1
      case .word:
        note(index)
        index = word(index) == .template ? endOfAngles(after: index) : index + 1
      case .openBrace: index = block(at: index, &functions)
      default: index += 1
      }
    }
    return functions
  }

  /// Takes notice of a word of a declaration.
  private mutating func note(_ index: Int) {
    switch tokens[index].word {
    case .aggregate: hasMembers = true
    case .enumeration: isEnumeration = true
    case .operatorName: operatorName = index
    default: break
    }
  }

  /// The place after the angle brackets that follow `template`.
  private func endOfAngles(after template: Int) -> Int {
    guard kind(template + 1) == .less else { return template + 1 }
    var depth = 0
    var index = template + 1
    while index < tokens.count, index < template + 256 {
      switch tokens[index].kind {
      case .less: depth += 1
      case .greater:
        depth -= 1
        if depth == 0 { return index + 1 }
      case .openBrace, .semicolon: return template + 1
      default: break
      }
      index += 1
    }
    return template + 1
  }

  /// Whether the declaration that a semicolon ends belongs to the parameters of a definition as before
  /// C89: `int f(a) int a; {`.
  private mutating func continuesOldStyle(to semicolon: Int) -> Bool {
    guard let group = groups.last, !hasInitialiser, let close = pairs.close(of: group),
      kind(group - 1) == .word, word(group - 1) != .control, close + 2 < semicolon
    else { return false }
    if isOldStyle { return semicolon - close < 256 }
    guard !isCapital(group - 1), kind(close + 1) == .word,
      kind(close + 2) == .word || kind(close + 2) == .star,
      word(start) != .control, close - group > 1, close - group < 64
    else { return false }
    for index in (group + 1)..<close {
      let isName = (index - group) % 2 == 1
      guard kind(index) == (isName ? .word : .comma), word(index) == .other else { return false }
    }
    isOldStyle = true
    return true
  }

  /// Takes the block that a brace begins.
  ///
  /// - Returns: The place to go on from.
  private mutating func block(
    at brace: Int,
    _ functions: inout [Found]
  ) -> Int {
    let after = pairs.close(of: brace).map { $0 + 1 }
    if hasInitialiser { return after ?? brace + 1 }
    if word(start) == .namespace || (word(start + 1) == .namespace && word(start) != .control)
      || (word(start) == .extern && kind(start + 1) == .literal && brace == start + 2)
    {
      restart(at: brace + 1)
      return brace + 1
    }
    if let list, kind(brace - 1) == .word, let after, !groups.isEmpty, list < brace - 1,
      kind(after) == .comma || kind(after) == .openBrace
    {
      // `: member{value}` of a constructor.
      return after
    }
    if let (name, group) = name(before: brace) {
      let end = endOfFunction(brace)
      let start = beginning(of: group)
      functions.append(
        Found(name: name, start: start, group: group, brace: brace, end: end)
      )
      restart(at: end)
      return end
    }
    if isCPlusPlus, hasMembers, !isEnumeration {
      restart(at: brace + 1)
      return brace + 1
    }
    if groups.isEmpty { return after ?? brace + 1 }
    restart(at: after ?? brace + 1)
    return start
  }

  /// The function's name, and its parameters' place, if a declaration before a brace is a function's.
  private func name(before brace: Int) -> (String, group: Int)? {
    if let operatorName {
      var candidates = groups.drop { $0 < operatorName }
      if candidates.count > 1, candidates.first == operatorName + 1 { candidates.removeFirst() }
      guard let group = candidates.first else { return nil }
      let name = tokens[operatorName..<group].map { spelling($0.range) }.joined()
      return (name, group)
    }
    // `type (*name(…))(…)`
    if let outer = groups.first, kind(outer + 1) == .star, isName(outer + 2),
      kind(outer + 3) == .openParenthesis
    {
      return (spelling(tokens[outer + 2].range), outer + 3)
    }
    let named = groups.filter { kind($0 - 1) == .word && isName($0 - 1) }
    guard let first = named.first else { return nil }
    if hasMembers, let close = pairs.close(of: named.last ?? first), kind(close + 1) == .word,
      kind(close + 2) == .openBrace || kind(close + 2) == .colon
    {
      return nil
    }
    // `API(type) name(…)`, and `name(…) ANNOTATION(…)`: the name is seldom all in capitals.
    var group = named.first { !isCapital($0 - 1) } ?? named.last ?? first
    if let next = groups.first(where: { $0 == (pairs.close(of: group) ?? -2) + 1 }) {
      // `API(name)(…)`
      let inner = group + 1
      if kind(inner) == .word, kind(inner + 1) == .closeParenthesis {
        return (spelling(tokens[inner].range), next)
      }
      group = named.contains(next) ? next : group
    }
    let prefix = kind(group - 2) == .tilde ? "~" : ""
    return (prefix + spelling(tokens[group - 1].range), group)
  }

  private func isName(_ index: Int) -> Bool {
    switch tokens[index].word {
    case .other, .plainTry, .plainExcept, .plainFinally, .distance, .direction, .optional, .storage:
      true
    default: false
    }
  }

  private func isCapital(_ index: Int) -> Bool {
    !text[tokens[index].range].contains { $0 >= 0x61 && $0 <= 0x7A }
  }

  private func spelling(_ range: Range<Int>) -> String {
    String(decoding: text[range], as: UTF8.self)
  }

  /// The place of a declaration's first token, after macros that stand before it in lines of their own.
  private func beginning(of group: Int) -> Int {
    var first = start
    for earlier in groups where earlier < group && earlier == first + 1 {
      guard let close = pairs.close(of: earlier), close + 2 < group, tokens[close + 1].isFlush
      else {
        break
      }
      first = close + 1
    }
    return first
  }

  /// The place after a function's body.
  ///
  /// That is after the brace that closes it, or at the next thing that looks like a function and begins in
  /// the first column: no function is in another, so a brace is missing before it.
  private func endOfFunction(_ brace: Int) -> Int {
    let close = pairs.close(of: brace)
    for index in (brace + 1)..<(close ?? tokens.count) where tokens[index].isFlush {
      let previous = tokens[index - 1].kind
      if previous == .closeBrace || previous == .semicolon, isHeading(index) { return index }
    }
    return close.map { $0 + 1 } ?? tokens.count
  }

  /// Whether a function's definition seems to begin at a place.
  private func isHeading(_ first: Int) -> Bool {
    var index = first
    var names = 0
    while index < tokens.count, index - first < Self.longestHeading {
      let token = tokens[index]
      if token.kind == .word {
        guard token.word != .control else { return false }
        if token.word == .other { names += 1 }
      } else if token.kind == .openParenthesis {
        guard index > first + 1, tokens[index - 1].word == .other, names > 0,
          let close = pairs.close(of: index)
        else { return false }
        return kind(close + 1) == .openBrace
      } else if token.kind != .star, token.kind != .colon {
        return false
      }
      index += 1
    }
    return false
  }
}
