import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Drivers with `__try`.
@Suite struct ExceptionTests {
  @Test(arguments: Architecture.allCases)
  func `compiled handlers, filters and termination handlers run as on Windows`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    // _except_handler3, which the compiler refers to on x86, is exported since Windows 2000.
    let releases = architecture.releases.filter {
      [.w2k, .wxpsp2, .ws03sp1, .vista, .win7, .win10_1607, .win11_24h2].contains($0)
    }
    for release in releases {
      let record = try await runner.record("exceptions", architecture, on: release)
      #expect(record.verdict == .right, "\(release.id): \(record.events) \(record.findings)")
      #expect(record.findings.isEmpty)
      #expect(record.events.contains { $0.hasPrefix("control 0x222003") })
    }
  }
}
