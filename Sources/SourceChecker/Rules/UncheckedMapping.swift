internal import Findings
internal import NTReleases

/// Finds mappings that are accessed without a test for NULL.
struct UncheckedMapping: Rule {
  let id: RuleID = "LS012"

  func check(_ event: Event, on path: Interpreter) {
    guard case .access(let value, let range, _) = event, let mapping = path.mapping(value),
      mapping.canBeNull, let symbol = value.symbol, path.state.isNonzero(symbol) != true
    else { return }
    path.report(
      id,
      .error,
      at: mapping.range,
      "\(mapping.routine.rawValue) returns NULL when it cannot map, and the result is not tested",
      related: range == mapping.range
        ? [] : [SourceFinding.Related(range: range, message: "it is accessed here")],
      fix: path.nullTestFix(after: mapping.range)
    )
  }
}
