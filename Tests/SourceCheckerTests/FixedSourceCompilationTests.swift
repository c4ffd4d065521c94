import Findings
import Foundation
import SourceChecker
import Testing

/// Fixed sources, for the compiler that comes with Swift.
@Suite(.enabled(if: DriverCompiler.isAvailable)) struct FixedSourceCompilationTests {
  @Test(arguments: FixTests.grades, DriverCompiler.Architecture.allCases)
  func `fixed sources compile, with no more warnings than before`(
    grades: Set<SourceFix.Grade>,
    architecture: DriverCompiler.Architecture
  ) throws {
    let library = try TreeSitterLibrary()
    var sources: [String: [UInt8]] = [:]
    var fixed: [(source: CorpusSource, name: String)] = []
    for source in CorpusSource.all {
      let settled = SettledSource(source.text, source.targets, grades, library)
      guard settled.passes > 0 else { continue }
      let name = "\(source.folder)-\(source.name)"
      sources["before-\(name)"] = source.text.bytes
      sources["fixed-\(name)"] = settled.text.bytes
      fixed.append((source, name))
    }
    let diagnostics = try DriverCompiler().diagnostics(of: sources, for: architecture)
    for (source, name) in fixed {
      let before = diagnostics["before-\(name)", default: []]
      let after = diagnostics["fixed-\(name)", default: []]
      #expect(after.count <= before.count, "\(source): \(after)")
      #expect(!after.contains { $0.contains(" error: ") }, "\(source): \(after)")
    }
    #expect(fixed.count > 20)
  }
}
