internal import ArgumentParser
internal import Findings
internal import NTReleases
internal import Reports

/// Runs drivers on releases and compares.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run drivers on NT releases, and show where the releases part.",
    discussion: """
      Each driver is loaded, unchanged, on each release's memory manager and put through a scenario: \
      without a file, every device that it makes is opened, read, written and sent the control codes \
      that it knows, with buffers at several byte offsets. The matrix says on which release it is \
      right; below stand the first thing that went wrong, the pages and the address, the source, and \
      the portable form.

      EXAMPLES
        lockstep run driver.sys                    on every release
        lockstep run driver.sys --on nt400sp3,nt400sp4,w2k
        lockstep run class.sys port.sys            each may import from the other, or load it
        lockstep run bus.sys filter.sys --together in one machine, started in this order
        lockstep run driver.sys --reading literal  believe KB199311 to the letter
        lockstep run driver.sys --inject           make its calls fail, one after the other
        lockstep run driver.sys --continue         look past what is not modelled
        lockstep run driver.sys --format json      a record for each run

      EXIT STATUS
        0  right everywhere
        1  something was found, or the releases part
        2  wrong use, or a file that is no driver
        3  inconclusive: something was needed that is not modelled
        4  internal error
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  enum ReadingArgument: String, ExpressibleByArgument, CaseIterable {
    case literal, consistent

    var reading: Reading { self == .literal ? .literal : .consistent }
  }

  @Argument(help: ArgumentHelp("The drivers, for x86 or x64.", valueName: "driver.sys"))
  var drivers: [String]

  @Option(
    help: ArgumentHelp("The releases, with commas between them, or all.", valueName: "release,…")
  )
  var on = "all"

  @Option(help: ArgumentHelp("A scenario in YAML, in place of the default one.", valueName: "file"))
  var scenario: String?

  @Option(
    help: ArgumentHelp(
      "A registration file (.reg) with keys that the machine has, or lacks. May be given again.",
      valueName: "file"
    )
  )
  var registry: [String] = []

  @Option(
    help: ArgumentHelp(
      "How to read documents that contradict each other on NT before 4.0 SP4: literal or consistent "
        + "(lockstep explain KD-002). (default: both, where it matters)"
    )
  )
  var reading: ReadingArgument?

  @Option(help: "What the order of physical pages is drawn from. The same seed gives the same run.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("The most instructions that a run may take.", valueName: "instructions")
  )
  var budget: UInt64?

  @Flag(
    help: ArgumentHelp(
      "Run all drivers for a processor in one machine: each is started, in the order given but after "
        + "those that it imports from."
    )
  )
  var together = false

  @Flag(
    help: ArgumentHelp(
      "Fail each call that gives out memory, locks or mappings in turn, and all of them from each "
        + "step on, and say what the driver makes of it."
    )
  )
  var inject = false

  @Option(help: ArgumentHelp("The most failures to inject on a release.", valueName: "number"))
  var injectLimit = 500

  @Flag(
    name: .customLong("continue"),
    help: ArgumentHelp(
      "Go on from a call of a routine that is not modelled, as if it failed: with "
        + "STATUS_NOT_IMPLEMENTED, NULL, FALSE, 0 or nothing, by its declaration in the headers. The "
        + "verdict rests on what came before the first such call."
    )
  )
  var continues = false

  @Option(help: "The form of the results: text or json.")
  var format = Format.text

  @Flag(help: "Say how long the runs took.")
  var timing = false

  func validate() throws {
    if injectLimit < 1 { throw ValidationError("--inject-limit must be at least 1") }
    if inject && together { throw ValidationError("--inject takes one driver, not a set") }
    if inject && continues {
      throw ValidationError("--inject and --continue do not go together")
    }
    if budget == 0 { throw ValidationError("--budget must be at least 1") }
  }

  func run() async throws {
    let reports = try await report(with: LockstepRunner())
    let text: String
    switch format {
    case .json: text = JSONReport(showsTiming: timing).render(reports)
    case .text:
      let symbolizer = Symbolizer.environment
      text = TextReport(
        usesColour: Terminal.usesColour,
        width: Terminal.width,
        symbols: symbolizer?.lookup(for: reports),
        showsTiming: timing
      ).render(reports)
    }
    try Terminal.print(text)
    throw ExitCode(ExitStatus(for: reports).rawValue)
  }

  /// Runs the drivers.
  func report(with runner: any DriverRunning) async throws -> [DriverReport] {
    let selection = try ReleaseSelection(on)
    for path in registry { _ = try DriverReader.contents(of: path) }
    if let scenario { _ = try DriverReader.contents(of: scenario) }
    let inputs = try drivers.map(DriverReader.read)
    let releases = try selection.releases(for: inputs)
    var options = RunOptions(
      reading: reading?.reading,
      seed: seed,
      budget: budget,
      scenarioPath: scenario,
      registryPaths: registry,
      injectionLimit: inject ? injectLimit : nil
    )
    options.continuesPastUnmodelled = continues
    if together { return try await runSets(of: inputs, releases, options, runner) }
    var reports: [DriverReport] = []
    for (index, driver) in inputs.enumerated() {
      let companions = inputs.enumerated().filter { other in
        other.offset != index && other.element.platform == driver.platform
      }
      reports.append(
        try await runner.run(
          driver,
          together: [],
          companions: companions.map(\.element),
          releases: releases[index],
          options: options
        )
      )
    }
    return reports
  }

  /// Runs the drivers for each processor in one machine.
  private func runSets(
    of inputs: [InputDriver],
    _ releases: [[Release]],
    _ options: RunOptions,
    _ runner: any DriverRunning
  ) async throws -> [DriverReport] {
    var reports: [DriverReport] = []
    for (index, driver) in inputs.enumerated() {
      let isFirst = !inputs[..<index].contains { $0.platform == driver.platform }
      guard isFirst else { continue }
      let others = inputs[(index + 1)...].filter { $0.platform == driver.platform }
      let names = Set(([driver] + others).map { $0.file.name.lowercased() })
      guard names.count == others.count + 1 else {
        throw UserError("--together: two drivers have the same name")
      }
      reports.append(
        try await runner.run(
          driver,
          together: others,
          companions: [],
          releases: releases[index],
          options: options
        )
      )
    }
    return reports
  }
}
