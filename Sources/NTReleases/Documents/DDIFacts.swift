/// What a page of the driver reference says of a kernel routine.
///
/// The pages never look below Windows 2000: for the releases that have a routine, ask
/// ``ExportHistory``. Source: Microsoft Docs (CC BY 4.0), restated.
public struct DDIFacts: Hashable, Sendable {
  public let name: String
  public let header: String
  public let library: String
  public let dll: String

  /// The IRQL in the page's own words, such as "<= DISPATCH_LEVEL (see Remarks section)".
  public let irql: String

  /// The IRQL as the remarks put it, where the page has no field for it.
  public let irqlFromRemarks: String?
  public let minimumClient: String
  public let minimumServer: String
  public let targetType: String

  /// The Static Driver Verifier rules that cover it.
  public let complianceRules: [String]
  public let isMacro: Bool
  public let isObsolete: Bool

  /// The page, and the commit it was read at.
  public let source: String

  /// The IRQL as a rule that can be checked, where the page's words are plain.
  public var irqlRule: IRQLRule? { IRQLRule(documented: irql) }

  /// Whether the page adds something in its remarks.
  public var irqlHasRemarks: Bool {
    let text = irql.lowercased()
    return text.contains("remarks") || text.contains("comments")
  }
}

extension DDIFacts {
  /// Every page, sorted by name.
  public static let all = FactTable.documentedInterfaces.rows.map(DDIFacts.init)

  /// The pages of a routine: mostly one, but some are in several headers.
  public static func pages(of name: String) -> [DDIFacts] {
    FactTable.documentedInterfaces.rows(name).map(DDIFacts.init)
  }

  init(_ row: FactRow) {
    name = row[0]
    header = row[1]
    library = row[2]
    dll = row[3]
    irql = row[4]
    irqlFromRemarks = row.text(5)
    minimumClient = row.sharedText(6)
    minimumServer = row.sharedText(7)
    targetType = row[8]
    complianceRules = row[9].split { $0 == "," || $0 == " " }.map(String.init)
    isMacro = row[10] == "yes"
    isObsolete = row[11] == "yes"
    source = "windows-driver-docs-ddi@6dcd4d9f:\(row[13]).md"
  }
}
