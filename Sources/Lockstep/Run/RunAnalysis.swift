internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

/// Turns what was seen of a session into findings and a verdict.
struct RunAnalysis {
  let session: DriverSession
  private var machine: Machine { session.machine }
  private var release: Release { machine.configuration.release }

  init(_ session: DriverSession) { self.session = session }

  /// Everything that the session shows, without repetition.
  func findings() -> [Finding] {
    var findings: [Finding] = []
    if case .loadFailure(let failure) = session.end { findings.append(finding(for: failure)) }
    findings += session.failedEntries.map { name, status in
      let isEnd = if case .entryFailed = session.end { true } else { false }
      return Finding(
        .entryFailed,
        .warning,
        "DriverEntry returns \(status.name)"
          + (isEnd ? ", so that the scenario could not be done" : ""),
        module: name
      )
    }
    findings += machine.loadFailures.map { file, failure in
      Finding(
        .cannotLoad,
        .warning,
        "\(failure.reason) (\(failure.statusName)), so that a driver that needs it goes without",
        module: file,
        evidence: failure.evidence.map { [$0] } ?? []
      )
    }
    findings += MappingAnalysis(machine).findings
    findings += violations()
    if case .stopped(.bugCheck) = session.end { findings += FaultAnalysis(machine).findings }
    if case .stopped(.bugCheck(let bugCheck, let place)) = session.end {
      findings.append(finding(for: bugCheck, at: place))
    }
    findings += session.failedExpectations.map {
      Finding(.expectation, .error, $0, module: session.name)
    }
    findings += session.neverCompleted.map {
      Finding(
        .requestNeverCompleted,
        .warning,
        "\($0): the driver never completes the request",
        module: session.name
      )
    }
    findings += session.leaks.map { $0.finding(on: machine, $0.driver) }
    findings += session.stuck.map {
      Finding(
        .requestNeverCompleted,
        .error,
        "\($0): the request is never completed, so that the system waits for ever",
        module: session.name
      )
    }
    var seen: Set<Finding> = []
    return findings.filter { seen.insert($0).inserted }
  }

  private func finding(for failure: LoadFailure) -> Finding {
    Finding(
      .cannotLoad,
      .error,
      "\(failure.reason) (\(failure.statusName))",
      module: session.failedLoad ?? session.name,
      evidence: failure.evidence.map { [$0] } ?? []
    )
  }

  /// The rules that the driver broke, but for accesses outside buffers: ``MappingAnalysis`` has them.
  private func violations() -> [Finding] {
    var seen: Set<String> = []
    return machine.trace.entries.compactMap { entry in
      guard case .violation(let violation) = entry.event,
        violation.rule != .accessOutsideBuffer,
        // What a driver does with each buffer is told once.
        seen.insert("\(violation.rule) \(violation.location)").inserted
      else { return nil }
      return Finding(violation, on: machine)
    }
  }

  private func finding(for bugCheck: BugCheck, at place: VirtualAddress) -> Finding {
    let (module, offset) = machine.location(of: place)
    let code = bugCheck.code.rawValue
    let first = bugCheck.parameters[0] ?? 0
    let description = BugCheckDescription.description(
      of: code,
      firstParameter: first
    )
    let equivalent = hex(code) + (description?.subcode == nil ? "" : "/\(hex(first))")
    let parameters = bugCheck.parameters.map { $0.map { hex($0) } ?? "an address" }.joined(
      separator: ", "
    )
    let name = description.map { " \($0.name)" } ?? ""
    return Finding(
      .bugCheck,
      .error,
      "the system stops with \(hex(code))\(name) (\(parameters))",
      module: module,
      offset: offset,
      evidence: description.map { [$0.source] } ?? [],
      explanation: explanation(of: bugCheck),
      equivalents: [equivalent]
    )
  }

  /// What a fault's address tells about its cause.
  private func explanation(of bugCheck: BugCheck) -> String? {
    guard let fault = machine.lastFault else { return nil }
    let stack = machine.dispatcher.current.stack
    if stack.upperBound <= fault.address, fault.address < stack.upperBound + 4096 {
      return
        "The address follows the thread's kernel stack: what was stored in a local variable ran "
        + "over its end."
    }
    if bugCheck.code == .unexpectedKernelModeTrap {
      return "The thread's kernel stack of \(hex(machine.manager.layout.kernelStackSize)) bytes is "
        + "used up."
    }
    guard !bugCheck.parameters.contains(fault.address.rawValue) else { return nil }
    return "The \(fault.access) of \(hex(fault.address.rawValue)) faulted."
  }

  /// What was needed and is not modelled.
  var unmodelled: [String] {
    if case .stopped(.unmodelled(let name, _)) = session.end { return [name] }
    return []
  }

  /// How the run ended.
  var outcome: RunOutcome {
    switch session.end {
    case nil, .entryFailed: .completed
    case .loadFailure: .loadFailed
    case .stopped(.bugCheck): .bugCheck
    case .stopped(.budgetExhausted): .budgetExhausted
    case .stopped: .inconclusive
    }
  }

  /// What came of the driver.
  func verdict(_ findings: [Finding]) -> Verdict {
    if case .loadFailure = session.end { return .cannotLoad }
    if findings.contains(where: { $0.severity == .error }) { return .wrong }
    return session.end == nil && session.failedEntries.isEmpty ? .right : .inconclusive
  }

  /// What the run takes for granted without a public source.
  var assumptions: [String] {
    var assumptions: [String] = []
    if !machine.behaviour.structureLayoutsAreKnown, session.image != nil {
      assumptions.append(
        "structures but the MDL are laid out as in Windows 2000: no public symbols before it"
      )
    }
    if session.image != nil {
      for name in machine.unlistedImports {
        assumptions.append("the release exports \(name): no source lists what the module exports")
      }
    }
    return assumptions + machine.kernel.registry.assumptions + machine.kernel.drivers.assumptions
  }

  /// Whether what a mapping returned depends on how the documents are read.
  var dependsOnReading: Bool {
    machine.trace.entries.contains {
      if case .mapped(let mapping) = $0.event { mapping.dependsOnReading } else { false }
    }
  }
}

extension Machine {
  /// Returns the image that an address is in, and its offset from the image's base.
  func location(of address: VirtualAddress) -> (module: String?, offset: Int?) {
    for image in imageHistory {
      if let offset = image.offset(of: address) { return (image.name, offset) }
    }
    return (nil, nil)
  }
}
