internal import Findings
internal import NTReleases

/// Finds MDLs of allocated pages that may describe fewer pages than were asked for.
struct UncheckedLength: Rule {
  let id: RuleID = "LS014"

  func check(_ event: Event, on path: Interpreter) {
    guard case .end = event else { return }
    for (symbol, mdl) in path.state.mdls where mdl.allocator == .mmAllocatePages {
      guard mdl.wasUsed, !mdl.isLengthKnown, path.state.isNonzero(symbol) != false,
        let allocation = mdl.allocation
      else { continue }
      path.report(
        id,
        .warning,
        at: allocation,
        "the routine may allocate fewer pages than it was asked for, and nobody looks how many",
        from: MDLRoutine.firstWithAllocatedPages
      )
    }
  }
}
