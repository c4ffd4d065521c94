internal import Findings
internal import Reports
internal import SourceChecker

/// Checks files side by side, and puts fixes into them in memory until nothing is left to fix.
struct CheckSession: Sendable {
  typealias File = SourceFiles.File
  typealias Image = SourceChecker.Image

  /// A file that fixes have changed in memory.
  struct Change: Sendable {
    let file: File
    /// The file as it was read.
    let original: SourceText
    /// The file with the fixes.
    var current: SourceText
    /// How many fixes are in it.
    var fixCount: Int
  }

  /// What came of it.
  struct Result: Sendable {
    var report: CheckReport
    /// The files that fixes change, in the order of the files.
    var changes: [Change] = []
    /// Files whose fixes led to ever new ones, and which stay as they are.
    var unsettled: [File] = []
  }

  let checker: any SourceChecking
  let rules: Set<RuleID>
  var baseline: Baseline?
  /// The grades of the fixes to make.
  var grades: Set<SourceFix.Grade> = []
  /// The folder from which reports name files.
  let folder: String
  /// Called for each file that was checked, with how many there are.
  var progress: @Sendable (Int, Int) -> Void = { _, _ in }

  /// Checks files.
  ///
  /// What their neighbours in their folders call is known to them, whether those are checked too or not.
  func run(_ files: [File]) async -> Result {
    var state = await contributions(of: files)
    var changes: [File: Change] = [:]
    var unsettled: Set<File> = []
    var checked: [File: CheckedFile] = [:]
    var pending = files.filter { state.problems[$0] == nil }
    var round = 0
    while !pending.isEmpty {
      let (images, texts, settled) = (state.images, changes.mapValues(\.current), unsettled)
      let outcomes = await map(pending) { file in
        (
          file,
          check(
            file,
            texts[file],
            in: images[file.folder] ?? Image(),
            isFixing: !settled.contains(file)
          )
        )
      }
      pending = []
      for (file, outcome) in outcomes {
        switch outcome {
        case .failure(let problem): state.problems[file] = problem
        case .success(let outcome):
          checked[file] = outcome.file
          guard let fixed = outcome.fixed else { continue }
          pending.append(file)
          if round >= Self.roundLimit {
            // Back to what it was, to be reported as that.
            unsettled.insert(file)
            changes[file] = nil
            state.contributions[file] = checker.contribution(of: fixed.before)
          } else {
            let old = changes[file]
            changes[file] = Change(
              file: file,
              original: old?.original ?? fixed.before,
              current: fixed.after,
              fixCount: (old?.fixCount ?? 0) + fixed.count
            )
            state.contributions[file] = checker.contribution(of: fixed.after)
          }
        }
      }
      if !pending.isEmpty, round <= Self.roundLimit {
        // What the fixes call may say something else of the files beside them.
        let others = state.updateImages()
        let known = Set(pending)
        pending += files.filter {
          others.contains($0.folder) && !known.contains($0) && state.problems[$0] == nil
        }
      }
      round += 1
    }
    let problems = files.compactMap { state.problems[$0] }
    return Result(
      report: CheckReport(
        files: files.compactMap { checked[$0] },
        problems: problems.map { CheckReport.Problem(path: shown($0.path), reason: $0.reason) },
        rules: rules
      ),
      changes: files.compactMap { changes[$0] },
      unsettled: files.filter(unsettled.contains)
    )
  }

  /// Checks one file as it was, as its fixes could not be written.
  func recheck(_ change: Change) -> CheckedFile {
    var image = checker.contribution(of: change.original)
    let name = Self.name(change.file.path)
    for neighbour in SourceFiles.inFolder(change.file.folder)
    where Self.name(neighbour.path) != name {
      guard let text = try? SourceFiles.read(neighbour) else { continue }
      image.add(checker.contribution(of: text))
    }
    let (findings, notes) = checker.check(change.original, in: image)
    return checked(change.original, findings, notes)
  }

  /// How reports name a file.
  func shown(_ path: String) -> String { SourcePath.shown(path, from: folder) }

  /// The most rounds of fixes: one mends what overlapped in the one before.
  private static let roundLimit = 8

  /// What is known before files are checked.
  private struct State {
    var contributions: [File: Image] = [:]
    var problems: [File: SourceFiles.Problem] = [:]
    /// What is known of the driver in each folder.
    var images: [String: Image] = [:]

    /// Puts contributions together, and returns the folders of which they now say something else.
    mutating func updateImages() -> Set<String> {
      var images: [String: Image] = [:]
      for (file, contribution) in contributions {
        images[file.folder, default: Image()].add(contribution)
      }
      let old = self.images
      self.images = images
      return Set(images.keys.filter { images[$0] != old[$0] })
    }
  }

  private func contributions(of files: [File]) async -> State {
    var state = State()
    let named = Set(files)
    var neighbours: [File] = []
    for folder in Set(files.map(\.folder)).sorted() {
      let names = Set(files.filter { $0.folder == folder }.map { Self.name($0.path) })
      neighbours += SourceFiles.inFolder(folder).filter { !names.contains(Self.name($0.path)) }
    }
    let outcomes = await map(files + neighbours) { file in (file, contribution(of: file)) }
    for (file, outcome) in outcomes {
      switch outcome {
      case .success(let contribution): state.contributions[file] = contribution
      // Nobody asked about a neighbour that cannot be read.
      case .failure(let problem): if named.contains(file) { state.problems[file] = problem }
      }
    }
    _ = state.updateImages()
    return state
  }

  private static func name(_ path: String) -> Substring {
    path.split(separator: "/").last ?? path[...]
  }

  private func contribution(of file: File) -> Swift.Result<Image, SourceFiles.Problem> {
    do throws(SourceFiles.Problem) {
      return .success(checker.contribution(of: try SourceFiles.read(file)))
    } catch {
      return .failure(error)
    }
  }

  /// What came of one file in one round.
  private struct Outcome: Sendable {
    let file: CheckedFile
    /// The source before and after fixes, if there are any.
    var fixed: (before: SourceText, after: SourceText, count: Int)?
  }

  private func check(
    _ file: File,
    _ changed: SourceText?,
    in image: Image,
    isFixing: Bool
  ) -> Swift.Result<Outcome, SourceFiles.Problem> {
    do throws(SourceFiles.Problem) {
      let text: SourceText
      if let changed { text = changed } else { text = try SourceFiles.read(file) }
      let (findings, notes) = checker.check(text, in: image)
      let checked = checked(text, findings, notes)
      guard isFixing, !grades.isEmpty else { return .success(Outcome(file: checked)) }
      let fixes = checked.findings.filter { $0.suppression == nil }.compactMap(\.finding.fix)
        .filter { grades.contains($0.grade) }
      let fixed = text.applying(fixes)
      guard !fixed.applied.isEmpty, fixed.bytes != text.bytes else {
        return .success(Outcome(file: checked))
      }
      let after = SourceText(path: text.path, language: text.language, bytes: fixed.bytes)
      return .success(Outcome(file: checked, fixed: (text, after, fixed.applied.count)))
    } catch {
      return .failure(error)
    }
  }

  private func checked(
    _ text: SourceText,
    _ findings: [SourceFinding],
    _ notes: [String]
  ) -> CheckedFile {
    var file = CheckedFile(
      text,
      path: shown(text.path),
      findings: findings,
      notes: notes,
      rules: rules
    )
    baseline?.mark(&file)
    return file
  }

  /// Does something for each file, on all processors, and returns what came of it in the files' order.
  private func map<Value: Sendable>(
    _ files: [File],
    _ transform: @escaping @Sendable (File) -> Value
  ) async -> [Value] {
    await withTaskGroup(of: (Int, Value).self) { group in
      var values = [Value?](repeating: nil, count: files.count)
      var waiting = files.enumerated().makeIterator()
      func add() {
        guard let (index, file) = waiting.next() else { return }
        group.addTask { (index, transform(file)) }
      }
      for _ in 0..<Processors.count { add() }
      var done = 0
      while let (index, value) = await group.next() {
        values[index] = value
        done += 1
        progress(done, files.count)
        add()
      }
      return values.compactMap(\.self)
    }
  }
}
