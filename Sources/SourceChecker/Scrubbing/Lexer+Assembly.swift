extension Lexer {
  /// Blanks inline assembly after its word, and leaves an empty block or statement.
  ///
  /// - Returns: False if this is a word like any other, or GNU assembly in parentheses.
  mutating func assembly(_ word: Range<Int>, _ meaning: Word) -> Bool {
    var next = word.upperBound
    while next < input.count, input[next] == 0x20 || input[next] == 0x09 { next += 1 }
    let sameLine = byte(next)
    if sameLine == 0x28 || starts(with: "volatile", next) || starts(with: "__volatile", next) {
      return false
    }
    scan: while next < input.count {
      switch input[next] {
      case 0x20, 0x09, 0x0A, 0x0D: next += 1
      case 0x2F where byte(next + 1) == 0x2F: next = endOfComment(at: next)
      default: break scan
      }
    }
    if byte(next) == 0x7B {
      blank(word.lowerBound..<next)
      append(.openBrace, next..<next + 1)
      position = next + 1
      assemblyBlock()
      return true
    }
    guard meaning == .asm else { return false }
    blank(word)
    output[word.lowerBound] = 0x3B
    append(.semicolon, word.lowerBound..<word.lowerBound + 1)
    let start = position
    while position < input.count, input[position] != 0x7D {
      if input[position] == 0x0A, !isJoined(position) { break }
      if input[position] == 0x2F, byte(position + 1) == 0x2A || byte(position + 1) == 0x2F { break }
      position += 1
    }
    blank(start..<position)
    return true
  }

  private func starts(with word: StaticString, _ offset: Int) -> Bool {
    word.withUTF8Buffer { bytes in
      guard input.count - offset >= bytes.count else { return false }
      for index in bytes.indices where bytes[index] != input[offset + index] { return false }
      return true
    }
  }

  /// Blanks up to the brace that ends a block of assembly; directives count inside of it.
  private mutating func assemblyBlock() {
    isFresh = false
    while position < input.count {
      switch input[position] {
      case 0x7D:
        append(.closeBrace, position..<position + 1)
        position += 1
        return
      case 0x0A:
        isFresh = true
        position += 1
        lineStart = position
      case 0x23 where isFresh: directive()
      case 0x2F where byte(position + 1) == 0x2A || byte(position + 1) == 0x2F: comment()
      case 0x20, 0x09, 0x0D: position += 1
      default:
        output[position] = 0x20
        isFresh = false
        position += 1
      }
    }
  }
}
