internal import Findings
internal import NTReleases
internal import SourceChecker

/// The releases and the rules that the user asked for.
enum CheckSelection {
  /// Reads `nt400sp3..win11_24h2`, a range that is open at one end, or one release.
  static func targets(_ text: String) throws -> TargetRange {
    guard let oldest = Release.allCases.first, let newest = Release.allCases.last else {
      throw UserError("no releases are known")
    }
    if text.lowercased() == "all" { return TargetRange(oldest, newest, isExplicit: true) }
    guard let dots = text.firstRange(of: "..") else {
      let releases = try ReleaseSelection.releases(named: text)
      return TargetRange(releases.first ?? oldest, releases.last ?? newest, isExplicit: true)
    }
    let (first, last) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
    guard !first.isEmpty || !last.isEmpty else {
      throw UserError("--target needs a release, or two with .. between them")
    }
    let start = first.isEmpty ? oldest : try ReleaseSelection.releases(named: first).first ?? oldest
    let end = last.isEmpty ? newest : try ReleaseSelection.releases(named: last).last ?? newest
    guard start <= end else {
      throw UserError("--target \(quoted(text)): \(end.id) is older than \(start.id)")
    }
    return TargetRange(start, end, isExplicit: true)
  }

  /// Reads rules with commas between them, in any case.
  static func rules(_ text: String) throws -> Set<RuleID> {
    let names = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    guard !names.isEmpty else { throw UserError("--rules needs rules, such as LS001,LS012") }
    return Set(try names.map(rule(named:)))
  }

  /// All rules.
  static var allRules: Set<RuleID> { Set(RuleDescription.sourceRules.map(\.rule)) }

  private static func rule(named name: String) throws -> RuleID {
    let found = RuleDescription(id: name)
    if let found, found.source != nil { return found.rule }
    // Someone may know what the rule is called when drivers run, or have mistyped a digit.
    let similar = found?.counterparts.map(\.rawValue) ?? suggestions(for: name)
    let hint =
      similar.isEmpty
      ? "rules are LS001 to LS045; Documentation/Checking.md lists them"
      : "did you mean \(similar.joined(separator: ", "))?"
    throw UserError("unknown rule \(quoted(name)); \(hint)")
  }

  private static func suggestions(for name: String) -> [String] {
    let digits = name.drop { !$0.isNumber }
    guard let number = Int(digits), digits.count <= 6 else { return [] }
    let rules = RuleDescription.sourceRules.compactMap { rule -> (id: String, number: Int)? in
      Int(rule.rule.rawValue.dropFirst(2)).map { (rule.rule.rawValue, $0) }
    }
    // LS1 is LS001, and LS016 is near LS015.
    return rules.filter { abs($0.number - number) <= 2 }
      .sorted { (abs($0.number - number), $0.id) < (abs($1.number - number), $1.id) }
      .prefix(2).map(\.id)
  }
}
