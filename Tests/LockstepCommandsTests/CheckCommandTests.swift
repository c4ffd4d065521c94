import ArgumentParser
import Findings
import Foundation
import NTReleases
import Reports
import SourceChecker
import Testing

@testable import LockstepCommands

@Suite struct CheckCommandTests {
  /// Finds words in place of mistakes.
  private struct WordChecker: SourceChecking {
    func contribution(of text: SourceText) -> SourceChecker.Image {
      var image = SourceChecker.Image()
      if String(decoding: text.bytes, as: UTF8.self).contains("NEWER") { image.oldest = .win8 }
      return image
    }

    func check(_ text: SourceText, in image: SourceChecker.Image) -> (
      findings: [SourceFinding], notes: [String]
    ) {
      let words:
        [(
          word: String, rule: RuleID, severity: Finding.Severity, grade: SourceFix.Grade,
          fix: String?
        )] = [
          ("BAD", "LS001", .error, .safe, "good"), ("MAYBE", "LS012", .warning, .suggested, "sure"),
          ("NOTE", "LS041", .note, .safe, "noted"), ("LOOP", "LS003", .error, .safe, "LOOP LOOP"),
          ("HOPELESS", "LS031", .error, .safe, nil), ("TWICE", "LS006", .error, .safe, "BAD"),
          // Wrong only where a neighbour needs Windows 8.
          ("OLD", "LS021", .warning, .safe, image.oldest == .win8 ? "new" : nil),
        ]
      var findings: [SourceFinding] = []
      for (word, rule, severity, grade, fix) in words where word != "OLD" || fix != nil {
        var place = 0
        while let found = text.bytes[place...].firstRange(of: Array(word.utf8)) {
          place = found.upperBound
          findings.append(
            SourceFinding(
              rule,
              severity,
              path: text.path,
              range: found,
              message: "\(word) is here",
              releases: [.nt400],
              fix: fix.map { SourceFix(grade, "say \($0)", [.init(found, $0)]) }
            )
          )
        }
      }
      findings.sort { $0.range.lowerBound < $1.range.lowerBound }
      let isPartial = text.bytes.firstRange(of: Array("DEEP".utf8)) != nil
      return (findings, isPartial ? ["\(text.path):1: too deep"] : [])
    }
  }

  private func output(_ arguments: [String]) async throws -> CheckCommand.Output {
    let normalised = try CheckCommand.normalised(["check"] + arguments)
    let command = try #require(try RootCommand.parseAsRoot(normalised) as? CheckCommand)
    return try await command.output(with: WordChecker(), CheckSelection.allRules)
  }

  /// The line and status of arguments that are refused.
  private func failure(_ arguments: [String]) async -> String {
    do {
      _ = try await output(arguments)
      return "none"
    } catch {
      let failure = LockstepProgram.failure(for: error)
      return "\(failure.status.rawValue) \(failure.line)"
    }
  }

  private func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  @Test(arguments: [
    ("int a;", Reports.ExitStatus.clean), ("BAD", .findings), ("MAYBE", .findings),
    ("NOTE", .clean),
    ("DEEP", .inconclusive), ("DEEP BAD", .findings), ("DEEP NOTE", .inconclusive),
    ("BAD // lockstep-ignore LS001: so", .clean),
  ])
  func `the status tells what was found`(source: String, status: Reports.ExitStatus) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array(source.utf8))
    #expect(try await output([path]).status == status)
    #expect(try contents(path) == source)
  }

  @Test func `files that cannot be checked are told in a line each, and the rest is checked`()
    async throws
  {
    let folder = try TemporaryFolder()
    _ = try folder.file("a.c", [0, 1, 2])
    _ = try folder.file("b.c", Array("BAD".utf8))
    let output = try await output([folder.path])
    #expect(output.status == .findings)
    #expect(output.log.count == 1 && output.log[0].contains("a.c: a binary file"))
    #expect(output.text.contains("b.c:1:1: error: BAD is here [LS001]"))
    #expect(output.text.contains("1 error in 1 of 1 file, 1 file not checked"))
  }

  @Test func `only safe fixes are made, unless the others are asked for`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array("BAD MAYBE NOTE HOPELESS\r\n".utf8))
    let first = try await output([path, "--fix"])
    #expect(try contents(path) == "good MAYBE noted HOPELESS\r\n")
    #expect(first.status == .findings)
    #expect(first.log.contains { $0.hasSuffix("a.c: 2 fixed") })
    #expect(!first.text.contains("BAD") && first.text.contains("MAYBE is here"))
    let second = try await output([path, "--fix"])
    #expect(second.text == first.text && second.log.isEmpty)
    _ = try await output([path, "--fix=suggested"])
    #expect(try contents(path) == "good sure noted HOPELESS\r\n")
  }

  @Test func `a fix that leads to another is followed to the end`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array("TWICE".utf8))
    let output = try await output([path, "--fix=safe"])
    #expect(try contents(path) == "good" && output.status == .clean)
  }

  @Test func `what a fix changes for the files beside it is seen in the same run`() async throws {
    let folder = try TemporaryFolder()
    let old = try folder.file("a.c", Array("OLD".utf8))
    _ = try folder.file("b.c", Array("NEWER".utf8))
    // The neighbour counts even if it is not checked.
    #expect(try await output([old]).text.contains("OLD is here"))
    _ = try await output([old, "--fix"])
    #expect(try contents(old) == "new")
  }

  @Test func `fixes that do not settle change nothing`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array("LOOP".utf8))
    let other = try folder.file("b.c", Array("BAD".utf8))
    let output = try await output([folder.path, "--fix"])
    #expect(try contents(path) == "LOOP")
    #expect(try contents(other) == "good")
    #expect(output.log.contains { $0.contains("a.c: its fixes do not settle") })
    #expect(output.text.contains("LOOP is here") && output.status == .findings)
  }

  @Test func `what is suppressed or in the baseline is not fixed`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array("BAD; // lockstep-ignore LS001: so\nBAD;\n".utf8))
    let baseline = folder.path + "/baseline.json"
    let written = try await output([path, "--write-baseline", baseline])
    #expect(written.status == .clean && written.text.isEmpty)
    #expect(try contents(baseline).contains("\"line\":\"BAD;\""))
    let output = try await output([path, "--baseline", baseline, "--fix"])
    #expect(output.status == .clean)
    #expect(output.text == "nothing found in 1 file, 1 suppressed, 1 in the baseline\n")
    #expect(try contents(path).ranges(of: "BAD").count == 2)
    // Another of the same kind counts.
    _ = try folder.file("a.c", Array("\n\nBAD; // lockstep-ignore LS001: so\nBAD;\nBAD;\n".utf8))
    #expect(try await self.output([path, "--baseline", baseline]).text.contains("1 error in 1"))
  }

  @Test func `a file that cannot be written is told, and its findings stay`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", Array("BAD".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    let output = try await output([path, "--fix"])
    #expect(
      output.log == [
        SourcePath.shown(path, from: SourcePath.currentFolder) + ": not fixed: read-only"
      ]
    )
    #expect(output.status == .findings && output.text.contains("BAD is here"))
    #expect(try contents(path) == "BAD")
    let note = try folder.file("b.c", Array("NOTE".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: note)
    #expect(try await self.output([note, "--fix"]).status == .inconclusive)
    #expect(try await self.output([note]).status == .clean)
  }

  @Test func `a diff shows what would be fixed and writes nothing`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.c", [0xCF, 0xF0] + Array(" BAD MAYBE\r\n".utf8))
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let output = try await output([path, "--diff"])
    let name = path.drop { $0 == "/" }
    #expect(
      output.diff
        == Array("--- a/\(name)\n+++ b/\(name)\n@@ -1 +1 @@\n-".utf8) + before
        + [0x2B, 0xCF, 0xF0] + Array(" good MAYBE\r\n".utf8)
    )
    #expect(output.text.isEmpty && output.status == .findings)
    let both = try await self.output([path, "--diff", "--fix=suggested"])
    #expect(String(decoding: both.diff, as: UTF8.self).contains("good sure"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    let clean = try folder.file("b.c", Array("int b;".utf8))
    let nothing = try await self.output([clean, "--diff"])
    #expect(nothing.diff.isEmpty && nothing.status == .clean)
  }

  @Test(arguments: [
    (["--fix=all"], "2 lockstep: --fix=all: safe or suggested"),
    (["--fix="], "2 lockstep: --fix=: safe or suggested"),
    (["--format", "xml"], "2 lockstep: "),
    (["--diff", "--format", "json"], "2 lockstep: --diff and --format do not go together"),
    (["--baseline", "/nowhere/b.json"], "2 lockstep: /nowhere/b.json: no such file"),
    (["/nowhere/a.c"], "2 lockstep: /nowhere/a.c: no such file or folder"),
    (["--fix", "safe"], "2 lockstep: safe: no such file or folder; did you mean --fix=safe?"),
  ])
  func `arguments that make no sense are refused in one line`(
    arguments: [String],
    line: String
  ) async throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("a.c", Array("int a;".utf8))
    let failure = await failure([folder.path] + arguments)
    #expect(failure.hasPrefix(line))
  }

  @Test func `a folder without sources is a mistake`() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("a.txt", [0x41])
    #expect(await failure([folder.path]).hasPrefix("2 lockstep: nothing to check: "))
  }

  @Test func `other commands and what follows two dashes keep their arguments`() throws {
    #expect(try CheckCommand.normalised(["run", "--fix=x"]) == ["run", "--fix=x"])
    #expect(try CheckCommand.normalised(["check", "--", "--fix=x"]) == ["check", "--", "--fix=x"])
    #expect(
      try CheckCommand.normalised(["check", "--fix=suggested", "a", "--fix=safe", "--fix"])
        == ["check", "--fix-suggested", "a", "--fix", "--fix"]
    )
  }

  @Test(arguments: [
    ("nt400sp3..win11_24h2", "nt400sp3", "win11_24h2"), ("nt400..", "nt400", "win11_24h2"),
    ("..W2K", "nt310", "w2k"), ("w2k", "w2k", "w2k"), ("all", "nt310", "win11_24h2"),
    ("Windows Server 2008", "vistasp1", "vistasp2"),
    ("Windows 2000..Windows Server 2008", "w2k", "vistasp2"),
  ])
  func `targets are a range, open or not`(text: String, oldest: String, newest: String) throws {
    let range = try CheckSelection.targets(text)
    #expect(range.oldest.id == oldest && range.newest.id == newest && range.isExplicit)
  }

  @Test(arguments: [
    ("nt400sp33..w2k", "did you mean nt400sp3"), ("..", "--target needs a release"),
    ("w2k..nt400", "nt400 is older than w2k"), ("", "unknown release"),
    ("a..b..c", "unknown release"),
  ])
  func `targets that make no sense are refused`(text: String, hint: String) {
    let error = #expect(throws: UserError.self) { try CheckSelection.targets(text) }
    #expect(error?.message.contains(hint) == true)
  }

  @Test func `rules are named in any case, with commas`() throws {
    #expect(try CheckSelection.rules("ls001, LS012,") == ["LS001", "LS012"])
    for (name, hint) in [
      ("LS1", "did you mean LS001"), ("LS016", "LS015"), ("mdl-free-locked", "did you mean LS031?"),
      ("LS999", "rules are LS001 to LS045"), ("x", "rules are LS001"),
    ] {
      let error = #expect(throws: UserError.self) { try CheckSelection.rules(name) }
      #expect(error?.message.contains(hint) == true, "\(name)")
    }
    #expect(throws: UserError.self) { try CheckSelection.rules(",") }
  }

  @Test func `paths are shown from the folder in which the program runs`() {
    #expect(SourcePath.shown("./a/./b//c.c", from: "/x") == "a/b/c.c")
    #expect(SourcePath.shown("/x/y/c.c", from: "/x") == "y/c.c")
    #expect(SourcePath.shown("/xy/c.c", from: "/x") == "/xy/c.c")
    #expect(SourcePath.shown("../c.c", from: "/x") == "../c.c")
    #expect(SourcePath.shown("/c.c", from: "/") == "c.c")
  }

  /// The whole program, with the parser and the rules.
  @Test func `a driver that adds the offset is mended, and stays so`() async throws {
    let folder = try TemporaryFolder()
    let source = """
      PVOID Map(PMDL mdl)\r
      {\r
      \treturn (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, UserMode) + MmGetMdlByteOffset(mdl));\r
      }\r

      """
    let path = try folder.file("map.c", Array(source.utf8))
    let arguments = [
      "check", path, "--rules", "LS001,LS006", "--target", "nt400sp3..win11_24h2", "--fix",
    ]
    #expect(await LockstepProgram.run(arguments) == 0)
    #expect(try contents(path) == source.replacing(" + MmGet", with: " | MmGet"))
    #expect(await LockstepProgram.run(arguments) == 0)
    #expect(await LockstepProgram.run(["check", path, "--fix=more"]) == 2)
  }
}
