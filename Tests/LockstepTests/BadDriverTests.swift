import Findings
import GuestABI
import Lockstep
import NTReleases
import Reports
import Testing

@testable import LockstepCommands

/// The drivers of TestDrivers/bad, which make one mistake each, and their twins without it.
@Suite struct BadDriverTests {
  /// A driver, the rule that it breaks, and what was done before with the object that it is about.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    let rule: RuleID
    let life: [String]
    var testDescription: String { name }

    init(_ name: String, _ rule: RuleID, _ life: String...) {
      self.name = name
      self.rule = rule
      self.life = life
    }
  }

  static let mistakes = [
    Mistake("lock-nonpaged", "mdl-lock-invalid", "allocated", "built for nonpaged memory"),
    Mistake("lock-twice", "mdl-lock-invalid", "allocated", "locked"),
    Mistake("lock-partial", "mdl-lock-invalid", "allocated", "built as a part"),
    Mistake("map-unlocked", "mdl-map-unlocked", "allocated"),
    Mistake("map-twice", "mdl-map-twice", "allocated", "locked", "mapped at"),
    Mistake(
      "unmap-twice",
      "mdl-unmap-twice",
      "allocated",
      "locked",
      "mapped at",
      "unmapped from"
    ),
    Mistake("unmap-other", "mdl-unmap-other", "allocated", "locked", "mapped at"),
    Mistake("unmap-unknown", "mdl-unmap-unknown", "allocated", "locked", "mapped at"),
    Mistake("unlock-twice", "mdl-unlock-unlocked", "allocated", "locked", "unlocked"),
    Mistake("unlock-mapped", "mdl-unlock-mapped", "allocated", "locked", "mapped at"),
    Mistake("free-locked", "mdl-free-locked", "allocated", "locked"),
    Mistake(
      "free-mapped",
      "mdl-free-mapped",
      "allocated",
      "built for nonpaged memory",
      "mapped at"
    ),
    Mistake("use-after-unmap", "mdl-use-after-unmap", "allocated", "locked", "mapped", "unmapped"),
    Mistake("free-pool-twice", "pool-free-twice", "allocated", "freed"),
    Mistake("free-pages-twice", "pool-free-twice", "allocated", "freed"),
    Mistake("free-mdl-twice", "pool-free-twice", "allocated", "freed"),
    Mistake("free-middle", "pool-free-invalid"),
    Mistake("overrun-slack", "pool-overrun", "allocated"),
    Mistake("overrun-header", "pool-overrun", "allocated"),
    Mistake("overrun-page", "pool-overrun", "allocated"),
    Mistake("underrun", "pool-underrun", "allocated"),
    Mistake("read-after-free", "pool-read-after-free", "allocated", "freed"),
    Mistake("write-after-free", "pool-write-after-free", "allocated", "freed"),
    Mistake("read-freed-pages", "pool-read-after-free", "allocated", "freed"),
    Mistake("use-freed-mdl", "pool-read-after-free", "allocated", "locked", "unlocked", "freed"),
    Mistake("wrong-lock-operation", "mdl-wrong-lock-operation", "allocated", "locked", "mapped"),
    Mistake("chain-leak", "mdl-chain-leak", "allocated"),
    Mistake("leak-pool", "leak", "allocated"),
    Mistake("leak-mdl", "leak", "allocated", "built"),
    Mistake("null-used", "null-used", "ExAllocatePool returned NULL"),
    Mistake("irql-too-high", "irql-too-high"),
    Mistake("irql-paged-pool", "irql-too-high"),
    Mistake("field-written", "mdl-field-written", "allocated", "locked", "mapped"),
    Mistake("frames-written", "mdl-field-written", "allocated", "locked"),
    Mistake("unmap-address", "mdl-unmap-address", "allocated", "locked", "mapped"),
    Mistake("contiguity", "physical-contiguity-assumed"),
    Mistake("user-mapping-unguarded", "mdl-user-mapping-unguarded"),
    Mistake("reserved-mapping", "mdl-reserved-mapping-address", "allocated", "locked", "mapped"),
  ]

  @Test(arguments: mistakes, Architecture.allCases)
  func `a mistake is found on every release, in its line, with what went before`(
    mistake: Mistake,
    architecture: Architecture
  ) async throws {
    let driver = try DriverFixture.driver("bad-\(mistake.name)", architecture)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    var offsets: Set<Int> = []
    let severity = try #require(RuleDescription(id: mistake.rule.rawValue)).severity
    #expect(report.results.count == architecture.releases.count)
    #expect(report.results.last?.verdict != .cannotLoad)
    for result in report.results where result.verdict != .cannotLoad {
      let run = try #require(result.runs.first)
      let findings = Self.told(run).filter { $0.rule != .bugCheck }
      #expect(findings.map(\.rule) == [mistake.rule], "\(result.release.id): \(run.findings)")
      guard let finding = findings.first else { continue }
      #expect(finding.module == driver.file.name)
      #expect(finding.severity == severity)
      if severity == .error { #expect(result.verdict == .wrong, "\(result.release.id)") }
      let told =
        finding.life.count == mistake.life.count
        && zip(finding.life, mistake.life).allSatisfy { $0.what.hasPrefix($1) }
      #expect(told, "\(result.release.id): \(finding.life)")
      offsets.insert(try #require(finding.offset))
    }
    let lines = try linesOfMistakes(mistake.name)
    let symbolizer = try #require(Symbolizer.environment)
    let found = symbolizer.locations(of: offsets.sorted(), in: driver.file.path)
    #expect(found.count == offsets.count)
    #expect(Set(found.values.map(\.line)) == lines, "\(found)")
  }

  @Test(arguments: mistakes, Architecture.allCases)
  func `the same without the mistake is right on every release`(
    mistake: Mistake,
    architecture: Architecture
  ) async throws {
    let driver = try DriverFixture.driver("bad-\(mistake.name)-correct", architecture)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    #expect(report.results.last?.verdict == .right)
    for result in report.results where result.verdict != .cannotLoad {
      let findings = result.runs.flatMap(Self.told)
      #expect(result.verdict == .right, "\(result.release.id): \(findings)")
      #expect(findings.isEmpty, "\(result.release.id)")
    }
  }

  /// The findings, but for mappings outside of `__try` in drivers that are about another mistake: what
  /// compilers make of `__try` loads from Windows 2000 on only, and these drivers load everywhere.
  private static func told(_ run: RunRecord) -> [Finding] {
    let isAboutIt = run.driver.name.hasPrefix("bad-user-mapping-unguarded")
    return run.findings.filter { isAboutIt || $0.rule != "mdl-user-mapping-unguarded" }
  }

  /// The lines of a driver's source that say where the mistake is.
  private func linesOfMistakes(_ name: String) throws -> Set<Int> {
    let path = "\(DriverFixture.checkout)/TestDrivers/bad/\(name).c"
    let text = String(decoding: try DriverFixture.bytes(of: path), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return Set(lines.indices.filter { lines[$0].contains("MISTAKE") }.map { $0 + 1 })
  }

  @Test func `every driver with a mistake is tested`() throws {
    let drivers = try DriverFixture.names(in: "\(DriverFixture.checkout)/TestDrivers/bad")
    let sources = drivers.filter { $0.hasSuffix(".c") }.map { String($0.dropLast(2)) }
    #expect(sources.sorted() == Self.mistakes.map(\.name).sorted())
  }

  @Test(arguments: RuleDescription.all)
  func `the bug checks to search for are described`(rule: RuleDescription) throws {
    for equivalent in rule.equivalents {
      let parts = equivalent.split(separator: "/")
      let code = try #require(UInt32(parts[0].dropFirst(2), radix: 16), "\(equivalent)")
      let known = BugCheckDescription.descriptions(of: code)
      #expect(!known.isEmpty, "\(equivalent)")
      guard parts.count == 2 else { continue }
      let digits = parts[1].hasPrefix("0x") ? parts[1].dropFirst(2) : parts[1]
      let first = try #require(UInt64(digits, radix: 16), "\(equivalent)")
      let found = BugCheckDescription.description(of: code, firstParameter: first)
      #expect(found?.subcode != nil, "\(equivalent)")
    }
  }
}
