internal import Findings
internal import NTReleases

/// Finds tests for NULL of addresses that cannot be NULL any more, as something was added.
struct LateNullTest: Rule {
  let id: RuleID = "LS007"

  func check(_ event: Event, on path: Interpreter) {
    guard case .nullTest(let value, let range) = event, let mapping = path.mapping(value),
      let symbol = value.symbol, mapping.canBeNull || mapping.routine == .mapLockedPages,
      !value.shape.isDisjoint(with: [.offsetAdded, .offsetMerged, .displaced, .shifted]),
      path.state.facts[.nonzero(symbol)] == nil
    else { return }
    path.report(
      id,
      .warning,
      at: range,
      "the test comes after arithmetic: if \(mapping.routine.rawValue) returned NULL, this is not NULL",
      related: [SourceFinding.Related(range: mapping.range, message: "test the result here")]
    )
  }
}
