internal import Findings
internal import NTReleases

/// Finds MDLs that are freed while their pages are locked.
struct FreedWhileLocked: Rule {
  let id: RuleID = "LS031"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, let routine = Routine(name: call.name) else { return }
    switch routine {
    case .freeMDL, .freePool: break
    default: return
    }
    guard let mdl = path.mdl(call.value(0)), mdl.contents == .locked, !mdl.isFreed else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "the MDL is freed while its pages are locked: they stay so for ever",
      related: mdl.lock.map { [SourceFinding.Related(range: $0, message: "they are locked here")] }
        ?? []
    )
  }
}
