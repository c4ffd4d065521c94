extension Mender {
  /// Mends the statements of a function's body.
  mutating func mendBody(_ places: Range<Int>) {
    var index = places.lowerBound
    previous = index - 1
    while index < places.upperBound {
      guard tokens[index].kind != .blank else {
        index += 1
        continue
      }
      var isBlank = false
      switch tokens[index].word {
      case .control:
        if kind(index + 1) == .openParenthesis, let close = pairs.close(of: index + 1) {
          tokens[close].word = .control
        }
      case .aggregate, .enumeration: isBlank = mendTypeArgument(index)
      case .other where kind(index) == .word:
        isBlank = mendName(index, before: places.upperBound)
      default: break
      }
      switch kind(index) {
      case .star:
        // `, type *)` of a macro.
        if kind(previous) == .word, kind(secondPrevious) == .comma,
          kind(index + 1) == .closeParenthesis || kind(index + 1) == .comma
        {
          blank(index)
          isBlank = true
        }
      case .colon where kind(index + 1) == .closeBrace && isName(index - 1):
        insertSemicolon(between: index, and: index + 1)
      default: break
      }
      if !isBlank {
        secondPrevious = previous
        previous = index
      }
      index += 1
    }
  }

  /// Blanks the `struct` of a macro's argument: `CONTAINING_RECORD(p, struct s, f)`.
  private mutating func mendTypeArgument(_ index: Int) -> Bool {
    guard kind(index + 1) == .word else { return false }
    var next = index + 2
    while kind(next) == .star { next += 1 }
    let isConstant = word(previous) == .keyword && kind(previous) == .word
    let before = isConstant ? previous - 1 : previous
    let isArgument =
      kind(before) == .comma && (kind(next) == .comma || kind(next) == .closeParenthesis)
      || kind(before) == .openParenthesis && kind(next) == .comma
    guard isArgument else { return false }
    blank(before + 1...index)
    previous = before
    secondPrevious = before - 1
    return true
  }

  /// Whether a statement begins after the last token.
  private var beginsStatement: Bool {
    switch kind(previous) {
    case .semicolon, .openBrace, .closeBrace: true
    case .colon: kind(previous - 1) == .word && kind(previous + 1) != .colon
    case .closeParenthesis: word(previous) == .control
    case .word:
      // else, do
      word(previous) == .control && [2, 4].contains(tokens[previous].range.count)
        && [0x64, 0x65].contains(bytes[Int(tokens[previous].start)])
    default: false
    }
  }

  /// Mends what begins with a name.
  ///
  /// - Returns: Whether the name was blanked.
  private mutating func mendName(_ index: Int, before end: Int) -> Bool {
    if isName(index + 1), isName(index + 2) {
      blank(index)
      return true
    }
    if beginsStatement, mendBareMacro(index) { return true }
    if kind(index + 1) == .openParenthesis, isOffset(index), let close = pairs.close(of: index + 1),
      kind(close - 1) == .closeBracket
    {
      // The grammar knows the word, but no elements of arrays in it.
      bytes[Int(tokens[index].start)] = 0x4F
    }
    guard kind(index + 1) == .openParenthesis, beginsStatement,
      let close = pairs.close(of: index + 1), close < end
    else { return false }
    if holdsStatements(index + 1, close) {
      // `IF_LOUD(DbgPrint("x");)`, `_SEH2_YIELD(return x);`
      blank(index...index + 1)
      blank(close)
      return true
    }
    let next = kind(close + 1)
    let isStatement = next == .word || next == .openBrace
    if isStatement, isLoop(index) {
      write("while", at: index)
      tokens[close].word = .control
    } else if isStatement, isCondition(index) {
      write("if", at: index)
      tokens[close].word = .control
    } else if isStatement || next == .closeBrace, close + 1 <= end {
      insertSemicolon(between: close, and: close + 1)
    }
    return false
  }

  /// Mends a macro without arguments before a statement: `FOREVER {`, `TODO f(x == 1);`, or one in a line
  /// of its own.
  ///
  /// - Returns: Whether it was blanked.
  private mutating func mendBareMacro(_ index: Int) -> Bool {
    let next = index + 1
    switch kind(next) {
    case .openBrace where !isCPlusPlus:
      blank(index)
      return true
    case .word where word(next) == .control && !isExpression(next):
      blank(index)
      return true
    case .word where isName(next):
      guard kind(index + 2) != .semicolon, kind(index + 2) != .comma else { return false }
      if !isCPlusPlus, kind(index + 2) == .openParenthesis, let close = pairs.close(of: index + 2),
        (index + 3..<close).contains(where: { kind($0) == .literal || kind($0) == .equals })
      {
        blank(index)
        return true
      }
      let gap = Int(tokens[index].end)..<max(Int(tokens[index].end), Int(tokens[next].start))
      guard bytes[gap].contains(0x0A) else { return false }
      insertSemicolon(between: index, and: next)
      return false
    default: return false
    }
  }

  /// Whether a name is `offsetof`.
  private func isOffset(_ index: Int) -> Bool {
    tokens[index].range.count == 8 && bytes[tokens[index].range].elementsEqual("offsetof".utf8)
  }

  /// Whether a macro's arguments are statements.
  private func holdsStatements(_ open: Int, _ close: Int) -> Bool {
    if word(open + 1) == .control, kind(open + 1) == .word, !isExpression(open + 1) { return true }
    var index = open + 1
    while index < close {
      switch kind(index) {
      case .semicolon: return true
      case .openParenthesis, .openBracket, .openBrace: index = pairs.close(of: index) ?? index
      default: break
      }
      index += 1
    }
    return kind(open + 1) == .openBrace
  }

  /// Whether a control word is one of those that stand in expressions, such as `sizeof`.
  private func isExpression(_ index: Int) -> Bool {
    switch bytes[tokens[index].range].first {
    // if, else, while, for, do, switch, case, default, return, goto, break, continue
    case 0x69, 0x65, 0x77, 0x66, 0x72, 0x67, 0x62: false
    default: true
    }
  }

  /// Whether a statement rather than the name in a declaration begins at a place.
  private func isCall(_ index: Int) -> Bool {
    word(index) == .control || (isName(index) && kind(index + 1) == .openParenthesis)
  }

  /// Puts a semicolon after a macro that is a statement, if nothing else can be and there is room.
  private mutating func insertSemicolon(between first: Int, and second: Int) {
    let gap = Int(tokens[first].end)..<max(Int(tokens[first].end), Int(tokens[second].start))
    guard kind(second) != .word || bytes[gap].contains(0x0A) || isCall(second),
      let room = gap.first(where: { bytes[$0] == 0x20 || bytes[$0] == 0x09 })
    else {
      return
    }
    bytes[room] = Token.Kind.semicolon.rawValue
    tokens[first].word = .control
  }

  /// Whether a macro's name says that it is a loop: `FOR_EACH`, `foreach`.
  private func isLoop(_ index: Int) -> Bool {
    let name = tokens[index].range
    let words: [StaticString] = ["foreach", "for_each"]
    return words.contains { word in
      word.withUTF8Buffer { word in
        guard name.count >= word.count else { return false }
        return (name.lowerBound...name.upperBound - word.count).contains { start in
          // Without case; an underscore is no letter, but has the bit of one.
          word.indices.allSatisfy { bytes[start + $0] | 0x20 == word[$0] | 0x20 }
        }
      }
    }
  }

  /// Whether a macro's name begins with `IF_`.
  private func isCondition(_ index: Int) -> Bool {
    let name = tokens[index].range
    return name.count > 3 && bytes[name.prefix(3)].elementsEqual([0x49, 0x46, 0x5F])
  }
}
