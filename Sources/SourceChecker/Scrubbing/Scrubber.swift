/// Makes driver sources fit for the grammar, one choice of `#if` branches at a time.
package struct Scrubber {
  /// The longest file that is read, in bytes.
  package static let limit = 1 << 28

  /// The readings of a source, four at most.
  ///
  /// The first has every condition true, the second, if it differs, every condition false; further ones
  /// have branches that neither of them has. A longer file than ``limit`` has none.
  ///
  /// Time and memory are linear in the length of the source, whatever it holds.
  package static func readings(of text: SourceText) -> [ScrubbedSource] {
    guard text.bytes.count <= limit else { return [] }
    let lexer = Lexer(text)
    let branches = Branches(
      lexer.directives,
      lexer.macros,
      tokens: lexer.tokens.count,
      bytes: text.bytes.count
    )
    let conditions = branches.conditions
    let aliases = Aliases(of: lexer.macros, in: text.bytes)
    return branches.readings.map { selection in
      var reading = Reading(lexer, branches, selection, aliases)
      reading.blankWords()
      let guards = reading.takeGuards()
      return ScrubbedSource(
        bytes: reading.bytes,
        guards: guards,
        functions: FunctionFinder(reading.tokens, in: text).functions(),
        macros: zip(lexer.macros, branches.macroBranches).compactMap { macro, branch in
          branch < 0 || selection[branch] ? macro : nil
        },
        conditions: conditions
      )
    }
  }
}

/// The macros of a file that stand for nothing but words that the scrubber knows.
struct Aliases {
  /// The macros' names, with what they stand for.
  let table: WordTable

  /// Finds them; a macro with several definitions must mean the same in all of them.
  init(of macros: [ScrubbedSource.Macro], in text: [UInt8]) {
    var meanings: [String: Word] = [:]
    for macro in macros {
      let meaning = Self.meaning(of: macro, in: text)
      if let known = meanings[macro.name], known != meaning {
        meanings[macro.name] = .other
      } else {
        meanings[macro.name] = meaning
      }
    }
    var table = WordTable.empty
    for (name, meaning) in meanings where meaning != .other {
      table.insert(Array(name.utf8), meaning)
    }
    self.table = table
  }

  private static func meaning(of macro: ScrubbedSource.Macro, in text: [UInt8]) -> Word {
    guard macro.body.count <= 80 else { return .other }
    var offset = macro.body.lowerBound
    let end = min(macro.body.upperBound, text.count)
    var result = Word.qualifier
    var isFirst = true
    while offset < end {
      guard Lexer.continuesWord(text[offset]) else {
        offset += 1
        continue
      }
      var next = offset
      while next < end, Lexer.continuesWord(text[next]) { next += 1 }
      let word = WordTable.standard.meaning(in: text, offset..<next)
      switch word {
      case .tryWord, .exceptWord, .finallyWord, .endOfTry, .handle:
        return isFirst && !text[macro.body].contains(0x7B) && !text[macro.body].contains(0x7D)
          ? word : .other
      case .annotation: return isFirst ? .annotation : .other
      case .qualifier, .direction, .optional, .distance: break
      default: return .other
      }
      isFirst = false
      offset = next
    }
    if macro.parameters != nil { result = .other }
    return macro.body.isEmpty || !isFirst ? result : .other
  }
}
