public import Findings

/// What the program tells its caller.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Every driver is right on every release.
  case clean = 0
  /// A driver is wrong, disputed or cannot be loaded somewhere, or releases part.
  case findings = 1
  /// The program was called in a way that it does not understand, or with a file that is no driver.
  case usage = 2
  /// Something that is not modelled was needed, and nothing was found.
  case inconclusive = 3
  /// The program failed.
  case internalError = 4

  /// The status for what came of drivers.
  public init(for reports: [DriverReport]) {
    let results = reports.flatMap(\.results)
    let injected = results.flatMap(\.runs).compactMap(\.injections).flatMap(\.runs)
    let hasFindings =
      reports.contains { $0.divergence != nil }
      || results.contains { [.wrong, .disputed, .cannotLoad].contains($0.verdict) }
      || results.contains { result in
        result.runs.contains { run in
          run.findings.contains { $0.severity == .error && !$0.isAfterUnmodelled }
        }
      }
      || injected.contains { [.crash, .wrong, .leak].contains($0.result) }
    if hasFindings {
      self = .findings
    } else if results.contains(where: { result in
      result.verdict == .inconclusive || result.runs.contains { !$0.unmodelled.isEmpty }
    }) || injected.contains(where: { $0.result == .inconclusive }) {
      self = .inconclusive
    } else {
      self = .clean
    }
  }
}
