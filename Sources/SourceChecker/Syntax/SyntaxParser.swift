internal import CTreeSitter

/// Parses C and C++, on one thread at a time.
package final class SyntaxParser {
  /// When to give up, whatever the text.
  package struct Limits: Hashable, Sendable {
    /// The most bytes to parse; no function that people wrote is as long.
    package var bytes = 1 << 20
    /// The most nodes in a tree.
    package var nodes = 1_000_000
    /// The most nodes around a node.
    package var depth = 1000
    /// What parsing may take for each byte and at the least, in the parser's own operations; sources that
    /// people wrote take less than two a byte.
    package var operationsPerByte = 20
    package var leastOperations = 1_000_000
    /// What parsing may take at the most, in milliseconds of processor time.
    package var milliseconds = 5000

    /// Creates the usual limits.
    package init() {}
  }

  private let library: TreeSitterLibrary
  private let parser: OpaquePointer?
  private let limits: Limits

  /// Creates a parser.
  package init(_ library: TreeSitterLibrary, limits: Limits = Limits()) {
    self.library = library
    self.limits = limits
    parser = ls_syntax_parser_make(library.library)
  }

  deinit {
    if let parser { ls_syntax_parser_destroy(parser) }
  }

  /// Parses a stretch of a file.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - range: The bytes to parse, as if there were nothing else.
  ///   - language: The grammar.
  ///   - prefix: What to parse before the bytes, such as `void f(void) {`, where they are no whole file.
  ///   - suffix: What to parse after them.
  /// - Returns: The tree, whose offsets are the file's. Nodes of the prefix and the suffix end at the
  ///   range's ends.
  /// - Throws: ``SyntaxError`` when a limit is reached.
  package func parse(
    _ bytes: [UInt8],
    range: Range<Int>,
    language: SourceText.Language,
    prefix: String = "",
    suffix: String = ""
  ) throws(SyntaxError) -> SyntaxTree {
    guard let parser else { throw .failed }
    let range = range.clamped(to: 0..<bytes.count)
    guard range.count <= limits.bytes, bytes.count <= Int(Int32.max) / 2 else {
      throw .tooLarge
    }
    let (grammar, symbols) =
      language == .c ? (LS_GRAMMAR_C, library.c) : (LS_GRAMMAR_CPP, library.cPlusPlus)
    let before = Array(prefix.utf8)
    let after = Array(suffix.utf8)
    let result = before.withUnsafeBufferPointer { before in
      bytes.withUnsafeBufferPointer { bytes in
        after.withUnsafeBufferPointer { after in
          let texts = [before, UnsafeBufferPointer(rebasing: bytes[range]), after].map {
            ls_text(bytes: $0.baseAddress, count: UInt32($0.count))
          }
          return ls_syntax_parser_parse(parser, grammar, texts, limits(for: range.count))
        }
      }
    }
    switch result {
    case LS_SYNTAX_PARSED: break
    case LS_SYNTAX_TOO_MANY_NODES: throw .tooLarge
    case LS_SYNTAX_TOO_DEEP: throw .tooDeep
    case LS_SYNTAX_TOO_LONG: throw .tooLong
    default: throw .failed
    }
    return tree(parser, symbols, range: range, prefixCount: before.count)
  }

  private func limits(for count: Int) -> ls_syntax_limits {
    ls_syntax_limits(
      nodes: UInt32(clamping: limits.nodes),
      depth: UInt32(clamping: limits.depth),
      hundreds: UInt32(
        clamping: max(limits.leastOperations, count * limits.operationsPerByte) / 100
      ),
      milliseconds: UInt32(clamping: limits.milliseconds)
    )
  }

  /// What was parsed last.
  private func tree(
    _ parser: OpaquePointer,
    _ symbols: GrammarSymbols,
    range: Range<Int>,
    prefixCount: Int
  ) -> SyntaxTree {
    let parsed = UnsafeBufferPointer(
      start: ls_syntax_parser_nodes(parser),
      count: Int(ls_syntax_parser_node_count(parser))
    )
    func offset(_ parsed: UInt32) -> Int32 {
      Int32(min(max(Int(parsed) - prefixCount, 0), range.count) + range.lowerBound)
    }
    let nodes = parsed.map { node in
      SyntaxTree.Node(
        kind: symbols.kind(node.symbol),
        field: symbols.field(node.field),
        flags: SyntaxTree.Flags(rawValue: node.flags),
        start: offset(node.start),
        end: offset(node.end),
        next: Int32(node.next)
      )
    }
    return SyntaxTree(nodes: nodes)
  }
}
