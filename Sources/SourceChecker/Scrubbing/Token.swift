/// A token of C or C++, as far as the scrubber tells them apart.
struct Token {
  /// What a token is: of marks, each byte is a token of its own, and is the kind.
  struct Kind: RawRepresentable, Hashable {
    let rawValue: UInt8
    /// What is no token any more.
    static let blank = Self(rawValue: 0x20)
    static let word = Self(rawValue: 0x61)
    static let number = Self(rawValue: 0x30)
    static let literal = Self(rawValue: 0x22)
    static let openParenthesis = Self(rawValue: 0x28)
    static let closeParenthesis = Self(rawValue: 0x29)
    static let star = Self(rawValue: 0x2A)
    static let comma = Self(rawValue: 0x2C)
    static let colon = Self(rawValue: 0x3A)
    static let semicolon = Self(rawValue: 0x3B)
    static let less = Self(rawValue: 0x3C)
    static let equals = Self(rawValue: 0x3D)
    static let greater = Self(rawValue: 0x3E)
    static let openBracket = Self(rawValue: 0x5B)
    static let closeBracket = Self(rawValue: 0x5D)
    static let openBrace = Self(rawValue: 0x7B)
    static let closeBrace = Self(rawValue: 0x7D)
    static let tilde = Self(rawValue: 0x7E)
  }

  let start: Int32
  let end: Int32
  var kind: Kind
  /// What a word means to the scrubber; nothing for other kinds.
  var word: Word
  /// Whether it, or what was blanked just before it, begins in its line's first column.
  var isFlush: Bool

  /// The bytes that it spans.
  var range: Range<Int> { Int(start)..<Int(end) }
}

/// The brackets of a sequence of tokens, paired.
struct BracketPairs {
  private let partners: [Int32]

  /// Pairs brackets in one pass: a closing brace ends what is still open inside its block, and a closing
  /// parenthesis never closes anything outside of its block.
  init(_ tokens: [Token]) {
    var partners = [Int32](repeating: -1, count: tokens.count)
    var open: [Int32] = []
    for index in tokens.indices {
      let kind = tokens[index].kind
      switch kind {
      case .openParenthesis, .openBracket, .openBrace:
        open.append(Int32(truncatingIfNeeded: index))
      case .closeParenthesis, .closeBracket:
        let opening: Token.Kind =
          kind == .closeParenthesis ? .openParenthesis : .openBracket
        if let last = open.last, tokens[Int(last)].kind == opening {
          open.removeLast()
          partners[Int(last)] = Int32(truncatingIfNeeded: index)
        }
      case .closeBrace:
        while let last = open.popLast() {
          if tokens[Int(last)].kind == .openBrace {
            partners[Int(last)] = Int32(truncatingIfNeeded: index)
            break
          }
        }
      default: break
      }
    }
    self.partners = partners
  }

  /// The place of the bracket that closes the one at a place, if any does.
  func close(of opening: Int) -> Int? {
    guard partners.indices.contains(opening), partners[opening] >= 0 else { return nil }
    return Int(partners[opening])
  }
}
