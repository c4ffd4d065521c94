internal import Findings
internal import NTReleases

/// Finds pool memory that is shown to user programs.
struct PoolMappedToUser: Rule {
  let id: RuleID = "LS045"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, case .map? = Routine(name: call.name),
      let mode = call.value(1), path.accessMode(mode) == .user,
      let memory = path.mdl(call.value(0))?.memory?.symbol, let pool = pool(of: memory, path)
    else { return }
    guard !path.takesWholePages(pool) else { return }
    path.report(
      id,
      .warning,
      at: call.range,
      "pages are mapped whole: the user's program sees what else is in the pool's pages",
      related: [
        SourceFinding.Related(range: path.info(pool).range, message: "the memory is from a pool")
      ]
    )
  }
}

extension PoolMappedToUser {
  /// The pool memory that an address lies in.
  private func pool(of memory: Symbol, _ path: Interpreter) -> Symbol? {
    var current: Symbol? = memory
    for _ in 0..<3 {
      guard let symbol = current else { return nil }
      if case .pool = path.info(symbol).kind { return symbol }
      current = path.owners[symbol]
    }
    return nil
  }
}
