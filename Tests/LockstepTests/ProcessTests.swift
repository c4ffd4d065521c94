import Findings
import GuestABI
import Lockstep
import NTReleases
import NTStructures
import Testing

/// Several processes: their memory, their requests, and how they end.
@Suite struct ProcessTests {
  private static let buffer = Scenario.Buffer(size: 0x2345, byteOffset: 0x123)

  /// What the driver is asked to do, by its control codes.
  private enum Request: UInt32 {
    case keep = 0x22_2003
    case fillAttached = 0x22_2007
    case fill = 0x22_200B
    case lock = 0x22_200F
    case map = 0x22_2013
    case unmap = 0x22_2017
    case stayAttached = 0x22_201B

    func step(
      _ process: Int,
      output: Scenario.Buffer? = nil,
      status: NTStatus? = .success,
      bytes: [UInt8]? = nil
    ) -> Scenario.Step {
      var expectation = Scenario.Expectation()
      expectation.status = status
      expectation.output = bytes
      return Scenario.Step(
        .control(code: rawValue, input: nil, output: output),
        process: process,
        expectation: expectation
      )
    }
  }

  private static func open(_ processes: Int...) -> [Scenario.Step] {
    processes.map { .init(.open(nil), process: $0) }
  }

  private static func end(_ processes: Int...) -> [Scenario.Step] {
    processes.map { .init(.exit, process: $0) } + [.init(.unload)]
  }

  /// Runs steps on every release of an architecture that loads the driver.
  private func run(
    _ steps: [Scenario.Step],
    _ architecture: Architecture
  ) async throws -> [RunRecord] {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("processes", architecture)
    let options = ReleaseRunner.Options(reading: .literal, scenario: Scenario(steps: steps))
    let report = try await runner.run(driver, on: architecture.releases, options)
    #expect(report.results.count == architecture.releases.count)
    return report.results.flatMap(\.runs)
  }

  /// The rules that were broken; what compilers make of `__try` does not load on every release, so the
  /// driver does without.
  private func rules(_ record: RunRecord) -> [String] {
    record.findings.map(\.rule.rawValue).filter { $0 != "mdl-user-mapping-unguarded" }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver fills the buffer of another process when it is attached to it`(
    architecture: Architecture
  ) async throws {
    let pattern = (0..<0x2345).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
    let steps =
      Self.open(1, 2) + [
        Request.keep.step(1, output: Self.buffer, bytes: pattern),
        Request.fillAttached.step(2, output: Self.buffer),
      ] + Self.end(2, 1)
    for record in try await run(steps, architecture) {
      #expect(record.verdict == .right, "\(record.release.id): \(record.findings)")
      #expect(record.findings.isEmpty, "\(record.release.id)")
      #expect(record.events.contains { $0.contains("information 0x2345, output") })
    }
  }

  @Test(arguments: Architecture.allCases)
  func `an address of another process is not mapped in this one`(
    architecture: Architecture
  ) async throws {
    let steps =
      Self.open(1, 2) + [Request.keep.step(1, output: Self.buffer), Request.fill.step(2)]
    for record in try await run(steps, architecture) {
      #expect(record.outcome == .bugCheck, "\(record.release.id)")
      let message = record.findings.map(\.message).joined()
      #expect(message.contains("0xC0000005"), "\(record.release.id): \(message)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `an address of another process can be mapped in this one, to other memory`(
    architecture: Architecture
  ) async throws {
    // Both processes get their first buffers at the same address.
    let steps =
      Self.open(1, 2) + [
        Request.keep.step(1, output: Self.buffer, bytes: [0, 0, 0, 0]),
        Request.fill.step(2, output: Self.buffer, bytes: [3, 10, 17, 24]),
      ] + Self.end(1, 2)
    for record in try await run(steps, architecture) {
      #expect(record.findings.isEmpty, "\(record.release.id): \(record.findings)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `pending requests are cancelled when asked for and when their process ends`(
    architecture: Architecture
  ) async throws {
    for last in [Scenario.Action.cancel, .close, .exit] {
      let keep = Request.keep.step(1, output: Self.buffer, status: .cancelled)
      let steps = Self.open(1) + [keep, .init(last)] + Self.end(1)
      for record in try await run(steps, architecture) {
        #expect(record.verdict == .right, "\(record.release.id): \(record.findings)")
        #expect(record.findings.isEmpty, "\(record.release.id)")
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a process that ends with locked pages stops the system from Windows 2000 on (KD-034)`(
    architecture: Architecture
  ) async throws {
    let steps = Self.open(1) + [Request.lock.step(1, output: Self.buffer)] + Self.end(1)
    for record in try await run(steps, architecture) {
      let stops = record.release >= .w2k
      #expect(record.outcome == (stops ? .bugCheck : .completed), "\(record.release.id)")
      let rules = Set(record.findings.map(\.rule.rawValue))
      #expect(rules.contains("mdl-locked-at-process-exit"), "\(record.release.id): \(rules)")
      let stop = record.findings.first { $0.rule == .bugCheck }?.message
      // The buffer of 0x2345 bytes from 0x123 lies in three pages.
      #expect(stop?.contains("0x76 PROCESS_HAS_LOCKED_PAGES (0x0, ") ?? !stops, "\(stop ?? "")")
      #expect(stop?.hasSuffix(", 0x3, 0x0)") ?? !stops, "\(stop ?? "")")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a user mapping belongs to the process that it was made in (KD-018)`(
    architecture: Architecture
  ) async throws {
    let map = Self.open(1, 2) + [Request.map.step(1)]
    for record in try await run(map + [Request.unmap.step(1)] + Self.end(2, 1), architecture) {
      #expect(record.verdict == .right && rules(record).isEmpty, "\(record.release.id)")
    }
    for record in try await run(map + [Request.unmap.step(2)], architecture) {
      #expect(rules(record) == ["mdl-unmap-wrong-process"])
      #expect(record.verdict == .wrong, "\(record.release.id)")
    }
    for record in try await run(map + Self.end(1), architecture) {
      #expect(rules(record) == ["mdl-mapping-left-in-process"])
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver that returns while it is attached is told where it attached`(
    architecture: Architecture
  ) async throws {
    let steps =
      Self.open(1, 2) + [
        Request.keep.step(1, output: Self.buffer, status: nil), Request.stayAttached.step(2),
      ]
    for record in try await run(steps, architecture) {
      let finding = try #require(record.findings.first)
      #expect(finding.rule == "process-left-attached", "\(record.release.id)")
      #expect(finding.module != nil && finding.offset != nil)
    }
  }
}
