public import NTReleases

/// What came of a driver on one release.
public enum Verdict: String, Sendable, CaseIterable {
  /// The driver did nothing wrong, and nothing was left to guess.
  case right
  /// The driver is wrong on this release.
  case wrong
  /// The verdict depends on how contradictory documents are read (KD-002).
  case disputed
  /// Something that is not modelled was needed.
  case inconclusive
  /// The release cannot load the driver.
  case cannotLoad
}

/// How a run ended.
public enum RunOutcome: String, Sendable, CaseIterable {
  case completed, bugCheck, loadFailed, inconclusive, budgetExhausted
}

/// The file that a run is about.
public struct DriverFile: Hashable, Sendable {
  /// The name of the file, without folders.
  public let name: String
  /// The SHA-256 of the file, in 64 hexadecimal digits.
  public let sha256: String
  /// The path that the user gave.
  public let path: String

  /// Creates a reference to a file.
  public init(name: String, sha256: String, path: String) {
    self.name = name
    self.sha256 = sha256
    self.path = path
  }
}

/// One run of a driver: one release, one architecture, one reading.
public struct RunRecord: Sendable {
  public let driver: DriverFile
  public let release: Release
  /// `x86` or `x64`.
  public let architecture: String
  public let reading: Reading
  public let outcome: RunOutcome
  /// The verdict of this run by itself: never ``Verdict/disputed``.
  public let verdict: Verdict
  public var findings: [Finding]
  /// What was needed and is not modelled, by name.
  public var unmodelled: [String]
  /// What the run takes for granted without a public source.
  public let assumptions: [String]
  /// Whether the run rests on how contradictory documents are read.
  public let dependsOnReading: Bool
  /// The instructions that the guest executed.
  public let instructions: UInt64
  /// What the driver was seen to do, in an order and a form that can be compared between releases.
  public var events: [String]
  /// The seconds that the run took.
  public let duration: Double
  /// What came of failures that were injected, or nil if that was not asked for.
  public var injections: InjectionSummary?
  /// The call in which the run met what is not modelled, or nil if it met nothing of the kind.
  public var unmodelledCall: UnmodelledCall?
  /// The calls of what is not modelled that the run went on from, in their order.
  ///
  /// The verdict rests on what came before the first of them.
  public var passedCalls: [PassedCall] = []

  /// Creates a record.
  public init(
    driver: DriverFile,
    release: Release,
    architecture: String,
    reading: Reading,
    outcome: RunOutcome,
    verdict: Verdict,
    findings: [Finding],
    unmodelled: [String],
    assumptions: [String],
    dependsOnReading: Bool,
    instructions: UInt64,
    events: [String],
    duration: Double
  ) {
    self.driver = driver
    self.release = release
    self.architecture = architecture
    self.reading = reading
    self.outcome = outcome
    self.verdict = verdict
    self.findings = findings
    self.unmodelled = unmodelled
    self.assumptions = assumptions
    self.dependsOnReading = dependsOnReading
    self.instructions = instructions
    self.events = events
    self.duration = duration
  }
}

/// What came of one driver on one release, under all the readings that were asked for.
public struct ReleaseResult: Sendable {
  public let release: Release
  /// The runs: one, or one for each reading where they matter.
  public let runs: [RunRecord]

  /// Creates a result of at least one run.
  public init(release: Release, runs: [RunRecord]) {
    self.release = release
    self.runs = runs
  }

  /// The verdict: disputed if the runs' verdicts differ.
  public var verdict: Verdict {
    guard let first = runs.first?.verdict else { return .inconclusive }
    return runs.allSatisfy { $0.verdict == first } ? first : .disputed
  }
}

/// What came of one driver on all the releases that were asked for.
public struct DriverReport: Sendable {
  public let driver: DriverFile
  /// The drivers that were run with it in the same machine, in the order in which they were given.
  public let together: [DriverFile]
  /// `x86` or `x64`.
  public let architecture: String
  /// The results, in the order of the releases.
  ///
  /// A release that never ran on the architecture has none.
  public let results: [ReleaseResult]
  /// Where the releases part first, or nil if they do not.
  public let divergence: Divergence?

  /// The names of the drivers, as reports show them.
  public var title: String { ([driver] + together).map(\.name).joined(separator: " + ") }

  /// Creates a report.
  public init(
    driver: DriverFile,
    together: [DriverFile] = [],
    architecture: String,
    results: [ReleaseResult],
    divergence: Divergence?
  ) {
    self.driver = driver
    self.together = together
    self.architecture = architecture
    self.results = results
    self.divergence = divergence
  }
}

/// The first event at which the runs of two releases differ in substance.
public struct Divergence: Sendable {
  /// The last release that agrees with those before it, and the first that does not.
  public let before: Release
  public let after: Release
  /// The number of the event, from 0.
  public let index: Int
  /// The event on each; nil if that run had ended.
  public let eventBefore: String?
  public let eventAfter: String?

  /// Creates a divergence.
  public init(
    before: Release,
    after: Release,
    index: Int,
    eventBefore: String?,
    eventAfter: String?
  ) {
    self.before = before
    self.after = after
    self.index = index
    self.eventBefore = eventBefore
    self.eventAfter = eventAfter
  }
}
