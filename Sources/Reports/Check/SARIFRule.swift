internal import Findings

/// Rules as SARIF describes them.
enum SARIFRule {
  /// A rule's `reportingDescriptor`.
  static func descriptor(_ rule: RuleDescription) -> JSONValue {
    .object([
      ("id", .string(rule.rule.rawValue)),
      ("name", .string(name(rule))),
      ("shortDescription", text(rule.source?.title ?? rule.summary)),
      ("fullDescription", text(rule.summary + " " + rule.reason)),
      (
        "help",
        .object([
          ("text", .string(plainHelp(rule))), ("markdown", .string(markdownHelp(rule))),
        ])
      ),
      ("defaultConfiguration", .object([("level", .string(rule.severity.rawValue))])),
      (
        "properties",
        .object([
          ("tags", .array(tags(rule).map(JSONValue.string))),
          (
            "problem.severity",
            .string(rule.severity == .note ? "recommendation" : rule.severity.rawValue)
          ),
        ])
      ),
    ])
  }

  /// A SARIF message.
  static func text(_ text: String) -> JSONValue { .object([("text", .string(text))]) }

  /// The title as a name in a program.
  private static func name(_ rule: RuleDescription) -> String {
    let title = rule.source?.title ?? rule.rule.rawValue
    return title.split { !$0.isLetter && !$0.isNumber }
      .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func tags(_ rule: RuleDescription) -> [String] {
    var tags = ["windows-driver", "mdl"]
    // Where the catalogue says that others than the driver's user are concerned.
    let boundary = rule.source?.boundary ?? ""
    if boundary.contains("(security)") || boundary.contains("(information leak)") {
      tags.append("security")
    }
    return tags
  }

  private static func plainHelp(_ rule: RuleDescription) -> String {
    var lines = [rule.summary, "", "Breaks on: \(rule.source?.boundary ?? "")"]
    lines += ["Why: \(rule.reason)", "Write: \(rule.remedy)"]
    lines += facts(rule).map { "\($0): \($1)" }
    if let source = rule.source {
      lines += ["", "Wrong:", source.bad, "", "Right:", source.good]
    }
    return lines.joined(separator: "\n")
  }

  private static func markdownHelp(_ rule: RuleDescription) -> String {
    var lines = ["**\(escaped(rule.summary))**", ""]
    lines += ["Breaks on: \(escaped(rule.source?.boundary ?? ""))", "", escaped(rule.reason), ""]
    lines += ["Write: \(escaped(rule.remedy))", ""]
    if let source = rule.source {
      lines += [
        "Wrong:", "", "```c", source.bad, "```", "", "Right:", "", "```c", source.good, "```", "",
      ]
    }
    lines += facts(rule).map { "- \($0): \(escaped($1))" }
    return lines.joined(separator: "\n")
  }

  private static func facts(_ rule: RuleDescription) -> [(String, String)] {
    let list: [(String, [String])] = [
      ("Search for", rule.equivalents), ("Also known as", rule.source?.otherNames ?? []),
      ("lockstep run says", rule.counterparts.map(\.rawValue)), ("Sources", rule.sources),
    ]
    return list.filter { !$0.1.isEmpty }.map { ($0.0, $0.1.joined(separator: ", ")) }
  }

  /// Text with what Markdown would take for a mark made plain.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\`*_[]<>#|".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
