/// What a rule asks of a driver.
public struct RuleDescription: Sendable {
  public let rule: RuleID
  /// The rule, in a sentence.
  public let summary: String
  /// Why it is one, and since when.
  public let reason: String
  /// What to write.
  public let remedy: String
  /// What the rule rests on.
  public let sources: [String]
  /// How bad it is to break the rule.
  public let severity: Finding.Severity
  /// The bug checks that say the same where NT or Driver Verifier notice, to search for: a code in
  /// hexadecimal, and behind a slash the first parameter.
  public let equivalents: [String]
  /// What only rules about sources have, which `lockstep check` looks for; nil for those about runs.
  public let source: SourceRule?

  /// Finds a rule by its identifier, in any case.
  public init?(id: String) {
    let key = id.lowercased()
    guard let found = Self.all.first(where: { $0.rule.rawValue.lowercased() == key }) else {
      return nil
    }
    self = found
  }

  /// The rules of the other side that speak of the same thing: about runs for one about sources, and
  /// about sources for one about runs.
  public var counterparts: [RuleID] {
    source?.counterparts
      ?? Self.sourceRules.filter { $0.source?.counterparts.contains(rule) == true }.map(\.rule)
  }

  init(
    _ rule: RuleID,
    _ summary: String,
    reason: String,
    remedy: String,
    sources: [String],
    severity: Finding.Severity = .error,
    equivalents: [String] = [],
    source: SourceRule? = nil
  ) {
    self.source = source
    self.rule = rule
    self.severity = severity
    self.equivalents = equivalents
    self.summary = summary
    self.reason = reason
    self.remedy = remedy
    self.sources = sources
  }

  private static let portableForm =
    "(PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl)), which is right on "
    + "every release"

  /// Every rule that findings name.
  public static let all = rulesOfRuns + sourceRules

  /// The rules that runs are measured by.
  static let rulesOfRuns = runRules + routineRules + processRules

  /// The rules that sources are measured by, in the order of their identifiers.
  public static let sourceRules =
    (offsetRules + checkRules + releaseRules + lifeRules + accessRules)
    .sorted { $0.rule.rawValue < $1.rule.rawValue }

  /// The rules that runs as a whole are measured by.
  private static let runRules: [RuleDescription] = [
    RuleDescription(
      .offsetAddedTwice,
      "The MDL's byte offset was added to an address that already includes it.",
      reason:
        "From NT 4.0 SP4 on, MmMapLockedPages returns the address of the buffer. Up to SP3 it "
        + "returned the start of the buffer's first page, to which drivers added "
        + "MmGetMdlByteOffset. Those drivers now reach as many bytes too far.",
      remedy: portableForm,
      sources: ["KB199311", "KD-001", "KD-002"]
    ),
    RuleDescription(
      .offsetNotAdded,
      "The MDL's byte offset was not added to an address that does not include it.",
      reason: "Up to NT 4.0 SP3, MmMapLockedPages returned the start of the buffer's first page. A "
        + "driver that takes that for the buffer touches the bytes before it.",
      remedy: portableForm,
      sources: ["KB199311", "KD-001", "KD-002"]
    ),
    RuleDescription(
      .accessOutsideBuffer,
      "An access to the mapped pages of an MDL, but not to the buffer that it describes.",
      reason: "Pages are mapped whole, so the bytes beside the buffer can be reached, but they "
        + "belong to someone else. No release stops such an access.",
      remedy: "access MmGetMdlByteCount(mdl) bytes from the buffer's address, and no more",
      sources: ["KD-001"]
    ),
    RuleDescription(
      .pointerTruncated,
      "A pointer lost its high 32 bits.",
      reason:
        "ULONG has 32 bits on 64-bit Windows too, a pointer has 64. KB199311's own code casts "
        + "to ULONG; it is right on x86 only.",
      remedy: "cast to ULONG_PTR, never to ULONG",
      sources: ["KB199311", "KD-003"]
    ),
    RuleDescription(
      .bugCheck,
      "The system stopped.",
      reason:
        "The driver did something that NT answers with a bug check. lockstep explain CODE says "
        + "what the code and its parameters mean.",
      remedy: "correct what the report names as the place",
      sources: ["the bug check's own sources"]
    ),
    RuleDescription(
      .cannotLoad,
      "The release cannot load the driver.",
      reason: "NT refuses a driver if one of its imports is not exported by the module that the "
        + "driver names.",
      remedy: "get routines that came later with MmGetSystemRoutineAddress (from Windows 2000), or "
        + "use one that all releases have; lockstep inspect names the imports",
      sources: ["the export history of the kernel and the HAL"]
    ),
    RuleDescription(
      .entryFailed,
      "DriverEntry returned an error, so that nothing else could be done.",
      reason: "NT unloads such a driver. It may be right to refuse a release or a machine.",
      remedy: "give what the driver looks for in a scenario, if it is something that can be given",
      sources: ["the run itself"]
    ),
    RuleDescription(
      .expectation,
      "An expectation of the scenario does not hold.",
      reason: "The scenario says what must come of a step, and something else came.",
      remedy: "compare the step of the scenario with what the driver did",
      sources: ["the scenario"]
    ),
    RuleDescription(
      .requestNeverCompleted,
      "The driver never completed a request.",
      reason: "Whoever waits for the request waits for ever, and its process cannot end.",
      remedy: "complete each request once, and pending ones when they are cancelled",
      sources: ["the run itself"]
    ),
    RuleDescription(
      "null-used",
      "An address near NULL was used, after a routine had returned NULL.",
      reason:
        "Memory and system PTEs run out, on small and busy machines first. An idiom that adds to "
        + "the pointer before it is tested hides the NULL (KD-068).",
      remedy: "test what a routine returned before anything is computed of it",
      sources: ["KD-068"],
      equivalents: ["0x1E", "0x8E", "0x3B", "0x7E", "0xD1"]
    ),
    RuleDescription(
      "irql-too-high",
      "A routine was called at a higher IRQL than every document allows.",
      reason:
        "The routine waits, or is or uses pageable memory: at DISPATCH_LEVEL and above the system "
        + "stops as soon as a page must be read in, which is rare enough to pass tests.",
      remedy:
        "call it at the IRQL of its page in the driver reference; a work item runs at PASSIVE_LEVEL",
      sources: ["the driver reference and the NT 4.0 DDK; where they differ, the laxer counts"],
      equivalents: ["0xC4/0xE5", "0x0A", "0xD1"]
    ),
    RuleDescription(
      .leak,
      "Something is left when the driver is gone.",
      reason: "Memory, mappings and objects that a driver leaves are lost until the next start.",
      remedy: "release in the unload routine what was taken, and on each path that fails",
      sources: ["the run itself"],
      equivalents: ["0xC4/0x62", "0xC4/0x60", "0x76/0", "0xCB"]
    ),
  ]
}
