internal import Findings

/// Finds reads of `MappedSystemVa`.
struct MappedSystemVaRead: Rule {
  let id: RuleID = "LS008"

  func check(_ event: Event, on path: Interpreter) {
    guard case .field(let access) = event, access.name == "MappedSystemVa",
      access.assignment == nil, !isMapped(access.mdl, path)
    else { return }
    let fix = path.pointer(to: access).map { mdl in
      SourceFix(
        .suggested,
        "ask for the system address, and test it for NULL",
        [
          SourceFix.Edit(
            access.range,
            "MmGetSystemAddressForMdlSafe(\(mdl), NormalPagePriority)"
          )
        ]
      )
    }
    path.report(
      id,
      .warning,
      at: access.range,
      "MappedSystemVa holds an address only once the MDL is mapped",
      fix: fix
    )
  }

  /// Whether the path has made sure of the mapping.
  private func isMapped(_ mdl: Symbol, _ path: Interpreter) -> Bool {
    if let state = path.state.mdls[mdl], state.contents == .nonpaged || state.systemMapping != nil {
      return true
    }
    return path.state.facts.contains { test, isTrue in
      guard isTrue, case .flag(mdl, let mask) = test else { return false }
      return mask.contains("MDL_MAPPED_TO_SYSTEM_VA")
        || mask.contains("MDL_SOURCE_IS_NONPAGED_POOL")
    }
  }
}
