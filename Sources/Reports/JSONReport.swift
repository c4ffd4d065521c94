public import Findings
internal import NTReleases

/// What came of drivers on releases, for programs: a JSON array with one record for each driver,
/// release, architecture and reading.
///
/// The same runs give the same bytes on every machine: there are no paths, times, or lines of source,
/// unless times are asked for.
public struct JSONReport: Sendable {
  /// The form of the records, in their member `schema`.
  public static let schema = "lockstep-run/1"

  /// Whether records have the seconds that their runs took.
  public let showsTiming: Bool

  /// Creates a report's form.
  public init(showsTiming: Bool = false) { self.showsTiming = showsTiming }

  /// The report, which ends with a line break and has a line for each record.
  public func render(_ reports: [DriverReport]) -> String {
    let records = reports.flatMap { report in
      report.results.flatMap { result in
        result.runs.map { record($0, in: result, of: report).text }
      }
    }
    return records.isEmpty ? "[]\n" : "[\n" + records.joined(separator: ",\n") + "\n]\n"
  }

  private func record(
    _ run: RunRecord,
    in result: ReleaseResult,
    of report: DriverReport
  ) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = [
      ("schema", .string(Self.schema)),
      ("driver", file(run.driver)),
      ("release", .string(run.release.id)),
      ("architecture", .string(run.architecture)),
      ("reading", .string(run.reading.rawValue)),
      ("outcome", .string(run.outcome.rawValue)),
      ("verdict", .string(result.verdict == .disputed ? "disputed" : run.verdict.rawValue)),
    ]
    if !report.together.isEmpty {
      members.append(("together", .array(report.together.map(file))))
    }
    if result.verdict == .disputed {
      members.append(("verdictUnderReading", .string(run.verdict.rawValue)))
    }
    members += [
      ("findings", .array(run.findings.map(finding))),
      ("unmodelled", .array(run.unmodelled.map(JSONValue.string))),
      ("assumptions", .array(run.assumptions.map(JSONValue.string))),
      ("instructions", .unsigned(run.instructions)),
    ]
    if let call = run.unmodelledCall { members.append(("unmodelledCall", self.call(call))) }
    if !run.passedCalls.isEmpty {
      members.append(("passedCalls", .array(run.passedCalls.map(passed))))
    }
    if let injections = run.injections {
      members.append(("injections", self.injections(injections)))
    }
    if let divergence = report.divergence, divergence.after == run.release {
      members.append(("divergence", self.divergence(divergence)))
    }
    if showsTiming {
      let microseconds = Int((max(0, run.duration) * 1_000_000).rounded())
      members.append(("duration", .seconds(microseconds: microseconds)))
    }
    return .object(members)
  }

  private func call(_ call: UnmodelledCall) -> JSONValue {
    .object([
      ("routine", .optional(call.routine)),
      ("arguments", .array(call.arguments.map(JSONValue.unsigned))),
      ("stack", .array(call.stack.map(place))),
    ])
  }

  private func passed(_ call: PassedCall) -> JSONValue {
    .object([
      ("name", .string(call.name)),
      ("routine", .string(call.routine)),
      ("arguments", .array(call.arguments.map(JSONValue.unsigned))),
      ("caller", call.caller.map(place) ?? .null),
      ("result", .string(call.result)),
    ])
  }

  private func place(_ place: UnmodelledCall.Place) -> JSONValue {
    .object([("module", .string(place.module)), ("offset", .integer(place.offset))])
  }

  private func file(_ driver: DriverFile) -> JSONValue {
    .object([("name", .string(driver.name)), ("sha256", .string(driver.sha256))])
  }

  private func finding(_ finding: Finding) -> JSONValue {
    let mark: [(name: String, value: JSONValue)] =
      finding.isAfterUnmodelled ? [("afterUnmodelled", .boolean(true))] : []
    return .object(
      mark + [
        ("rule", .string(finding.rule.rawValue)),
        ("severity", .string(finding.severity.rawValue)),
        ("message", .string(finding.message)),
        ("module", .optional(finding.module)),
        ("offset", finding.offset.map(JSONValue.integer) ?? .null),
        ("evidence", .array(finding.evidence.map(JSONValue.string))),
        ("explanation", .optional(finding.explanation)),
        ("remedy", .optional(finding.remedy)),
        ("equivalents", .array(finding.equivalents.map(JSONValue.string))),
        ("life", .array(finding.life.map(event))),
        ("mdl", finding.mdl.map(mdl) ?? .null),
      ]
    )
  }

  private func event(_ event: LifeEvent) -> JSONValue {
    .object([
      ("what", .string(event.what)),
      ("module", .optional(event.module)),
      ("offset", event.offset.map(JSONValue.integer) ?? .null),
      ("count", .integer(event.count)),
    ])
  }

  private func mdl(_ mdl: MDLDescription) -> JSONValue {
    .object([
      ("address", .unsigned(mdl.address)),
      ("flags", .array(mdl.flags.map(JSONValue.string))),
      ("process", .unsigned(mdl.process)),
      ("mappedSystemVa", .unsigned(mdl.mappedSystemVA)),
      ("startVa", .unsigned(mdl.startVA)),
      ("byteOffset", .integer(mdl.byteOffset)),
      ("byteCount", .integer(mdl.byteCount)),
      ("pages", .integer(mdl.pageCount)),
      ("frames", .array(mdl.frames.map(JSONValue.unsigned))),
    ])
  }

  /// Where this release first does something else than the one before it.
  private func divergence(_ divergence: Divergence) -> JSONValue {
    .object([
      ("before", .string(divergence.before.id)),
      ("after", .string(divergence.after.id)),
      ("event", .integer(divergence.index)),
      ("eventBefore", .optional(divergence.eventBefore)),
      ("eventAfter", .optional(divergence.eventAfter)),
    ])
  }
}
