import GuestABI

/// The fields that both kinds of generic tables have: `RTL_GENERIC_TABLE` and `RTL_AVL_TABLE`.
struct GenericTableFields {
  /// The number of elements.
  let count: Int
  let compareRoutine: Int
  let allocateRoutine: Int
  let freeRoutine: Int
  let context: Int
  let size: Int
}

/// A table of elements in the order that the driver's routine says, in guest memory.
///
/// The structures are those of the DDK's headers (`ntddk.h`). An element is a node of a tree, in a splay
/// table links of a list in the order of insertion, and the driver's data.
struct GenericTable {
  /// What kind of tree the table is.
  enum Kind {
    /// `RTL_GENERIC_TABLE`.
    case splay
    /// `RTL_AVL_TABLE`.
    case balanced
  }

  let kind: Kind
  let address: VirtualAddress
  let links: TreeLinks

  var memory: AddressSpace { links.memory }
  private var word: Int { memory.architecture.pointerSize }

  init(_ kind: Kind, _ address: VirtualAddress, in memory: AddressSpace) {
    self.kind = kind
    self.address = address
    links = TreeLinks(memory: memory)
  }

  var fields: GenericTableFields {
    let x86 = memory.architecture == .x86
    if kind == .splay {
      return GenericTableFields(
        count: x86 ? 20 : 0x24,
        compareRoutine: x86 ? 24 : 0x28,
        allocateRoutine: x86 ? 28 : 0x30,
        freeRoutine: x86 ? 32 : 0x38,
        context: x86 ? 36 : 0x40,
        size: x86 ? 40 : 0x48
      )
    }
    return GenericTableFields(
      count: x86 ? 24 : 0x2C,
      compareRoutine: x86 ? 40 : 0x48,
      allocateRoutine: x86 ? 44 : 0x50,
      freeRoutine: x86 ? 48 : 0x58,
      context: x86 ? 52 : 0x60,
      size: x86 ? 56 : 0x68
    )
  }

  /// The bytes of a node before the driver's data.
  ///
  /// The documents speak of the links and the list entry; the data that follow are aligned to 8 bytes.
  var dataOffset: Int {
    switch kind {
    case .splay: (5 * word + 7) & ~7
    case .balanced: 4 * word
    }
  }

  func data(of node: VirtualAddress) -> VirtualAddress {
    node == .null ? .null : node + dataOffset
  }

  var count: UInt32 { get throws(GuestFault) { try memory.load(at: address + fields.count) } }

  var root: VirtualAddress {
    get throws(GuestFault) {
      kind == .splay ? try memory.load(at: address) : try tree.root
    }
  }

  private var tree: BalancedTree { BalancedTree(links: links, header: address) }

  private func setRoot(_ root: VirtualAddress) throws(GuestFault) {
    if kind == .splay { try memory.store(root, at: address) }
  }

  /// The head of a splay table's list of elements in the order of their insertion.
  private var list: VirtualAddress { address + word }

  /// Sets up an empty table.
  ///
  /// The corresponding kernel routine is `RtlInitializeGenericTable`.
  func initialize(
    compare: VirtualAddress,
    allocate: VirtualAddress,
    free: VirtualAddress,
    context: VirtualAddress
  ) throws {
    try memory.fill(at: address, count: fields.size)
    if kind == .splay {
      for index in 0..<3 { try memory.store(list, at: list + index * word) }
    } else {
      try memory.store(address, at: address)
    }
    try memory.store(compare, at: address + fields.compareRoutine)
    try memory.store(allocate, at: address + fields.allocateRoutine)
    try memory.store(free, at: address + fields.freeRoutine)
    try memory.store(context, at: address + fields.context)
  }

  /// Moves an element to the root of a splay tree.
  func splay(_ node: VirtualAddress) throws {
    if kind == .splay { try setRoot(links.splay(node)) }
  }

  /// Hangs a new node into the tree.
  func insert(_ node: VirtualAddress, _ search: TableSearch) throws {
    try memory.store(count &+ 1, at: address + fields.count)
    let side: TreeLinks.Side = search.result == .insertAsLeft ? .left : .right
    if kind == .balanced {
      let parent = search.result == .emptyTree ? address : search.node
      return try tree.insert(node, search.result == .emptyTree ? .right : side, of: parent)
    }
    try memory.fill(at: node, count: 3 * word)
    try append(node + 3 * word)
    if search.result == .emptyTree {
      try links.setParent(of: node, to: node)
    } else {
      try links.attach(node, side, of: search.node)
    }
    try splay(node)
  }

  /// Takes a node out of the tree.
  func remove(_ node: VirtualAddress) throws {
    try memory.store(count &- 1, at: address + fields.count)
    if kind == .balanced { return try tree.remove(node) }
    try setRoot(links.removeSplaying(node))
    let entry = node + 3 * word
    let next = try memory.load(VirtualAddress.self, at: entry)
    let previous = try memory.load(VirtualAddress.self, at: entry + word)
    try memory.store(next, at: previous)
    try memory.store(previous, at: next + word)
    // The element that was looked up last by its number may be gone.
    try memory.store(list, at: list + 2 * word)
    try memory.store(UInt32(0), at: list + 3 * word)
  }

  private func append(_ entry: VirtualAddress) throws(GuestFault) {
    let last = try memory.load(VirtualAddress.self, at: list + word)
    try memory.store(list, at: entry)
    try memory.store(last, at: entry + word)
    try memory.store(entry, at: last)
    try memory.store(entry, at: list + word)
  }

  /// Returns the first node in order, or null.
  func first() throws -> VirtualAddress {
    let root = try root
    return root == .null ? .null : try links.outermost(.left, from: root)
  }

  /// Returns the node that follows another in order, or null.
  func next(_ node: VirtualAddress) throws -> VirtualAddress {
    try links.neighbour(.right, of: node)
  }

  /// Returns the node of a number: in the order of insertion in a splay table, and in order in a
  /// balanced one.
  ///
  /// The corresponding kernel routine is `RtlGetElementGenericTable`.
  func element(_ index: UInt32) throws -> VirtualAddress {
    guard try index < count else { return .null }
    guard Int(index) < TreeLinks.longestWalk else {
      throw Unmodelled("RtlGetElementGenericTable: more than 1,048,576 elements")
    }
    if kind == .balanced {
      var node = try first()
      for _ in 0..<index where node != .null { node = try next(node) }
      return node
    }
    var entry = try memory.load(VirtualAddress.self, at: list)
    for _ in 0..<index { entry = try memory.load(at: entry) }
    return entry + -3 * word
  }
}

/// What looking for an element came to: `TABLE_SEARCH_RESULT`, and the node that it speaks of.
struct TableSearch {
  /// Whether the element is there, and if not, where it belongs.
  enum Result: UInt32 {
    case emptyTree = 0
    case foundNode = 1
    case insertAsLeft = 2
    case insertAsRight = 3
  }

  let result: Result
  let node: VirtualAddress
}
