public import Findings
public import GuestABI
internal import NTKernel
public import NTReleases
public import PortableExecutable

/// Runs drivers on releases and compares what they did.
public struct ReleaseRunner: Sendable {
  /// What a run can be asked for.
  public struct Options: Sendable {
    /// How documents of releases before NT 4.0 SP4 are read; nil for both where it matters.
    public var reading: Reading?
    /// What decides the order of physical pages.
    public var seed: UInt64
    /// The most instructions of one run.
    public var budget: UInt64
    /// What is done to the driver; nil for the default.
    public var scenario: Scenario?
    /// Whether accesses to mapped pages and to freed pool are checked to the byte.
    public var checksAccesses = true
    /// What the registry holds beside what every machine's has.
    public var registry: RegistryFile?
    /// The most failures of calls to inject on a release, or nil for none.
    public var injectionLimit: Int?
    /// Whether a run that meets a call of what is not modelled is done again, going on from such calls.
    public var continuesPastUnmodelled = false

    /// Creates options.
    public init(
      reading: Reading? = nil,
      seed: UInt64 = 1,
      budget: UInt64 = 20_000_000,
      scenario: Scenario? = nil,
      injectionLimit: Int? = nil,
      registry: RegistryFile? = nil
    ) {
      self.reading = reading
      self.seed = seed
      self.budget = budget
      self.scenario = scenario
      self.injectionLimit = injectionLimit
      self.registry = registry
    }
  }

  /// A driver and its file.
  public struct Driver: Sendable {
    public let file: DriverFile
    public let image: Image
    /// The name that the file has where the driver is installed.
    let installedName: String

    /// Creates a driver.
    public init(file: DriverFile, image: Image) {
      self.file = file
      self.image = image
      installedName = image.installedName(of: file.name)
    }

    /// The driver as a file on a machine's disk.
    var available: AvailableDriver {
      AvailableDriver(name: file.name, installedName: installedName, image: image)
    }

    /// The architecture that the image is for.
    public var architecture: Architecture { image.machine == .i386 ? .x86 : .x64 }
  }

  private let makeEngine: Machine.EngineFactory

  /// Creates a runner whose machines get their processors from a factory.
  public init(makeEngine: @escaping Machine.EngineFactory) { self.makeEngine = makeEngine }

  /// Runs a driver on releases, several at a time.
  ///
  /// - Parameters:
  ///   - driver: The driver.
  ///   - others: Drivers that are run with it in the same machine, in their order.
  ///   - companions: Drivers that they may import from, or load.
  ///   - releases: The releases, in the order in which they are compared. Those that never ran on the
  ///     driver's architecture are left out.
  ///   - options: What the run is asked for.
  /// - Returns: What came of it.
  /// - Throws: `OutOfHostMemory` or `EngineError` if the host cannot provide what a machine needs.
  public func run(
    _ driver: Driver,
    together others: [Driver] = [],
    companions: [Driver] = [],
    on releases: [Release],
    _ options: Options
  ) async throws -> DriverReport {
    let set = DriverSet(members: [driver] + others, companions: companions)
    let releases = releases.filter { $0.runs(on: driver.architecture.platform) }
    var options = options
    if options.scenario == nil {
      let codes = try discoverControlCodes(of: set, on: releases, options)
      options.scenario = .standard(controlCodes: codes)
    }
    let chosen = options
    let results = try await withThrowingTaskGroup(of: (Int, ReleaseResult).self) { group in
      for (index, release) in releases.enumerated() {
        group.addTask { (index, try run(set, on: release, chosen)) }
      }
      return try await group.reduce(into: [Int: ReleaseResult]()) { $0[$1.0] = $1.1 }
    }
    let ordered = releases.indices.compactMap { results[$0] }
    return DriverReport(
      driver: driver.file,
      together: others.map(\.file),
      architecture: driver.architecture.name,
      results: ordered,
      divergence: Divergence(of: ordered)
    )
  }

  /// Runs drivers on one release, under both readings if it matters and none is chosen.
  private func run(
    _ set: DriverSet,
    on release: Release,
    _ options: Options
  ) throws -> ReleaseResult {
    let first = try run(set, on: release, options.reading ?? .literal, options)
    guard options.reading == nil, first.dependsOnReading else {
      return ReleaseResult(release: release, runs: [first])
    }
    let second = try run(set, on: release, .consistent, options)
    return ReleaseResult(release: release, runs: [first, second])
  }

  private func run(
    _ set: DriverSet,
    on release: Release,
    _ reading: Reading,
    _ options: Options
  ) throws -> RunRecord {
    var record = try record(of: set, on: release, reading, options)
    if options.continuesPastUnmodelled, record.unmodelledCall != nil {
      try goOn(from: &record, set, on: release, reading, options)
    }
    if let limit = options.injectionLimit, let scenario = options.scenario {
      // What a driver executes when it fails must not take for ever.
      let (budget, isTooMuch) = options.budget.multipliedReportingOverflow(by: 10)
      record.injections = try inject(set, on: release, reading, options) {
        try FaultInjector($0, scenario, limit: limit, budget: isTooMuch ? .max : budget).run()
      }
    }
    return record
  }

  /// Does the scenario on one release.
  private func record(
    of set: DriverSet,
    on release: Release,
    _ reading: Reading,
    _ options: Options,
    continuing: Bool = false
  ) throws -> RunRecord {
    let driver = set.members[0]
    let clock = ContinuousClock()
    let start = clock.now
    let machine = try makeMachine(for: set, release, reading, options)
    machine.continuesPastUnmodelled = continuing
    let session = DriverSession(machine, set)
    try session.start()
    if let scenario = options.scenario { try session.run(scenario) }
    let analysis = RunAnalysis(session)
    let findings = analysis.findings()
    let duration = clock.now - start
    var record = RunRecord(
      driver: driver.file,
      release: release,
      architecture: driver.architecture.name,
      reading: reading,
      outcome: analysis.outcome,
      verdict: analysis.verdict(findings),
      findings: findings,
      unmodelled: analysis.unmodelled,
      assumptions: analysis.assumptions,
      dependsOnReading: analysis.dependsOnReading,
      instructions: machine.instructionCount,
      events: session.log.events,
      duration: Double(duration.components.attoseconds) / 1e18
        + Double(duration.components.seconds)
    )
    record.unmodelledCall = session.unmodelledCall
    record.passedCalls = machine.passedCalls
    return record
  }

  /// Adds to a run that met a call of what is not modelled what comes of going on from such calls.
  ///
  /// Up to the first of them, the second run is the same as the first.
  private func goOn(
    from record: inout RunRecord,
    _ set: DriverSet,
    on release: Release,
    _ reading: Reading,
    _ options: Options
  ) throws {
    let later = try self.record(of: set, on: release, reading, options, continuing: true)
    guard !later.passedCalls.isEmpty else { return }
    let known = Set(record.findings)
    record.findings += later.findings.filter { !known.contains($0) }.map { finding in
      var finding = finding
      finding.isAfterUnmodelled = true
      return finding
    }
    var names: Set<String> = []
    let unmodelled = later.passedCalls.map(\.name) + later.unmodelled
    record.unmodelled = unmodelled.filter { names.insert($0).inserted }
    record.passedCalls = later.passedCalls
    record.events = later.events
  }

  /// Loads a driver into a machine of its own, for failures to be injected.
  private func inject(
    _ set: DriverSet,
    on release: Release,
    _ reading: Reading,
    _ options: Options,
    _ body: (DriverSession) throws -> InjectionSummary
  ) throws -> InjectionSummary {
    let machine = try makeMachine(for: set, release, reading, options)
    let session = DriverSession(machine, set)
    try session.load()
    return try body(session)
  }

  func makeMachine(
    for set: DriverSet,
    _ release: Release,
    _ reading: Reading,
    _ options: Options
  ) throws -> Machine {
    let machine = try Machine(
      Machine.Configuration(
        release: release,
        architecture: set.members[0].architecture,
        reading: reading,
        seed: options.seed,
        budget: options.budget
      ),
      makeEngine: makeEngine
    )
    machine.kernel.manager.checksAccesses = options.checksAccesses
    options.registry?.apply(to: machine.kernel.registry)
    return machine
  }
}

extension Divergence {
  /// Finds the first event at which neighbouring releases part.
  ///
  /// Releases are left out that cannot load the driver, or on which it needed something that is not
  /// modelled: what it would have done there is not known.
  init?(of results: [ReleaseResult]) {
    let loaded = results.compactMap { result in
      result.runs.first.flatMap {
        $0.outcome == .loadFailed || !$0.unmodelled.isEmpty ? nil : $0
      }
    }
    for (before, after) in zip(loaded, loaded.dropFirst()) {
      let count = max(before.events.count, after.events.count)
      func event(_ record: RunRecord, _ index: Int) -> String? {
        index < record.events.count ? record.events[index] : nil
      }
      guard let index = (0..<count).first(where: { event(before, $0) != event(after, $0) }) else {
        continue
      }
      self.init(
        before: before.release,
        after: after.release,
        index: index,
        eventBefore: event(before, index),
        eventAfter: event(after, index)
      )
      return
    }
    return nil
  }
}
