internal import Findings
internal import NTReleases

/// What a report says about one driver: where it is not right, why, and what to write instead.
struct DriverSection {
  let report: DriverReport
  let form: TextReport
  let paint: Paint
  /// The paths of the drivers that may have been in one machine, by their names.
  private let paths: [String: String]

  init(_ report: DriverReport, among reports: [DriverReport], _ form: TextReport) {
    self.report = report
    self.form = form
    paint = Paint(isOn: form.usesColour)
    let companions = reports.filter { $0.architecture == report.architecture }
    let pairs = companions.map { ($0.driver.name, $0.driver.path) }
    var paths = Dictionary(pairs) { first, _ in first }
    for driver in [report.driver] + report.together { paths[driver.name] = driver.path }
    self.paths = paths
  }

  private var releases: [Release] { report.results.map(\.release) }

  /// The lines, none if the driver is right everywhere and nothing is worth a word.
  func lines() -> [String] {
    let groups = ResultGroup.groups(of: report.results)
    var body: [String] = []
    for group in groups where group.verdict != .right { body += lines(for: group) + [""] }
    let right = groups.filter { $0.verdict == .right }.flatMap(\.results)
    for warning in warnings(on: right) { body += indented(warning, 0) }
    if body.last != "" { body.append("") }
    body += injections()
    body += divergence()
    while body.last == "" { body.removeLast() }
    while body.first == "" { body.removeFirst() }
    guard !body.isEmpty else { return [] }
    let title = "\(report.title.printable) (\(report.architecture))"
    let rule = String(repeating: "=", count: max(3, min(form.width, 100) - title.count - 5))
    return [paint(.bold, "=== \(title) \(rule)"), ""] + body
  }

  private func lines(for group: ResultGroup) -> [String] {
    guard let first = group.results.first else { return [] }
    let ranges = ReleaseRanges(group.releases, among: releases)
    let heading = paint(group.verdict.style, group.verdict.word)
    let runs = ResultGroup.runsToExplain(first)
    var lines = ["\(heading) on \(ranges.text)"]
    if runs.count == 1, let run = runs.first {
      return lines + explanation(of: run, in: group, indent: 2)
    }
    if group.verdict == .disputed { lines += indented(Self.dispute, 2) }
    for run in runs {
      lines.append("")
      lines += indented("\(run.reading.source):", 2)
      lines.append("    \(paint(run.verdict.style, run.verdict.word))")
      if run.verdict != .right { lines += explanation(of: run, in: group, indent: 6) }
    }
    return lines
  }

  private static let dispute =
    "The documents contradict each other (KD-002), and the verdict depends on which one is believed. "
    + "--reading literal or --reading consistent fixes one."

  private func explanation(of run: RunRecord, in group: ResultGroup, indent: Int) -> [String] {
    var lines: [String] = []
    if let finding = run.primaryFinding {
      let isShared = group.results.allSatisfy { result in
        result.runs.first { $0.reading == run.reading }?.primaryFinding?.message == finding.message
      }
      let example = isShared || group.results.count == 1 ? "" : " (as on \(run.release.id))"
      lines += self.lines(for: finding, example: example, indent: indent)
    }
    lines += others(run, in: group).flatMap { labelled("also", $0, indent) }
    switch run.outcome {
    case .budgetExhausted:
      let count = "after \(run.instructions) instructions"
      lines += labelled("ended", "the budget was used up \(count); --budget raises it", indent)
    case .bugCheck where run.primaryFinding == nil:
      lines += labelled("ended", "the system stopped", indent)
    case .completed, .bugCheck, .loadFailed, .inconclusive: break
    }
    if !run.unmodelled.isEmpty {
      let names = run.unmodelled.map(\.printable).joined(separator: "; ")
      lines += labelled("needs", "what is not modelled, and not guessed: \(names)", indent)
      lines += run.unmodelledCall.map { self.lines(for: $0, indent) } ?? []
      lines += self.lines(forPassed: run.passedCalls, indent)
    }
    return lines
  }

  private func lines(for finding: Finding, example: String, indent: Int) -> [String] {
    let message = "\(finding.rule.rawValue): \(finding.message)\(example)".printable
    var lines = indented(message, indent)
    if let place = place(of: finding) { lines += labelled("at", place, indent) }
    if let picture = finding.picture {
      let drawing = MDLDrawing(picture).lines(width: max(72, form.width - indent - 2))
      let margin = String(repeating: " ", count: indent)
      lines += [""] + drawing.map { margin + $0 } + [""]
    }
    lines += biography(of: finding, indent)
    let evidence = finding.evidence.map(\.printable)
    if let explanation = finding.explanation?.printable {
      lines += labelled("why", explanation, indent)
    }
    if !finding.equivalents.isEmpty {
      lines += labelled("search", finding.equivalents.joined(separator: ", "), indent)
    }
    if !evidence.isEmpty { lines += labelled("source", evidence.joined(separator: ", "), indent) }
    if let remedy = finding.remedy?.printable { lines += labelled("write", remedy, indent) }
    return lines
  }

  /// The module, offset, function and line of a finding.
  private func place(of finding: Finding) -> String? {
    guard let module = finding.module else { return nil }
    guard let offset = finding.offset else {
      return module == report.driver.name ? nil : module.printable
    }
    return "\(finding.isPrecise ? "" : "at or shortly after ")\(place(module, offset))"
  }

  func place(_ module: String, _ offset: Int) -> String {
    var text = "\(module.printable)+\(hex(offset))"
    if let path = paths[module], let found = form.symbols?(path, offset) {
      text += "  \(found.function.printable) (\(found.file.printable):\(found.line))"
    }
    return text
  }

  /// What else was found on the releases of a group, with the releases if not on all of them.
  private func others(_ run: RunRecord, in group: ResultGroup) -> [String] {
    let runs = group.results.compactMap { result in
      result.runs.first { $0.reading == run.reading }
    }
    let explained = run.primaryFinding.flatMap { $0.picture == nil ? nil : $0.rule }
    return summaries(of: runs, outOf: runs.count, explained: explained) { run in
      let primary = run.primaryFinding
      return run.findings.filter { $0 != primary }
    }
  }

  /// What was found on releases on which the driver is right.
  private func warnings(on results: [ReleaseResult]) -> [String] {
    summaries(of: results.compactMap(\.runs.first), outOf: report.results.count, \.findings)
  }

  /// A line for each kind of finding.
  private func summaries(
    of runs: [RunRecord],
    outOf count: Int,
    explained: RuleID? = nil,
    _ findings: (RunRecord) -> [Finding]
  ) -> [String] {
    var order: [FindingKey] = []
    var uses: [FindingKey: (finding: Finding, releases: Set<Release>)] = [:]
    for run in runs {
      for finding in findings(run) {
        let key = FindingKey(finding, on: run.release)
        if uses[key] == nil { order.append(key) }
        uses[key, default: (finding, [])].releases.insert(run.release)
      }
    }
    let shown = order.prefix(Self.mostOthers).compactMap { key -> String? in
      guard let use = uses[key] else { return nil }
      let finding = use.finding
      let place = place(of: finding).map { ", at \($0)" } ?? ""
      let ranges = ReleaseRanges(use.releases.sorted(), among: releases).text
      let mark = finding.isAfterUnmodelled ? "after the first gap, not to be trusted: " : ""
      let kind = "\(mark)\(finding.severity.rawValue) \(finding.rule.rawValue)"
      // The same mistake in another place is drawn and explained already.
      let isAgain = finding.picture != nil && finding.rule == explained && mark.isEmpty
      let what = isAgain ? "the same" : "\(kind): \(finding.message)"
      return what.printable + place
        + (use.releases.count == count ? "" : ", on \(ranges)")
    }
    let left = order.count - shown.count
    return shown + (left > 0 ? ["\(counted(left, "finding")) more; --format json has them"] : [])
  }

  private static let mostOthers = 6

  /// Where the releases part first.
  private func divergence() -> [String] {
    guard let divergence = report.divergence else { return [] }
    let (before, after) = (divergence.before.id, divergence.after.id)
    let width = max(before.count, after.count)
    func event(_ text: String?) -> String { text?.printable ?? "nothing: the run had ended" }
    func lines(_ release: String, _ text: String?) -> [String] {
      event(text).wrapped(to: form.width - width - 4).enumerated().map { index, line in
        "  \((index == 0 ? release : "").padded(to: width))  \(line)"
      }
    }
    return ["First divergence: \(before) and \(after) part at event \(divergence.index)"]
      + lines(before, divergence.eventBefore) + lines(after, divergence.eventAfter)
  }

  private func indented(_ text: String, _ indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    return text.wrapped(to: form.width - indent).map { margin + $0 }
  }

  func labelled(_ label: String, _ text: String, _ indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    return text.wrapped(to: form.width - indent - 8).enumerated().map { index, line in
      margin + (index == 0 ? paint(.dim, label.padded(to: 6)) : "      ") + "  " + line
    }
  }
}

extension Reading {
  /// The document that one believes.
  var source: String {
    switch self {
    case .literal:
      "Reading literal, by KB199311: before NT 4.0 SP4, MmMapLockedPages returns the page base in "
        + "both modes"
    case .consistent:
      "Reading consistent, by the June 1998 DDK page of MmGetSystemAddressForMdl (KD-002): with "
        + "KernelMode the address includes the byte offset already then"
    }
  }
}
