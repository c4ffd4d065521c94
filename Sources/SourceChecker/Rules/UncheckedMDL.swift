internal import Findings
internal import NTReleases

/// Finds MDLs that are used without a test for NULL.
struct UncheckedMDL: Rule {
  let id: RuleID = "LS013"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .access(let value, let range, _): report(value, range, path)
    case .field(let access): report(.symbol(access.mdl), access.range, path)
    case .call(let call):
      guard let routine = Routine(name: call.name) else { return }
      switch routine {
      case .buildPartial: if let value = call.value(1) { report(value, call.range, path) }
      case .map(.mapLockedPagesWithReservedMapping):
        if let value = call.value(2) { report(value, call.range, path) }
      case .lock, .unlock, .buildNonpaged, .prepareForReuse, .map, .virtualAddress, .byteOffset,
        .byteCount, .initializeMDL, .freePages:
        if let value = call.value(0) { report(value, call.range, path) }
      default: break
      }
    default: break
    }
  }

  private func report(_ value: Value, _ range: Range<Int>, _ path: Interpreter) {
    guard let symbol = value.symbol, let mdl = path.state.mdls[symbol],
      let allocator = mdl.allocator, let allocation = mdl.allocation,
      path.state.isNonzero(symbol) != true
    else { return }
    path.report(
      id,
      .error,
      at: allocation,
      "\(allocator.rawValue) returns NULL when memory is short, and the result is not tested",
      related: [SourceFinding.Related(range: range, message: "it is used here")],
      fix: path.nullTestFix(after: allocation)
    )
  }
}
