/// The macros of a file that stand for nothing but words that the scrubber knows, and braces.
struct Aliases {
  private static let longestBody = 120

  /// The macros' names, with what they stand for.
  let table: WordTable
  /// The filters of the macros that begin a handler, by name, as places in the file.
  let filters: [String: Range<Int>]

  /// Finds them; a macro with several definitions must mean the same in all of them.
  init(of macros: [ScrubbedSource.Macro], in text: [UInt8]) {
    var meanings: [String: Word] = [:]
    var filters: [String: Range<Int>] = [:]
    for macro in macros {
      guard let (meaning, filter) = Self.meaning(of: macro, in: text) else {
        meanings[macro.name] = .other
        continue
      }
      meanings[macro.name] = (meanings[macro.name] ?? meaning) == meaning ? meaning : .other
      filters[macro.name] = filter
    }
    var table = WordTable.empty
    for (name, meaning) in meanings.sorted(by: { $0.key < $1.key }) where meaning != .other {
      table.insert(Array(name.utf8), meaning)
    }
    self.table = table
    self.filters = filters
  }

  private static func meaning(
    of macro: ScrubbedSource.Macro,
    in text: [UInt8]
  ) -> (Word, filter: Range<Int>?)? {
    guard macro.body.count <= longestBody else { return nil }
    guard !macro.body.isEmpty else { return macro.parameters == nil ? (.qualifier, nil) : nil }
    let pieces = pieces(of: macro.body, in: text)
    let words = pieces.map(\.word)
    let marks = pieces.map(\.mark)
    guard let first = pieces.first, let last = pieces.last else { return nil }
    if first.mark == 0x7B || first.mark == 0x7D || last.mark == 0x7B || last.mark == 0x7D {
      guard macro.parameters == nil else { return nil }
      switch (marks, words.first { $0 != .other }) {
      case ([0x7B], nil): return (.openBlock, nil)
      case ([0x7D], nil), ([0x7D, 0x3B], nil): return (.closeBlock, nil)
      case ([0, 0x7B], .tryWord), ([0, 0x7B], .plainTry): return (.openTry, nil)
      case ([0x7D, 0, 0x7B], .finallyWord), ([0x7D, 0, 0x7B], .plainFinally):
        return (.openFinally, nil)
      case (_, .exceptWord), (_, .plainExcept):
        guard marks.count > 5, marks.prefix(3) == [0x7D, 0, 0x28], marks.suffix(2) == [0x29, 0x7B]
        else { return nil }
        return (.openExcept, pieces[2].range.upperBound..<pieces[pieces.count - 2].range.lowerBound)
      default: return nil
      }
    }
    switch first.word {
    case .tryWord, .exceptWord, .finallyWord, .endOfTry, .handle, .annotation:
      return (first.word, nil)
    default: break
    }
    let isBlank = pieces.allSatisfy { $0.word.isBlank && $0.word != .annotation }
    return isBlank && macro.parameters == nil ? (.qualifier, nil) : nil
  }

  private struct Piece {
    var word = Word.other
    /// The byte, unless it is a word.
    var mark: UInt8 = 0
    let range: Range<Int>
  }

  private static func pieces(of body: Range<Int>, in text: [UInt8]) -> [Piece] {
    var pieces: [Piece] = []
    var offset = body.lowerBound
    let end = min(body.upperBound, text.count)
    while offset < end {
      var next = offset
      while next < end, Lexer.continuesWord(text[next]) { next += 1 }
      if next > offset {
        let word = WordTable.standard.meaning(in: text, offset..<next)
        pieces.append(Piece(word: word, range: offset..<next))
      } else {
        next = offset + 1
        switch text[offset] {
        case 0x20, 0x09, 0x0A, 0x0D, 0x5C: break
        default: pieces.append(Piece(mark: text[offset], range: offset..<next))
        }
      }
      offset = next
    }
    return pieces
  }
}
