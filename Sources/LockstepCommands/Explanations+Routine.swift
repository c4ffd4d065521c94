internal import NTReleases

extension Explanations {
  /// A routine or variable; nothing if no table has the name.
  static func routine(_ id: String) -> [String] {
    guard let name = routineName(id) else { return [] }
    var lines = ["\(name)"]
    let records = ExportHistory.records(of: name)
    for record in records { lines += export(record) }
    for facts in ModuleFacts.all { lines += export(name, of: facts) }
    if let facts = RoutineFacts(of: name) { lines += mdlFacts(facts, hasRecord: !records.isEmpty) }
    for page in DDIFacts.pages(of: name) { lines += documentation(page) }
    let differences = KnownDifference.allCases.filter { difference in
      difference.routine.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains(name[...])
    }
    if !differences.isEmpty { lines += ["", "Known differences"] }
    for difference in differences {
      lines += Page.wrapped(
        "\(difference.id)  \(difference.routine): \(difference.boundary)",
        indent: 2,
        hanging: 10
      )
    }
    return lines
  }

  /// The name as the tables spell it.
  private static func routineName(_ id: String) -> String? {
    func isKnown(_ name: String) -> Bool {
      RoutineFacts(of: name) != nil || !DDIFacts.pages(of: name).isEmpty
        || !ExportHistory.records(of: name).isEmpty
        || ModuleFacts.all.contains { $0.exports[name] != nil }
    }
    if isKnown(id) { return id }
    let text = id.lowercased()
    return RoutineFacts.all.first { $0.name.lowercased() == text }?.name
      ?? DDIFacts.all.first { $0.name.lowercased() == text }?.name
      ?? ExportHistory.allRecords.first { $0.name.lowercased() == text }?.name
      ?? ModuleFacts.all.lazy.flatMap(\.names).first { $0.lowercased() == text }
  }

  private static func export(_ name: String, of facts: ModuleFacts) -> [String] {
    guard let span = facts.exports[name] else { return [] }
    var lines = ["", "Exported by \(facts.module.fileName)"]
    let later = max(span.first, facts.presence.first)
    let bound = span.firstIsUpperBound || facts.presence.firstIsUpperBound
    lines += Page.labelled("since", bound ? "\(later) or earlier" : "\(later)")
    lines += Page.labelled("until", span.last.map { "\($0)" } ?? "")
    let gap = span.gap.map { "\($0.from), restored in \($0.until)" }
    lines += Page.labelled("withdrawn", gap ?? "")
    lines += Page.labelled("processors", span.platforms.map(\.rawValue).joined(separator: ", "))
    lines += Page.labelled("source", "\(span.evidence)")
    return lines
  }

  private static func export(_ record: ExportRecord) -> [String] {
    let module = record.module == .kernel ? "the kernel" : "the HAL"
    var lines = ["", "Exported by \(module)"]
    let first = record.first.map { record.firstIsUpperBound ? "\($0) or earlier" : "\($0)" }
    lines += Page.labelled("since", first ?? "no source says since when")
    lines += Page.labelled("until", record.last.map { "\($0)" } ?? "")
    let gap = record.gap.map { "\($0.from), restored in \($0.until)" }
    lines += Page.labelled("withdrawn", gap ?? "")
    let spans = record.spans.map { span in
      span.platform.rawValue + (span.first.map { " since \($0)" } ?? "")
        + (span.last.map { " until \($0)" } ?? "")
    }
    lines += Page.labelled("processors", spans.joined(separator: ", "))
    lines += Page.labelled("x86 name", record.decoratedName ?? "")
    let forwards = record.forwards.map { forward in
      "\(forward.platform.rawValue) since \(forward.first): the kernel's \(forward.target)"
    }
    lines += Page.labelled("passed on", forwards.joined(separator: "; "))
    lines += Page.labelled("notes", record.note)
    lines += Page.labelled("source", record.source)
    lines += Page.labelled("confidence", record.confidence.rawValue)
    return lines
  }

  private static func mdlFacts(_ facts: RoutineFacts, hasRecord: Bool) -> [String] {
    var lines = ["", "What is known of it (\(facts.kind))"]
    lines += Page.labelled("declared", facts.signature)
    if !hasRecord { lines += Page.labelled("since", facts.firstExport) }
    lines += Page.labelled("documented", facts.documentedFirst ?? "")
    lines += Page.labelled("deprecated", facts.deprecated ?? "")
    lines += Page.labelled("byte offset", meaningful(facts.resultIncludesByteOffset))
    lines += Page.labelled("alignment", meaningful(facts.alignment))
    lines += Page.labelled("on failure", meaningful(facts.onFailure))
    lines += Page.labelled("needs", meaningful(facts.preconditions))
    lines += Page.labelled("IRQL", "NT 4.0: \(facts.irqlInNT4); today: \(facts.irqlToday)")
    lines += Page.labelled("flags set", meaningful(facts.mdlFlagsSet))
    lines += Page.labelled("cleared", meaningful(facts.mdlFlagsCleared))
    lines += Page.labelled("bug checks", meaningful(facts.documentedBugChecks))
    lines += Page.labelled("verifier", meaningful(facts.verifierSubcodes))
    lines += Page.labelled("notes", meaningful(facts.notes))
    lines += Page.labelled("source", facts.source)
    lines += Page.labelled("confidence", facts.confidence.rawValue)
    return lines
  }

  private static func documentation(_ page: DDIFacts) -> [String] {
    var lines = ["", "Today's documentation (\(page.header))"]
    lines += Page.labelled("IRQL", page.irql.isEmpty ? page.irqlFromRemarks ?? "" : page.irql)
    lines += Page.labelled("client", page.minimumClient)
    lines += Page.labelled("server", page.minimumServer)
    lines += Page.labelled("obsolete", page.isObsolete ? "yes" : "")
    lines += Page.labelled("macro", page.isMacro ? "yes" : "")
    lines += Page.labelled("source", page.source)
    return lines
  }
}
