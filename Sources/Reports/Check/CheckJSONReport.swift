internal import Findings
internal import NTReleases
internal import SourceChecker

/// What was found in sources, for programs: an array with a record for each finding, and for each file that
/// could not be checked, or not wholly.
///
/// The same sources give the same bytes on every machine.
public struct CheckJSONReport: Sendable {
  /// The form of the records, in their member `schema`.
  public static let schema = "lockstep-check/1"

  /// Whether to list what comments and the baseline suppress, marked as that.
  public let showsSuppressed: Bool

  /// Creates a report's form.
  public init(showsSuppressed: Bool = false) { self.showsSuppressed = showsSuppressed }

  /// The report, which ends with a line break and has a line for each record.
  public func render(_ report: CheckReport) -> String {
    // There may be very many records: each is written as it comes.
    var text = ""
    func add(_ record: JSONValue) { text += (text.isEmpty ? "[\n" : ",\n") + record.text }
    for finding in report.files.lazy.flatMap(\.findings)
    where finding.suppression == nil || showsSuppressed {
      add(record(finding))
    }
    for file in report.files {
      for note in file.notes { add(problem("incomplete", file.path, note)) }
    }
    for unread in report.problems { add(problem("unchecked", unread.path, unread.reason)) }
    return text.isEmpty ? "[]\n" : text + "\n]\n"
  }

  private func problem(_ kind: String, _ path: String, _ reason: String) -> JSONValue {
    .object([
      ("schema", .string(Self.schema)), ("kind", .string(kind)), ("file", .string(path)),
      ("reason", .string(reason)),
    ])
  }

  private func record(_ checked: CheckedFinding) -> JSONValue {
    let finding = checked.finding
    let rule = RuleDescription(id: finding.rule.rawValue)
    let mark: [(name: String, value: JSONValue)] =
      checked.suppression.map { [("suppressed", .string($0.words))] } ?? []
    return .object(
      [
        ("schema", .string(Self.schema)),
        ("kind", .string("finding")),
        ("file", .string(checked.fingerprint.path)),
      ] + members(of: checked.region) + [
        ("byteOffset", .integer(finding.range.lowerBound)),
        ("byteLength", .integer(finding.range.count)),
        ("rule", .string(finding.rule.rawValue)),
        ("severity", .string(finding.severity.rawValue)),
        ("message", .string(finding.message)),
        ("releases", .array(finding.releases.map { .string($0.id) })),
        ("notes", .array(finding.notes.map(JSONValue.string))),
        (
          "related",
          .array(
            checked.related.map {
              .object(members(of: $0.region) + [("message", .string($0.message))])
            }
          )
        ),
        ("fix", finding.fix.map { fix($0, checked) } ?? .null),
        ("explanation", .optional(rule?.reason)),
        ("remedy", .optional(rule?.remedy)),
        ("evidence", .array((rule?.sources ?? []).map(JSONValue.string))),
        ("equivalents", .array((rule?.equivalents ?? []).map(JSONValue.string))),
        ("fingerprint", .string(checked.fingerprint.hash)),
      ] + mark
    )
  }

  private func fix(_ fix: SourceFix, _ checked: CheckedFinding) -> JSONValue {
    let edits = zip(fix.edits, checked.edits).map { edit, place -> JSONValue in
      .object(
        members(of: place.region) + [
          ("byteOffset", .integer(edit.range.lowerBound)),
          ("byteLength", .integer(edit.range.count)),
          ("replacement", .string(edit.replacement)),
        ]
      )
    }
    return .object([
      ("grade", .string(fix.grade.rawValue)), ("title", .string(fix.title)),
      ("edits", .array(edits)),
    ])
  }

  private func members(of region: SourceRegion) -> [(name: String, value: JSONValue)] {
    [
      ("line", .integer(region.start.line)), ("column", .integer(region.start.column)),
      ("endLine", .integer(region.end.line)), ("endColumn", .integer(region.end.column)),
    ]
  }
}

extension CheckedFinding.Suppression {
  /// What suppresses the finding, in words.
  var words: String {
    switch self {
    case .comment(let reason): "suppressed" + (reason.isEmpty ? "" : ": \(reason)")
    case .baseline: "in the baseline"
    }
  }
}
