internal import Findings
internal import NTReleases

/// What a driver makes of failures at one call, the same on some releases.
private struct InjectionGroup: Hashable {
  let result: InjectionResult
  let routine: String
  let caller: InjectedRun.Place?
  let failure: String
  let detail: String
  let place: InjectedRun.Place?

  init(_ run: InjectedRun, on release: Release) {
    result = run.result
    routine = run.failsFromThere ? "every call from \(run.routine) on" : run.routine
    caller = run.caller
    failure = run.failsFromThere ? "fails" : run.failure
    // Where a block happened to be does not make another group.
    detail = FindingKey.generalised(run.detail, release)
    place = run.place
  }
}

extension DriverSection {
  private static var mostGroups: Int { 12 }

  /// What came of injected failures: one line that counts, and then each call with which the driver
  /// does not do well, the worst first.
  func injections() -> [String] {
    let summaries = report.results.compactMap { result in
      result.runs.first?.injections.map { (release: result.release, summary: $0) }
    }
    guard !summaries.isEmpty else { return [] }
    var lines = refusals(summaries)
    let tried = summaries.filter { $0.summary.refusal == nil }
    guard !tried.isEmpty else { return lines }
    lines.insert(heading(tried.map(\.summary)), at: 0)
    var order: [InjectionGroup] = []
    var uses: [InjectionGroup: (count: Int, releases: Set<Release>)] = [:]
    for (release, summary) in tried {
      for run in summary.runs where run.result != .graceful {
        let group = InjectionGroup(run, on: release)
        if uses[group] == nil { order.append(group) }
        uses[group, default: (0, [])].count += 1
        uses[group]?.releases.insert(release)
      }
    }
    // The order of calls is kept within a kind of result.
    let sorted = order.enumerated().sorted {
      ($0.element.result, $0.offset) < ($1.element.result, $1.offset)
    }
    for (_, group) in sorted.prefix(Self.mostGroups) {
      guard let use = uses[group] else { continue }
      lines += self.lines(for: group, use.count, use.releases)
    }
    let left = order.count - Self.mostGroups
    if left > 0 { lines.append("  \(counted(left, "group")) more; --format json has them") }
    return lines + [""]
  }

  private func heading(_ summaries: [InjectionSummary]) -> String {
    let runs = summaries.flatMap(\.runs)
    let counts = InjectionResult.allCases.compactMap { result -> String? in
      let count = runs.count { $0.result == result }
      return count == 0 ? nil : "\(count) \(result.rawValue)"
    }
    let leftOut = summaries.reduce(0) { $0 + $1.leftOut }
    let what = counts.isEmpty ? "no call that can fail" : counts.joined(separator: ", ")
    return "Injected failures, \(counted(summaries.count, "release")): \(what)"
      + (leftOut == 0 ? "" : "; \(leftOut) not tried")
  }

  private func refusals(_ summaries: [(release: Release, summary: InjectionSummary)]) -> [String] {
    var order: [String] = []
    var releases: [String: [Release]] = [:]
    for (release, summary) in summaries {
      guard let refusal = summary.refusal else { continue }
      if releases[refusal] == nil { order.append(refusal) }
      releases[refusal, default: []].append(release)
    }
    return order.flatMap { refusal in
      let ranges = ReleaseRanges(releases[refusal] ?? [], among: report.results.map(\.release))
      return ["No failures injected on \(ranges.text):"] + labelled("why", refusal.printable, 2)
    }
  }

  private func lines(
    for group: InjectionGroup,
    _ count: Int,
    _ releases: Set<Release>
  ) -> [String] {
    let ranges = ReleaseRanges(releases.sorted(), among: report.results.map(\.release))
    let times = count == releases.count ? "" : ", \(count) times"
    let call = "\(group.routine) \(group.failure)".printable
    var lines = ["  \(paint(group.result.style, group.result.rawValue)): \(call)"]
    if let caller = group.caller { lines += labelled("at", place(caller.module, caller.offset), 4) }
    let place = group.place.map { ", at \(self.place($0.module, $0.offset))" } ?? ""
    lines += labelled("then", group.detail.printable + place, 4)
    lines += labelled("on", ranges.text + times, 4)
    return lines
  }
}

extension InjectionResult {
  fileprivate var style: Paint.Style {
    switch self {
    case .crash, .wrong, .leak: Verdict.wrong.style
    case .inconclusive: Verdict.inconclusive.style
    case .graceful: Verdict.right.style
    }
  }
}
