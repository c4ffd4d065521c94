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

  @Test(arguments: Architecture.allCases)
  func `a driver unwinds by its own handler, and walks its own stack, on every release`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in architecture.releases {
      let record = try await runner.record("exceptions-own", architecture, on: release)
      #expect(record.verdict == .right, "\(release.id): \(record.events)")
    }
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let code: UInt32
    let message: String
    var testDescription: String { message }
  }

  @Test(
    arguments: [
      // A stack, or a list of handlers, that leads nowhere.
      Wrong(code: 0x22_2000, message: "(0xE0000003,"),
      // STATUS_INVALID_DISPOSITION, of a handler that returns none.
      Wrong(code: 0x22_2004, message: "(0xC0000026,"),
      // Going on for ever after what cannot be continued uses up the stack.
      Wrong(code: 0x22_2008, message: "0x7F UNEXPECTED_KERNEL_MODE_TRAP (0x8,"),
      // A DPC's exception does not reach the handlers of the thread that it interrupts.
      Wrong(code: 0x22_200C, message: "(0xE0000004,"),
    ],
    Architecture.allCases
  )
  func `wrong handlers and frames end in the bug check of the release`(
    wrong: Wrong,
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let scenario = Scenario(steps: [
      .init(.open(nil)), .init(.control(code: wrong.code, input: nil, output: nil)),
    ])
    for release in [Release.ws03sp1, .win10_1607] {
      let options = ReleaseRunner.Options(reading: .literal, scenario: scenario)
      let record = try await runner.record("exceptions-hostile", architecture, on: release, options)
      #expect(record.outcome == .bugCheck, "\(release.id): \(record.events)")
      let messages = record.findings.map(\.message).joined(separator: "; ")
      #expect(messages.contains(wrong.message), "\(release.id): \(messages)")
      #expect(!record.events.contains("prints caught"))
      if wrong.code == 0x22_200C {
        let stop = architecture == .x64 ? "0x1E KMODE" : "0x8E KERNEL_MODE"
        #expect(messages.contains(stop), "\(release.id): \(messages)")
      }
    }
  }

  @Test func `a list of handlers that leads in a circle is stopped by the budget`() async throws {
    let runner = try DriverFixture.runner()
    let scenario = Scenario(steps: [
      .init(.open(nil)), .init(.control(code: 0x22_2010, input: nil, output: nil)),
    ])
    let options = ReleaseRunner.Options(reading: .literal, budget: 1_000_000, scenario: scenario)
    let record = try await runner.record("exceptions-hostile", .x86, on: .win7, options)
    #expect(record.outcome == .budgetExhausted, "\(record.events)")
  }
}
