internal import CTreeSitter

/// What the numbers of one grammar mean, looked up by name once.
struct GrammarSymbols: Sendable {
  private let kinds: [NodeKind]
  private let fields: [NodeField]

  /// Looks up a grammar of an open library.
  init(_ library: OpaquePointer, _ grammar: ls_grammar) {
    let symbolCount = UInt16(clamping: ls_tree_sitter_symbol_count(library, grammar))
    kinds = (0..<symbolCount).map { symbol in
      guard let name = ls_tree_sitter_symbol_name(library, grammar, symbol) else { return .token }
      return NodeKind(rawValue: String(cString: name)) ?? .other
    }
    // Fields are numbered from 1.
    let fieldCount = UInt16(clamping: ls_tree_sitter_field_count(library, grammar))
    fields = (0...fieldCount).map { field in
      guard let name = ls_tree_sitter_field_name(library, grammar, field) else { return .none }
      return NodeField(rawValue: String(cString: name)) ?? .other
    }
  }

  /// The kind that a number of the grammar stands for.
  func kind(_ symbol: UInt16) -> NodeKind {
    symbol < kinds.count ? kinds[Int(symbol)] : .error
  }

  /// The field that a number of the grammar stands for.
  func field(_ field: UInt16) -> NodeField {
    field < fields.count ? fields[Int(field)] : .none
  }

  /// The kinds that the grammar has.
  var knownKinds: Set<NodeKind> { Set(kinds) }
  /// The fields that the grammar has.
  var knownFields: Set<NodeField> { Set(fields) }
}
