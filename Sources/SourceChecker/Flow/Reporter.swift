internal import Findings
internal import NTReleases

/// Gathers the findings of a file, each once.
final class Reporter {
  private struct Key: Hashable {
    let rule: RuleID
    let range: Range<Int>
  }

  let path: String
  let targets: TargetRange
  private var found: [Key: SourceFinding] = [:]
  private var subjects: [Key: Range<Int>] = [:]
  private var withdrawn: Set<Key> = []
  private var unfixable: Set<Key> = []

  init(path: String, targets: TargetRange) {
    self.path = path
    self.targets = targets
  }

  /// The findings in the order of the file.
  var findings: [SourceFinding] {
    found.filter { key, _ in
      !(subjects[key].map { withdrawn.contains(Key(rule: key.rule, range: $0)) } ?? false)
    }.values.sorted {
      ($0.range.lowerBound, $0.rule.rawValue) < ($1.range.lowerBound, $1.rule.rawValue)
    }
  }

  /// Adds a finding, unless the place has one, or none of the releases is asked about.
  ///
  /// It breaks on the releases from `first` through `last`; nil stands for no bound. Where one path would
  /// have it fixed in one way and another in another, it is not fixed.
  func report(
    _ rule: RuleID,
    _ severity: Finding.Severity,
    at range: Range<Int>,
    _ message: String,
    from first: Release? = nil,
    through last: Release? = nil,
    subject: Range<Int>? = nil,
    notes: [String] = [],
    related: [SourceFinding.Related] = [],
    fix: SourceFix? = nil
  ) {
    let releases = targets.releases(from: first, through: last)
    let key = Key(rule: rule, range: range)
    guard !releases.isEmpty else { return }
    if let known = found[key] {
      if known.fix != nil, known.fix != fix { forbidFix(rule, at: range) }
      return
    }
    subjects[key] = subject
    found[key] = SourceFinding(
      rule,
      severity,
      path: path,
      range: range,
      message: message,
      releases: releases,
      notes: notes,
      related: related,
      fix: unfixable.contains(key) ? nil : fix
    )
  }

  /// Leaves a finding of a rule without a fix, now and later: what mends one path would break another.
  func forbidFix(_ rule: RuleID, at range: Range<Int>) {
    let key = Key(rule: rule, range: range)
    unfixable.insert(key)
    found[key]?.fix = nil
  }

  /// Takes back the findings of a rule about one thing, now and later: another rule says it better.
  func withdraw(_ rule: RuleID, subject: Range<Int>) {
    withdrawn.insert(Key(rule: rule, range: subject))
  }
}
