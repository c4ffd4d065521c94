import Foundation
import SourceChecker
import Testing

/// Diffs that `git apply` takes.
@Suite struct UnifiedDiffTests {
  private func diff(_ old: String, _ new: String, path: String = "a.c") -> String {
    let bytes = UnifiedDiff(from: Array(old.utf8), to: Array(new.utf8)).bytes(path: path)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `a changed line has three lines around it`() {
    let old = (1...9).map { "line \($0)\n" }.joined()
    #expect(
      diff(old, old.replacing("line 5\n", with: "line five\n")) == """
        --- a/a.c
        +++ b/a.c
        @@ -2,7 +2,7 @@
         line 2
         line 3
         line 4
        -line 5
        +line five
         line 6
         line 7
         line 8

        """
    )
    #expect(diff(old, old).isEmpty)
  }

  @Test func `line ends and their lack are kept`() {
    #expect(
      diff("a\r\nb", "a\r\nc")
        == "--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n"
        + "+c\n\\ No newline at end of file\n"
    )
    #expect(diff("", "x\n") == "--- a/a.c\n+++ b/a.c\n@@ -0,0 +1 @@\n+x\n")
  }

  @Test func `names that could be misread are quoted`() {
    #expect(diff("a\n", "b\n", path: "my driver/a.c").hasPrefix("--- a/my driver/a.c\t\n+++ b/my"))
    #expect(diff("a\n", "b\n", path: "ä\"\n.c").hasPrefix("--- \"a/\\303\\244\\\"\\012.c\"\n"))
  }

  /// Files whose lines change at random places.
  private struct Pair: CustomTestStringConvertible {
    let old: [UInt8]
    let new: [UInt8]
    let testDescription: String

    init(seed: UInt64) {
      var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
      func random(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(count))
      }
      let end = random(2) == 0 ? "\n" : "\r\n"
      var lines = (0..<random(60)).map { _ in "\(random(12))" }
      let before = lines.joined(separator: end) + (random(2) == 0 ? end : "")
      for _ in 0..<random(8) {
        let place = random(lines.count + 1)
        switch random(3) {
        case 0: lines.insert("new \(random(5))", at: place)
        case 1 where place < lines.count: lines.remove(at: place)
        default: if place < lines.count { lines[place] += "\u{4E16}" }
        }
      }
      old = Array(before.utf8)
      new = Array((lines.joined(separator: end) + (random(3) == 0 ? end : "")).utf8)
      testDescription = "seed \(seed)"
    }
  }

  @Test func `git apply makes of the old file the new one`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lockstep-diff-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var patch: [UInt8] = []
    let pairs = (1...60).map { Pair(seed: $0) }
    for (index, pair) in pairs.enumerated() {
      let name = "file \(index) é.c"
      try Data(pair.old).write(to: folder.appendingPathComponent(name))
      patch += UnifiedDiff(from: pair.old, to: pair.new).bytes(path: name)
    }
    let patchFile = folder.appendingPathComponent("patch")
    try Data(patch).write(to: patchFile)
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "apply", "--whitespace=nowarn", "patch"]
    git.currentDirectoryURL = folder
    git.standardInput = FileHandle.nullDevice
    try git.run()
    git.waitUntilExit()
    #expect(git.terminationStatus == 0)
    for (index, pair) in pairs.enumerated() {
      let result = try Data(contentsOf: folder.appendingPathComponent("file \(index) é.c"))
      #expect(Array(result) == pair.new, "\(pair.testDescription)")
    }
  }

  @Test func `files that share nothing are still compared`() {
    let old = (0..<3000).map { "old \($0)\n" }.joined()
    let new = (0..<3000).map { "new \($0)\n" }.joined()
    let hunks = UnifiedDiff(from: Array(old.utf8), to: Array(new.utf8)).hunks
    #expect(hunks.count == 1)
    #expect(hunks.first?.lines.count == 6000)
  }
}
