internal import Findings
internal import NTReleases
internal import SourceChecker

/// What was found in sources, for people.
public struct CheckTextReport: Sendable {
  /// Whether to use colours; they are for terminals.
  public let usesColour: Bool
  /// The columns of the page.
  public let width: Int
  /// Whether to list what comments and the baseline suppress.
  public let showsSuppressed: Bool

  /// Creates a report's form.
  public init(usesColour: Bool = false, width: Int = 100, showsSuppressed: Bool = false) {
    self.usesColour = usesColour
    self.width = max(width, 60)
    self.showsSuppressed = showsSuppressed
  }

  /// The report, which ends with a line break.
  public func render(_ report: CheckReport) -> String {
    let paint = Paint(isOn: usesColour)
    var explained: Set<RuleID> = []
    var lines: [String] = []
    for finding in report.files.flatMap(\.findings) {
      guard finding.suppression == nil || showsSuppressed else { continue }
      let isShort = finding.suppression != nil || finding.finding.severity == .note
      lines.append(heading(finding, paint))
      if isShort { continue }
      lines += excerpt(finding, paint)
      let isNew = explained.insert(finding.finding.rule).inserted
      lines += explanation(finding, withReason: isNew) + fix(finding, paint) + [""]
    }
    if let last = lines.last, !last.isEmpty { lines.append("") }
    lines += summary(report, paint)
    return lines.map { $0 + "\n" }.joined()
  }

  private func heading(_ finding: CheckedFinding, _ paint: Paint) -> String {
    let start = finding.region.start
    let severity = finding.finding.severity
    var line = paint(.bold, "\(finding.fingerprint.path.printable):\(start.line):\(start.column):")
    line += " " + paint(severity.style, severity.rawValue + ":")
    line += " \(finding.finding.message.printable) [\(finding.finding.rule.rawValue)]"
    if let suppression = finding.suppression {
      line += " (\(suppression.words.printable))"
    } else if severity == .note, let fix = finding.finding.fix {
      line += " (fix: \(fix.title.printable), \(fix.grade.rawValue))"
    }
    return line
  }

  /// The line of source with the part that is wrong underlined.
  private func excerpt(_ finding: CheckedFinding, _ paint: Paint) -> [String] {
    let number = String(finding.region.start.line)
    let gutter = String(repeating: " ", count: max(0, 5 - number.count))
    let margin = String(repeating: " ", count: gutter.count + number.count)
    let (line, indent, length) = finding.excerpt.fitted(to: width - margin.count - 3)
    let underline = "^" + String(repeating: "~", count: length - 1)
    return [
      paint(.dim, gutter + number + " |") + " " + line,
      paint(.dim, margin + " |") + " " + String(repeating: " ", count: indent)
        + paint(finding.finding.severity.style, underline),
    ]
  }

  private func explanation(_ checked: CheckedFinding, withReason: Bool) -> [String] {
    let finding = checked.finding
    var lines: [String] = []
    if !finding.releases.isEmpty {
      lines += labelled("on", ReleaseRanges(finding.releases, among: Release.allCases).text)
    }
    if withReason, let rule = RuleDescription(id: finding.rule.rawValue) {
      lines += labelled("why", rule.reason)
      lines += labelled("write", rule.remedy)
      lines += labelled("search", rule.equivalents.joined(separator: ", "))
      lines += labelled("run", rule.counterparts.map(\.rawValue).joined(separator: ", "))
      lines += labelled("source", rule.sources.joined(separator: ", "))
    }
    for note in finding.notes { lines += labelled("note", note.printable) }
    for related in checked.related {
      let start = related.region.start
      let place = "\(checked.fingerprint.path.printable):\(start.line):\(start.column)"
      lines += labelled("see", "\(place): \(related.message.printable)")
    }
    return lines
  }

  private func fix(_ checked: CheckedFinding, _ paint: Paint) -> [String] {
    guard let fix = checked.finding.fix else { return [] }
    let how =
      fix.grade == .safe
      ? "safe: --fix writes it" : "suggested, to be looked at: --fix=suggested writes it"
    return labelled("fix", "\(fix.title.printable) (\(how))")
      + checked.fixLines.map { line in
        let shown = String(line.prefix(1)) + SourceLine.expanded(line.dropFirst())
        return "          " + paint(line.hasPrefix("-") ? .red : .green, shown)
      }
  }

  private func labelled(_ label: String, _ text: String) -> [String] {
    guard !text.isEmpty else { return [] }
    return text.wrapped(to: width - 10).enumerated().map { index, line in
      (index == 0 ? "  \(label.padded(to: 8))" : String(repeating: " ", count: 10)) + line
    }
  }

  /// What was found, counted.
  private func summary(_ report: CheckReport, _ paint: Paint) -> [String] {
    let findings = report.findings
    let files = counted(report.files.count, "file")
    var line: String
    if findings.isEmpty {
      line = paint(.green, "nothing found") + " in \(files)"
    } else {
      let counts = Finding.Severity.allCases.compactMap { severity -> String? in
        let count = findings.count { $0.finding.severity == severity }
        return count == 0 ? nil : paint(severity.style, counted(count, severity.rawValue))
      }
      let wrong = report.files.count { file in file.findings.contains { $0.suppression == nil } }
      line = counts.joined(separator: ", ") + " in \(wrong) of \(files)"
    }
    let suppressed = report.files.flatMap(\.findings).compactMap(\.suppression)
    let known = suppressed.count { $0 == .baseline }
    if suppressed.count > known { line += ", \(suppressed.count - known) suppressed" }
    if known > 0 { line += ", \(known) in the baseline" }
    if !report.problems.isEmpty {
      line += ", \(counted(report.problems.count, "file")) not checked"
    }
    let safe = findings.count { $0.finding.fix?.grade == .safe }
    let suggested = findings.count { $0.finding.fix?.grade == .suggested }
    var fixes: [String] = []
    if safe > 0 { fixes.append("--fix mends \(safe)") }
    if suggested > 0 { fixes.append("--fix=suggested \(suggested)\(safe > 0 ? " more" : "")") }
    return [line] + (fixes.isEmpty ? [] : [fixes.joined(separator: ", ")])
  }
}

/// Lines of source to show.
enum SourceLine {
  /// A line without tabs and without what could harm a terminal.
  static func expanded(_ text: Substring) -> String {
    var result = ""
    for character in text {
      result +=
        character == "\t"
        ? String(repeating: " ", count: 8 - result.count % 8) : String(character).printable
    }
    return result
  }
}

extension Finding.Severity {
  var style: Paint.Style {
    switch self {
    case .error: .red
    case .warning: .yellow
    case .note: .cyan
    }
  }
}
