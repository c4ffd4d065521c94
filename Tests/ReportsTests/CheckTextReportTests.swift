import Findings
import SourceChecker
import Testing

@testable import Reports

@Suite struct CheckTextReportTests {
  @Test func `a finding has its line, its releases, its reason and its fix`() throws {
    let report = SyntheticCheck.report([try SyntheticCheck.file()])
    #expect(
      CheckTextReport().render(report) == """
        a.c:2:15: error: the byte offset is added [LS001]
            2 |         va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) + MmGetMdlByteOffset(mdl));
              |                      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
          on      nt400sp4 … win11_24h2 (42 releases)
          why     From NT 4.0 SP4 on, MmMapLockedPages returns the address of the buffer. Up to SP3 it
                  returned the start of the buffer's first page, to which drivers added MmGetMdlByteOffset.
                  Those drivers now reach as many bytes too far.
          write   (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl)), which is right
                  on every release
          run     mdl-offset-added-twice
          source  KB199311, KD-001, KD-002
          note    what KernelMode mappings were before NT 4.0 SP4 is disputed
          fix     put the offset in by | (safe: --fix writes it)
                  -        va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) + MmGetMdlByteOffset(mdl));
                  +        va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl));

        a.c:3:7: error: the result is not tested [LS012]
            3 |   p = MmGetSystemAddressForMdlSafe(mdl, LowPagePriority);
              |       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
          on      w2k, win11_24h2 (2 releases)
          why     Memory and system PTEs run out, on small and busy machines first. An idiom that adds to
                  the pointer before it is tested hides the NULL (KD-068).
          write   test what a routine returned before anything is computed of it
          search  0x1E, 0x8E, 0x3B, 0x7E, 0xD1
          run     null-used
          source  KD-068
          see     a.c:4:1: it is accessed here
          fix     test p (suggested, to be looked at: --fix=suggested writes it)
                  +  if (p == NULL)
                  +    return;

        a.c:4:20: note: ByteCount is read [LS041] (fix: use MmGetMdlByteCount, safe)

        2 errors, 1 note in 1 of 1 file
        --fix mends 2, --fix=suggested 1 more

        """
    )
  }

  @Test func `what a rule says is said once`() throws {
    let files = try ["a.c", "b.c"].map { try SyntheticCheck.file(path: $0) }
    let text = CheckTextReport().render(SyntheticCheck.report(files))
    #expect(text.ranges(of: "  why     ").count == 2)
    #expect(text.contains("4 errors, 2 notes in 2 of 2 files\n"))
  }

  @Test func `what is suppressed is only counted, unless it is asked for`() throws {
    var source = SyntheticCheck.source.replacing(
      "mode) + MmGetMdlByteOffset(mdl));",
      with: "mode) + MmGetMdlByteOffset(mdl)); // lockstep-ignore LS001: \u{1B}[2Jan NT 3.51 driver"
    )
    source += "// lockstep-ignore LS031: nothing here\n// lockstep-ignore LS777\n"
    var file = try SyntheticCheck.file(source)
    Baseline(of: SyntheticCheck.report([try SyntheticCheck.file()])).mark(&file)
    let report = SyntheticCheck.report([file])
    #expect(ExitStatus(for: report) == .clean)
    #expect(
      CheckTextReport().render(report)
        == "nothing found in 1 file, 1 suppressed, 2 in the baseline\n"
    )
    #expect(
      CheckTextReport(showsSuppressed: true).render(report) == """
        a.c:2:15: error: the byte offset is added [LS001] (suppressed: \\u{1B}[2Jan NT 3.51 driver)
        a.c:3:7: error: the result is not tested [LS012] (in the baseline)
        a.c:4:20: note: ByteCount is read [LS041] (in the baseline)

        nothing found in 1 file, 1 suppressed, 2 in the baseline

        """
    )
    #expect(
      file.remarks == [
        "a.c:6: lockstep-ignore: LS777 is no rule of lockstep check",
        "a.c:5: lockstep-ignore LS031 suppresses nothing",
      ]
    )
  }

  @Test(arguments: [
    ("\ta\t+ b", "+", 16, 1), ("  /* жук 世界 */ + b", "+", 17, 1), ("a +", "+", 2, 1),
    ("\u{1B}[2J +", "+", 10, 1), ("+", "+", 0, 1),
  ])
  func `the caret stands below what it points to`(
    line: String,
    part: String,
    column: Int,
    length: Int
  ) throws {
    for (prefix, end) in [("", ""), ("x\r\n", "\r\n"), ("\u{FEFF}", "\n")] {
      let text = SyntheticCheck.text(prefix + line + end)
      let excerpt = SourceExcerpt(of: try SyntheticCheck.range(of: part, in: text), in: text)
      #expect(excerpt.columns == column..<(column + length))
      #expect(!excerpt.line.contains("\u{1B}") && !excerpt.line.contains("\t"))
    }
  }

  @Test func `a line that is longer than the page is cut around the finding`() throws {
    let text = SyntheticCheck.text(
      String(repeating: "x = y; ", count: 4000) + "MARK(1);"
        + String(repeating: " z", count: 900)
    )
    let excerpt = SourceExcerpt(of: try SyntheticCheck.range(of: "MARK(1)", in: text), in: text)
    let (line, indent, length) = excerpt.fitted(to: 80)
    #expect(line.count <= 80 && line.hasPrefix("…") && line.hasSuffix("…"))
    #expect(line.dropFirst(indent).hasPrefix("MARK(1)") && length == 7)
    // A finding may be as long as a file.
    let whole = SourceExcerpt(of: 0..<text.bytes.count, in: text).fitted(to: 80)
    #expect(whole.line.count <= 80 && whole.indent == 0 && whole.length <= 80)
  }

  @Test func `places are the same in whatever order they are asked for`() {
    let text = SyntheticCheck.text("\u{FEFF}ä😀b;\r\n\tc\nd", path: "a.c")
    var places = SourcePlaces(in: text)
    for ranges in [Array(0..<15), Array((0..<15).reversed()), [9, 3, 9, 12, 5, 14]] {
      for offset in ranges where offset >= 15 || text.bytes[offset] & 0xC0 != 0x80 {
        let region = places.region(of: offset..<(offset + 1))
        #expect(region.start == text.position(at: offset), "\(offset)")
      }
    }
  }

  @Test func `a fix in a line that nobody would read is not shown`() throws {
    let text = SyntheticCheck.text(String(repeating: "x;", count: 4000))
    let fix = SourceFix(.safe, "say y", [.init(4000..<4001, "y")])
    let finding = SourceFinding(
      "LS001",
      .error,
      path: "a.c",
      range: 4000..<4001,
      message: "x is here",
      releases: [],
      fix: fix
    )
    let file = CheckedFile(
      text,
      path: "a.c",
      findings: [finding],
      notes: ["a.c:1: too deep"],
      rules: SyntheticCheck.rules
    )
    #expect(file.findings[0].fixLines.isEmpty && file.findings[0].edits.count == 1)
    let report = CheckTextReport().render(SyntheticCheck.report([file]))
    #expect(report.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(report.contains("say y (safe"))
  }

  @Test func `a byte of an unknown code page is one column`() throws {
    let bytes: [UInt8] = [0x2F, 0x2A, 0xCF, 0xF0, 0xE8, 0x2A, 0x2F, 0x20, 0x2B]
    let text = SourceText(path: "a.c", language: .c, bytes: bytes)
    let excerpt = SourceExcerpt(of: 8..<9, in: text)
    #expect(excerpt.line == "/*\u{FFFD}\u{FFFD}\u{FFFD}*/ +" && excerpt.columns == 8..<9)
  }

  @Test func `colours are there only when they are asked for`() throws {
    let report = SyntheticCheck.report([try SyntheticCheck.file()])
    #expect(!CheckTextReport().render(report).contains("\u{1B}"))
    let coloured = CheckTextReport(usesColour: true).render(report)
    #expect(coloured.contains("\u{1B}[1;31merror:\u{1B}[0m the byte"))
    let plain = coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    #expect(plain == CheckTextReport().render(report))
  }
}
