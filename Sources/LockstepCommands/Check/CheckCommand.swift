internal import ArgumentParser
internal import Findings
internal import NTReleases
internal import Reports
internal import SourceChecker

/// Checks drivers' sources.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Check drivers' C and C++ sources for MDL code that is wrong, on some release or all.",
    discussion: """
      Nothing is built, and no headers are needed: sources are read as they are, with both branches of \
      each #if. A folder stands for the C and C++ files below it. A finding says on which releases it \
      breaks and why, and many come with a fix.

      A fix is safe if it changes nothing but what the finding is about, and suggested if it is to be \
      looked at. Files keep their encoding and line ends, and are written in one step.

      EXAMPLES
        lockstep check driver/
        lockstep check driver/ --target nt400sp3..w2ksp4   a driver for these releases
        lockstep check driver/ --diff                      show what --fix would do
        lockstep check driver/ --fix                       make the safe fixes
        lockstep check driver/ --fix=suggested             make the suggested ones too
        lockstep check driver/ --format sarif > lockstep.sarif
        lockstep explain LS001                             a rule, with an example

      A comment says that a finding is meant: // lockstep-ignore LS012: reason on its line or the line \
      before, // lockstep-ignore-file LS040 for the file.

      EXIT STATUS
        0  no errors or warnings (there may be notes)
        1  errors or warnings are left
        2  wrong use, or a path that is not there
        3  neither, but some file or function could not be looked at, or some fix not written
        4  internal error
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif
  }

  @Argument(help: ArgumentHelp("Source files, and folders to search for them.", valueName: "path"))
  var paths: [String]

  @Option(
    help: ArgumentHelp(
      "The releases that the driver is for: a..b, a.., ..b, or one. (default: from the oldest that has "
        + "what the sources call)",
      valueName: "a..b"
    )
  )
  var target: String?

  @Flag(
    help: ArgumentHelp("Make the safe fixes; --fix=suggested makes the suggested ones too.")
  )
  var fix = false

  // An option with an optional value is not to be had; ``normalised(_:)`` makes `--fix=suggested` this.
  @Flag(help: .private)
  var fixSuggested = false

  @Flag(
    help: ArgumentHelp(
      "Show the fixes as a diff for git apply, and write nothing. With --fix=suggested it has those too."
    )
  )
  var diff = false

  @Option(help: "The form of the results: text, json or sarif.")
  var format = Format.text

  @Option(help: ArgumentHelp("The rules to check, with commas between them.", valueName: "LS001,…"))
  var rules: String?

  @Option(help: ArgumentHelp("Findings that are known and do not count.", valueName: "file"))
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "Write the findings to a file for --baseline, and succeed.",
      valueName: "file"
    )
  )
  var writeBaseline: String?

  @Flag(help: "List also what comments and the baseline suppress, marked as that.")
  var showSuppressed = false

  /// The grades of the fixes that are asked for.
  var grades: Set<SourceFix.Grade> {
    fixSuggested ? [.safe, .suggested] : fix || diff ? [.safe] : []
  }

  func validate() throws {
    if diff && format != .text { throw ValidationError("--diff and --format do not go together") }
    if diff && writeBaseline != nil {
      throw ValidationError("--diff and --write-baseline do not go together")
    }
  }

  /// Arguments with `--fix=suggested` and `--fix=safe` in a form that the parser knows.
  static func normalised(_ arguments: [String]) throws -> [String] {
    guard arguments.first == configuration.commandName else { return arguments }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return try arguments[..<end].map { argument in
      guard argument.hasPrefix("--fix=") else { return argument }
      switch argument.dropFirst("--fix=".count) {
      case "safe": return "--fix"
      case "suggested": return "--fix-suggested"
      case let other: throw UserError("--fix=\(other): safe or suggested")
      }
    } + arguments[end...]
  }

  func run() async throws {
    let targets = try target.map(CheckSelection.targets)
    let rules = try rules.map(CheckSelection.rules) ?? CheckSelection.allRules
    let checker = try ParsingChecker(SourceChecker(targets: targets, rules: rules))
    try await run(with: checker, rules)
  }

  /// Checks files and says what came of it.
  func run(with checker: any SourceChecking, _ rules: Set<RuleID>) async throws {
    let output = try await output(with: checker, rules)
    for line in output.log { Terminal.log("lockstep: " + line) }
    try Terminal.print(output.text)
    try Terminal.print(bytes: output.diff)
    throw ExitCode(output.status.rawValue)
  }

  /// What a check has to say.
  struct Output {
    /// What goes to standard output.
    var text = ""
    /// What goes there in its place, where a diff was asked for.
    var diff: [UInt8] = []
    /// What goes to standard error, in lines.
    var log: [String] = []
    var status = ExitStatus.clean
  }

  func output(with checker: any SourceChecking, _ rules: Set<RuleID>) async throws -> Output {
    let sources = try Self.sources(paths)
    let progress = CheckProgress()
    let session = CheckSession(
      checker: checker,
      rules: rules,
      baseline: try baseline.map(Self.baseline),
      grades: grades,
      folder: SourcePath.currentFolder,
      progress: { progress.report($0, of: $1) }
    )
    var result = await session.run(sources.files)
    result.report.problems =
      sources.problems.map {
        CheckReport.Problem(path: session.shown($0.path), reason: $0.reason)
      } + result.report.problems
    var output = Output()
    output.log += result.unsettled.map {
      "\(session.shown($0.path)): its fixes do not settle, so it stays as it is"
    }
    var isWritten = true
    if diff {
      output.diff = Self.diff(of: result, in: session)
    } else {
      let (log, isWhole) = Self.write(&result, in: session)
      output.log += log
      isWritten = isWhole
    }
    output.log += result.report.problems.map { "\($0.path): \($0.reason)" }
    output.log += result.report.files.flatMap { $0.notes + $0.remarks }
    output.status = ExitStatus(for: result.report)
    if diff, !result.changes.isEmpty { output.status = .findings }
    if !isWritten, output.status == .clean { output.status = .inconclusive }
    if let writeBaseline {
      let baseline = Baseline(of: result.report)
      try OutputFile.write(Array(baseline.text.utf8), to: writeBaseline)
      output.log.append("\(writeBaseline): \(baseline.fingerprints.count) findings written")
      output.status = result.report.problems.isEmpty ? .clean : .inconclusive
    } else if !diff {
      output.text = text(of: result.report, in: session)
    }
    return output
  }

  private func text(of report: CheckReport, in session: CheckSession) -> String {
    switch format {
    case .text:
      CheckTextReport(
        usesColour: Terminal.usesColour,
        width: Terminal.width,
        showsSuppressed: showSuppressed
      ).render(report)
    case .json: CheckJSONReport(showsSuppressed: showSuppressed).render(report)
    case .sarif: SARIFReport(root: session.folder, showsSuppressed: showSuppressed).render(report)
    }
  }

  /// Finds the sources that paths name.
  private static func sources(_ paths: [String]) throws -> SourceFiles {
    let sources: SourceFiles
    do throws(SourceFiles.Missing) {
      sources = try SourceFiles(paths: paths)
    } catch {
      let lines = error.paths.map { path in
        let isGrade = ["safe", "suggested"].contains(path)
        return "\(path): no such file or folder" + (isGrade ? "; did you mean --fix=\(path)?" : "")
      }
      throw UserError(lines.joined(separator: "; "))
    }
    guard !sources.files.isEmpty || !sources.problems.isEmpty else {
      throw UserError("nothing to check: no C or C++ sources in \(paths.joined(separator: ", "))")
    }
    return sources
  }

  /// Writes what fixes changed, and takes back those that cannot be written.
  ///
  /// - Returns: What to say of it in lines, and whether everything was written.
  private static func write(
    _ result: inout CheckSession.Result,
    in session: CheckSession
  ) -> (log: [String], isWhole: Bool) {
    var log: [String] = []
    var isWhole = true
    for change in result.changes {
      let path = change.file.path
      let name = session.shown(path)
      do throws(FileReplacementError) {
        try FileReplacement.write(path, from: change.original.bytes, to: change.current.bytes)
        log.append("\(name): \(change.fixCount) fixed")
      } catch {
        if let index = result.report.files.firstIndex(where: { $0.path == name }) {
          result.report.files[index] = session.recheck(change)
        }
        log.append("\(name): not fixed: \(error)")
        isWhole = false
      }
    }
    return (log, isWhole)
  }

  private static func diff(of result: CheckSession.Result, in session: CheckSession) -> [UInt8] {
    result.changes.flatMap { change in
      UnifiedDiff(from: change.original.bytes, to: change.current.bytes)
        .bytes(path: String(session.shown(change.file.path).drop { $0 == "/" }))
    }
  }

  private static func baseline(_ path: String) throws -> Baseline {
    let bytes = try DriverReader.contents(of: path, isDriver: false)
    do {
      return try Baseline(parsing: bytes)
    } catch {
      throw UserError("\(path) \(error)")
    }
  }
}
