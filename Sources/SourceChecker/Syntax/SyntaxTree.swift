/// A concrete syntax tree, flattened: the nodes in the order in which they begin, parents before children.
package struct SyntaxTree: Sendable {
  /// A node's place in ``nodes``.
  package typealias Index = Int32

  package struct Node: Hashable, Sendable {
    package let kind: NodeKind
    /// What the node is to its parent.
    package let field: NodeField
    package let flags: Flags
    /// The bytes of the file that it spans.
    package let start: Int32
    package let end: Int32
    /// The place of the first node that is not below this one: its next sibling, if it has one.
    package let next: Index

    /// The bytes of the file that it spans.
    package var range: Range<Int> { Int(start)..<Int(end) }
    package var isNamed: Bool { flags.contains(.named) }
    /// Whether the node, or something below it, is not as the grammar wants it.
    package var hasError: Bool { flags.contains(.hasError) }
  }

  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// It is more than a token.
    package static let named = Self(rawValue: 1)
    package static let error = Self(rawValue: 2)
    /// It is not there; the grammar wanted it.
    package static let missing = Self(rawValue: 4)
    /// It, or something below it, is an error or missing.
    package static let hasError = Self(rawValue: 8)
  }

  /// The nodes; there is at least one, the root.
  package let nodes: [Node]

  /// The place of the node that holds all others.
  package var root: Index { 0 }

  package subscript(index: Index) -> Node { nodes[Int(index)] }

  /// The first child of a node, if it has any.
  package func firstChild(of parent: Index) -> Index? {
    parent + 1 < self[parent].next ? parent + 1 : nil
  }

  /// The child of a node that follows another of its children.
  package func sibling(after child: Index, in parent: Index) -> Index? {
    let next = self[child].next
    return next < self[parent].next ? next : nil
  }

  /// The first child of a node that is something to it.
  package func child(of parent: Index, _ field: NodeField) -> Index? {
    children(of: parent).first { self[$0].field == field }
  }

  /// The first child of a node that is of a kind.
  package func child(of parent: Index, kind: NodeKind) -> Index? {
    children(of: parent).first { self[$0].kind == kind }
  }

  /// The children of a node, in order.
  package func children(of parent: Index) -> Children {
    Children(tree: self, place: parent + 1, end: self[parent].next, onlyNamed: false)
  }

  /// The children of a node that are more than tokens, and no comments.
  package func namedChildren(of parent: Index) -> Children {
    Children(tree: self, place: parent + 1, end: self[parent].next, onlyNamed: true)
  }

  /// Some nodes with one parent, in order.
  package struct Children: Sequence, IteratorProtocol, Sendable {
    let tree: SyntaxTree
    var place: Index
    let end: Index
    let onlyNamed: Bool

    package mutating func next() -> Index? {
      while place < end {
        let index = place
        let node = tree[index]
        place = node.next
        if !onlyNamed || (node.isNamed && node.kind != .comment) { return index }
      }
      return nil
    }
  }
}
