/// A concrete syntax tree, flattened: the nodes in the order in which they begin, parents before children.
package struct SyntaxTree: Sendable {
  /// A node's place in ``nodes``.
  package typealias Index = Int32

  package struct Node: Sendable {
    /// The grammar's number for the node's type; ``GrammarSymbols`` names it.
    package let kind: UInt16
    /// The grammar's number for the field of the parent that the node is, or 0.
    package let field: UInt16
    /// The bytes of the file that it spans.
    package let start: Int32
    package let end: Int32
    /// The place of the first node that is not below this one: its next sibling, if it has one.
    package let next: Index
    /// Whether it is named in the grammar (not a mere token), an error, or was missing.
    package let flags: Flags
  }

  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let named = Self(rawValue: 1)
    package static let error = Self(rawValue: 2)
    package static let missing = Self(rawValue: 4)
    /// Somewhere below is an error.
    package static let hasError = Self(rawValue: 8)
  }

  package let nodes: [Node]
}
