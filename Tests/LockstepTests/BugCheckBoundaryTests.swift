import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Drivers that stop the machine, on both sides of where the bug check changes.
@Suite struct BugCheckBoundaryTests {
  private func stop(
    _ name: String,
    _ architecture: Architecture,
    _ release: Release
  ) async throws -> String {
    let runner = try DriverFixture.runner()
    let record = try await runner.record(name, architecture, on: release)
    return try #require(record.findings.first { $0.rule == .bugCheck }?.message, "\(release.id)")
  }

  @Test(arguments: Architecture.allCases)
  func `a write to an invalid system address is 0x50 since 3_51, and says so anew since 1507`(
    architecture: Architecture
  ) async throws {
    let releases: [Release] = [.nt310, .nt350sp3, .nt351, .nt400, .win81, .win10_1507]
    for release in releases.filter(architecture.releases.contains) {
      let message = try await stop("system-fault", architecture, release)
      // KD-064 and KD-063.
      let write = release < .win10_1507 ? "0x1" : "0x2"
      if release < .nt351 {
        #expect(message.contains("0x1E KMODE_EXCEPTION_NOT_HANDLED"), "\(message)")
      } else {
        #expect(message.contains("0x50 PAGE_FAULT_IN_NONPAGED_AREA"), "\(message)")
        #expect(message.contains("FFFFF000, \(write),"), "\(release.id): \(message)")
      }
    }
  }

  @Test func `an exception that nobody handles is 0x1E before Windows XP (KD-062)`() async throws {
    for release in [Release.nt400sp6a, .w2ksp4, .wxp, .ws03] {
      let service = try await stop("null-deref", .x86, release)
      let code = release < .wxp ? "0x1E KMODE_EXCEPTION" : "0x8E KERNEL_MODE_EXCEPTION"
      #expect(service.contains(code), "\(release.id): \(service)")
      let thread = try await stop("jump-nowhere", .x86, release)
      let other = release < .wxp ? "0x1E KMODE_EXCEPTION" : "0x7E SYSTEM_THREAD_EXCEPTION"
      #expect(thread.contains(other), "\(release.id): \(thread)")
    }
  }

  @Test func `a driver's fault at raised IRQL is 0xD1 since Windows 2000 (KD-065)`() async throws {
    for release in [Release.nt351sp5, .nt400sp6a, .w2k, .win10_22h2] {
      let message = try await stop("irql-fault", .x86, release)
      let code = release < .w2k ? "0xA IRQL_NOT" : "0xD1 DRIVER_IRQL_NOT"
      #expect(message.contains(code), "\(release.id): \(message)")
    }
  }
}
