import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Real drivers of the Kernel-Mode Driver Framework, with the framework's own files beside them.
@Suite struct KMDFDriverTests {
  private func run(
    _ prefix: String,
    _ architecture: Architecture,
    on releases: [Release]
  ) async throws -> [RunRecord] {
    let runner = try DriverFixture.runner()
    func driver(_ name: String) throws -> ReleaseRunner.Driver {
      let paths = try DriverFixture.thirdPartyPaths(name)
      let path = try #require(paths.first { $0.contains("-\(architecture.name)-") })
      return try DriverFixture.driver(at: path)
    }
    let companions = try [driver("wdfldr"), driver("wdf01000")]
    let known = releases.filter { architecture.releases.contains($0) }
    let report = try await runner.run(
      driver(prefix),
      companions: companions,
      on: known,
      .init()
    )
    return report.results.flatMap(\.runs)
  }

  private static let releases: [Release] = [.wxpsp3, .win7, .win10_1607]

  @Test(arguments: Architecture.allCases)
  func `ScpVBus never frees the lists that IoGetDeviceInterfaces gives it`(
    architecture: Architecture
  ) async throws {
    for run in try await run("ScpVBus", architecture, on: Self.releases) {
      #expect(run.verdict == .wrong)
      #expect(run.findings.allSatisfy { $0.rule == .leak })
      #expect(run.events.contains("DriverEntry returns STATUS_SUCCESS"))
      #expect(run.events.contains("unloads"))
    }
  }

  @Test(arguments: Architecture.allCases)
  func `WinDivert unloads with its framework`(architecture: Architecture) async throws {
    for run in try await run("WinDivert", architecture, on: [.win7, .win10_1607]) {
      #expect(run.verdict == .right)
      #expect(run.events.contains("DriverEntry returns STATUS_SUCCESS"))
      #expect(run.events.contains { $0.hasPrefix("unloads wdf01000") })
      #expect(run.events.contains { $0.hasPrefix("unloads wdfldr") })
    }
  }
}
