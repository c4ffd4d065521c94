internal import Findings
internal import NTReleases

/// Finds mappings that are removed too late, twice, or not at all, and uses of those that are gone.
struct WrongUnmap: Rule {
  let id: RuleID = "LS034"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .access(let value, let range, _):
      guard let symbol = value.symbol, path.state.unmapped.contains(symbol),
        let mapping = path.mapping(value)
      else { return }
      path.report(
        id,
        .error,
        at: range,
        "the address is used after its pages were unmapped",
        related: [SourceFinding.Related(range: mapping.range, message: "they were mapped here")]
      )
    case .call(let call): check(call, path)
    default: break
    }
  }

  private func check(_ call: Event.Call, _ path: Interpreter) {
    guard let routine = Routine(name: call.name) else { return }
    switch routine {
    case .unmap:
      if let mdl = path.mdl(call.value(1)), mdl.isFreed || mdl.contents == .unlocked {
        path.report(
          id,
          .error,
          at: call.range,
          mdl.isFreed
            ? "the MDL was freed before" : "the pages were unlocked before they are unmapped"
        )
        return
      }
      guard let value = call.value(0), let symbol = value.symbol,
        let mapping = path.mapping(value)
      else { return }
      if path.state.unmapped.contains(symbol) {
        path.report(
          id,
          .error,
          at: call.range,
          "the mapping is gone already: it was removed, or its pages were unlocked"
        )
      } else if let own = mapping.mdl, let other = call.value(1)?.symbol, own != other {
        path.report(
          id,
          .error,
          at: call.range,
          "the address is a mapping of \(path.name(own)), not of \(path.name(other))"
        )
      }
    case .unlock, .freeMDL:
      let mdl = path.mdl(call.value(0))
      if case .unlock = routine, let mdl, mdl.isFreed || mdl.contents == .unlocked {
        path.report(
          id,
          .error,
          at: call.range,
          mdl.isFreed ? "the MDL was freed before" : "the pages were unlocked before"
        )
        return
      }
      guard let mdl, mdl.contents != .unlocked, let mapping = mdl.userMapping,
        !path.state.unmapped.contains(mapping), !path.state.escapedAddresses.contains(mapping),
        path.state.isNonzero(mapping) != false
      else { return }
      path.report(
        id,
        .error,
        at: call.range,
        "the pages are still mapped into user space",
        related: [
          SourceFinding.Related(range: path.info(mapping).range, message: "they are mapped here")
        ]
      )
    default: break
    }
  }
}
