internal import Findings

/// Finds mappings into user space whose exceptions nothing catches.
struct UnguardedUserMapping: Rule {
  let id: RuleID = "LS010"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, !call.isGuarded,
      call.name == MappingRoutine.mapLockedPages.rawValue
        || call.name == MappingRoutine.mapLockedPagesSpecifyCache.rawValue,
      let mode = call.value(1), path.accessMode(mode) == .user
    else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "\(call.name) with UserMode raises an exception when it fails, and nothing catches it"
    )
  }
}
