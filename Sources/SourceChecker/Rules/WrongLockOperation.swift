internal import Findings
internal import NTReleases

/// Finds locks that do not fit what is done with the pages.
struct WrongLockOperation: Rule {
  let id: RuleID = "LS044"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .call(let call):
      guard case .lock(_, let operation)? = Routine(name: call.name),
        let argument = call.argument(operation), let symbol = call.value(operation)?.symbol
      else { return }
      let spelling = path.name(symbol)
      guard spelling.contains("|"), spelling.contains("Access") else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "LOCK_OPERATION is an enumeration: \(spelling) is not both",
        fix: path.text(argument).contains("|")
          ? SourceFix(
            .suggested,
            "use IoModifyAccess",
            [SourceFix.Edit(argument.range, "IoModifyAccess")]
          ) : nil
      )
    case .access(let value, let range, true):
      guard let mapping = path.mapping(value),
        let mdl = mapping.mdl.flatMap({ path.state.mdls[$0] }),
        mdl.lockOperation == 0, mdl.contents == .locked, let lock = mdl.lock
      else { return }
      path.report(
        id,
        .warning,
        at: lock,
        "the pages are locked with IoReadAccess, and then written to",
        related: [SourceFinding.Related(range: range, message: "they are written to here")]
      )
    default: break
    }
  }
}
