internal import Findings

/// Finds locks of pages whose exceptions nothing catches.
struct UnguardedLock: Rule {
  let id: RuleID = "LS011"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, !call.isGuarded,
      case .lock? = Routine(name: call.name)
    else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "\(call.name) raises an exception when it fails, and nothing catches it"
    )
  }
}
