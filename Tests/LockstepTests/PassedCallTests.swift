import Findings
import GuestABI
import Lockstep
import NTReleases
import Reports
import Testing

/// Going on from calls of what is not modelled: `--continue`.
@Suite struct PassedCallTests {
  private static var options: ReleaseRunner.Options {
    var options = ReleaseRunner.Options()
    options.continuesPastUnmodelled = true
    return options
  }

  @Test(arguments: Architecture.allCases)
  func `calls of what is not modelled return a default of their kind, on every release`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("unmodelled-calls", architecture)
    let report = try await runner.run(driver, on: architecture.releases, Self.options)
    #expect(report.results.count == architecture.releases.count)
    for result in report.results where result.verdict != .cannotLoad {
      let run = try #require(result.runs.first)
      // What follows is the guess's doing, and no verdict on the driver.
      #expect(run.verdict == .inconclusive && run.outcome == .inconclusive, "\(run.release)")
      let results = run.passedCalls.map { "\($0.routine) \($0.result)" }
      #expect(
        results == [
          "FsRtlBalanceReads STATUS_NOT_IMPLEMENTED", "CcGetFileObjectFromBcb NULL",
          "FsRtlIsTotalDeviceFailure FALSE", "FsRtlNumberOfRunsInMcb 0",
          "FsRtlNumberOfRunsInMcb 0", "FsRtlNumberOfRunsInMcb 0", "CcUnpinRepinnedBcb nothing",
        ],
        "\(run.release)"
      )
      #expect(run.passedCalls[2].arguments.first.map { $0 & 0xFFFF_FFFF } == 0xC000_0001)
      #expect(run.passedCalls.allSatisfy { $0.caller?.module == driver.file.name })
      #expect(run.unmodelled.count == 5)
      #expect(run.events.contains("prints unmodelled-calls.c: went on"), "\(run.release)")
      #expect(run.findings.contains { $0.rule == .bugCheck })
      #expect(run.findings.allSatisfy { $0.isAfterUnmodelled })
    }
    #expect(ExitStatus(for: [report]) != .findings || report.divergence != nil)
    let json = JSONReport().render([report])
    #expect(json.contains(#""afterUnmodelled":true,"rule":"bug-check""#))
    #expect(json.contains(#""name":"CcGetFileObjectFromBcb","routine":"CcGetFileObjectFromBcb""#))
    let text = TextReport().render([report])
    #expect(text.contains("passed  7 gaps"))
    #expect(text.contains("after the first gap, not to be trusted: error bug-check"))
  }

  @Test(arguments: Architecture.allCases)
  func `a run that is not asked to go on ends at the first of the calls`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("unmodelled-calls", architecture)
    let report = try await runner.run(driver, on: [.win7], .init())
    let run = try #require(report.results.first?.runs.first)
    #expect(run.unmodelled == ["FsRtlBalanceReads"])
    #expect(run.passedCalls.isEmpty && run.findings.isEmpty)
  }

  @Test(arguments: Architecture.allCases)
  func `a run goes on from a routine that is not modelled for its arguments`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let client = try DriverFixture.driver("library-client", architecture)
    let library = try DriverFixture.driver("library", architecture)
    let report = try await runner.run(
      client,
      companions: [library],
      on: [.win7],
      Self.options
    )
    let run = try #require(report.results.first?.runs.first)
    #expect(run.verdict == .inconclusive)
    let call = try #require(run.passedCalls.first)
    #expect(call.routine == "ZwUnloadDriver" && call.result == "STATUS_NOT_IMPLEMENTED")
    #expect(call.name != call.routine)
    #expect(run.unmodelledCall?.routine == "ZwUnloadDriver")
  }

  @Test(arguments: Architecture.allCases)
  func `data that are not modelled still end a run`(architecture: Architecture) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("opaque-read", architecture)
    let plain = try await runner.run(driver, on: [.win7], .init())
    let report = try await runner.run(driver, on: [.win7], Self.options)
    let run = try #require(report.results.first?.runs.first)
    #expect(run.passedCalls.isEmpty)
    #expect(run.unmodelled == plain.results.first?.runs.first?.unmodelled)
    #expect(run.unmodelledCall?.routine == nil)
  }

  @Test func `what routines return agrees with the table of exports`() throws {
    #expect(RoutineResult(of: "ZwClose") == RoutineResult(kind: .status, x86StackBytes: 4))
    #expect(RoutineResult(of: "KfLowerIrql") == RoutineResult(kind: .void, x86StackBytes: 0))
    #expect(RoutineResult(of: "IoAllocateMdl")?.kind == .pointer)
    #expect(RoutineResult(of: "KeReadStateEvent")?.kind == .integer)
    #expect(RoutineResult(of: "MmIsAddressValid")?.kind == .boolean)
    // These do not return, or no integer.
    for name in ["KeBugCheckEx", "ExRaiseStatus", "RtlConvertLongToLargeInteger", "NoSuchRoutine"] {
      #expect(RoutineResult(of: name) == nil, "\(name)")
    }
  }
}
