internal import Findings
internal import NTReleases

/// Finds MDLs that are locked or unlocked although their pages are another's to lock.
struct WrongLock: Rule {
  let id: RuleID = "LS033"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, let routine = Routine(name: call.name),
      let mdl = path.mdl(call.value(0))
    else { return }
    let message: String
    switch (routine, mdl.contents) {
    case (.lock, .nonpaged): message = "pages of nonpaged pool are never locked"
    case (.lock, .partial):
      message = "the pages of a partial MDL are locked by the MDL it is part of"
    case (.lock, .locked): message = "the pages are locked already"
    case (.unlock, .nonpaged): message = "pages of nonpaged pool are not locked"
    case (.unlock, .partial):
      message = "the pages of a partial MDL are unlocked by the MDL it is part of"
    case (.buildNonpaged, .locked): message = "the MDL describes locked pages, not nonpaged pool"
    default: return
    }
    path.report(id, .error, at: call.range, message)
  }
}
