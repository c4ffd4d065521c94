/// What an identifier means to the scrubber.
enum Word: UInt8 {
  case other
  /// A word after which no function's parameters stand, such as `if`.
  case control
  /// `struct`, `union` or `class`.
  case aggregate
  case enumeration
  case namespace
  case extern
  case template
  case operatorName
  /// `public`, `private` or `protected`.
  case access
  /// A keyword that says how something is declared, such as `static`.
  case specifier
  /// A type's keyword, such as `unsigned`.
  case keyword
  /// Blanked with the parenthesised arguments that may follow, such as `_In_reads_` or `__declspec`.
  case annotation
  /// Blanked, such as `NTAPI`; what follows in parentheses is not its own.
  case qualifier
  /// Blanked before a parameter's or a member's type, such as `IN`; elsewhere it may be a name.
  case direction
  /// Blanked after a parameter's name, such as `OPTIONAL`.
  case optional
  /// Blanked after a type, such as `far`; elsewhere it may be a name.
  case distance
  /// Blanked where a declaration begins, such as `PUBLIC`; elsewhere it may be a name.
  case storage
  /// `__asm` or `_asm`.
  case asm
  /// `asm` or `__asm__`, which parentheses or a block must follow.
  case gnuAsm
  /// Blanked with the parentheses behind it but not what is between them, such as `_SEH2_YIELD`.
  case wrapper
  case tryWord
  case exceptWord
  case finallyWord
  /// `try`, `except` and `finally`, or the macros of these names: words for structured exceptions only together.
  case plainTry
  case plainExcept
  case plainFinally
  /// `_SEH_HANDLE`, which has no filter.
  case handle
  /// `_SEH2_END`.
  case endOfTry
  // Macros of the file that have braces in them.
  /// `__try {`
  case openTry
  /// `} __except (…) {`
  case openExcept
  /// `} __finally {`
  case openFinally
  /// `{`
  case openBlock
  /// `}`
  case closeBlock

  /// Whether it is a word for structured exceptions only together with others.
  var isPlain: Bool { self == .plainTry || self == .plainExcept || self == .plainFinally }

  /// Whether the word alone is something that the grammar does not know, and that means nothing to it.
  var isBlank: Bool {
    switch self {
    case .annotation, .qualifier, .direction, .optional, .distance, .storage: true
    default: false
    }
  }
}

/// The words that the scrubber knows, looked up by their bytes.
struct WordTable {
  private static let mask = 0x7FF
  private var slots = [Int16](repeating: -1, count: mask + 1)
  private var spellings: [[UInt8]] = []
  private var meanings: [Word] = []

  /// The words of C, of C++ and of the Windows headers.
  static let standard = WordTable()

  private init() {
    for (word, spellings) in Self.vocabulary {
      for spelling in spellings.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
        insert(Array(spelling.utf8), word)
      }
    }
  }

  /// Creates a table without words.
  static var empty: WordTable {
    var table = standard
    table.slots = [Int16](repeating: -1, count: mask + 1)
    table.spellings = []
    table.meanings = []
    return table
  }

  /// Whether it has no words.
  var isEmpty: Bool { spellings.isEmpty }

  /// Adds a word, unless it is there or the table is half full.
  mutating func insert(_ spelling: [UInt8], _ word: Word) {
    guard spellings.count <= Self.mask / 2, !spelling.isEmpty else { return }
    var slot = Self.slot(spelling, spelling.indices)
    while slots[slot] >= 0 {
      if spellings[Int(slots[slot])] == spelling { return }
      slot = (slot + 1) & Self.mask
    }
    slots[slot] = Int16(truncatingIfNeeded: spellings.count)
    spellings.append(spelling)
    meanings.append(word)
  }

  /// The meaning of the word at a range of a text.
  func exactMeaning(in text: [UInt8], _ range: Range<Int>) -> Word {
    var slot = Self.slot(text, range)
    while slots[slot] >= 0 {
      let index = Int(slots[slot])
      if Self.isEqual(spellings[index], text, range) { return meanings[index] }
      slot = (slot + 1) & Self.mask
    }
    return .other
  }

  /// The meaning of the word at a range of a text, by its shape if it is not in the table.
  func meaning(in text: [UInt8], _ range: Range<Int>) -> Word {
    let word = exactMeaning(in: text, range)
    guard word == .other, range.count >= 4 else { return word }
    let first = text[range.lowerBound]
    guard first == 0x5F || first == 0x44 else { return .other }
    return Self.isAnnotation(text, range) ? .annotation : .other
  }

  /// Whether a word has the shape of an annotation: `_In_reads_`, `__drv_arg`, `DECLSPEC_ALIGN`.
  private static func isAnnotation(_ text: [UInt8], _ range: Range<Int>) -> Bool {
    let second = text[range.lowerBound + 1]
    if second >= 0x41 && second <= 0x5A {
      // Those of 2008 and later begin with a capital and end with an underscore; a name all in capitals,
      // such as _X86_, is something else.
      guard text[range.lowerBound] == 0x5F, text[range.upperBound - 1] == 0x5F else {
        return starts(with: "DECLSPEC_", text, range)
      }
      guard !starts(with: "_Analysis_assume_", text, range) else { return false }
      return text[range].contains { $0 >= 0x61 && $0 <= 0x7A }
    }
    guard second == 0x5F else { return false }
    return prefixes.contains { starts(with: $0, text, range) }
  }

  private static let prefixes: [StaticString] = [
    "__in_", "__out_", "__inout_", "__deref_", "__drv_", "__field_", "__struct_", "__byte_",
    "__elem_", "__rpc_",
  ]

  private static func starts(
    with prefix: StaticString,
    _ text: [UInt8],
    _ range: Range<Int>
  ) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard range.count >= length else { return false }
    return prefix.withUTF8Buffer { bytes in
      for index in 0..<length where text[range.lowerBound + index] != bytes[index] { return false }
      return true
    }
  }

  private static func slot(_ text: [UInt8], _ range: Range<Int>) -> Int {
    // Words in the table are shorter than what is hashed, so that long words cost no more.
    var hash: UInt32 = 0x811C_9DC5
    for index in range.prefix(40) { hash = (hash ^ UInt32(text[index])) &* 0x0100_0193 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 15)) & mask
  }

  private static func isEqual(_ word: [UInt8], _ text: [UInt8], _ range: Range<Int>) -> Bool {
    guard word.count == range.count else { return false }
    for index in word.indices where word[index] != text[range.lowerBound + index] { return false }
    return true
  }
}
