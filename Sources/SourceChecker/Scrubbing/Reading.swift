/// One reading of a source under way: its tokens, and its bytes as far as they are scrubbed.
struct Reading {
  private(set) var bytes: [UInt8]
  private(set) var tokens: [Token]
  private let aliases: Aliases
  private let isCPlusPlus: Bool

  /// Takes the branches that are selected; the others are blanked.
  init(_ lexer: Lexer, _ branches: Branches, _ selection: [Bool], _ aliases: Aliases) {
    bytes = lexer.output
    tokens = []
    tokens.reserveCapacity(lexer.tokens.count)
    self.aliases = aliases
    isCPlusPlus = lexer.isCPlusPlus
    var next = 0
    for (index, branch) in branches.branches.enumerated() where !selection[index] {
      // What is in a branch that is not read was blanked with it.
      guard branch.parent < 0 || selection[branch.parent] else { continue }
      if branch.tokens.lowerBound > next {
        tokens += lexer.tokens[next..<branch.tokens.lowerBound]
      }
      next = max(next, branch.tokens.upperBound)
      blank(branch.bytes)
    }
    tokens += lexer.tokens[next...]
    if !aliases.table.isEmpty { expand(aliases, in: lexer.input) }
  }

  /// Gives the macros of the file their meanings, and those with braces their braces.
  private mutating func expand(_ aliases: Aliases, in input: [UInt8]) {
    var expanded: [Token] = []
    expanded.reserveCapacity(tokens.count)
    for var token in tokens {
      let word = token.word
      guard token.kind == .word, word == .other || word.isPlain else {
        expanded.append(token)
        continue
      }
      token.word = aliases.table.exactMeaning(in: input, token.range)
      if token.word == .other { token.word = word }
      switch token.word {
      case .openTry, .openExcept, .openFinally, .openBlock, .closeBlock:
        guard token.range.count > 1 else {
          token.word = .other
          expanded.append(token)
          continue
        }
        let name = String(decoding: input[token.range], as: UTF8.self)
        expanded += braces(of: token, filter: aliases.filters[name])
      default: expanded.append(token)
      }
    }
    tokens = expanded
  }

  /// Puts braces in the place of a macro that has them.
  private mutating func braces(of token: Token, filter: Range<Int>?) -> [Token] {
    func piece(_ kind: Token.Kind, _ start: Int, _ end: Int, _ word: Word = .other) -> Token {
      Token(
        start: Int32(truncatingIfNeeded: start),
        end: Int32(truncatingIfNeeded: end),
        kind: kind,
        word: word,
        isFlush: false
      )
    }
    let start = token.range.lowerBound
    let end = token.range.upperBound
    blank(token.range)
    var pieces: [Token] = []
    switch token.word {
    case .openExcept, .openFinally, .closeBlock:
      bytes[start] = Token.Kind.closeBrace.rawValue
      pieces.append(piece(.closeBrace, start, start + 1))
    default: break
    }
    switch token.word {
    case .openTry: pieces.append(piece(.word, start, start, .tryWord))
    case .openFinally: pieces.append(piece(.word, start, start, .finallyWord))
    case .openExcept:
      let filter = filter ?? start..<start
      pieces.append(piece(.word, start, start, .exceptWord))
      pieces.append(piece(.openParenthesis, filter.lowerBound, filter.lowerBound))
      pieces.append(piece(.closeParenthesis, filter.upperBound, filter.upperBound))
    default: break
    }
    if token.word != .closeBlock {
      bytes[end - 1] = Token.Kind.openBrace.rawValue
      pieces.append(piece(.openBrace, end - 1, end))
    }
    return pieces
  }

  private mutating func blank(_ range: Range<Int>) {
    for offset in range where bytes[offset] != 0x0A && bytes[offset] != 0x0D {
      bytes[offset] = 0x20
    }
  }

  /// Blanks the tokens of a range of places.
  private mutating func blank(tokens range: Range<Int>) {
    for index in range { blank(tokens[index].range) }
  }

  /// Blanks annotations, calling conventions and assembly, and forgets their tokens.
  mutating func blankWords() {
    unwrap()
    let pairs = BracketPairs(tokens)
    var kept: [Token] = []
    kept.reserveCapacity(tokens.count)
    var index = 0
    // Whether the token before the index was blanked, or was flush and was.
    var followsBlank = false
    var carriesFlush = false
    while index < tokens.count {
      let token = tokens[index]
      let end = token.word == .other ? index : endOfBlank(at: index, pairs, kept.last, followsBlank)
      guard end > index else {
        kept.append(token)
        if carriesFlush { kept[kept.count - 1].isFlush = true }
        followsBlank = false
        carriesFlush = false
        index += 1
        continue
      }
      blank(tokens: index..<end)
      if token.word == .gnuAsm, Self.beginsStatement(kept.last), kind(end) != .semicolon {
        bytes[Int(token.start)] = Token.Kind.semicolon.rawValue
        kept.append(
          Token(
            start: token.start,
            end: token.start + 1,
            kind: .semicolon,
            word: .other,
            isFlush: token.isFlush
          )
        )
      }
      followsBlank = true
      carriesFlush = carriesFlush || token.isFlush
      index = end
    }
    tokens = kept
  }

  /// Blanks the words that only wrap a statement, and the parentheses around it.
  private mutating func unwrap() {
    guard tokens.contains(where: { $0.word == .wrapper }) else { return }
    let pairs = BracketPairs(tokens)
    var wrapping: Set<Int> = []
    for index in tokens.indices where tokens[index].word == .wrapper {
      guard kind(index + 1) == .openParenthesis, let close = pairs.close(of: index + 1) else {
        continue
      }
      wrapping.formUnion([index, index + 1, close])
    }
    for index in wrapping { blank(tokens[index].range) }
    tokens = tokens.indices.filter { !wrapping.contains($0) }.map { tokens[$0] }
  }

  private func kind(_ index: Int) -> Token.Kind? {
    index < tokens.count ? tokens[index].kind : nil
  }

  private static func beginsStatement(_ previous: Token?) -> Bool {
    switch previous?.kind {
    case nil, .semicolon, .openBrace, .closeBrace, .colon: true
    default: false
    }
  }

  /// Where what is to be blanked from a place on ends; the place itself if nothing is.
  private func endOfBlank(
    at index: Int,
    _ pairs: BracketPairs,
    _ previous: Token?,
    _ followsBlank: Bool
  ) -> Int {
    let next = kind(index + 1)
    switch tokens[index].word {
    case .annotation:
      if next == .openParenthesis, let close = pairs.close(of: index + 1) { return close + 1 }
      return Self.standsAlone(previous, next) ? index : index + 1
    case .qualifier: return Self.standsAlone(previous, next) ? index : index + 1
    case .direction:
      guard next == .word else { return index }
      switch previous?.kind {
      case nil, .openParenthesis, .comma, .semicolon, .openBrace, .closeBrace: return index + 1
      default: return followsBlank ? index + 1 : index
      }
    case .optional:
      let followsName =
        previous?.kind == .word || previous?.kind == .closeBracket || previous?.kind == .star
        || previous?.kind == .closeParenthesis
      return followsName || next == .word ? index + 1 : index
    case .distance:
      guard previous?.kind == .word, previous?.word != .control else { return index }
      return next == .word || next == .star ? index + 1 : index
    case .storage:
      guard next == .word else { return index }
      return followsBlank || Self.beginsStatement(previous) ? index + 1 : index
    case .gnuAsm:
      var open = index + 1
      while open < tokens.count, tokens[open].kind == .word, open - index < 4 { open += 1 }
      guard kind(open) == .openParenthesis, let close = pairs.close(of: open) else { return index }
      return close + 1
    default: return index
    }
  }

  /// Whether a word between two tokens can only be a name in an expression.
  private static func standsAlone(_ previous: Token?, _ next: Token.Kind?) -> Bool {
    switch next {
    case .word, .star, .openParenthesis, Token.Kind(rawValue: 0x26): return false
    default: break
    }
    switch previous?.kind {
    case .word, .star, .closeParenthesis, .closeBracket, .closeBrace, .openBrace, .semicolon, nil:
      return false
    default: return true
    }
  }

  /// Blanks the words of structured exceptions with their filters, so that plain blocks remain.
  ///
  /// - Returns: The guarded blocks, in the order in which they begin.
  mutating func takeGuards() -> [ScrubbedSource.Guard] {
    guard tokens.contains(where: { $0.word.rawValue >= Word.tryWord.rawValue }) else { return [] }
    let pairs = BracketPairs(tokens)
    var guards: [ScrubbedSource.Guard] = []
    var index = 0
    while index < tokens.count {
      switch tokens[index].word {
      case .tryWord, .plainTry:
        let found = takeGuard(at: index, pairs)
        if let found { guards.append(found) }
        if found != nil || tokens[index].word == .tryWord { blank(tokens[index].range) }
      case .exceptWord:
        // Of a guard that was taken at its `__try`, or of none. What is in its filter is blanked with it.
        if kind(index + 1) == .openParenthesis, let close = pairs.close(of: index + 1) {
          blank(tokens: index..<close + 1)
          index = close
        }
      case .finallyWord, .handle, .endOfTry: blank(tokens[index].range)
      default: break
      }
      index += 1
    }
    return guards
  }

  /// The guard whose `__try` is at a place, without its handler's words.
  private mutating func takeGuard(
    at index: Int,
    _ pairs: BracketPairs
  ) -> ScrubbedSource.Guard? {
    guard kind(index + 1) == .openBrace, let close = pairs.close(of: index + 1) else { return nil }
    let word = close + 1
    guard word < tokens.count else { return nil }
    let body = Int(tokens[index + 1].start)
    switch tokens[word].word {
    case .exceptWord, .plainExcept:
      guard kind(word + 1) == .openParenthesis, let end = pairs.close(of: word + 1),
        kind(end + 1) == .openBrace
      else { return nil }
      tokens[word].word = .exceptWord
      return ScrubbedSource.Guard(
        kind: .except,
        body: body,
        handler: Int(tokens[end + 1].start),
        filter: Int(tokens[word + 1].end)..<Int(tokens[end].start)
      )
    case .finallyWord, .plainFinally, .handle:
      guard kind(word + 1) == .openBrace else { return nil }
      let kind: ScrubbedSource.Guard.Kind = tokens[word].word == .handle ? .except : .finally
      tokens[word].word = .finallyWord
      let handler = Int(tokens[word + 1].start)
      return ScrubbedSource.Guard(
        kind: kind,
        body: body,
        handler: handler,
        filter: handler..<handler
      )
    default: return nil
    }
  }
}
