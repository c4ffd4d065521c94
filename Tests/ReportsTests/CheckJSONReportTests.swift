import Findings
import Foundation
import SourceChecker
import Testing

@testable import Reports

@Suite struct CheckJSONReportTests {
  private func records(_ report: CheckReport) throws -> [[String: Any]] {
    let data = Data(CheckJSONReport().render(report).utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
  }

  @Test func `a record for each finding has its place in lines and bytes`() throws {
    let records = try records(SyntheticCheck.report([try SyntheticCheck.file()]))
    #expect(records.count == 3)
    let first = try #require(records.first)
    #expect(first["schema"] as? String == "lockstep-check/1")
    #expect(first["kind"] as? String == "finding")
    #expect(first["file"] as? String == "a.c")
    #expect(first["rule"] as? String == "LS001" && first["severity"] as? String == "error")
    #expect(first["line"] as? Int == 2 && first["column"] as? Int == 15)
    #expect(first["endLine"] as? Int == 2 && first["endColumn"] as? Int == 79)
    #expect(first["byteOffset"] as? Int == 33 && first["byteLength"] as? Int == 64)
    #expect((first["releases"] as? [String])?.first == "nt400sp4")
    #expect((first["evidence"] as? [String]) == ["KB199311", "KD-001", "KD-002"])
    let fix = try #require(first["fix"] as? [String: Any])
    #expect(fix["grade"] as? String == "safe")
    let edit = try #require((fix["edits"] as? [[String: Any]])?.first)
    #expect(edit["replacement"] as? String == " | " && edit["byteLength"] as? Int == 3)
    #expect(edit["column"] as? Int == 53)
    let related = try #require((records[1]["related"] as? [[String: Any]])?.first)
    #expect(related["message"] as? String == "it is accessed here" && related["line"] as? Int == 4)
  }

  @Test func `what could not be looked at has records too`() throws {
    let text = SyntheticCheck.text("int a;\n", path: "b.c")
    let file = CheckedFile(
      text,
      path: "b.c",
      findings: [],
      notes: ["b.c:1: too deep"],
      rules: SyntheticCheck.rules
    )
    let report = SyntheticCheck.report([file], [.init(path: "c.c", reason: "a binary file")])
    let records = try records(report)
    #expect(records.map { $0["kind"] as? String } == ["incomplete", "unchecked"])
    #expect(records.map { $0["file"] as? String } == ["b.c", "c.c"])
    #expect(ExitStatus(for: report) == .inconclusive)
    #expect(CheckJSONReport().render(SyntheticCheck.report([])) == "[]\n")
  }

  @Test func `what is suppressed is there only when it is asked for`() throws {
    var file = try SyntheticCheck.file()
    file.findings[0].suppression = .baseline
    file.findings[1].suppression = .comment(reason: "so")
    let report = SyntheticCheck.report([file])
    #expect(try records(report).compactMap { $0["rule"] as? String } == ["LS041"])
    let text = CheckJSONReport(showsSuppressed: true).render(report)
    #expect(text.contains("\"suppressed\":\"in the baseline\"}"))
    #expect(text.contains("\"suppressed\":\"suppressed: so\"}"))
  }

  @Test func `findings come before what could not be looked at, and notes are none`() throws {
    let problem = CheckReport.Problem(path: "c.c", reason: "no")
    let file = try SyntheticCheck.file()
    #expect(ExitStatus(for: SyntheticCheck.report([file], [problem])) == .findings)
    var quiet = file
    quiet.findings = file.findings.filter { $0.finding.severity == .note }
    #expect(ExitStatus(for: SyntheticCheck.report([quiet])) == .clean)
  }

  @Test func `a baseline is read as it was written`() throws {
    let report = SyntheticCheck.report([try SyntheticCheck.file(path: "ä \"b\".c")])
    let baseline = Baseline(of: report)
    #expect(baseline.fingerprints.count == 3)
    let read = try Baseline(parsing: Array(baseline.text.utf8))
    #expect(read.fingerprints == baseline.fingerprints)
    #expect(read.text == baseline.text)
    #expect(
      try Baseline(parsing: Array(Baseline(of: SyntheticCheck.report([])).text.utf8)).fingerprints
        .isEmpty
    )
  }

  @Test(arguments: [
    "", "{", "[]", "{\"schema\":\"lockstep-baseline/2\",\"findings\":[]}",
    "{\"schema\":\"lockstep-baseline/1\",\"findings\":[{\"rule\":\"LS001\"}]}",
    "{\"schema\":\"lockstep-baseline/1\",\"findings\":[]} x", "{\"schema\":\"\\ud800\"}",
    String(repeating: "[", count: 100_000),
  ])
  func `what is no baseline is refused`(text: String) {
    #expect(throws: Baseline.FormatError.self) { try Baseline(parsing: Array(text.utf8)) }
  }

  @Test func `escapes in JSON are read`() {
    let text = #"{ "a" : [ "\u00e4\ud83d\ude00\n\/\"" , -12 , true , null ] }"#
    guard case .array(let values)? = JSONReader.value(of: Array(text.utf8))?["a"] else {
      Issue.record("no array")
      return
    }
    #expect(values.map(\.text) == ["\"ä😀\\n/\\\"\"", "-12", "true", "null"])
  }
}
