extension Mender {
  /// Mends the statements of a function's body.
  mutating func mendBody(_ places: Range<Int>) {
    var index = places.lowerBound
    previous = index - 1
    while index < places.upperBound {
      var isBlank = false
      switch tokens[index].word {
      case .control:
        if kind(index + 1) == .openParenthesis, let close = pairs.close(of: index + 1) {
          conditionEnds.insert(close)
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
    case .closeParenthesis: conditionEnds.contains(previous)
    case .word: word(previous) == .control
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
    let name = Name(bytes, tokens[index].range)
    let next = kind(close + 1)
    let isStatement = next == .word || next == .openBrace
    if isStatement, name.isLoop, tokens[index].range.count >= 5 {
      write("while", at: index)
      conditionEnds.insert(close)
    } else if isStatement, name.isCondition {
      write("if", at: index)
      conditionEnds.insert(close)
    } else if isStatement || next == .closeBrace, close + 1 <= end {
      insertSemicolon(between: close, and: close + 1)
    }
    return false
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

  /// Puts a semicolon after a macro that is a statement, if its line ends with it and there is room.
  private mutating func insertSemicolon(between first: Int, and second: Int) {
    let gap = Int(tokens[first].end)..<max(Int(tokens[first].end), Int(tokens[second].start))
    let isNewLine = bytes[gap].contains(0x0A) || kind(second) != .word
    guard isNewLine, let room = gap.first(where: { bytes[$0] == 0x20 || bytes[$0] == 0x09 }) else {
      return
    }
    bytes[room] = Token.Kind.semicolon.rawValue
  }

  /// What a macro's name tells of it.
  private struct Name {
    var isLoop = false
    var isCondition = false

    init(_ bytes: [UInt8], _ range: Range<Int>) {
      let name = String(decoding: bytes[range.prefix(64)], as: UTF8.self).lowercased()
      isLoop = name.contains("foreach") || name.contains("for_each")
      isCondition = name.hasPrefix("if_")
    }
  }
}
