extension ExportTable {
  /// Reads the export directory (Microsoft PE/COFF specification, "The .edata Section").
  init?(
    parsing memory: ByteReader,
    _ header: ImageHeader,
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) {
    let title = "the export directory"
    guard let directory = try header.checkedDirectory(.exports, in: title) else { return nil }
    let start = directory.address.offset
    try memory.require(40, at: start, in: title)
    let moduleName = try memory.uint32(at: start + 12, in: title)
    let tables = ExportTables(
      memory: memory,
      directory: directory,
      firstOrdinal: try memory.uint32(at: start + 16, in: title),
      functionCount: Int(try memory.uint32(at: start + 20, in: title)),
      nameCount: Int(try memory.uint32(at: start + 24, in: title)),
      functions: Int(try memory.uint32(at: start + 28, in: title)),
      names: Int(try memory.uint32(at: start + 32, in: title)),
      ordinals: Int(try memory.uint32(at: start + 36, in: title))
    )
    try tables.check()
    self.init(
      moduleName: try memory.string(at: Int(moduleName), in: "the exporting module's name"),
      exports: try tables.exports(&budget)
    )
  }
}

/// The three parallel tables that the export directory points to.
private struct ExportTables {
  let memory: ByteReader
  let directory: DataDirectory
  let firstOrdinal: UInt32
  let functionCount: Int
  let nameCount: Int
  let functions: Int
  let names: Int
  let ordinals: Int

  /// The number of ordinals there can be: an import's ordinal has 16 bits.
  private static let maximumCount = 0x10000

  func check() throws(PortableExecutableError) {
    guard functionCount <= Self.maximumCount, nameCount <= Self.maximumCount else {
      throw .malformed(
        "the export directory claims \(functionCount) functions and \(nameCount) names; there can "
          + "be \(Self.maximumCount)"
      )
    }
    guard Int(firstOrdinal) + functionCount <= Self.maximumCount else {
      throw .malformed(
        "the export directory's ordinals begin at \(firstOrdinal), too high for its "
          + "\(functionCount) functions"
      )
    }
    try memory.require(4 * functionCount, at: functions, in: "the export address table")
    try memory.require(4 * nameCount, at: names, in: "the export name table")
    try memory.require(2 * nameCount, at: ordinals, in: "the export ordinal table")
  }

  func exports(_ budget: inout TableBudget) throws(PortableExecutableError) -> [Export] {
    let names = try namesByIndex(&budget)
    var exports: [Export] = []
    for index in 0..<functionCount {
      let address = try memory.uint32(at: functions + 4 * index, in: "the export address table")
      guard address != 0 else { continue }
      try budget.spend(4, on: "export table")
      exports.append(
        Export(
          ordinal: firstOrdinal + UInt32(index),
          names: names[index] ?? [],
          target: try target(address, &budget)
        )
      )
    }
    return exports
  }

  private func namesByIndex(
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) -> [Int: [String]] {
    var result: [Int: [String]] = [:]
    for index in 0..<nameCount {
      let address = try memory.uint32(at: names + 4 * index, in: "the export name table")
      let function = Int(
        try memory.uint16(at: ordinals + 2 * index, in: "the export ordinal table")
      )
      let name = try memory.string(at: Int(address), in: "the name of an export")
      try budget.spend(name.utf8.count + 6, on: "export table")
      guard function < functionCount else {
        throw .malformed(
          "export \(name) is function \(function) of the export directory, which has only "
            + "\(functionCount)"
        )
      }
      result[function, default: []].append(name)
    }
    return result
  }

  /// An address inside the export directory is that of a forwarder's text.
  private func target(
    _ address: UInt32,
    _ budget: inout TableBudget
  ) throws(PortableExecutableError) -> Export.Target {
    guard directory.range.contains(Int(address)) else {
      try memory.require(1, at: Int(address), in: "an exported function")
      return .address(RVA(rawValue: address))
    }
    let text = try memory.string(at: Int(address), in: "an export's forwarder")
    try budget.spend(text.utf8.count, on: "export table")
    guard let forwarder = Forwarder(text) else {
      throw .malformed(
        "an export is forwarded to \"\(text)\", which is not of the form MODULE.Name"
      )
    }
    return .forwarder(forwarder)
  }
}

extension Forwarder {
  /// Reads `MODULE.Name` or `MODULE.#12`; the last point is the one that divides.
  fileprivate init?(_ text: String) {
    guard let point = text.lastIndex(of: "."), point > text.startIndex else { return nil }
    let symbol = text[text.index(after: point)...]
    guard !symbol.isEmpty else { return nil }
    module = String(text[..<point])
    guard symbol.first == "#" else {
      self.symbol = .name(String(symbol))
      return
    }
    guard let ordinal = UInt16(symbol.dropFirst()) else { return nil }
    self.symbol = .ordinal(ordinal)
  }
}
