/// What a rule about sources has beside what every rule has.
public struct SourceRule: Hashable, Sendable {
  /// How far the fixes of a rule can be trusted at best.
  public enum Fix: String, Hashable, Sendable {
    /// There is none: the change is the author's to think of.
    case none
    /// It is to be looked at: `--fix=suggested` writes it.
    case suggested
    /// It changes nothing but what the finding is about: `--fix` writes it.
    case safe
  }

  /// The rule as a heading.
  public let title: String
  /// Where breaking the rule goes wrong, as what follows "breaks on".
  public let boundary: String
  /// Whether the rule is silent where no release of the target breaks.
  public let dependsOnTarget: Bool
  public let fix: Fix
  /// When the grade of a fix is another, or nil.
  public let fixNote: String?
  /// The rules about runs that speak of the same thing.
  public let counterparts: [RuleID]
  /// What other tools call such findings, to search for.
  public let otherNames: [String]
  /// Code that breaks the rule.
  public let bad: String
  /// The same, mended.
  public let good: String
}

extension RuleDescription {
  /// A rule about sources that shares its texts with a rule about runs.
  ///
  /// The twin is the rule about runs whose reason, remedy, sources and equivalents hold here too; what is
  /// given besides is added to them, but the remedy takes the place of the twin's.
  init(
    _ rule: RuleID,
    _ title: String,
    _ severity: Finding.Severity,
    fix: SourceRule.Fix = .none,
    fixNote: String? = nil,
    breaksOn boundary: String,
    dependsOnTarget: Bool = false,
    summary: String,
    as twin: RuleID? = nil,
    reason: String? = nil,
    remedy: String? = nil,
    sources: [String] = [],
    equivalents: [String] = [],
    counterparts: [RuleID] = [],
    otherNames: [String] = [],
    bad: String,
    good: String
  ) {
    let shared = twin.flatMap { twin in Self.rulesOfRuns.first { $0.rule == twin } }
    self.init(
      rule,
      summary,
      reason: [shared?.reason, reason].compactMap(\.self).joined(separator: " "),
      remedy: remedy ?? shared?.remedy ?? "",
      sources: (shared?.sources ?? []) + sources,
      severity: severity,
      equivalents: (shared?.equivalents ?? []) + equivalents,
      source: SourceRule(
        title: title,
        boundary: boundary,
        dependsOnTarget: dependsOnTarget,
        fix: fix,
        fixNote: fixNote,
        counterparts: (twin.map { [$0] } ?? []) + counterparts,
        otherNames: otherNames,
        bad: bad,
        good: good
      )
    )
  }
}
