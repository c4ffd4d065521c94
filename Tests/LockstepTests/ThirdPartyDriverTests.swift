import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Real drivers, which `make third-party` fetches from Debian's and PyPI's packages.
@Suite struct ThirdPartyDriverTests {
  @Test(arguments: ["WinRing0", "inpout", "winpmem"])
  func `needs nothing unmodelled on any release that loads it`(prefix: String) async throws {
    let runner = try DriverFixture.runner()
    let paths = try DriverFixture.thirdPartyPaths(prefix)
    #expect(paths.count == 2)
    for path in paths {
      let driver = try DriverFixture.driver(at: path)
      let report = try await runner.run(driver, on: driver.architecture.releases, .init())
      for run in report.results.flatMap(\.runs) where run.outcome != .loadFailed {
        // Whether Windows 2000 before SP4 exports one name that WinPmem imports is not known.
        let isOld2000 = Release.w2k <= run.release && run.release < .w2ksp4
        let gaps = run.unmodelled.filter { !isOld2000 || !$0.hasPrefix("the export Rtl") }
        #expect(gaps.isEmpty, "\(driver.file.name) on \(run.release.id)")
        guard run.unmodelled.isEmpty else { continue }
        #expect(run.events.contains("DriverEntry returns STATUS_SUCCESS"), "\(run.release.id)")
        #expect(run.events.contains("create"))
        #expect(run.events.contains { $0.hasPrefix("control 0x") })
      }
    }
  }

  @Test func `every driver ends in a truthful outcome on an old and a new release`() async throws {
    let runner = try DriverFixture.runner()
    let paths = try DriverFixture.thirdPartyPaths()
    #expect(paths.count == 28)
    for path in paths {
      let driver = try DriverFixture.driver(at: path)
      let releases = driver.architecture.releases.filter {
        [Release.nt400sp3, .w2ksp4, .wxpsp2, .win7, .win10_1607].contains($0)
      }
      let report = try await runner.run(driver, on: releases, .init())
      for run in report.results.flatMap(\.runs) {
        switch run.verdict {
        case .inconclusive:
          let isExplained = !run.unmodelled.isEmpty || !run.findings.isEmpty
          #expect(
            isExplained || run.outcome == .budgetExhausted,
            "\(driver.file.name) \(run.release.id)"
          )
        case .cannotLoad, .wrong:
          #expect(!run.findings.isEmpty, "\(driver.file.name) \(run.release.id)")
        case .right, .disputed: break
        }
      }
    }
  }
}
