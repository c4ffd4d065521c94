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
      let pairs = BracketPairs(reading.tokens)
      let functions = FunctionFinder(reading.tokens, pairs, in: text).functions()
      let tokens = reading.tokens
      var mender = Mender(tokens, pairs, bytes: reading.bytes, isCPlusPlus: lexer.isCPlusPlus)
      mender.mend(functions)
      return ScrubbedSource(
        bytes: mender.bytes,
        guards: guards,
        functions: functions.map { found in
          ScrubbedSource.Function(
            name: found.name,
            range: Int(tokens[found.start].start)..<Int(tokens[found.end - 1].end),
            body: Int(tokens[found.brace].start)
          )
        },
        macros: zip(lexer.macros, branches.macroBranches).compactMap { macro, branch in
          branch < 0 || selection[branch] ? macro : nil
        },
        conditions: conditions
      )
    }
  }
}
