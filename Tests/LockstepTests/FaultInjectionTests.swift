import Findings
import GuestABI
import NTReleases
import Testing

@testable import Lockstep

/// Drivers whose calls are made to fail, one after the other.
@Suite struct FaultInjectionTests {
  /// Opens the device, makes the one request, and closes.
  private static let scenario = Scenario(steps: [
    .init(.open(nil)), .init(.control(code: 0x22_2000, input: nil, output: nil)), .init(.close),
    .init(.unload),
  ])

  private func summary(
    _ name: String,
    _ architecture: Architecture,
    on release: Release,
    limit: Int = 100,
    budget: UInt64 = 20_000_000
  ) async throws -> InjectionSummary {
    let options = ReleaseRunner.Options(
      reading: .literal,
      budget: budget,
      scenario: Self.scenario,
      injectionLimit: limit
    )
    let record = try await DriverFixture.runner().record(name, architecture, on: release, options)
    return try #require(record.injections)
  }

  /// The calls that can fail, with the step, the number, and whether all later ones fail too.
  private static let calls = [
    "0 IoCreateDevice 1 all", "0 IoCreateDevice 1",
    "2 ExAllocatePool 1 all", "2 ExAllocatePool 1", "2 MmAllocateContiguousMemory 2",
    "2 IoAllocateMdl 3",
  ]

  private func check(
    _ name: String,
    _ architecture: Architecture,
    _ expected: (Release) -> [InjectionResult]
  ) async throws -> [(Release, InjectionSummary)] {
    var summaries: [(Release, InjectionSummary)] = []
    for release in architecture.releases {
      let summary = try await summary(name, architecture, on: release)
      #expect(summary.refusal == nil && summary.leftOut == 0, "\(release.id)")
      let calls = summary.runs.map {
        "\($0.step) \($0.routine) \($0.number)\($0.failsFromThere ? " all" : "")"
      }
      #expect(calls == Self.calls, "\(release.id)")
      #expect(summary.runs.map(\.result) == expected(release), "\(release.id)")
      summaries.append((release, summary))
    }
    return summaries
  }

  @Test(arguments: Architecture.allCases)
  func `a driver that looks at what it gets and cleans up is graceful`(
    architecture: Architecture
  ) async throws {
    let summaries = try await check("inject-graceful", architecture) { _ in
      Array(repeating: .graceful, count: 6)
    }
    for (_, summary) in summaries {
      let failures = summary.runs.map(\.failure)
      #expect(failures.prefix(2).allSatisfy { $0 == "returns STATUS_INSUFFICIENT_RESOURCES" })
      #expect(failures.dropFirst(2).allSatisfy { $0 == "returns NULL" })
      #expect(summary.runs.allSatisfy { $0.detail.isEmpty && $0.caller != nil })
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver that forgets what it has leaks it`(architecture: Architecture) async throws {
    let summaries = try await check("inject-leaks", architecture) { _ in
      [.graceful, .graceful, .graceful, .graceful, .leak, .leak]
    }
    for (_, summary) in summaries {
      #expect(summary.runs[4].detail.contains("64 bytes of nonpaged pool"))
      // The leak is told where the block was allocated, which is the first call.
      #expect(summary.runs[4].place == summary.runs[3].caller)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver that does not look at what it gets stops the system`(
    architecture: Architecture
  ) async throws {
    let summaries = try await check("inject-unchecked", architecture) { _ in
      [.graceful, .graceful, .crash, .crash, .crash, .crash]
    }
    for (release, summary) in summaries {
      let code = Behaviour(of: release).unhandledExceptionBugCheck(
        pointerSize: architecture.pointerSize
      )
      for run in summary.runs.dropFirst(2) {
        #expect(run.detail.hasPrefix("stops with \(hex(code)) "), "\(release.id)")
        #expect(run.place != nil)
      }
    }
  }

  @Test func `failures that are not tried are counted`() async throws {
    let few = try await summary("inject-graceful", .x86, on: .win7, limit: 2)
    #expect(few.runs.count == 2)
    #expect(few.leftOut == 4)
  }

  @Test func `a driver that fails by itself is refused`() async throws {
    let stops = try await summary("loop-forever", .x86, on: .win7, budget: 100_000)
    #expect(stops.refusal == "the run does not come to its end when nothing fails")
    #expect(stops.runs.isEmpty)
    let cannotLoad = try await summary("imports-unknown", .x64, on: .win7)
    #expect(cannotLoad.refusal == "the release cannot load the driver")
  }

  @Test func `the same failures have the same results again`() async throws {
    let first = try await summary("pool-mdl", .x86, on: .wxpsp2)
    let again = try await summary("pool-mdl", .x86, on: .wxpsp2)
    #expect(first == again)
    #expect(Set(first.runs.map(\.result)).isSuperset(of: [.leak, .graceful]))
  }
}
