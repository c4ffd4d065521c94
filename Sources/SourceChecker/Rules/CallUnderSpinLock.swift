internal import Findings
internal import NTReleases

/// Finds calls that must not be made at the IRQL of a spin lock.
struct CallUnderSpinLock: Rule {
  let id: RuleID = "LS024"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event,
      let lock = path.state.spinLocks.last(where: { !$0.isEmpty }),
      let routine = Routine(name: call.name)
    else { return }
    switch routine {
    case .allocatePages, .freePages:
      path.report(
        id,
        .warning,
        at: call.range,
        "\(call.name) is called at DISPATCH_LEVEL, as \(held(lock))",
        through: MDLRoutine.lastWithPagesBelowDispatch
      )
    case .map:
      guard let mode = call.value(1), path.accessMode(mode) == .user else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "pages are mapped into user space at DISPATCH_LEVEL, as \(held(lock))"
      )
    case .lock(let mode, _):
      guard let value = call.value(mode),
        path.accessMode(value) == .user || path.isUserAddress(path.mdl(call.value(0))?.memory)
      else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "pageable memory is locked at DISPATCH_LEVEL, as \(held(lock))"
      )
    default: break
    }
  }

  private func held(_ lock: String) -> String {
    lock == "the IRQL" ? "the IRQL was raised" : "\(lock) is held"
  }
}
