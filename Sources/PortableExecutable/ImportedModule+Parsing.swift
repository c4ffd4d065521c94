extension ImportedModule {
  /// Reads the import directory, which ends at the first descriptor without a module name.
  ///
  /// As in NT, the directory's size plays no part. Bound imports are ignored.
  static func parse(
    _ memory: ByteReader,
    _ header: ImageHeader,
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) -> [ImportedModule] {
    guard let directory = header.directory(.imports) else { return [] }
    var modules: [ImportedModule] = []
    var start = directory.address.offset
    while let descriptor = try ImportDescriptor(parsing: memory, at: start) {
      try budget.spend(ImportDescriptor.size, on: Self.table)
      modules.append(try descriptor.module(memory, header.machine, &budget))
      start += ImportDescriptor.size
    }
    return modules
  }

  fileprivate static let table = "import table"
}

/// An entry of the import directory (Microsoft PE/COFF specification, "Import Directory Table").
private struct ImportDescriptor {
  static let size = 20

  let lookupTable: UInt32
  let timestamp: UInt32
  let name: UInt32
  let addressTable: UInt32

  init?(parsing memory: ByteReader, at start: Int) throws(PortableExecutableError) {
    let title = "an import descriptor"
    try memory.require(Self.size, at: start, in: title)
    lookupTable = try memory.uint32(at: start, in: title)
    timestamp = try memory.uint32(at: start + 4, in: title)
    name = try memory.uint32(at: start + 12, in: title)
    addressTable = try memory.uint32(at: start + 16, in: title)
    guard name != 0 else { return nil }
  }

  func module(
    _ memory: ByteReader,
    _ machine: Image.Machine,
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) -> ImportedModule {
    let module = try memory.string(at: Int(name), in: "the name of an imported module")
    try budget.spend(module.utf8.count, on: ImportedModule.table)
    guard addressTable != 0 else {
      throw .malformed("imports from \(module) have no import address table")
    }
    guard lookupTable != 0 || timestamp == 0 else {
      throw .unsupported("imports from \(module) are bound, and their names are not in the image")
    }
    let title = "the imports from \(module)"
    let names = Int(lookupTable == 0 ? addressTable : lookupTable)
    var imports: [ImportedSymbol] = []
    for index in 0... {
      let offset = index * machine.pointerSize
      let entry = try memory.pointer(at: names + offset, for: machine, in: title)
      let slot = Int(addressTable) + offset
      try memory.require(machine.pointerSize, at: slot, in: "the addresses of \(title)")
      guard entry != 0 else { break }
      try budget.spend(machine.pointerSize, on: ImportedModule.table)
      let reference = try reference(entry, of: module, memory, machine, &budget)
      let address = RVA(rawValue: UInt32(clamping: slot))
      imports.append(ImportedSymbol(reference: reference, slot: address))
    }
    return ImportedModule(name: module, imports: imports, hasLookupTable: lookupTable != 0)
  }

  /// Reads one entry of the lookup table (Microsoft PE/COFF specification, "Import Lookup Table").
  private func reference(
    _ entry: UInt64,
    of module: String,
    _ memory: ByteReader,
    _ machine: Image.Machine,
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) -> ImportedSymbol.Reference {
    let ordinalFlag: UInt64 = 1 << (8 * UInt64(machine.pointerSize) - 1)
    let value = entry & ~ordinalFlag
    if entry & ordinalFlag != 0 {
      guard let ordinal = UInt16(exactly: value) else {
        throw .malformed("an import from \(module) has the ordinal \(hex(value))")
      }
      return .ordinal(ordinal)
    }
    guard value <= Int32.max else {
      throw .malformed("an import from \(module) has its name at RVA \(hex(value))")
    }
    let title = "the name of an import from \(module)"
    let hint = try memory.uint16(at: Int(value), in: title)
    let name = try memory.string(at: Int(value) + 2, in: title)
    try budget.spend(name.utf8.count, on: ImportedModule.table)
    return .name(name, hint: hint)
  }
}
