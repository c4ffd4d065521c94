import Foundation
import NTReleases
import Testing

/// What is said of the known differences' models.
@Suite struct CoverageTests {
  @Test func `every difference is in the table of coverage once`() {
    #expect(KnownDifference.coverages.map(\.id) == KnownDifference.allCases.map(\.id))
  }

  @Test(arguments: KnownDifference.allCases)
  func `what is not modelled has a reason, and what is names what decides`(
    difference: KnownDifference
  ) throws {
    let coverage = difference.coverage
    #expect(coverage.id == difference.id)
    switch coverage.model {
    case .nothing: #expect(!coverage.note.isEmpty)
    case .behaviour(let names):
      #expect(!names.isEmpty)
      for name in names {
        #expect(Behaviour.history.contains { $0.property == name }, "\(name)")
      }
    case .exports(let names), .routines(let names):
      #expect(!names.isEmpty)
      for name in names { #expect(!ExportHistory.records(of: name).isEmpty, "\(name)") }
    case .platforms: break
    }
  }

  /// What the model knows of a release, by the difference's coverage.
  private func values(_ coverage: KnownDifference.Coverage, _ release: Release) -> [String] {
    switch coverage.model {
    case .behaviour(let names):
      names.map { name in
        Behaviour.history.last { $0.property == name && $0.release <= release }?.value ?? ""
      }
    case .exports(let names):
      names.map { name in
        let platform: Platform = release.runs(on: .x86) ? .x86 : .x64
        let found = ExportHistory.availability(of: name, in: .kernel, by: release, on: platform)
        return "\(found)"
      }
    case .platforms:
      release.platforms.map { platform in
        "\(platform) \(release.addressLimits(for: platform)?.highestUserAddress ?? 0)"
      }
    case .routines, .nothing: []
    }
  }

  @Test(arguments: KnownDifference.allCases.filter { $0.scope == .releases })
  func `what decides changes where the difference does`(difference: KnownDifference) {
    let coverage = difference.coverage
    switch coverage.model {
    case .behaviour, .exports, .platforms: break
    case .routines, .nothing: return
    }
    for boundary in difference.boundaries
    where difference.separates(boundary.from, boundary.to) && difference.isExact {
      let (before, after) = (values(coverage, boundary.from), values(coverage, boundary.to))
      #expect(before != after, "\(difference.id) at \(boundary.to.id)")
    }
  }

  /// The texts of the tests that run the kernel.
  private static let tests: String = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return ["NTKernelTests", "LockstepTests"].flatMap { folder -> [String] in
      let files = FileManager.default.enumerator(
        at: tests.appendingPathComponent(folder),
        includingPropertiesForKeys: nil
      )
      return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
        .compactMap { try? String(contentsOf: $0, encoding: .utf8) }
    }.joined()
  }()

  @Test(arguments: KnownDifference.coverages.filter(\.isModelled))
  func `a test names every difference that the kernel shows`(coverage: KnownDifference.Coverage) {
    if case .exports = coverage.model { return }
    #expect(Self.tests.contains(coverage.id), "\(coverage.id)")
  }
}
