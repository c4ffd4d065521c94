internal import Findings
internal import NTReleases

/// Finds MDLs of nonpaged pool that are mapped again.
struct NonpagedMappedAgain: Rule {
  let id: RuleID = "LS032"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event,
      case .map(let routine)? = Routine(name: call.name), !routine.reusesMapping,
      routine != .mapLockedPagesWithReservedMapping,
      let mode = call.value(1), path.accessMode(mode) == .kernel,
      let mdl = path.mdl(call.value(0)), mdl.contents == .nonpaged
    else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "the MDL describes nonpaged pool, which has a system address already"
    )
  }
}
