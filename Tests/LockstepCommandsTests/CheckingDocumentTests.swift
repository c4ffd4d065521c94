import ArgumentParser
import Findings
import Foundation
import Testing

@testable import LockstepCommands

/// The table of rules in Documentation/Checking.md, which `make readme` writes anew, and the hooks beside it.
@Suite struct CheckingDocumentTests {
  private static let begin = "<!-- The rules: written by make readme. -->\n"
  private static let end = "<!-- End of the rules. -->\n"

  private let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  private func text(_ path: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: "\(checkout)/\(path)")),
      as: UTF8.self
    )
  }

  private func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("*", with: "\\*").replacing("_", with: "\\_")
  }

  private var table: String {
    let rows = RuleDescription.sourceRules.compactMap { rule -> String? in
      guard let source = rule.source else { return nil }
      let cells = [
        rule.rule.rawValue + (source.dependsOnTarget ? "\\*" : ""), cell(source.title),
        cell(source.boundary), rule.severity.rawValue, source.fixNote ?? source.fix.rawValue,
        source.counterparts.map { "`\($0.rawValue)`" }.joined(separator: ", "),
      ]
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let head = [
      "| id | rule | breaks on | severity | fix | run |", "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n" + (head + rows).joined(separator: "\n") + "\n\n"
  }

  @Test func `the table has every rule as it is`() throws {
    let path = "Documentation/Checking.md"
    let text = try text(path)
    let start = try #require(text.firstRange(of: Self.begin))
    let stop = try #require(text.firstRange(of: Self.end))
    guard ProcessInfo.processInfo.environment["LOCKSTEP_WRITE_README"] == nil else {
      let new = text[..<start.upperBound] + table + text[stop.lowerBound...]
      try Data(new.utf8).write(to: URL(fileURLWithPath: "\(checkout)/\(path)"))
      return
    }
    #expect(text[start.upperBound..<stop.lowerBound] == table, "run make readme")
  }

  @Test func `every option is documented, and no other`() throws {
    let text = try text("Documentation/Checking.md")
    let help = CheckCommand.helpMessage(columns: 200)
    let options = Set(help.matches(of: /--[a-z-]+/).map { String($0.output) })
    for option in options where option != "--help" { #expect(text.contains(option), "\(option)") }
    let named = Set(text.matches(of: /\ --([a-z][a-z-]+)/).map { "--" + $0.output.1 })
    let others: Set<String> = ["--cached", "--name-only", "--diff-filter", "--"]
    #expect(named.subtracting(options).subtracting(others).isEmpty)
  }

  @Test func `hooks call the program as it is`() async throws {
    let hooks = try text(".pre-commit-hooks.yaml")
    for match in hooks.matches(of: /entry:\ lockstep\ (.*)/) {
      let arguments = match.output.1.split(separator: " ").map(String.init) + ["a.c"]
      #expect(try RootCommand.parseAsRoot(CheckCommand.normalised(arguments)) is CheckCommand)
    }
    #expect(hooks.matches(of: /entry:\ /).count == 2)
  }
}
