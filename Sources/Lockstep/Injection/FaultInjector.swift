internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTStructures
internal import PortableExecutable
internal import Snapshots

/// Fails each call of a driver that gives out memory, locks or mappings in turn.
///
/// Each run begins at a snapshot that was taken before the step in which the call is made, and goes on
/// to the end of the scenario.
struct FaultInjector {
  private let session: DriverSession
  private let scenario: Scenario
  private let limit: Int
  private let budget: UInt64
  private var machine: Machine { session.machine }

  /// Creates an injector.
  ///
  /// - Parameters:
  ///   - session: A session that has loaded its driver, and done nothing else.
  ///   - scenario: What is done to the driver.
  ///   - limit: The most failures to try.
  ///   - budget: The most instructions to execute for all of them.
  init(_ session: DriverSession, _ scenario: Scenario, limit: Int, budget: UInt64) {
    self.session = session
    self.scenario = scenario
    self.limit = limit
    self.budget = budget
  }

  /// Tries all failures.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  func run() throws -> InjectionSummary {
    guard session.end == nil, let image = session.image else {
      let refusal = InjectionAnalysis(session).refusal ?? "the release cannot load the driver"
      return InjectionSummary(runs: [], leftOut: 0, refusal: refusal)
    }
    var snapshot = Snapshot(of: session)
    machine.injection = FaultInjection(image.range, .none)
    try runSteps(from: 0)
    let analysis = InjectionAnalysis(session)
    let counts = machine.injection?.counts ?? [:]
    if let refusal = analysis.refusal {
      return InjectionSummary(runs: [], leftOut: counts.values.reduce(0, +), refusal: refusal)
    }
    snapshot.restore()

    var runs: [InjectedRun] = []
    // One more for each step: from its first call on, all fail.
    let possible = counts.values.reduce(0) { $0 + $1 + 1 }
    var spent: UInt64 = 0
    steps: for step in 0...scenario.steps.count {
      guard let count = counts[step], count > 0 else {
        try runStep(step)
        continue
      }
      snapshot = Snapshot(of: session)
      for number in 0...count {
        guard runs.count < limit, spent < budget else { break steps }
        let start = machine.instructionCount
        let selection: FaultInjection.Selection = number == 0 ? .from(1) : .one(number)
        machine.injection = FaultInjection(image.range, selection)
        try runSteps(from: step)
        spent += machine.instructionCount - start
        if let failed = machine.injection?.firstFailed {
          runs.append(analysis.record(failed, of: session, step, number))
        }
        snapshot.restore()
      }
      try runStep(step)
    }
    return InjectionSummary(runs: runs, leftOut: possible - runs.count)
  }

  private func runSteps(from first: Int) throws {
    for step in first...scenario.steps.count where session.end == nil { try runStep(step) }
    if session.end == nil { session.finishScenario() }
  }

  /// Does a step; the first is `DriverEntry`.
  private func runStep(_ step: Int) throws {
    if step == 0 { try session.initialise() } else { try session.run(scenario, step - 1) }
  }
}
