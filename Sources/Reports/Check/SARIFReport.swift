internal import Findings
internal import NTReleases
internal import SourceChecker

/// What was found in sources, in SARIF 2.1.0: for GitHub code scanning, editors and other programs.
///
/// The same sources give the same bytes on every machine, unless a file lies outside the root.
public struct SARIFReport: Sendable {
  /// The folder in which the program ran, without a slash at the end; paths of findings are from there.
  public let root: String
  /// Whether to list what comments and the baseline suppress, marked as that.
  ///
  /// GitHub does not read the marks, and would show such a result like any other.
  public let showsSuppressed: Bool

  /// Creates a report's form.
  public init(root: String, showsSuppressed: Bool = false) {
    self.root = root
    self.showsSuppressed = showsSuppressed
  }

  /// The report, which ends with a line break.
  public func render(_ report: CheckReport) -> String {
    let rules = report.rules.compactMap { RuleDescription(id: $0.rawValue) }
    let indices = Dictionary(
      rules.enumerated().map { ($0.element.rule, $0.offset) },
      uniquingKeysWith: { first, _ in first }
    )
    let driver: JSONValue = .object([
      ("name", .string("Lockstep")),
      ("fullName", .string("lockstep check")),
      ("rules", .array(rules.map(SARIFRule.descriptor))),
    ])
    let root: JSONValue = .object([
      ("description", SARIFRule.text("The folder in which lockstep ran."))
    ])
    let run: JSONValue = .object([
      ("tool", .object([("driver", driver)])),
      ("invocations", .array([invocation(report)])),
      ("originalUriBaseIds", .object([(Self.rootID, root)])),
      ("columnKind", .string("utf16CodeUnits")),
    ])
    // There may be very many results: each is written as it comes.
    var text =
      "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
    text += "\"runs\":[" + run.text.dropLast() + ",\"results\":["
    var separator = "\n"
    for finding in report.files.lazy.flatMap(\.findings)
    where finding.suppression == nil || showsSuppressed {
      text += separator + result(finding, ruleIndex: indices[finding.finding.rule]).text
      separator = ",\n"
    }
    return text + "]}]}\n"
  }

  private static let rootID = "%SRCROOT%"

  private func invocation(_ report: CheckReport) -> JSONValue {
    let problems = report.problems.map {
      notification("error", $0.path, "\($0.path): \($0.reason)")
    }
    let notes = report.files.flatMap { file in
      file.notes.map { notification("warning", file.path, $0) }
        + file.remarks.map { notification("note", file.path, $0) }
    }
    return .object([
      ("executionSuccessful", .boolean(report.problems.isEmpty)),
      ("toolExecutionNotifications", .array(problems + notes)),
    ])
  }

  private func notification(_ level: String, _ path: String, _ message: String) -> JSONValue {
    .object([
      ("level", .string(level)),
      ("message", SARIFRule.text(message)),
      (
        "locations",
        .array([
          .object([("physicalLocation", .object([("artifactLocation", artifact(path))]))])
        ])
      ),
    ])
  }

  private func result(_ checked: CheckedFinding, ruleIndex: Int?) -> JSONValue {
    let finding = checked.finding
    let path = checked.fingerprint.path
    var members: [(name: String, value: JSONValue)] = [("ruleId", .string(finding.rule.rawValue))]
    if let ruleIndex { members.append(("ruleIndex", .integer(ruleIndex))) }
    members += [
      ("level", .string(finding.severity.rawValue)),
      ("message", SARIFRule.text(message(finding))),
      ("locations", .array([.object([("physicalLocation", place(path, checked.region))])])),
    ]
    if !checked.related.isEmpty {
      let locations = checked.related.enumerated().map { index, related -> JSONValue in
        .object([
          ("id", .integer(index)), ("physicalLocation", place(path, related.region)),
          ("message", SARIFRule.text(related.message)),
        ])
      }
      members.append(("relatedLocations", .array(locations)))
    }
    members.append(
      (
        "partialFingerprints",
        .object([("lockstepFinding/v1", .string(checked.fingerprint.hash))])
      )
    )
    if let fix = finding.fix, !checked.edits.isEmpty {
      members.append(("fixes", .array([self.fix(fix, checked)])))
    }
    switch checked.suppression {
    case .comment(let reason):
      let why: [(name: String, value: JSONValue)] =
        reason.isEmpty ? [] : [("justification", .string(reason))]
      members.append(("suppressions", .array([.object([("kind", .string("inSource"))] + why)])))
    case .baseline:
      members.append(("suppressions", .array([.object([("kind", .string("external"))])])))
    case nil: break
    }
    var properties: [(name: String, value: JSONValue)] = [
      ("releases", .array(finding.releases.map { .string($0.id) }))
    ]
    if let fix = finding.fix { properties.append(("fixGrade", .string(fix.grade.rawValue))) }
    return .object(members + [("properties", .object(properties))])
  }

  private func message(_ finding: SourceFinding) -> String {
    var sentences = [finding.message.hasSuffix(".") ? finding.message : finding.message + "."]
    if !finding.releases.isEmpty {
      let releases = ReleaseRanges(finding.releases, among: Release.allCases)
      sentences.append("Breaks on \(releases.text).")
    }
    return (sentences + finding.notes.map { $0.hasSuffix(".") ? $0 : $0 + "." })
      .joined(separator: " ")
  }

  private func fix(_ fix: SourceFix, _ checked: CheckedFinding) -> JSONValue {
    let replacements = checked.edits.map { edit -> JSONValue in
      .object([
        ("deletedRegion", region(edit.region)),
        ("insertedContent", SARIFRule.text(edit.replacement)),
      ])
    }
    let change: JSONValue = .object([
      ("artifactLocation", artifact(checked.fingerprint.path)),
      ("replacements", .array(replacements)),
    ])
    return .object([
      ("description", SARIFRule.text("\(fix.title) (\(fix.grade.rawValue))")),
      ("artifactChanges", .array([change])),
    ])
  }

  private func place(_ path: String, _ region: SourceRegion) -> JSONValue {
    .object([("artifactLocation", artifact(path)), ("region", self.region(region))])
  }

  private func region(_ region: SourceRegion) -> JSONValue {
    .object([
      ("startLine", .integer(region.start.line)), ("startColumn", .integer(region.start.column)),
      ("endLine", .integer(region.end.line)), ("endColumn", .integer(region.end.column)),
    ])
  }

  /// Where a file is: below the root if it is there.
  private func artifact(_ path: String) -> JSONValue {
    let isAbsolute = path.hasPrefix("/")
    guard isAbsolute || path.split(separator: "/").contains("..") else {
      return .object([
        ("uri", .string(Self.encoded(path))), ("uriBaseId", .string(Self.rootID)),
      ])
    }
    var parts: [Substring] = []
    for part in (isAbsolute ? path : root + "/" + path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return .object([("uri", .string("file:///" + Self.encoded(parts.joined(separator: "/"))))])
  }

  /// A path as a URI has it: all but letters, digits, and what is never special is escaped.
  private static func encoded(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0" + digits : "%" + digits
      }
    }
    return result
  }
}
