import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Drivers that work with the filter manager, the filter engine and NDIS.
@Suite struct NetworkDriverTests {
  @Test(arguments: Architecture.allCases)
  func `a mini-filter attaches to the volume and lets everything go`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in [Release.wxpsp2, .ws03sp1, .vista, .win7, .win11_23h2]
    where architecture.releases.contains(release) {
      let record = try await runner.record("minifilter", architecture, on: release)
      #expect(record.verdict == .right, "\(release.id): \(record.findings) \(record.events)")
      let text = record.events.joined(separator: "\n")
      #expect(text.contains("1 instances and 1 contexts"), "\(release.id): \(text)")
      #expect(text.contains(#"is taken.tmp in \"#), "\(release.id): \(text)")
      #expect(text.contains("0 instances and 0 contexts are left"), "\(release.id): \(text)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a callout is told of its filter and sends a packet`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in [Release.vista, .win7, .win8, .win10_1507, .win11_23h2]
    where architecture.releases.contains(release) {
      let record = try await runner.record("callout", architecture, on: release)
      #expect(record.verdict == .right, "\(release.id): \(record.findings) \(record.events)")
      let text = record.events.joined(separator: "\n")
      #expect(text.contains("the packet is on its way"), "\(release.id): \(text)")
    }
  }

  @Test func `neither loads on a release without the file that it imports from`() async throws {
    let runner = try DriverFixture.runner()
    for (name, release) in [("minifilter", Release.ws03), ("callout", .wxpsp3)] {
      let record = try await runner.record(name, .x86, on: release)
      #expect(record.outcome == .loadFailed, "\(name): \(record.events)")
    }
  }
}
