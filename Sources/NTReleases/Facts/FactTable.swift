internal import CNTFacts

/// One embedded table: lines of tab-separated fields, sorted by their bytes.
///
/// Nothing is parsed until it is asked for; a search runs over the bytes where the linker put them.
@safe struct FactTable {
  private let base: UnsafePointer<UInt8>
  private let count: Int

  // JUSTIFICATION: embedded data reaches Swift as a pointer and a length.
  // SAFETY: both describe one constant array of CNTFacts, which lives as long as the program.
  private init(_ table: CNTFactsTable) {
    unsafe base = table.bytes
    count = unsafe table.count
  }

  static var releases: Self { unsafe Self(CNTFactsReleases()) }
  static var addressLimits: Self { unsafe Self(CNTFactsAddressLimits()) }
  static var exports: Self { unsafe Self(CNTFactsExports()) }
  static var knownDifferences: Self { unsafe Self(CNTFactsKnownDifferences()) }
  static var bugChecks: Self { unsafe Self(CNTFactsBugChecks()) }
  static var routines: Self { unsafe Self(CNTFactsRoutines()) }
  static var documentedInterfaces: Self { unsafe Self(CNTFactsDocumentedInterfaces()) }
  static var layouts: Self { unsafe Self(CNTFactsLayouts()) }
  static var results: Self { unsafe Self(CNTFactsResults()) }
  static var layoutVariants: Self { unsafe Self(CNTFactsLayoutVariants()) }

  /// The texts that other tables name by number.
  static let texts = unsafe Self(CNTFactsStrings()).rows.map { $0[1] }

  // JUSTIFICATION: as for `init`.
  // SAFETY: the index is checked.
  private func byte(_ index: Int) -> UInt8 {
    precondition(0 <= index && index < count)
    return unsafe base[index]
  }

  // JUSTIFICATION: as for `init`; `String` decodes a buffer many times faster than single bytes.
  // SAFETY: the bounds are checked, and the buffer does not outlive the call.
  private func text(_ bytes: Range<Int>) -> String {
    precondition(0 <= bytes.lowerBound && bytes.upperBound <= count)
    return unsafe String(
      decoding: UnsafeBufferPointer(start: base + bytes.lowerBound, count: bytes.count),
      as: UTF8.self
    )
  }
}

extension FactTable {
  /// Every row, in the order of the bytes.
  var rows: [FactRow] { rows(from: start) { _ in true } }

  /// The rows whose first fields are these.
  func rows(_ fields: String...) -> [FactRow] {
    let prefix = fields.flatMap { Array($0.utf8) + [UInt8(ascii: "\t")] }
    return rows(from: lowerBound(of: prefix)) { order(of: $0, to: prefix) == 0 }
  }

  private func rows(from start: Int, while isWanted: (Int) -> Bool) -> [FactRow] {
    var rows: [FactRow] = []
    var line = start
    while line < count, isWanted(line) {
      let end = end(of: line)
      rows.append(FactRow(text(line..<end)))
      line = end + 1
    }
    return rows
  }

  /// Where the first line after the header begins.
  private var start: Int {
    var line = 0
    while line < count, byte(line) == UInt8(ascii: "#") { line = end(of: line) + 1 }
    return line
  }

  /// Where the first line begins that does not sort before a prefix.
  private func lowerBound(of prefix: [UInt8]) -> Int {
    var (low, high) = (start, count)
    while low < high {
      var line = (low + high) / 2
      while line > low, byte(line - 1) != UInt8(ascii: "\n") { line -= 1 }
      if order(of: line, to: prefix) < 0 { low = end(of: line) + 1 } else { high = line }
    }
    return low
  }

  /// Less than, equal to or greater than zero as a line sorts before, begins with, or sorts after
  /// a prefix.
  private func order(of line: Int, to prefix: [UInt8]) -> Int {
    for (index, wanted) in prefix.enumerated() {
      guard line + index < count else { return -1 }
      let difference = Int(byte(line + index)) - Int(wanted)
      if difference != 0 { return difference }
    }
    return 0
  }

  private func end(of line: Int) -> Int {
    var end = line
    while end < count, byte(end) != UInt8(ascii: "\n") { end += 1 }
    return end
  }
}
