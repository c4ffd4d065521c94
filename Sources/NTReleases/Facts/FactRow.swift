/// One line of a table.
struct FactRow {
  private let fields: [Substring]

  init(_ line: String) {
    // By bytes, because breaking text into characters is slow.
    fields = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      .map(Substring.init)
  }

  /// A field's text.
  subscript(field: Int) -> String { String(fields[field]) }

  /// The text of a field, where it has any.
  func text(_ field: Int) -> String? { fields[field].isEmpty ? nil : self[field] }

  /// A number, in decimal or with `0x` in hexadecimal.
  func number(_ field: Int) -> UInt64? { UInt64(factsText: fields[field]) }

  /// A small number.
  func integer(_ field: Int) -> Int? { Int(fields[field]) }

  /// A release, named by its identifier.
  func release(_ field: Int) -> Release? { text(field).flatMap(Release.init(id:)) }

  /// A text that the table names by its number.
  func sharedText(_ field: Int) -> String {
    integer(field).map { FactTable.texts[$0] } ?? ""
  }

  /// How sure a fact is.
  func confidence(_ field: Int) -> Confidence { Confidence(factsText: self[field]) }

  /// The words of a field.
  func words(_ field: Int) -> [Substring] {
    fields[field].utf8.split(separator: UInt8(ascii: " ")).map(Substring.init)
  }
}

extension UInt64 {
  init?(factsText text: some StringProtocol) {
    if text.hasPrefix("0x") {
      self.init(text.dropFirst(2), radix: 16)
    } else {
      self.init(text)
    }
  }
}
