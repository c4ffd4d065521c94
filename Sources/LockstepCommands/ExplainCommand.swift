internal import ArgumentParser
internal import Findings
internal import NTReleases

/// Explains an identifier.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Say what a known difference, bug check, routine or rule is, since when, and how we know.",
    discussion: """
      EXAMPLES
        lockstep explain KD-001                  a known difference between releases
        lockstep explain 0x50                    a bug check, by its code or its C name
        lockstep explain MmMapLockedPages        a routine: which releases export it
        lockstep explain mdl-offset-added-twice  a rule that findings of runs name
        lockstep explain LS001                   a rule of lockstep check
        lockstep explain nt400sp4                a release
      """
  )

  @Argument(help: "A known difference, bug check, routine, rule or release.")
  var id: String

  func run() throws {
    try Terminal.print(Page.text(Self.explanation(of: id)))
  }

  /// The explanation of an identifier.
  static func explanation(of id: String) throws -> [String] {
    if id.lowercased().hasPrefix("kd"), let difference = KnownDifference(id: id) {
      return Explanations.difference(difference)
    }
    if let rule = RuleDescription(id: id) { return Explanations.rule(rule) }
    let routine = Explanations.routine(id)
    if !routine.isEmpty { return routine }
    let bugCheck = Explanations.bugCheck(id)
    if !bugCheck.isEmpty { return bugCheck }
    if let release = Release(id: id) { return Explanations.release(release) }
    throw UserError("nothing is known of \(quoted(id))\(hint(for: id))")
  }

  private static func hint(for id: String) -> String {
    let text = id.lowercased()
    guard text.count >= 3 else { return "; see lockstep help explain" }
    let routines = ExportHistory.allRecords.map(\.name) + ModuleFacts.all.flatMap(\.names)
    let names =
      RuleDescription.all.map(\.rule.rawValue) + BugCheckDescription.all.map(\.name) + routines
    let similar = Set(names.filter { $0.lowercased().contains(text) })
      .sorted { ($0.count, $0) < ($1.count, $1) }.prefix(4)
    return similar.isEmpty
      ? "; see lockstep help explain" : "; did you mean \(similar.joined(separator: ", "))?"
  }
}
