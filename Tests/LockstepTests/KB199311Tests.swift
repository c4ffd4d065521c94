import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// The table of the article, on every release.
@Suite struct KB199311Tests {
  /// A variant of the article's driver.
  struct Variant: Sendable, CustomTestStringConvertible {
    let idiom: String
    let mode: String
    let cast: String?
    let architecture: Architecture

    var name: String {
      (["kb199311", idiom, mode] + (cast.map { [$0] } ?? [])).joined(separator: "-")
    }
    var testDescription: String { "\(name)-\(architecture.name)" }

    static let all: [Self] = Architecture.allCases.flatMap { architecture in
      ["kernel", "user"].flatMap { mode in
        [Self(idiom: "direct", mode: mode, cast: nil, architecture: architecture)]
          + ["legacy", "portable1", "portable2"].flatMap { idiom in
            ["ulong", "ulongptr"].map {
              Self(idiom: idiom, mode: mode, cast: $0, architecture: architecture)
            }
          }
      }
    }

    /// What the article says, with the contradiction of KD-002.
    func verdict(on release: Release) -> Verdict {
      if architecture == .x64, cast == "ulong" { return .wrong }
      switch idiom {
      case "legacy":
        if release >= .nt400sp4 { return .wrong }
        return mode == "kernel" ? .disputed : .right
      case "direct":
        if release >= .nt400sp4 { return .right }
        return mode == "kernel" ? .disputed : .wrong
      default:
        return .right
      }
    }
  }

  @Test(arguments: Variant.all)
  func `each idiom is right where the article says (KD-001)`(variant: Variant) async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver(variant.name, variant.architecture)
    let releases = variant.architecture.releases
    let report = try await runner.run(driver, on: releases, .init())

    #expect(report.results.map(\.release) == releases)
    for result in report.results {
      #expect(result.verdict == variant.verdict(on: result.release), "\(result.release.id)")
    }
  }

  @Test(arguments: Variant.all)
  func `an aligned buffer is right everywhere unless the pointer is truncated (KD-003)`(
    variant: Variant
  ) async throws {
    let buffer = Scenario.Buffer(size: 0x2345, byteOffset: 0)
    let scenario = Scenario(steps: [
      .init(.open(nil)), .init(.read(buffer)), .init(.write(buffer)), .init(.cleanup),
      .init(.close),
      .init(.unload),
    ])
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver(variant.name, variant.architecture)
    let report = try await runner.run(
      driver,
      on: variant.architecture.releases,
      .init(scenario: scenario)
    )

    let isTruncated = variant.architecture == .x64 && variant.cast == "ulong"
    for result in report.results {
      #expect(result.verdict == (isTruncated ? .wrong : .right), "\(result.release.id)")
    }
  }

  @Test(arguments: [Reading.literal, .consistent])
  func `a fixed reading decides the disputed cells (KD-002)`(reading: Reading) async throws {
    let runner = try DriverFixture.runner()
    for (idiom, isRight) in [("direct", reading == .consistent), ("legacy", reading == .literal)] {
      let name = idiom == "direct" ? "kb199311-direct-kernel" : "kb199311-legacy-kernel-ulongptr"
      let record = try await runner.record(name, .x86, on: .nt400sp3, .init(reading: reading))
      #expect(record.verdict == (isRight ? .right : .wrong), "\(idiom)")
      #expect(record.dependsOnReading)
    }
  }

  @Test func `the finding names the address used and the one to use`() async throws {
    let record = try await DriverFixture.runner()
      .record("kb199311-legacy-user-ulongptr", .x86, on: .nt400sp4)
    let finding = try #require(record.findings.first { $0.rule == .offsetAddedTwice })
    let picture = try #require(finding.picture)

    #expect(picture.byteOffset == 0x123)
    #expect(picture.pageCount == 3)
    #expect(picture.byteCount == 0x2345)
    #expect(picture.returned == picture.base + 0x123)
    #expect(picture.used == picture.base + 0x246)
    #expect(picture.expected == picture.base + 0x123)
    #expect(finding.evidence.contains("KB199311"))
    #expect(finding.evidence.contains("KD-001"))
    #expect(finding.module == "kb199311-legacy-user-ulongptr-x86.sys")
    #expect(finding.offset != nil && finding.isPrecise)
  }

  @Test func `a truncated pointer is named as such`() async throws {
    let record = try await DriverFixture.runner()
      .record("kb199311-portable1-kernel-ulong", .x64, on: .win7)
    let finding = try #require(record.findings.first { $0.rule == .pointerTruncated })

    #expect(record.outcome == .bugCheck)
    #expect(try #require(finding.picture).base > 0xFFFF_FFFF)
    #expect(try #require(finding.picture).used <= 0xFFFF_FFFF)
  }

  @Test func `the releases part between SP3 and SP4`() async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("kb199311-legacy-user-ulongptr", .x86)
    let report = try await runner.run(driver, on: Release.allCases, .init())

    #expect(report.divergence?.before == .nt400sp3)
    #expect(report.divergence?.after == .nt400sp4)
  }

  @Test func `an idiom that is right everywhere parts nowhere`() async throws {
    let runner = try DriverFixture.runner()
    let driver = try DriverFixture.driver("kb199311-portable2-user-ulongptr", .x86)
    let report = try await runner.run(driver, on: Release.allCases, .init())

    #expect(report.divergence == nil)
  }
}
