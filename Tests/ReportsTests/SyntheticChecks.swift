import Findings
import NTReleases
import SourceChecker
import Testing

@testable import Reports

/// Findings in small sources, without any analysis.
enum SyntheticCheck {
  static let source = """
    #include <ntddk.h>
    \tva = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) + MmGetMdlByteOffset(mdl));
      p = MmGetSystemAddressForMdlSafe(mdl, LowPagePriority);
      RtlZeroMemory(p, mdl->ByteCount);

    """

  /// Where some text is in a source.
  static func range(of text: String, in source: SourceText) throws -> Range<Int> {
    let string = String(decoding: source.bytes, as: UTF8.self)
    let found = try #require(string.firstRange(of: text))
    let start = string.utf8.distance(from: string.startIndex, to: found.lowerBound)
    return start..<(start + text.utf8.count)
  }

  static func text(_ source: String = source, path: String = "a.c") -> SourceText {
    SourceText(path: path, language: .c, bytes: Array(source.utf8))
  }

  /// An error with a safe fix, another with a suggested one, and a note.
  static func findings(in text: SourceText) throws -> [SourceFinding] {
    let sum = "(ULONG_PTR)MmMapLockedPages(mdl, mode) + MmGetMdlByteOffset(mdl)"
    let plus = try range(of: " + ", in: text)
    let call = try range(of: "MmGetSystemAddressForMdlSafe(mdl, LowPagePriority)", in: text)
    let line = try range(of: "  RtlZero", in: text).lowerBound
    let field = try range(of: "mdl->ByteCount", in: text)
    return [
      SourceFinding(
        "LS001",
        .error,
        path: text.path,
        range: try range(of: sum, in: text),
        message: "the byte offset is added",
        releases: Release.allCases.filter { $0 >= .nt400sp4 },
        notes: ["what KernelMode mappings were before NT 4.0 SP4 is disputed"],
        fix: SourceFix(.safe, "put the offset in by |", [.init(plus, " | ")])
      ),
      SourceFinding(
        "LS012",
        .error,
        path: text.path,
        range: call,
        message: "the result is not tested",
        releases: [.w2k, .win11_24h2],
        related: [.init(range: line..<(line + 10), message: "it is accessed here")],
        fix: SourceFix(
          .suggested,
          "test p",
          [.init(line..<line, "  if (p == NULL)\n    return;\n")]
        )
      ),
      SourceFinding(
        "LS041",
        .note,
        path: text.path,
        range: field,
        message: "ByteCount is read",
        releases: [],
        fix: SourceFix(.safe, "use MmGetMdlByteCount", [.init(field, "MmGetMdlByteCount(mdl)")])
      ),
    ]
  }

  static let rules: Set<RuleID> = Set(RuleDescription.sourceRules.map(\.rule))

  static func file(_ source: String = source, path: String = "a.c") throws -> CheckedFile {
    let text = text(source, path: path)
    return CheckedFile(
      text,
      path: path,
      findings: try findings(in: text),
      notes: [],
      rules: rules
    )
  }

  static func report(_ files: [CheckedFile], _ problems: [CheckReport.Problem] = []) -> CheckReport
  {
    CheckReport(files: files, problems: problems, rules: rules)
  }
}
