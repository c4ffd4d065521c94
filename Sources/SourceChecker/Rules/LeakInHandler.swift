internal import Findings
internal import NTReleases

/// Finds MDLs that are left behind when a lock raises an exception.
struct LeakInHandler: Rule {
  let id: RuleID = "LS015"

  func check(_ event: Event, on path: Interpreter) {
    guard case .end = event, let handler = path.state.handler else { return }
    for (symbol, mdl) in path.state.mdls where Leak.isLeft(symbol, mdl, path) {
      path.report(
        id,
        .warning,
        at: handler,
        "the MDL is not freed when an exception is caught here",
        related: Leak.related(mdl)
      )
    }
  }
}
