internal import Findings

extension JSONReport {
  /// What came of failures that were injected.
  func injections(_ summary: InjectionSummary) -> JSONValue {
    .object([
      ("refusal", .optional(summary.refusal)),
      ("leftOut", .integer(summary.leftOut)),
      ("runs", .array(summary.runs.map(injection))),
    ])
  }

  private func injection(_ run: InjectedRun) -> JSONValue {
    .object([
      ("routine", .string(run.routine)),
      ("caller", place(run.caller)),
      ("step", .integer(run.step)),
      ("call", .integer(run.number)),
      ("allFromThere", .boolean(run.failsFromThere)),
      ("failure", .string(run.failure)),
      ("result", .string(run.result.rawValue)),
      ("detail", run.detail.isEmpty ? .null : .string(run.detail)),
      ("place", place(run.place)),
    ])
  }

  private func place(_ place: InjectedRun.Place?) -> JSONValue {
    guard let place else { return .null }
    return .object([("module", .string(place.module)), ("offset", .integer(place.offset))])
  }
}
