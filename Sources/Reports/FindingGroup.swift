internal import Findings
internal import NTReleases

/// What a finding says whatever the release: without the addresses and names that only one of them has.
struct FindingKey: Hashable {
  private let rule: RuleID
  private let severity: Finding.Severity
  private let message: String
  private let place: String
  private let reason: String
  private let shape: [Int]
  private let isAfterUnmodelled: Bool

  init(_ finding: Finding, on release: Release) {
    rule = finding.rule
    severity = finding.severity
    message = Self.generalised(finding.message, release)
    place = "\(finding.module ?? "")+\(finding.offset ?? -1)"
    let reasons = [finding.explanation ?? "", finding.remedy ?? ""] + finding.evidence
    reason = reasons.joined(separator: "\n")
    shape = finding.picture.map(Self.shape) ?? []
    isAfterUnmodelled = finding.isAfterUnmodelled
  }

  /// A text without the name of the release and without addresses.
  static func generalised(_ text: String, _ release: Release) -> String {
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      let core = word.drop { "([".contains($0) }
      let identifier = core.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      if identifier == release.id { return "*" }
      let digits = core.hasPrefix("0x") ? core.dropFirst(2).prefix(while: \.isHexDigit) : ""
      return digits.count >= 6 ? "0x*" : String(word)
    }
    let name = release.name.split(separator: " ").map(String.init)
    var index = 0
    while index + name.count <= words.count {
      let end = index + name.count
      // "Windows NT 4.0" is not meant where "Windows NT 4.0 SP4" stands.
      let isLonger = end < words.count && words[end].hasPrefix("SP")
      if Array(words[index..<end]) == name, !isLonger {
        words.replaceSubrange(index..<end, with: ["*"])
      }
      index += 1
    }
    return words.joined(separator: " ")
  }

  private static func shape(_ picture: MDLPicture) -> [Int] {
    let isNear = picture.used >> 32 == picture.expected >> 32
    return [
      picture.pageCount, picture.byteOffset, picture.byteCount, picture.usedByteCount,
      picture.isWrite ? 1 : 0,
      MDLCanvas.distance(from: picture.base, to: picture.returned),
      MDLCanvas.distance(from: picture.base, to: picture.expected),
      isNear ? MDLCanvas.distance(from: picture.base, to: picture.used) : .min,
    ]
  }
}

/// One run's part in what a report explains.
struct RunCase: Hashable {
  let reading: Reading?
  let verdict: Verdict
  let key: FindingKey?
  let reason: String
}

/// Releases on which a driver fares the same for the same reason.
struct ResultGroup {
  let verdict: Verdict
  var results: [ReleaseResult]

  var releases: [Release] { results.map(\.release) }

  /// The groups of a driver's results, in the order of their first releases.
  static func groups(of results: [ReleaseResult]) -> [ResultGroup] {
    var groups: [ResultGroup] = []
    var indices: [[RunCase]: Int] = [:]
    for result in results {
      let cases = runsToExplain(result).map { runCase($0, in: result) }
      if let index = indices[cases] {
        groups[index].results.append(result)
      } else {
        indices[cases] = groups.count
        groups.append(ResultGroup(verdict: result.verdict, results: [result]))
      }
    }
    return groups
  }

  /// The runs that differ: only one of those that say the same.
  static func runsToExplain(_ result: ReleaseResult) -> [RunRecord] {
    guard result.verdict != .disputed, let first = result.runs.first else { return result.runs }
    let isSame = result.runs.allSatisfy { $0.primaryKey == first.primaryKey }
    return isSame ? [first] : result.runs
  }

  private static func runCase(_ run: RunRecord, in result: ReleaseResult) -> RunCase {
    let isAlone = runsToExplain(result).count == 1
    // What a driver that is right did on the way to it is no reason to part releases.
    let reason = run.verdict == .right ? "" : run.reasonToStop
    return RunCase(
      reading: isAlone ? nil : run.reading,
      verdict: run.verdict,
      key: run.verdict == .right ? nil : run.primaryKey,
      reason: reason
    )
  }
}

extension RunRecord {
  /// The finding that explains the verdict: the first error, with a drawing if one has it.
  var primaryFinding: Finding? {
    let findings = findings.filter { !$0.isAfterUnmodelled }
    let errors = findings.filter { $0.severity == .error }
    if verdict == .cannotLoad, let load = errors.first(where: { $0.rule == .cannotLoad }) {
      return load
    }
    return errors.first { $0.picture != nil } ?? errors.first
      ?? (verdict == .right ? nil : findings.first)
  }

  var primaryKey: FindingKey? { primaryFinding.map { FindingKey($0, on: release) } }

  /// What ended the run before its time, without what differs between releases.
  var reasonToStop: String {
    let names = unmodelled.map { FindingKey.generalised($0, release) }.joined(separator: "\n")
    return outcome == .budgetExhausted ? "budget\n" + names : names
  }
}
