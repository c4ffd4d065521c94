internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

/// Compares runs in which calls fail with the run in which none does.
struct InjectionAnalysis {
  /// What tells a finding from others, whatever addresses it names.
  private struct Key: Hashable {
    let rule: RuleID
    let module: String?
    let offset: Int?

    init(_ finding: Finding) {
      rule = finding.rule
      module = finding.module
      offset = finding.offset
    }
  }

  /// Why failures are not tried: the driver fails without any.
  let refusal: String?
  private let known: [Key: Int]

  /// Takes note of a run in which nothing failed.
  init(_ session: DriverSession) {
    let findings = RunAnalysis(session).findings()
    known = findings.reduce(into: [:]) { $0[Key($1), default: 0] += 1 }
    refusal =
      switch session.end {
      case nil: nil
      case .entryFailed(let status): "DriverEntry returns \(status.name) when nothing fails"
      case .loadFailure: "the release cannot load the driver"
      case .stopped(.unmodelled(let name, _)):
        "the run needs \(name), which is not modelled, when nothing fails"
      case .stopped: "the run does not come to its end when nothing fails"
      }
  }

  /// Says what a driver made of a failure.
  func record(
    _ call: FaultInjection.Call,
    of session: DriverSession,
    _ step: Int,
    _ number: Int
  ) -> InjectedRun {
    let machine = session.machine
    let (result, detail, place) = result(of: session)
    return InjectedRun(
      routine: machine.routines.exports[call.routine].name,
      caller: machine.place(of: call.caller),
      step: step,
      number: max(number, 1),
      failsFromThere: number == 0,
      failure: call.failure.description,
      result: result,
      detail: detail,
      place: place
    )
  }

  private typealias Conclusion = (InjectionResult, detail: String, place: InjectedRun.Place?)

  private func result(of session: DriverSession) -> Conclusion {
    if case .stopped(let outcome) = session.end, let conclusion = conclusion(outcome, session) {
      return conclusion
    }
    var left = known
    let new = RunAnalysis(session).findings().filter { finding in
      // A request that fails is what an expectation of success cannot hold for.
      guard finding.rule != .expectation, finding.rule != .entryFailed else { return false }
      left[Key(finding), default: 0] -= 1
      return (left[Key(finding)] ?? 0) < 0
    }
    func first(_ isMeant: (Finding) -> Bool) -> Finding? { new.first(where: isMeant) }
    let leaks: Set<RuleID> = [.leak, "mdl-chain-leak"]
    if let finding = first({
      $0.severity == .error && !leaks.contains($0.rule) || $0.rule == .requestNeverCompleted
    }) {
      return (.wrong, "\(finding.rule.rawValue): \(finding.message)", place(of: finding))
    }
    if let finding = first({ leaks.contains($0.rule) }) {
      return (.leak, finding.message, place(of: finding))
    }
    return (.graceful, "", nil)
  }

  private func conclusion(_ outcome: Outcome, _ session: DriverSession) -> Conclusion? {
    let place = outcome.address.flatMap(session.machine.place(of:))
    switch outcome {
    case .returned: return nil
    case .bugCheck(let bugCheck, _):
      let code = bugCheck.code.rawValue
      let name = BugCheckDescription.description(
        of: code,
        firstParameter: bugCheck.parameters[0] ?? 0
      )?.name
      return (.crash, "stops with \(hex(code))\(name.map { " \($0)" } ?? "")", place)
    case .unmodelled(let name, _): return (.inconclusive, "needs \(name), not modelled", place)
    case .budgetExhausted: return (.inconclusive, "uses up its instructions", place)
    case .deadlock: return (.wrong, "waits for something that never happens", place)
    }
  }

  private func place(of finding: Finding) -> InjectedRun.Place? {
    guard let module = finding.module, let offset = finding.offset else { return nil }
    return InjectedRun.Place(module: module, offset: offset)
  }
}

extension Machine {
  fileprivate func place(of address: VirtualAddress) -> InjectedRun.Place? {
    let (module, offset) = location(of: address)
    guard let module, let offset else { return nil }
    return InjectedRun.Place(module: module, offset: offset)
  }
}

extension InjectedFailure {
  /// What the routine does, as reports say it.
  var description: String {
    switch self {
    case .null: "returns NULL"
    case .status(let status): "returns \(status.name)"
    case .raises(let status): "raises \(status.name)"
    case .stops(let bugCheck): "stops the system with \(hex(bugCheck.code.rawValue))"
    }
  }
}
