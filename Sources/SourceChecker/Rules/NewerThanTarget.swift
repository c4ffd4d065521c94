internal import Findings
internal import NTReleases

/// Finds routines that the oldest target does not export.
struct NewerThanTarget: Rule {
  let id: RuleID = "LS020"

  static let versionWords = [
    "NTDDI", "WINNT", "WINVER", "VER", "WIN2K", "WINXP", "WIN7", "WIN8", "WIN10", "NT4", "NT_",
    "DDK",
  ]

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, path.reporter.targets.isExplicit else { return }
    if let routine = MDLRoutine.firstReleases[call.name] {
      report(routine.first, call.range, "\(call.name)\(routine.note)", path)
    }
    for argument in call.arguments {
      let text = path.text(argument)
      guard text.contains("MdlMappingNoExecute") || text.contains("MdlMappingNoWrite") else {
        continue
      }
      guard case .map? = Routine(name: call.name) else { continue }
      report(
        MDLRoutine.firstMappingFlags,
        argument.range,
        "the flag is known",
        path
      )
    }
  }

  private func report(
    _ first: Release,
    _ range: Range<Int>,
    _ what: String,
    _ path: Interpreter
  ) {
    guard let last = first.predecessor, path.reporter.targets.oldest < first,
      !path.isConditional(at: range.lowerBound, on: Self.versionWords)
    else { return }
    path.report(
      id,
      .error,
      at: range,
      what.hasPrefix("the flag")
        ? "\(what) only from \(first.name) on"
        : "\(what) is exported only from \(first.name) on: earlier releases do not load the driver",
      through: last
    )
  }
}
