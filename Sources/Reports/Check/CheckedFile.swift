public import Findings
public import SourceChecker

/// A finding with all that reports need of its file, which need not be kept.
public struct CheckedFinding: Hashable, Sendable {
  /// Why a finding does not count.
  public enum Suppression: Hashable, Sendable {
    /// A comment says that it is meant, and perhaps why.
    case comment(reason: String)
    /// The baseline has it.
    case baseline
  }

  /// A place that explains the finding.
  public struct Related: Hashable, Sendable {
    public let region: SourceRegion
    public let message: String
  }

  /// A replacement of the fix.
  public struct Edit: Hashable, Sendable {
    public let region: SourceRegion
    public let replacement: String
  }

  public let finding: SourceFinding
  public let region: SourceRegion
  public let related: [Related]
  /// The edits of the finding's fix, in their order.
  public let edits: [Edit]
  public let fingerprint: Fingerprint
  public var suppression: Suppression?
  let excerpt: SourceExcerpt
  /// What the fix removes and adds, line by line, with a mark in front.
  let fixLines: [String]
}

/// What came of checking one source.
public struct CheckedFile: Hashable, Sendable {
  /// The file, from the folder in which the program runs if it is below that.
  public let path: String
  public var findings: [CheckedFinding]
  /// What in it could not be looked at, in a line each.
  public let notes: [String]
  /// Comments that suppress nothing, in a line each.
  public let remarks: [String]

  /// Gathers what reports need.
  ///
  /// - Parameters:
  ///   - text: The source.
  ///   - path: How to name it.
  ///   - findings: What was found in it.
  ///   - notes: What in it could not be looked at.
  ///   - rules: The rules that were checked: a comment about another one need not suppress anything.
  public init(
    _ text: SourceText,
    path: String,
    findings: [SourceFinding],
    notes: [String],
    rules: Set<RuleID>
  ) {
    let suppressions = Suppressions(in: text)
    let fingerprints = Fingerprint.fingerprints(of: findings, in: text, path: path)
    var used: Set<Int> = []
    var places = SourcePlaces(in: text)
    self.path = path
    self.findings = zip(findings, fingerprints).map { finding, fingerprint in
      let matching = suppressions.suppressing(finding, in: text)
      used.formUnion(matching)
      return CheckedFinding(
        finding,
        in: text,
        &places,
        fingerprint: fingerprint,
        suppression: matching.first.map { .comment(reason: suppressions.suppressions[$0].reason) }
      )
    }
    // A note begins with the place in the file, which is named as in all else.
    self.notes = notes.map { note in
      note.hasPrefix(text.path + ":") ? path + note.dropFirst(text.path.count) : note
    }
    var remarks = suppressions.unknown.map { line, name in
      name.isEmpty
        ? "\(path):\(line): lockstep-ignore names no rule"
        : "\(path):\(line): lockstep-ignore: \(name.printable) is no rule of lockstep check"
    }
    // In what could not be looked at may be what a comment speaks of.
    if notes.isEmpty {
      for (index, suppression) in suppressions.suppressions.enumerated()
      where !used.contains(index) && rules.contains(suppression.rule) {
        remarks.append(
          "\(path):\(suppression.line): lockstep-ignore \(suppression.rule.rawValue) suppresses nothing"
        )
      }
    }
    self.remarks = remarks
  }
}

extension CheckedFinding {
  fileprivate init(
    _ finding: SourceFinding,
    in text: SourceText,
    _ places: inout SourcePlaces,
    fingerprint: Fingerprint,
    suppression: Suppression?
  ) {
    self.finding = finding
    region = places.region(of: finding.range)
    // These may lie anywhere, but are mostly near.
    var others = places
    related = finding.related.map {
      Related(region: others.region(of: $0.range), message: $0.message)
    }
    edits =
      finding.fix?.edits.map {
        Edit(region: others.region(of: $0.range), replacement: $0.replacement)
      } ?? []
    self.fingerprint = fingerprint
    self.suppression = suppression
    excerpt = SourceExcerpt(of: finding.range, in: text)
    fixLines = finding.fix.map { Self.lines(of: $0, in: text) } ?? []
  }

  /// The most bytes of lines that a fix is shown in.
  private static let shownLimit = 4096

  /// What a fix removes and adds, unless its lines are longer than anyone would read.
  private static func lines(of fix: SourceFix, in text: SourceText) -> [String] {
    guard let first = fix.edits.map(\.range.lowerBound).min(),
      let last = fix.edits.map(\.range.upperBound).max(), first >= 0, last <= text.bytes.count
    else { return [] }
    let start = text.range(ofLine: text.line(at: first)).lowerBound
    let end = text.range(ofLine: text.line(at: last)).upperBound
    guard end - start <= shownLimit else { return [] }
    let lines = SourceText(
      path: text.path,
      language: text.language,
      bytes: Array(text.bytes[start..<end])
    )
    let edits = fix.edits.map { edit in
      let range = (edit.range.lowerBound - start)..<(edit.range.upperBound - start)
      return SourceFix.Edit(range, edit.replacement)
    }
    let fixed = lines.applying([SourceFix(fix.grade, fix.title, edits)])
    return UnifiedDiff(from: lines.bytes, to: fixed.bytes, context: 0).hunks.flatMap { hunk in
      hunk.lines.map { line in
        let code = line.bytes.filter { $0 != 0x0A && $0 != 0x0D }
        return (line.kind == .removed ? "-" : "+") + String(decoding: code, as: UTF8.self)
      }
    }
  }
}
