import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

@Suite struct FastFailTests {
  @Test(arguments: Architecture.allCases)
  func `__fastfail stops the system with its code since Windows 8`(
    architecture: Architecture
  ) async throws {
    let driver = try DriverFixture.driver("fast-fail", architecture)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    for result in report.results {
      let run = try #require(result.runs.first)
      guard result.release >= .win8 else {
        #expect(result.verdict == .inconclusive, "\(result.release.id)")
        #expect(run.unmodelled == ["__fastfail before Windows 8"], "\(result.release.id)")
        continue
      }
      let stop = try #require(run.findings.first { $0.rule == .bugCheck }, "\(result.release.id)")
      #expect(
        stop.message.contains("0x139 (0x7, an address, an address, 0x0)"),
        "\(stop.message)"
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `the loader gives a driver its security cookie since Windows 8`(
    architecture: Architecture
  ) async throws {
    let driver = try DriverFixture.driver("security-cookie", architecture)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    for result in report.results {
      let expected: Verdict = result.release >= .win8 ? .right : .inconclusive
      #expect(result.verdict == expected, "\(result.release.id): \(result.runs)")
    }
  }
}
