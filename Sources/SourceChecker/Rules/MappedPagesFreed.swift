internal import Findings
internal import NTReleases

/// Finds mappings of allocated pages that are left when the pages are freed.
struct MappedPagesFreed: Rule {
  let id: RuleID = "LS023"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, case .freePages? = Routine(name: call.name),
      let symbol = call.value(0)?.symbol, let mdl = path.state.mdls[symbol],
      let mapping = mdl.systemMapping, path.state.isNonzero(mapping) != false
    else { return }
    path.report(
      id,
      .warning,
      at: call.range,
      "the pages are freed while they are mapped; only Windows 7 and later remove the mapping",
      through: MDLRoutine.lastThatKeepsMappings,
      related: [
        SourceFinding.Related(range: path.info(mapping).range, message: "they are mapped here")
      ]
    )
  }
}
