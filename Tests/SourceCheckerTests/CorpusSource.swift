import Findings
import Foundation
import NTReleases
import SourceChecker

/// A source of the corpus, with what its comments expect of it.
///
/// `// expect LS012 LS041` says what is to be found in its own line, and `// expect-next LS012` in the one
/// below. `// target nt400sp3..win11_24h2` in the first line says for which releases the source is meant.
struct CorpusSource: CustomStringConvertible, Sendable {
  struct Place: Hashable, Sendable {
    let rule: RuleID
    /// The line, from 1.
    let line: Int
  }

  let folder: String
  let name: String
  let text: SourceText
  let targets: TargetRange?
  let expected: Set<Place>

  var description: String { "\(folder)/\(name)" }

  /// Whether notes count: where the folder's rule is one that only takes note.
  var countsNotes: Bool { ["LS022", "LS041"].contains(folder) }

  static let all: [Self] = {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: corpus.path())) ?? []
    return paths.sorted().compactMap { path in
      guard let data = FileManager.default.contents(atPath: corpus.appending(path: path).path())
      else { return nil }
      let parts = path.split(separator: "/").map(String.init)
      return parts.count == 2 ? Self(folder: parts[0], name: parts[1], bytes: Array(data)) : nil
    }
  }()

  private init(folder: String, name: String, bytes: [UInt8]) {
    self.folder = folder
    self.name = name
    text = SourceText(
      path: "\(folder)/\(name)",
      language: name.hasSuffix(".cpp") ? .cPlusPlus : .c,
      bytes: bytes
    )
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    targets = lines.first.flatMap(Self.targets(in:))
    var expected: Set<Place> = []
    for (index, line) in lines.enumerated() {
      for (marker, distance) in [("// expect ", 1), ("// expect-next ", 2)] {
        guard let marked = line.firstRange(of: marker) else { continue }
        for word in line[marked.upperBound...].split(separator: " ") {
          expected.insert(Place(rule: RuleID(rawValue: String(word)), line: index + distance))
        }
      }
    }
    self.expected = expected
  }

  private static func targets(in line: Substring) -> TargetRange? {
    let marker = "// target "
    guard line.hasPrefix(marker) else { return nil }
    let ends = line.dropFirst(marker.count).split(separator: "..").compactMap {
      Release(id: String($0))
    }
    return ends.count == 2 ? TargetRange(ends[0], ends[1], isExplicit: true) : nil
  }
}
