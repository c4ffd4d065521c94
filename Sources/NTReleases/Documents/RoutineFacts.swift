/// What is known of a routine or macro that deals with MDLs, locked pages or mappings.
///
/// Source: the NT 4.0 DDK, Microsoft Docs (CC BY 4.0), Knowledge Base articles, Geoff Chappell's
/// tables and ReactOS's kernel-mode tests, restated; see ``RoutineFacts/source``.
public struct RoutineFacts: Hashable, Sendable {
  public let name: String

  /// "export", "macro", "macro/inline" or "DMA_OPERATIONS member".
  public let kind: String
  public let signature: String

  /// The first release that exports it; for a macro, a range of DDKs in words.
  public let firstExport: String

  /// The DDK that first documents it, where that is not the first export.
  public let documentedFirst: String?
  public let deprecated: String?

  /// The IRQL that the NT 4.0 DDK asks for.
  public let irqlInNT4: String

  /// The IRQL that today's documentation asks for.
  public let irqlToday: String
  public let onFailure: String
  public let resultIncludesByteOffset: String
  public let alignment: String
  public let preconditions: String
  public let mdlFlagsSet: String
  public let mdlFlagsCleared: String
  public let documentedBugChecks: String
  public let verifierSubcodes: String

  /// How x86 callers pass arguments, and the bytes that they take.
  public let convention: ExportRecord.Convention?
  public let argumentBytes: Int?

  /// How sure it is.
  public let confidence: Confidence
  public let notes: String

  /// Where it was learned.
  public let source: String
}

extension RoutineFacts {
  /// Every routine, sorted by name.
  public static let all = FactTable.routines.rows.map(RoutineFacts.init)

  /// Finds a routine by name.
  public init?(of name: String) {
    guard let row = FactTable.routines.rows(name).first else { return nil }
    self.init(row)
  }

  init(_ row: FactRow) {
    name = row[0]
    kind = row[1]
    signature = row[2]
    firstExport = row[3]
    documentedFirst = row.text(4)
    deprecated = row.text(6)
    irqlInNT4 = row[7]
    irqlToday = row[8]
    onFailure = row[9]
    resultIncludesByteOffset = row[10]
    alignment = row[11]
    preconditions = row[12]
    mdlFlagsSet = row[13]
    mdlFlagsCleared = row[14]
    documentedBugChecks = row[15]
    verifierSubcodes = row[16]
    convention = ExportRecord.Convention(rawValue: row[17])
    argumentBytes = row.integer(18)
    confidence = row.confidence(22)
    notes = row[23]
    source = row.sharedText(24)
  }
}

extension RoutineFacts: CustomStringConvertible {
  public var description: String { name }
}
