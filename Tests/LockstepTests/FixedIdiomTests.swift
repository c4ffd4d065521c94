import Findings
import Foundation
import GuestABI
import Lockstep
import NTReleases
import SourceChecker
import Testing

/// The article's idioms, fixed by the source checker, built, and run on every release.
@Suite struct FixedIdiomTests {
  /// One idiom of `TestDrivers/kb199311.c`, as a driver would have it.
  struct Idiom: Sendable, CustomTestStringConvertible {
    let name: String
    let mode: String
    let cast: String

    var fileName: String { "\(name.lowercased())-\(mode)-\(cast)".lowercased() }
    var testDescription: String { fileName }
    /// Whether the checker has something to fix.
    var isWrongSomewhere: Bool {
      cast == "ULONG" || name == "LEGACY" || name == "DIRECT"
    }

    static let all: [Self] = ["LEGACY", "DIRECT", "PORTABLE1", "PORTABLE2"].flatMap { name in
      ["KernelMode", "UserMode"].flatMap { mode in
        (name == "DIRECT" ? ["ULONG_PTR"] : ["ULONG", "ULONG_PTR"]).map {
          Self(name: name, mode: mode, cast: $0)
        }
      }
    }

    /// The driver's source with this idiom and no other.
    func source() throws -> [UInt8] {
      let path = "\(DriverFixture.checkout)/TestDrivers/kb199311.c"
      var lines: [String] = []
      var isChosen = true
      for line in String(decoding: try DriverFixture.bytes(of: path), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      {
        if line.hasPrefix("#if IDIOM") || line.hasPrefix("#elif IDIOM") {
          isChosen = line.hasSuffix("== \(name)")
        } else if line.hasPrefix("#endif") {
          isChosen = true
        } else if isChosen {
          let chosen = line.replacing("MODE", with: mode)
          lines.append(String(chosen.replacing("(CAST)", with: "(\(cast))")))
        }
      }
      return Array(lines.joined(separator: "\n").utf8)
    }
  }

  /// The fixed drivers' folder; what is wrong with one is told by its test.
  private static let folder = Result<String, any Error> { () throws -> String in
    let folder = "\(DriverFixture.checkout)/.build/fixed-idioms"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let library = try TreeSitterLibrary(paths: [
      "\(DriverFixture.checkout)/.deps/tree-sitter-0.26.1/libtree-sitter.so"
    ])
    let checker = SourceChecker(targets: nil, rules: Set(SourceChecker.allRules))
    var paths: [String] = []
    for idiom in Idiom.all {
      let path = "\(folder)/\(idiom.fileName).c"
      let text = SourceText(path: path, language: .c, bytes: try idiom.source())
      let fixes = checker.check(text, in: .init(), with: library).findings.compactMap(\.fix)
      let fixed = text.applying(fixes.filter { $0.grade == .safe })
      #expect(fixed.applied.isEmpty != idiom.isWrongSomewhere, "\(idiom.fileName)")
      try Data(fixed.bytes).write(to: URL(filePath: path))
      paths.append(path)
    }
    let process = Process()
    process.executableURL = URL(filePath: "\(DriverFixture.checkout)/Tools/build-drivers")
    process.arguments = ["--to", folder] + paths
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return folder
  }

  @Test(arguments: Idiom.all, Architecture.allCases)
  func `a fixed idiom is right on every release, however the article is read`(
    idiom: Idiom,
    architecture: Architecture
  ) async throws {
    let path = "\(try Self.folder.get())/\(idiom.fileName)-\(architecture.name).sys"
    let driver = try DriverFixture.driver(at: path)
    let report = try await DriverFixture.runner().run(driver, on: architecture.releases, .init())
    #expect(report.results.map(\.release) == architecture.releases)
    for result in report.results { #expect(result.verdict == .right, "\(result.release.id)") }
  }
}
