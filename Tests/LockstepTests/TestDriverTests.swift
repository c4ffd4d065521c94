import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// The test drivers that check themselves, and those that do harm.
@Suite struct TestDriverTests {
  /// Drivers that are right on every release that can load them.
  static let correct = [
    "control-device", "dma", "dpc-timer-thread", "files", "kernel-image", "lists-strings",
    "mdl-service",
    "pool-mdl",
    "self-modifying",
    "specify-cache",
    "spin-irql", "version-query",
  ]

  @Test(arguments: correct, Architecture.allCases)
  func `a correct driver is right on every release that loads it`(
    name: String,
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver(name, architecture)
    let report = try await runner.run(driver, on: architecture.releases, .init())

    let loaded = report.results.filter { $0.verdict != .cannotLoad }
    #expect(loaded.last?.release == architecture.releases.last)
    for result in loaded {
      #expect(
        result.verdict == .right,
        "\(result.release.id): \(String(describing: result.runs.first?.findings))"
      )
      #expect(result.runs.allSatisfy { $0.findings.isEmpty }, "\(result.release.id)")
    }
  }

  struct Harm: Sendable, CustomTestStringConvertible {
    let name: String
    let outcome: RunOutcome
    let text: String
    var testDescription: String { name }
  }

  @Test(
    arguments: [
      Harm(name: "loop-forever", outcome: .budgetExhausted, text: ""),
      Harm(name: "allocate-forever", outcome: .budgetExhausted, text: ""),
      Harm(name: "recurse-forever", outcome: .bugCheck, text: "0x7F UNEXPECTED_KERNEL_MODE_TRAP"),
      Harm(name: "jump-nowhere", outcome: .bugCheck, text: "0xBAD0BAD"),
      Harm(name: "smash-stack", outcome: .bugCheck, text: "0xBADF00D"),
      Harm(name: "undefined-instruction", outcome: .bugCheck, text: "0xC000001D"),
      Harm(name: "null-deref", outcome: .bugCheck, text: "0xC0000005"),
      Harm(name: "divide-by-zero", outcome: .bugCheck, text: "0xC0000094"),
      Harm(name: "raise", outcome: .bugCheck, text: "0xC000000D"),
      Harm(name: "bugcheck", outcome: .bugCheck, text: "0xE2 (0x1, 0x2, 0x3, 0x4)"),
    ],
    Architecture.allCases
  )
  func `a harmful driver ends in a truthful outcome within its budget`(
    harm: Harm,
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in [Release.ws03sp1, .win7, .win10_1607] {
      let record = try await runner.record(
        harm.name,
        architecture,
        on: release,
        .init(reading: .literal, budget: 1_000_000)
      )
      #expect(record.outcome == harm.outcome, "\(release.id)")
      #expect(record.instructions <= 1_000_000)
      #expect(record.verdict == (harm.outcome == .bugCheck ? .wrong : .inconclusive))
      let messages = record.findings.map(\.message).joined(separator: "; ")
      #expect(messages.contains(harm.text), "\(release.id): \(messages)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `reserved addresses and locks on sections that are left are leaks`(
    architecture: Architecture
  ) async throws {
    let driver = try DriverFixture.driver("leak-reserved", architecture)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    for result in report.results where result.verdict != .cannotLoad {
      let findings = try #require(result.runs.first).findings
      #expect(findings.map(\.rule) == [.leak, .leak], "\(result.release.id): \(findings)")
      let text = findings.map(\.message).joined(separator: "; ")
      #expect(text.contains("3 pages of reserved addresses"), "\(text)")
      #expect(text.contains("2 locks on a pageable section"), "\(text)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `an exception stops a system service and a system thread differently`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let service = architecture == .x64 ? "0x3B SYSTEM_SERVICE" : "0x8E KERNEL_MODE"
    for release in [Release.ws03sp1, .win10_1607] {
      let request = try await runner.record("null-deref", architecture, on: release, .init())
      let stop = try #require(request.findings.first { $0.rule == .bugCheck })
      #expect(stop.message.contains(service), "\(stop.message)")
      // 0x8E shows a trap frame, which is not made; 0x3B shows the context record on the stack.
      let parameters = architecture == .x64 ? ", 0xFFFFF880" : ", an address, 0x0)"
      #expect(stop.message.contains(parameters), "\(stop.message)")
      #expect(stop.explanation == "The read of 0x10 faulted.")

      let entry = try await runner.record("jump-nowhere", architecture, on: release, .init())
      let text = entry.findings.map(\.message).joined()
      #expect(text.contains("0x7E SYSTEM_THREAD"), "\(text)")
      // The exception's record and its context record, on the thread's stack.
      #expect(!text.contains("an address"), "\(text)")
      let stack = architecture == .x64 ? ", 0xFFFFF880" : ", 0xF80"
      #expect(text.ranges(of: stack).count == 2, "\(text)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a fault at DISPATCH_LEVEL says whether the driver or the kernel was at fault`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let releases = [Release.nt400sp6a, .w2k, .ws03sp1, .win10_1607]
      .filter(architecture.releases.contains)
    let control = Scenario.Action.control(code: 0x22_2004, input: nil, output: nil)
    let kernelFaults = Scenario(steps: [.init(.open(nil)), .init(control)])
    for release in releases {
      // The codes differ in one bit, which the driver's test leaves out; the lower is sent first.
      let read = try await runner.record("irql-fault", architecture, on: release)
      let ofDriver = release < .w2k ? "0xA IRQL" : "0xD1 DRIVER_IRQL"
      let first = try #require(read.findings.first { $0.rule == .bugCheck })
      #expect(first.message.contains("\(ofDriver)_NOT_LESS_OR_EQUAL (0x10, 0x2, 0x0,"))

      let write = try await runner.record(
        "irql-fault",
        architecture,
        on: release,
        .init(scenario: kernelFaults)
      )
      let second = try #require(write.findings.first { $0.rule == .bugCheck })
      #expect(second.message.contains("0xA IRQL_NOT_LESS_OR_EQUAL (0x10, 0x2, 0x1,"))
      // It is told of the driver's call, not of the kernel's routine.
      #expect(second.module == "irql-fault-\(architecture).sys" && second.offset != nil)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a field of the kernel that no document names makes a run inconclusive`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in [Release.ws03sp1, .win7, .win10_1607] {
      let record = try await runner.record("opaque-read", architecture, on: release)
      #expect(record.verdict == .inconclusive, "\(release.id)")
      #expect(record.unmodelled == ["the field of EPROCESS at +0x174"], "\(release.id)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a write to freed pool is found where the block was freed`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    for release in architecture.releases {
      let record = try await runner.record("use-after-free-pool", architecture, on: release)
      #expect(record.verdict == .wrong, "\(release.id)")
      #expect(record.findings.map(\.rule.rawValue) == ["pool-write-after-free"], "\(release.id)")
    }
  }

  @Test func `a write to a read-only section stops the system from Windows 2000 on`() async throws {
    let runner = try DriverFixture.runner()
    for release in Architecture.x86.releases {
      let record = try await runner.record("write-readonly", .x86, on: release)
      #expect(record.outcome == (release < .w2k ? .completed : .bugCheck), "\(release.id)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `the same seed gives the same run, and another seed the same verdict`(
    architecture: Architecture
  ) async throws {
    let runner = try DriverFixture.runner()
    let first = try await runner.record("pool-mdl", architecture, on: .win7)
    let again = try await runner.record("pool-mdl", architecture, on: .win7)
    let other = try await runner.record("pool-mdl", architecture, on: .win7, .init(seed: 99))

    #expect(first.events == again.events)
    #expect(first.instructions == again.instructions)
    #expect(other.verdict == first.verdict)
  }

  @Test func `the default scenario sends the codes that a driver compares against`() async throws {
    let record = try await DriverFixture.runner().record("control-device", .x64, on: .win7)
    for code in ["0x222000", "0x222004", "0x222009", "0x22200E", "0x222013", "0x222014"] {
      #expect(record.events.contains { $0.hasPrefix("control \(code) ") }, "\(code)")
    }
  }
}
