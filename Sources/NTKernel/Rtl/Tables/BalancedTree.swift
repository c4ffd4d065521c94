import GuestABI

/// A tree in which no branch is longer than its sibling by more than one: that of an `RTL_AVL_TABLE`.
///
/// Each node is an `RTL_BALANCED_LINKS`, whose `Balance` is the height of its right branch less that of
/// its left one.
struct BalancedTree {
  let links: TreeLinks
  /// The table's own node, whose right child is the root.
  let header: VirtualAddress

  private var memory: AddressSpace { links.memory }

  var root: VirtualAddress {
    get throws(GuestFault) { try links.child(.right, of: header) }
  }

  private func balancePlace(_ node: VirtualAddress) -> VirtualAddress {
    node + 3 * memory.architecture.pointerSize
  }

  private func balance(of node: VirtualAddress) throws(GuestFault) -> Int8 {
    try memory.load(at: balancePlace(node))
  }

  private func setBalance(of node: VirtualAddress, to balance: Int8) throws(GuestFault) {
    try memory.store(balance, at: balancePlace(node))
  }

  /// Hangs a new node into the tree.
  func insert(
    _ node: VirtualAddress,
    _ side: TreeLinks.Side,
    of parent: VirtualAddress
  ) throws {
    try memory.fill(at: node, count: 4 * memory.architecture.pointerSize)
    try links.attach(node, side, of: parent)
    var child = node
    for _ in 0..<TreeLinks.longestWalk {
      let parent = try links.parent(of: child)
      guard parent != header, let side = try links.side(of: child) else { return }
      let balance = try balance(of: parent) &+ (side == .left ? -1 : 1)
      guard balance.magnitude < 2 else {
        _ = try restore(parent, balance)
        return
      }
      try setBalance(of: parent, to: balance)
      if balance == 0 { return }
      child = parent
    }
    throw Unmodelled("tree links that lead in a circle")
  }

  /// Takes a node out of the tree.
  func remove(_ node: VirtualAddress) throws {
    let hasBoth =
      try links.child(.left, of: node) != .null && links.child(.right, of: node) != .null
    if hasBoth {
      let neighbour = try links.subtreeNeighbour(
        balance(of: node) > 0 ? .right : .left,
        of: node
      )
      try links.swap(node, neighbour)
      let balance = try balance(of: node)
      try setBalance(of: node, to: self.balance(of: neighbour))
      try setBalance(of: neighbour, to: balance)
    }
    guard var side = try links.side(of: node) else { return }
    var parent = try links.splice(node)
    for _ in 0..<TreeLinks.longestWalk {
      guard parent != header, parent != .null else { return }
      let balance = try balance(of: parent) &+ (side == .left ? 1 : -1)
      var top = parent
      if balance.magnitude < 2 {
        try setBalance(of: parent, to: balance)
        if balance != 0 { return }
      } else {
        let restored = try restore(parent, balance)
        guard restored.isLower else { return }
        top = restored.top
      }
      guard let next = try links.side(of: top) else { return }
      side = next
      parent = try links.parent(of: top)
    }
    throw Unmodelled("tree links that lead in a circle")
  }

  /// Rotates a branch whose one side is higher by two.
  ///
  /// - Returns: The branch's new top, and whether the branch is lower than before.
  private func restore(
    _ node: VirtualAddress,
    _ balance: Int8
  ) throws -> (top: VirtualAddress, isLower: Bool) {
    let high: TreeLinks.Side = balance > 0 ? .right : .left
    let sign: Int8 = balance > 0 ? 1 : -1
    let child = try links.child(high, of: node)
    let childBalance = try self.balance(of: child)
    if childBalance != -sign {
      try links.rotate(child)
      try setBalance(of: node, to: childBalance == 0 ? sign : 0)
      try setBalance(of: child, to: childBalance == 0 ? -sign : 0)
      return (child, childBalance != 0)
    }
    let inner = try links.child(high.other, of: child)
    let innerBalance = try self.balance(of: inner)
    try links.rotate(inner)
    try links.rotate(inner)
    try setBalance(of: node, to: innerBalance == sign ? -sign : 0)
    try setBalance(of: child, to: innerBalance == -sign ? sign : 0)
    try setBalance(of: inner, to: 0)
    return (inner, true)
  }
}
