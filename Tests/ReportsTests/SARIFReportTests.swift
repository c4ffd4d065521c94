import Findings
import Foundation
import SourceChecker
import Testing

@testable import Reports

@Suite struct SARIFReportTests {
  /// Runs Tools/check-sarif on a log; it says what is wrong.
  private func mistakes(_ log: String) throws -> String {
    let file = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).sarif"
    try Data(log.utf8).write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", checkout + "/Tools/check-sarif", file]
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text : "status \(process.terminationStatus): \(text)"
  }

  private func run(_ log: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(log.utf8)) as? [String: Any]
    return try #require((value?["runs"] as? [[String: Any]])?.first)
  }

  private func results(_ log: String) throws -> [[String: Any]] {
    try #require(try run(log)["results"] as? [[String: Any]])
  }

  private func everything() throws -> CheckReport {
    var source = SyntheticCheck.source
    source.replace(
      "\tva = (PVOID)(",
      with: "/* жук 😀 */ va = (PVOID)("
    )
    source = source.replacing(
      "mdl->ByteCount);",
      with: "mdl->ByteCount); // lockstep-ignore LS041: so"
    )
    let files = try ["a.c", "sub folder/ä#1%.c", "../up.c", "/abs/olute.c"].map {
      try SyntheticCheck.file(source, path: $0)
    }
    var report = SyntheticCheck.report(files, [.init(path: "bin:1.c", reason: "a binary file")])
    let notes = CheckedFile(
      SyntheticCheck.text("int x; // lockstep-ignore LS001: nothing\n"),
      path: "n.c",
      findings: [],
      notes: [],
      rules: SyntheticCheck.rules
    )
    report.files.append(notes)
    return report
  }

  @Test(arguments: [false, true])
  func `a log follows the schema and what the schema misses`(showsSuppressed: Bool) throws {
    let log = SARIFReport(root: "/work/driver", showsSuppressed: showsSuppressed)
    #expect(try mistakes(log.render(try everything())) == "")
    #expect(try mistakes(log.render(SyntheticCheck.report([]))) == "")
  }

  @Test(arguments: [
    ("\"version\":\"2.1.0\"", "\"version\":\"2.2\""),
    ("\"ruleIndex\":0", "\"ruleIndex\":3"),
    ("\"startLine\":2", "\"startLine\":4"),
    ("\"uri\":\"a.c\"", "\"uri\":\"/a.c\""),
    ("\"startColumn\":", "\"byteOffset\":3,\"startColumn\":"),
    ("\"message\":{\"text\":", "\"message\":{\"txt\":"),
    ("\"level\":\"error\"", "\"level\":\"fatal\""),
  ])
  func `a log that is wrong is noticed`(part: String, wrong: String) throws {
    let log = SARIFReport(root: "/work").render(try everything())
    let found = try #require(log.firstRange(of: part))
    let text = try mistakes(log.replacingCharacters(in: found, with: wrong))
    #expect(text.hasPrefix("status 1: ") && !text.contains("run Tools/setup"))
  }

  @Test func `columns are those of UTF-16`() throws {
    let result = try results(SARIFReport(root: "/work").render(try everything()))[0]
    let location = try #require((result["locations"] as? [[String: Any]])?.first)
    let place = try #require(location["physicalLocation"] as? [String: Any])
    let region = try #require(place["region"] as? [String: Int])
    // The emoji counts twice.
    #expect(region == ["startLine": 2, "startColumn": 27, "endLine": 2, "endColumn": 91])
    let fix = try #require((result["fixes"] as? [[String: Any]])?.first)
    let change = try #require((fix["artifactChanges"] as? [[String: Any]])?.first)
    let replacement = try #require((change["replacements"] as? [[String: Any]])?.first)
    #expect((replacement["insertedContent"] as? [String: String]) == ["text": " | "])
    #expect(
      (replacement["deletedRegion"] as? [String: Int])
        == ["startLine": 2, "startColumn": 65, "endLine": 2, "endColumn": 68]
    )
  }

  @Test func `paths are relative to the root, if they are below it`() throws {
    let log = SARIFReport(root: "/work/driver").render(try everything())
    for uri in [
      "sub%20folder/%C3%A4%231%25.c", "file:///work/up.c", "file:///abs/olute.c", "bin%3A1.c",
    ] {
      #expect(log.contains("\"uri\":\"\(uri)\""))
    }
  }

  @Test func `what is suppressed is there only when it is asked for, with its reason`() throws {
    let report = try everything()
    #expect(!SARIFReport(root: "/work").render(report).contains("\"suppressions\""))
    let log = SARIFReport(root: "/work", showsSuppressed: true).render(report)
    let mark = "\"suppressions\":[{\"kind\":\"inSource\",\"justification\":\"so\"}]"
    #expect(log.ranges(of: mark).count == 4)
  }

  @Test func `files that could not be read are told, and make the run fail`() throws {
    let run = try run(SARIFReport(root: "/work").render(try everything()))
    let invocation = try #require((run["invocations"] as? [[String: Any]])?.first)
    #expect(invocation["executionSuccessful"] as? Bool == false)
    let notifications = try #require(
      invocation["toolExecutionNotifications"] as? [[String: Any]]
    )
    #expect(notifications.map { $0["level"] as? String } == ["error", "note"])
  }

  @Test func `every rule has help with an example`() throws {
    let run = try run(SARIFReport(root: "/work").render(SyntheticCheck.report([])))
    let tool = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    let rules = try #require(tool["rules"] as? [[String: Any]])
    #expect(rules.count == RuleDescription.sourceRules.count)
    #expect(Set(rules.compactMap { $0["name"] as? String }).count == rules.count)
    for rule in rules {
      let help = try #require(rule["help"] as? [String: String])
      #expect(help["markdown"]?.contains("```c\n") == true)
      #expect(help["text"]?.contains("Breaks on: ") == true)
      let title = try #require((rule["shortDescription"] as? [String: String])?["text"])
      #expect(title.utf8.count < 256)
    }
  }
}
