import GuestABI

/// What a table asks of the driver's routines: to compare, allocate and free.
extension GenericTable {
  private func routine(_ offset: Int) throws(GuestFault) -> VirtualAddress {
    try memory.load(at: address + offset)
  }

  /// Looks for an element, with a call of the driver's routine for each node on the way.
  ///
  /// The first of the structures compared is the one looked for.
  func search(
    _ buffer: VirtualAddress,
    then body: @escaping (TableSearch) throws -> Completion
  ) throws -> Completion {
    let root = try root
    guard root != .null else { return try body(TableSearch(result: .emptyTree, node: .null)) }
    let compare = try routine(fields.compareRoutine)
    func step(_ node: VirtualAddress) -> Completion {
      let call = GuestCall(
        compare,
        address.rawValue,
        buffer.rawValue,
        data(of: node).rawValue
      )
      return .call(call) { answer in
        let side: TreeLinks.Side
        // RTL_GENERIC_COMPARE_RESULTS: less, greater, equal.
        switch UInt32(truncatingIfNeeded: answer) {
        case 0: side = .left
        case 1: side = .right
        default: return try body(TableSearch(result: .foundNode, node: node))
        }
        let child = try links.child(side, of: node)
        if child != .null { return step(child) }
        return try body(
          TableSearch(result: side == .left ? .insertAsLeft : .insertAsRight, node: node)
        )
      }
    }
    return step(root)
  }

  /// Puts an element where a search has found that it belongs.
  ///
  /// The corresponding kernel routine is `RtlInsertElementGenericTableFull`.
  ///
  /// - Returns: The element's data, those of the element that was there already, or null if the driver's
  ///   routine has no memory.
  func insert(
    _ buffer: VirtualAddress,
    _ size: UInt32,
    at search: TableSearch,
    isNew: VirtualAddress
  ) throws -> Completion {
    if search.result == .foundNode {
      try splay(search.node)
      if isNew != .null { try memory.store(false, at: isNew) }
      return .returned(data(of: search.node))
    }
    let (total, overflow) = size.addingReportingOverflow(UInt32(dataOffset))
    guard !overflow, total <= Int32.max else {
      throw Unmodelled("RtlInsertElementGenericTable: an element of more than 2 GiB")
    }
    let call = GuestCall(
      try routine(fields.allocateRoutine),
      address.rawValue,
      UInt64(total)
    )
    return .call(call) { bits in
      let node = VirtualAddress(
        rawValue: memory.architecture == .x86 ? bits & 0xFFFF_FFFF : bits
      )
      if isNew != .null { try memory.store(node != .null, at: isNew) }
      guard node != .null else { return .returned(node) }
      try insert(node, search)
      try memory.copy(from: buffer, to: data(of: node), count: Int(size))
      return .returned(data(of: node))
    }
  }

  /// Takes an element out and gives its memory back to the driver.
  ///
  /// The corresponding kernel routine is `RtlDeleteElementGenericTable`.
  func delete(_ node: VirtualAddress) throws -> Completion {
    try remove(node)
    let call = GuestCall(try routine(fields.freeRoutine), address.rawValue, node.rawValue)
    return .call(call) { _ in .returned(true) }
  }

  /// Finds the first in order of the elements that equal another.
  ///
  /// The corresponding kernel routine is `RtlLookupFirstMatchingElementGenericTableAvl`.
  func firstMatch(_ buffer: VirtualAddress, restartKey: VirtualAddress) throws -> Completion {
    let compare = try routine(fields.compareRoutine)
    func step(_ node: VirtualAddress, _ best: VirtualAddress) throws -> Completion {
      guard node != .null else {
        try memory.store(best, at: restartKey)
        return .returned(data(of: best))
      }
      let call = GuestCall(
        compare,
        address.rawValue,
        buffer.rawValue,
        data(of: node).rawValue
      )
      return .call(call) { answer in
        switch UInt32(truncatingIfNeeded: answer) {
        case 0: return try step(links.child(.left, of: node), best)
        case 1: return try step(links.child(.right, of: node), best)
        default: return try step(links.child(.left, of: node), node)
        }
      }
    }
    return try step(root, .null)
  }
}
