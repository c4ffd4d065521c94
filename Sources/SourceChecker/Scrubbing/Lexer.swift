/// Divides a source into tokens and directives, and blanks what is neither: comments, directives, joined
/// lines, inline assembly.
///
/// One pass; every byte is looked at a bounded number of times.
struct Lexer {
  let input: [UInt8]
  let isCPlusPlus: Bool
  private let encoding: SourceText.Encoding
  /// The input with blanks where there is nothing for the grammar.
  var output: [UInt8]
  var tokens: [Token] = []
  var directives: [Directive] = []
  var macros: [ScrubbedSource.Macro] = []

  var position = 0
  var lineStart = 0
  /// Whether there is nothing but blanks between the last line break and the position.
  var isFresh = true
  let table = WordTable.standard

  /// Reads a source.
  init(_ text: SourceText) {
    input = text.bytes
    isCPlusPlus = text.language == .cPlusPlus
    encoding = text.encoding
    output = input
    tokens.reserveCapacity(input.count / 5)
    if input.starts(with: [0xEF, 0xBB, 0xBF]) {
      blank(0..<3)
      position = 3
      lineStart = 3
    }
    while position < input.count { step() }
  }

  /// The byte at an offset, or 0 past the end.
  func byte(_ offset: Int) -> UInt8 { offset < input.count ? input[offset] : 0 }

  mutating func step() {
    let byte = input[position]
    switch byte {
    case 0x0A:
      position += 1
      lineStart = position
      isFresh = true
    case 0x0D, 0x20, 0x09: position += 1
    case 0x00...0x1F, 0x7F:
      output[position] = 0x20
      position += 1
    case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24, 0x80...0xFF: word()
    case 0x30...0x39: number()
    case 0x22, 0x27: literal(from: position)
    case 0x2F where self.byte(position + 1) == 0x2A || self.byte(position + 1) == 0x2F: comment()
    case 0x23 where isFresh: directive()
    case 0x5C, 0x60, 0x40:
      // A joined line's backslash, or what has no meaning outside of literals.
      output[position] = 0x20
      position += 1
    default:
      append(Token.Kind(rawValue: byte), position..<position + 1)
      position += 1
    }
  }

  mutating func append(
    _ kind: Token.Kind,
    _ range: Range<Int>,
    word: Word = .other
  ) {
    tokens.append(
      Token(
        start: Int32(truncatingIfNeeded: range.lowerBound),
        end: Int32(truncatingIfNeeded: range.upperBound),
        kind: kind,
        word: word,
        isFlush: range.lowerBound == lineStart
      )
    )
    isFresh = false
  }

  /// Blanks a range, whose line breaks stay.
  mutating func blank(_ range: Range<Int>) {
    for offset in range where input[offset] != 0x0A && input[offset] != 0x0D {
      output[offset] = 0x20
    }
  }

  mutating func word() {
    let start = position
    var end = start + 1
    while end < input.count, Self.continuesWord(input[end]) { end += 1 }
    if end - start <= 3, byte(end) == 0x22 || byte(end) == 0x27, isLiteralPrefix(start..<end) {
      if isCPlusPlus, input[end - 1] == 0x52, byte(end) == 0x22 {
        rawLiteral(start, quote: end)
      } else {
        position = end
        literal(from: start)
      }
      return
    }
    let meaning = table.meaning(in: input, start..<end)
    position = end
    if meaning == .asm || meaning == .gnuAsm, assembly(start..<end, meaning) { return }
    append(.word, start..<end, word: meaning)
  }

  static func continuesWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x5F, 0x24, 0x80...0xFF: true
    default: false
    }
  }

  func isLiteralPrefix(_ range: Range<Int>) -> Bool {
    switch input[range.lowerBound] {
    case 0x4C, 0x55: range.count == 1 || (range.count == 2 && input[range.lowerBound + 1] == 0x52)
    case 0x52: range.count == 1 && isCPlusPlus
    case 0x75:
      range.count == 1 || input[range.lowerBound + 1] == 0x38 || input[range.lowerBound + 1] == 0x52
    default: false
    }
  }

  mutating func number() {
    let start = position
    var end = start + 1
    while end < input.count {
      let byte = input[end]
      if Self.continuesWord(byte) || byte == 0x2E {
        end += 1
      } else if byte == 0x2B || byte == 0x2D {
        // The sign of an exponent; 0xE+1 is a sum.
        let last = input[end - 1] | 0x20
        let isHexadecimal = self.byte(start + 1) | 0x20 == 0x78
        guard isHexadecimal ? last == 0x70 : last == 0x65 else { break }
        end += 1
      } else if byte == 0x27, isCPlusPlus, Self.continuesWord(self.byte(end + 1)) {
        end += 2
      } else {
        break
      }
    }
    position = end
    blankWidth(start..<end)
    append(.number, start..<end)
  }

  /// Blanks the width at the end of a number, as in `1i64` and `0xFFui32`.
  private mutating func blankWidth(_ number: Range<Int>) {
    guard number.count > 3 else { return }
    let digits = number.upperBound - 2
    switch (input[digits - 1] | 0x20, input[digits], input[digits + 1]) {
    case (0x69, 0x36, 0x34), (0x69, 0x33, 0x32), (0x69, 0x31, 0x36):
      blank(digits - 1..<number.upperBound)
    default: break
    }
  }

  mutating func comment() {
    let start = position
    position = endOfComment(at: start)
    for offset in start..<position {
      if input[offset] == 0x0A {
        isFresh = true
      } else if input[offset] != 0x0D {
        output[offset] = 0x20
      }
    }
  }

  /// The end of the comment that begins at an offset; a `//` comment goes on after a joined line.
  func endOfComment(at start: Int) -> Int {
    var end = start + 2
    if byte(start + 1) == 0x2A {
      while end < input.count {
        if input[end] == 0x2F, input[end - 1] == 0x2A, end > start + 2 { return end + 1 }
        end += 1
      }
    } else {
      while end < input.count {
        if input[end] == 0x0A, !isJoined(end) || endsInWideCharacter(end) { return end }
        end += 1
      }
    }
    return input.count
  }

  /// Whether the backslash that a line's end follows is the second byte of a character.
  ///
  /// That is so in the code pages 932, 936 and 950, in which people write comments.
  private func endsInWideCharacter(_ lineBreak: Int) -> Bool {
    guard encoding == .singleByte else { return false }
    var last = lineBreak - 1
    if last >= 0, input[last] == 0x0D { last -= 1 }
    var first = last
    while first > 0, input[first - 1] >= 0x81 { first -= 1 }
    return (last - first) % 2 == 1
  }

  /// Whether a backslash joins the line that ends at an offset to the next.
  func isJoined(_ lineBreak: Int) -> Bool {
    var last = lineBreak - 1
    if last >= 0, input[last] == 0x0D { last -= 1 }
    return last >= 0 && input[last] == 0x5C
  }

  /// Reads the directive whose `#` is at the position, up to its line's end.
  mutating func directive() {
    let start = position
    // Where its text ends, without comments.
    var significant = start
    var end = start + 1
    scan: while end < input.count {
      switch input[end] {
      case 0x0A where !isJoined(end): break scan
      case 0x0A, 0x0D, 0x20, 0x09, 0x5C: end += 1
      case 0x2F where byte(end + 1) == 0x2A || byte(end + 1) == 0x2F: end = endOfComment(at: end)
      case 0x22, 0x27:
        end = endOfQuotation(at: end)
        significant = end
      default:
        end += 1
        significant = end
      }
    }
    position = end
    blank(start..<end)
    let reader = DirectiveReader(input, significant)
    if let macro = reader.macro(at: start) {
      directives.append(Directive(.define(macros.count), start..<end, tokens.count))
      macros.append(macro)
    } else if let kind = reader.conditional(at: start, isCPlusPlus: isCPlusPlus) {
      directives.append(Directive(kind, start..<end, tokens.count))
    }
  }

  /// The end of the literal that begins at an offset in a directive, or of its quote if nothing ends it.
  func endOfQuotation(at start: Int) -> Int {
    let quote = input[start]
    // An apostrophe in the text of an #error is none.
    let limit = quote == 0x27 ? min(start + 8, input.count) : input.count
    var end = start + 1
    while end < limit, input[end] != quote {
      if input[end] == 0x0A { return start + 1 }
      end += input[end] == 0x5C ? 2 : 1
    }
    return end < limit ? end + 1 : start + 1
  }
}
