import GuestABI

/// Generic tables: elements in the order that a driver's routine says, as splay trees and as balanced
/// ones.
extension RuntimeLibrary {
  var genericTableExports: [Export] {
    tableExports(.splay, "") + tableExports(.balanced, "Avl") + [
      export("RtlLookupFirstMatchingElementGenericTableAvl") {
        [memory] (table: VirtualAddress, buffer: VirtualAddress, restartKey: VirtualAddress) in
        try GenericTable(.balanced, table, in: memory).firstMatch(buffer, restartKey: restartKey)
      },
      export("RtlDeleteElementGenericTableAvlEx") {
        [memory] (table: VirtualAddress, node: VirtualAddress) in
        try GenericTable(.balanced, table, in: memory).delete(node)
      },
    ]
  }

  private func tableExports(_ kind: GenericTable.Kind, _ suffix: String) -> [Export] {
    let memory = memory
    return [
      export("RtlInitializeGenericTable" + suffix) {
        (
          table: VirtualAddress,
          compare: VirtualAddress,
          allocate: VirtualAddress,
          free: VirtualAddress,
          context: VirtualAddress
        ) in
        try GenericTable(kind, table, in: memory).initialize(
          compare: compare,
          allocate: allocate,
          free: free,
          context: context
        )
      },
      export("RtlInsertElementGenericTable" + suffix) {
        (table: VirtualAddress, buffer: VirtualAddress, size: UInt32, isNew: VirtualAddress) in
        let table = GenericTable(kind, table, in: memory)
        return try table.search(buffer) {
          try table.insert(buffer, size, at: $0, isNew: isNew)
        }
      },
      export("RtlInsertElementGenericTableFull" + suffix) {
        (
          table: VirtualAddress,
          buffer: VirtualAddress,
          size: UInt32,
          isNew: VirtualAddress,
          node: VirtualAddress,
          result: UInt32
        ) in
        guard let result = TableSearch.Result(rawValue: result) else {
          throw Unmodelled("RtlInsertElementGenericTableFull: search result \(result)")
        }
        let search = TableSearch(result: result, node: node)
        return try GenericTable(kind, table, in: memory)
          .insert(buffer, size, at: search, isNew: isNew)
      },
      export("RtlDeleteElementGenericTable" + suffix) {
        (table: VirtualAddress, buffer: VirtualAddress) in
        let table = GenericTable(kind, table, in: memory)
        return try table.search(buffer) { found in
          guard found.result == .foundNode else { return .returned(false) }
          return try table.delete(found.node)
        }
      },
      export("RtlIsGenericTableEmpty" + suffix) { (table: VirtualAddress) in
        try GenericTable(kind, table, in: memory).root == .null
      },
      export("RtlNumberGenericTableElements" + suffix) { (table: VirtualAddress) in
        try GenericTable(kind, table, in: memory).count
      },
      export("RtlGetElementGenericTable" + suffix) { (table: VirtualAddress, index: UInt32) in
        let table = GenericTable(kind, table, in: memory)
        return try table.data(of: table.element(index))
      },
    ] + lookUpExports(kind, suffix) + enumerationExports(kind, suffix)
  }

  private func lookUpExports(_ kind: GenericTable.Kind, _ suffix: String) -> [Export] {
    let memory = memory
    return [
      export("RtlLookupElementGenericTable" + suffix) {
        (table: VirtualAddress, buffer: VirtualAddress) in
        let table = GenericTable(kind, table, in: memory)
        return try table.search(buffer) { found in
          guard found.result == .foundNode else { return .returned(VirtualAddress.null) }
          try table.splay(found.node)
          return .returned(table.data(of: found.node))
        }
      },
      export("RtlLookupElementGenericTableFull" + suffix) {
        (
          table: VirtualAddress,
          buffer: VirtualAddress,
          node: VirtualAddress,
          result: VirtualAddress
        ) in
        let table = GenericTable(kind, table, in: memory)
        return try table.search(buffer) { found in
          try memory.store(found.node, at: node)
          try memory.store(found.result.rawValue, at: result)
          guard found.result == .foundNode else { return .returned(VirtualAddress.null) }
          try table.splay(found.node)
          return .returned(table.data(of: found.node))
        }
      },
    ]
  }

  private func enumerationExports(_ kind: GenericTable.Kind, _ suffix: String) -> [Export] {
    let memory = memory
    // What a balanced table keeps of an enumeration is its `RestartKey`.
    let restart = memory.architecture == .x86 ? 32 : 0x38
    return [
      export("RtlEnumerateGenericTable" + suffix) { (address: VirtualAddress, restarts: Bool) in
        let table = GenericTable(kind, address, in: memory)
        var last = VirtualAddress.null
        if !restarts {
          last =
            kind == .splay ? try table.root : try memory.load(at: address + restart)
        }
        let node = last == .null ? try table.first() : try table.next(last)
        guard node != .null else { return VirtualAddress.null }
        try table.splay(node)
        if kind == .balanced { try memory.store(node, at: address + restart) }
        return table.data(of: node)
      },
      export("RtlEnumerateGenericTableWithoutSplaying" + suffix) {
        (address: VirtualAddress, key: VirtualAddress) in
        let table = GenericTable(kind, address, in: memory)
        let last = try memory.load(VirtualAddress.self, at: key)
        let node = last == .null ? try table.first() : try table.next(last)
        if node != .null { try memory.store(node, at: key) }
        return table.data(of: node)
      },
    ]
  }
}
