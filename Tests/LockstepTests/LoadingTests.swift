import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

@Suite struct LoadingTests {
  @Test func `MmMapLockedPagesSpecifyCache stops a driver from loading before NT 4.0 SP4`()
    async throws
  {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("specify-cache", .x86)
    let report = try await runner.run(driver, on: Architecture.x86.releases, .init())

    for result in report.results {
      #expect(
        result.verdict == (result.release < .nt400sp4 ? .cannotLoad : .right),
        "\(result.release)"
      )
    }
    let failure = try #require(report.results.first { $0.release == .nt400sp3 }?.runs.first)
    #expect(failure.outcome == .loadFailed)
    let message = try #require(failure.findings.first { $0.rule == .cannotLoad }?.message)
    #expect(message.contains("MmMapLockedPagesSpecifyCache"))
    #expect(message.contains("STATUS_DRIVER_ENTRYPOINT_NOT_FOUND"))
  }

  @Test(arguments: Architecture.allCases)
  func `a name that no release exports stops a driver everywhere`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("imports-unknown", architecture)
    let report = try await runner.run(driver, on: architecture.releases, .init())

    for result in report.results {
      // After the last table of names, a name that is not in it may exist.
      let expected: Verdict = result.release <= .win10_2004 ? .cannotLoad : .inconclusive
      #expect(result.verdict == expected, "\(result.release)")
    }
  }

  @Test(arguments: Architecture.allCases, ["export-client", "by-ordinal"])
  func `a driver imports from another by name, by ordinal and through a forwarder`(
    architecture: Architecture,
    name: String
  ) async throws {
    let runner = try DriverFixture.runner()
    let client = try DriverFixture.driver(name, architecture)
    let library = try DriverFixture.driver("export-driver", architecture)

    let together = try await runner.run(client, companions: [library], on: [.win7], .init())
    #expect(together.results.first?.verdict == .right)
    let alone = try await runner.run(client, on: [.win7], .init())
    #expect(alone.results.first?.verdict == .inconclusive)
    #expect(alone.results.first?.runs.first?.unmodelled == ["the module export-driver.sys"])
  }

  @Test func `a file that a release does not have stops a driver from loading there`() async throws
  {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("imports-module", .x86)
    let options = ReleaseRunner.Options(scenario: .standard(controlCodes: []))
    let report = try await runner.run(driver, on: [.nt400sp6a, .w2k, .win10_1507], options)

    #expect(report.results.map(\.verdict) == [.cannotLoad, .right, .right])
    let failure = try #require(report.results.first?.runs.first?.findings.first)
    #expect(
      failure.message.contains("has no WMILIB.SYS") || failure.message.contains("has no wmilib.sys")
    )
    #expect(failure.message.contains("STATUS_OBJECT_NAME_NOT_FOUND"))
  }

  @Test(arguments: Architecture.allCases)
  func `a name that a module may not have matters only when it is used`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("imports-module", architecture)
    let unused = ReleaseRunner.Options(scenario: .standard(controlCodes: []))
    let right = try await runner.run(driver, on: [.win7], unused)
    #expect(right.results.first?.verdict == .right)
    let assumed = try #require(right.results.first?.runs.first?.assumptions.first)
    #expect(assumed.hasPrefix("the release exports LsWmiNobodyKnows of wmilib.sys"))

    let used = ReleaseRunner.Options(scenario: .standard(controlCodes: [0x222000]))
    let report = try await runner.run(driver, on: [.win7], used)
    #expect(report.results.first?.verdict == .inconclusive)
    #expect(report.results.first?.runs.first?.unmodelled == ["LsWmiNobodyKnows of wmilib.sys"])
  }

  @Test func `releases that never ran on an architecture are left out`() async throws {
    let runner = try DriverFixture.runner()
    let x86 = try DriverFixture.driver("spin-irql", .x86)
    let x64 = try DriverFixture.driver("spin-irql", .x64)

    let old = try await runner.run(x86, on: [.win10_22h2, .win11_21h2], .init())
    #expect(old.results.map(\.release) == [.win10_22h2])
    let new = try await runner.run(x64, on: [.wxp, .ws03sp1], .init())
    #expect(new.results.map(\.release) == [.ws03sp1])
  }
}
