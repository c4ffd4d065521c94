extension Lexer {
  /// Reads a literal whose quote is at the position; one that its line does not end, ends with the line.
  mutating func literal(from start: Int) {
    let quote = input[position]
    var end = position + 1
    while end < input.count, input[end] != quote, input[end] != 0x0A {
      if input[end] == 0x5C, end + 1 < input.count {
        // CRLF after a backslash is one line break.
        cleanLiteral(end + 1)
        let next = end + (input[end + 1] == 0x0D && byte(end + 2) == 0x0A ? 3 : 2)
        if quote == 0x22, input[min(next, input.count) - 1] == 0x0A { splitLiteral(end, next) }
        end = next
      } else {
        cleanLiteral(end)
        end += 1
      }
    }
    end = min(end, input.count)
    guard end < input.count, input[end] == quote else {
      // An apostrophe or a quote by itself: no literal.
      blank(start..<end)
      position = end
      return
    }
    position = end + 1
    append(.literal, start..<end + 1)
  }

  /// Makes two literals of one in joined lines, which the grammar does not know.
  private mutating func splitLiteral(_ backslash: Int, _ next: Int) {
    switch byte(next) {
    case 0, 0x0A, 0x0D, 0x22, 0x5C: break
    default:
      output[backslash] = 0x22
      output[next] = 0x22
    }
  }

  /// Blanks a byte of a literal that is in an unknown encoding, or in none.
  private mutating func cleanLiteral(_ offset: Int) {
    let byte = input[offset]
    guard byte >= 0x80 || byte < 0x20, byte != 0x0A, byte != 0x0D, output[offset] == byte else {
      return
    }
    output[offset] = 0x20
  }

  mutating func rawLiteral(_ start: Int, quote: Int) {
    var open = quote + 1
    while open < input.count, open - quote <= 17, input[open] != 0x28 { open += 1 }
    guard byte(open) == 0x28 else {
      position = quote
      literal(from: start)
      return
    }
    let delimiter = input[(quote + 1)..<open]
    var end = open + 1
    search: while end < input.count {
      if input[end] == 0x29, byte(end + 1 + delimiter.count) == 0x22 {
        if input[(end + 1)..<(end + 1 + delimiter.count)].elementsEqual(delimiter) { break search }
      }
      cleanLiteral(end)
      end += 1
    }
    position = min(end + delimiter.count + 2, input.count)
    append(.literal, start..<position)
  }
}
