import GuestABI

/// The nodes of a binary tree in guest memory: `RTL_SPLAY_LINKS`, or the beginning of
/// `RTL_BALANCED_LINKS`.
///
/// Each has three pointers: to its parent, its left child and its right child. The root of a splay tree
/// is its own parent; that of a balanced tree is the right child of the table's own node.
struct TreeLinks {
  /// A child of a node.
  enum Side: Int {
    case left = 1
    case right = 2

    var other: Self { self == .left ? .right : .left }
  }

  let memory: AddressSpace

  /// The steps that one walk takes at most, so that links in a circle end it.
  static var longestWalk: Int { 1 << 20 }

  private func place(_ node: VirtualAddress, _ index: Int) -> VirtualAddress {
    node + index * memory.architecture.pointerSize
  }

  func parent(of node: VirtualAddress) throws(GuestFault) -> VirtualAddress {
    try memory.load(at: node)
  }

  func setParent(of node: VirtualAddress, to parent: VirtualAddress) throws(GuestFault) {
    try memory.store(parent, at: node)
  }

  func child(_ side: Side, of node: VirtualAddress) throws(GuestFault) -> VirtualAddress {
    try memory.load(at: place(node, side.rawValue))
  }

  func setChild(_ side: Side, of node: VirtualAddress, to child: VirtualAddress) throws(GuestFault)
  {
    try memory.store(child, at: place(node, side.rawValue))
  }

  /// Makes a node a child of another, if there is one.
  func attach(
    _ child: VirtualAddress,
    _ side: Side,
    of node: VirtualAddress
  ) throws(GuestFault) {
    try setChild(side, of: node, to: child)
    if child != .null { try setParent(of: child, to: node) }
  }

  /// Returns the side on which a node hangs, or nil for the root of a splay tree.
  func side(of node: VirtualAddress) throws(GuestFault) -> Side? {
    let parent = try parent(of: node)
    if try child(.left, of: parent) == node { return .left }
    return try child(.right, of: parent) == node ? .right : nil
  }

  /// Returns the outermost node on one side of a tree.
  func outermost(_ side: Side, from root: VirtualAddress) throws -> VirtualAddress {
    var node = root
    for _ in 0..<Self.longestWalk {
      let next = try child(side, of: node)
      if next == .null { return node }
      node = next
    }
    throw Unmodelled("tree links that lead in a circle")
  }

  /// Returns the nearest node on one side within the node's own tree, or null.
  ///
  /// The corresponding kernel routines are `RtlSubtreePredecessor` and `RtlSubtreeSuccessor`.
  func subtreeNeighbour(_ side: Side, of node: VirtualAddress) throws -> VirtualAddress {
    let child = try child(side, of: node)
    return child == .null ? .null : try outermost(side.other, from: child)
  }

  /// Returns the nearest node on one side in the whole tree, or null.
  ///
  /// The corresponding kernel routines are `RtlRealPredecessor` and `RtlRealSuccessor`.
  func neighbour(_ side: Side, of node: VirtualAddress) throws -> VirtualAddress {
    let below = try subtreeNeighbour(side, of: node)
    if below != .null { return below }
    var node = node
    for _ in 0..<Self.longestWalk {
      guard try self.side(of: node) == side else {
        return try self.side(of: node) == side.other ? parent(of: node) : .null
      }
      node = try parent(of: node)
    }
    throw Unmodelled("tree links that lead in a circle")
  }

  /// Moves a node above its parent.
  func rotate(_ node: VirtualAddress) throws {
    guard let side = try side(of: node) else { return }
    let parent = try parent(of: node)
    let grandparent = try self.parent(of: parent)
    let parentSide = try self.side(of: parent)
    try attach(child(side.other, of: node), side, of: parent)
    try attach(parent, side.other, of: node)
    if let parentSide, grandparent != parent {
      try attach(node, parentSide, of: grandparent)
    } else {
      try setParent(of: node, to: node)
    }
  }

  /// Lets two nodes change places, of which the second is in the first one's tree.
  ///
  /// Both hang somewhere, or the first is the root of a splay tree.
  func swap(_ upper: VirtualAddress, _ lower: VirtualAddress) throws {
    let upperSide = try side(of: upper)
    let upperParent = try parent(of: upper)
    let upperChildren = (try child(.left, of: upper), try child(.right, of: upper))
    guard let lowerSide = try side(of: lower) else { return }
    let lowerParent = try parent(of: lower)
    let lowerChildren = (try child(.left, of: lower), try child(.right, of: lower))
    try attach(upperChildren.0, .left, of: lower)
    try attach(upperChildren.1, .right, of: lower)
    try attach(lowerChildren.0, .left, of: upper)
    try attach(lowerChildren.1, .right, of: upper)
    try attach(upper, lowerSide, of: lowerParent == upper ? lower : lowerParent)
    if let upperSide, upperParent != upper {
      try attach(lower, upperSide, of: upperParent)
    } else {
      try setParent(of: lower, to: lower)
    }
  }

  /// Takes a node with at most one child out of its tree.
  ///
  /// - Returns: The node that it hung from, or null if it was the root of a splay tree.
  func splice(_ node: VirtualAddress) throws -> VirtualAddress {
    let left = try child(.left, of: node)
    let child = left != .null ? left : try child(.right, of: node)
    guard let side = try side(of: node), try parent(of: node) != node else {
      if child != .null { try setParent(of: child, to: child) }
      return .null
    }
    let parent = try parent(of: node)
    try attach(child, side, of: parent)
    return parent
  }
}
