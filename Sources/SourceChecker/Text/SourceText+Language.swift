extension SourceText.Language {
  /// The language that a file's name says it is in; nil for a header that may be in either, and for a
  /// name that says nothing.
  static func named(byExtensionOf name: String) -> (isSource: Bool, language: Self?) {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (false, nil) }
    return switch name[name.index(after: dot)...].lowercased() {
    case "c": (true, .c)
    case "cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx": (true, .cPlusPlus)
    case "h", "inl": (true, nil)
    default: (false, nil)
    }
  }

  /// The language that a text looks like: C++ where it has words that make no sense in C.
  ///
  /// What stands under a condition on `__cplusplus` says nothing, as C has its headers so too.
  init(lookingAt bytes: [UInt8]) {
    var reader = WordReader(bytes: bytes)
    self = reader.findsCPlusPlus() ? .cPlusPlus : .c
  }
}

/// Goes over a text word by word.
private struct WordReader {
  let bytes: [UInt8]
  private var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Whether there is a class, a namespace, a template, a qualified name or an access specifier.
  mutating func findsCPlusPlus() -> Bool {
    // How many conditions are open, and at which of them `__cplusplus` was asked for.
    var depth = 0
    var skipped: Int?
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "/") where next == UInt8(ascii: "/"): skipLine()
      case UInt8(ascii: "/") where next == UInt8(ascii: "*"): skipComment()
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipLiteral(byte)
      case UInt8(ascii: "#"):
        let directive = lineWords()
        switch directive.first {
        case "if", "ifdef", "ifndef":
          depth += 1
          if skipped == nil, directive.contains("__cplusplus") { skipped = depth }
        case "endif":
          if skipped == depth { skipped = nil }
          depth -= 1
        default: break
        }
      case _ where Self.isLetter(byte):
        let word = word()
        guard skipped == nil else { break }
        switch word {
        case "class", "namespace": if Self.isLetter(following()) { return true }
        case "template": if following() == UInt8(ascii: "<") { return true }
        case "public", "private", "protected": if following() == UInt8(ascii: ":") { return true }
        default:
          if following() == UInt8(ascii: ":"), next == UInt8(ascii: ":") { return true }
        }
      default: offset += 1
      }
    }
    return false
  }

  private var next: UInt8 { offset + 1 < bytes.count ? bytes[offset + 1] : 0 }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// Goes to what follows the blanks here, and returns it; 0 at the end.
  private mutating func following() -> UInt8 {
    while offset < bytes.count, bytes[offset] == 0x20 || 0x09...0x0D ~= bytes[offset] {
      offset += 1
    }
    return offset < bytes.count ? bytes[offset] : 0
  }

  private mutating func word() -> String {
    let start = offset
    while offset < bytes.count, Self.isLetter(bytes[offset]) { offset += 1 }
    return offset - start > 16 ? "" : String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func lineWords() -> [String] {
    var words: [String] = []
    while offset < bytes.count, bytes[offset] != 0x0A {
      if Self.isLetter(bytes[offset]) { words.append(word()) } else { offset += 1 }
    }
    return words
  }

  private mutating func skipLine() {
    while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
  }

  private mutating func skipComment() {
    offset += 2
    while offset < bytes.count, !(bytes[offset] == UInt8(ascii: "*") && next == UInt8(ascii: "/")) {
      offset += 1
    }
    offset += 2
  }

  /// A literal ends at its line's end at the latest.
  private mutating func skipLiteral(_ quote: UInt8) {
    offset += 1
    while offset < bytes.count, bytes[offset] != quote, bytes[offset] != 0x0A {
      offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    offset += 1
  }
}
