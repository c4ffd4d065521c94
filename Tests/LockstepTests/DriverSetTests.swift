import Findings
import GuestABI
import Lockstep
import NTReleases
import NTStructures
import Reports
import Testing

/// Several drivers in one machine.
@Suite struct DriverSetTests {
  /// Reads through a stack of two devices, and closes it.
  private static func scenario() -> Scenario {
    var expectation = Scenario.Expectation()
    expectation.status = .success
    expectation.information = 16
    expectation.output = [1, 0x5A]
    let read = Scenario.Step(.read(.init(size: 16)), expectation: expectation)
    var second = read
    second.expectation?.output = [2, 0x5A]
    return Scenario(
      steps: [
        .init(.open(#"\Device\StackLower"#)), read, second,
        .init(.control(code: 0x22_2004, input: nil, output: .init(size: 8))),
        .init(.control(code: 0x22_2004, input: nil, output: .init(size: 8))),
        .init(.cleanup), .init(.close), .init(.exit), .init(.unload),
      ]
    )
  }

  @Test(arguments: Architecture.allCases)
  func `requests go through a stack of two drivers and back on every release`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let upper = try DriverFixture.driver("stack-upper", architecture)
    let lower = try DriverFixture.driver("stack-lower", architecture)
    // The upper driver is given first, but imports from the lower one.
    let report = try await runner.run(
      upper,
      together: [lower],
      on: architecture.releases,
      .init(scenario: Self.scenario())
    )
    #expect(report.results.count == architecture.releases.count)
    for result in report.results {
      let run = try #require(result.runs.first)
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings) \(run.unmodelled)")
      let starts = run.events.filter { $0.hasPrefix("DriverEntry") }
      let suffix = "\(architecture.name).sys returns STATUS_SUCCESS"
      #expect(
        starts == ["DriverEntry of stack-lower-\(suffix)", "DriverEntry of stack-upper-\(suffix)"]
      )
      #expect(run.events.contains("prints stack-upper.c: requests were completed"))
      #expect(!run.events.contains { $0.contains("did not arrive") })
      // Unloading begins at the top.
      let ends = run.events.filter { $0.hasPrefix("unloads") }
      #expect(ends.map { $0.contains("upper") } == [true, false])
    }
    #expect(report.divergence == nil)
    let json = JSONReport().render([report])
    #expect(json.contains(#""together":[{"name":"stack-lower-\#(architecture.name).sys""#))
    #expect(
      report.title == "stack-upper-\(architecture.name).sys + stack-lower-\(architecture.name).sys"
    )
  }

  @Test(arguments: Architecture.allCases)
  func `an export driver is initialized since Windows 2000, and drivers load others by service`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let client = try DriverFixture.driver("library-client", architecture)
    let companions = try ["library", "stack-lower"].map {
      try DriverFixture.driver($0, architecture)
    }
    let report = try await runner.run(
      client,
      companions: companions,
      on: architecture.releases,
      .init()
    )
    for result in report.results {
      let run = try #require(result.runs.first)
      if result.release < .nt400 {
        // ObReferenceObjectByName is newer.
        #expect(run.outcome == .loadFailed, "\(run.release.id)")
        continue
      }
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings) \(run.unmodelled)")
      let isInitialized = result.release >= .w2k
      let name = "library-\(architecture.name)"
      let path = #"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\"# + name
      #expect(
        run.events.contains("prints library.c: DllInitialize \(path)") == isInitialized,
        "\(run.release.id)"
      )
      #expect(run.events.contains("prints library.c: DllUnload") == isInitialized)
      #expect(run.events.contains("prints library-client.c: LibraryCalls \(isInitialized ? 1 : 0)"))
      #expect(!run.events.contains("prints library.c: DriverEntry"))
      // Reinitialize routines get their context and the number of the call.
      let again = run.events.filter { $0.contains("again") }
      #expect(again == [1, 2].map { "prints library-client.c: again 7 \($0)" })
      let other = "stack-lower-\(architecture.name).sys"
      let loads = run.events.filter { $0.hasSuffix(other) || $0.contains("\(other) returns") }
      #expect(
        loads == [
          "loads \(other)", "DriverEntry of \(other) returns STATUS_SUCCESS", "unloads \(other)",
        ]
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver of a set that refuses to start leaves the others running`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let refusing = try DriverFixture.driver("library", architecture)
    let other = try DriverFixture.driver("stack-lower", architecture)
    let report = try await runner.run(
      refusing,
      together: [other],
      on: [.ws03sp1, .win10_22h2],
      .init()
    )
    for run in report.results.flatMap(\.runs) {
      #expect(run.verdict == .inconclusive)
      let finding = try #require(run.findings.first { $0.rule == .entryFailed })
      #expect(finding.module == refusing.file.name)
      #expect(run.events.contains("create"))
      // A request that it never completes keeps its device open.
      let inUse = "cannot be unloaded while its devices are in use"
      #expect(run.events.last == "\(other.file.name) \(inUse)")
    }
  }

  @Test func `a service that nobody knows of is not said to be missing`()
    async throws
  {
    let runner = try DriverFixture.runner()
    let client = try DriverFixture.driver("library-client", .x86)
    let library = try DriverFixture.driver("library", .x86)
    let report = try await runner.run(client, companions: [library], on: [.win7], .init())
    // Nobody knows whether a machine has a service of that name.
    let run = try #require(report.results.first?.runs.first)
    #expect(run.unmodelled.first?.contains("stack-lower-x86") == true)
  }
}

extension DriverSetTests {
  @Test(arguments: Architecture.allCases)
  func `what is not modelled is told with the calls that led there`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let client = try DriverFixture.driver("library-client", architecture)
    let library = try DriverFixture.driver("library", architecture)
    let report = try await runner.run(client, companions: [library], on: [.win7], .init())
    let run = try #require(report.results.first?.runs.first)
    // A service that nobody knows of: its key is what is missing.
    let call = try #require(run.unmodelledCall)
    #expect(call.stack.first?.module == client.file.name)
    #expect(call.routine == "ZwUnloadDriver" && call.arguments.count == 1)
    let json = JSONReport().render([report])
    #expect(json.contains(#""unmodelledCall":{"routine":"ZwUnloadDriver","arguments":["#))
  }
}
