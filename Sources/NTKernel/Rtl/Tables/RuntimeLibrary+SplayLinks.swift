import GuestABI

/// Splay trees, whose nodes are the driver's own.
extension RuntimeLibrary {
  var splayLinkExports: [Export] {
    let links = TreeLinks(memory: memory)
    return [
      export("RtlSplay") { (node: VirtualAddress) in try links.splay(node) },
      export("RtlDelete") { (node: VirtualAddress) in try links.removeSplaying(node) },
      export("RtlDeleteNoSplay") { [memory] (node: VirtualAddress, root: VirtualAddress) in
        let old = try memory.load(VirtualAddress.self, at: root)
        let new = try links.remove(node, root: old)
        try memory.store(new.root, at: root)
      },
      export("RtlSubtreeSuccessor") { (node: VirtualAddress) in
        try links.subtreeNeighbour(.right, of: node)
      },
      export("RtlSubtreePredecessor") { (node: VirtualAddress) in
        try links.subtreeNeighbour(.left, of: node)
      },
      export("RtlRealSuccessor") { (node: VirtualAddress) in
        try links.neighbour(.right, of: node)
      },
      export("RtlRealPredecessor") { (node: VirtualAddress) in
        try links.neighbour(.left, of: node)
      },
    ]
  }
}

extension TreeLinks {
  /// Moves a node to the root of its tree, step by step as Sleator and Tarjan have it ("Self-adjusting
  /// binary search trees", 1985).
  ///
  /// The corresponding kernel routine is `RtlSplay`.
  func splay(_ node: VirtualAddress) throws -> VirtualAddress {
    for _ in 0..<Self.longestWalk {
      guard let side = try side(of: node) else { return node }
      let parent = try parent(of: node)
      if let parentSide = try self.side(of: parent) {
        try rotate(parentSide == side ? parent : node)
      }
      try rotate(node)
    }
    throw Unmodelled("RtlSplay: links that lead in a circle")
  }

  /// Takes a node out of its tree, and returns the new root.
  ///
  /// The corresponding kernel routine is `RtlDelete`: what the node hung from moves to the root.
  func removeSplaying(_ node: VirtualAddress) throws -> VirtualAddress {
    let (parent, child) = try takeOut(node)
    return parent == .null ? child : try splay(parent)
  }

  /// Takes a node out of a tree that otherwise stays as it is.
  ///
  /// The corresponding kernel routine is `RtlDeleteNoSplay`.
  func remove(
    _ node: VirtualAddress,
    root: VirtualAddress
  ) throws -> (root: VirtualAddress, parent: VirtualAddress) {
    let predecessor = try replacement(for: node)
    let (parent, child) = try takeOut(node)
    guard root == node else { return (root, parent) }
    return (predecessor == .null ? child : predecessor, parent)
  }

  private func replacement(for node: VirtualAddress) throws -> VirtualAddress {
    let hasBoth = try child(.left, of: node) != .null && child(.right, of: node) != .null
    return hasBoth ? try subtreeNeighbour(.left, of: node) : .null
  }

  /// Takes a node out, whose place its predecessor takes if it has two children.
  ///
  /// - Returns: What the node hung from then, or null, and the child that took its place.
  private func takeOut(
    _ node: VirtualAddress
  ) throws -> (parent: VirtualAddress, child: VirtualAddress) {
    let predecessor = try replacement(for: node)
    if predecessor != .null { try swap(node, predecessor) }
    let left = try child(.left, of: node)
    let child = left != .null ? left : try child(.right, of: node)
    return (try splice(node), child)
  }
}
