public import Findings
internal import NTReleases

/// What came of drivers on releases, for people: a matrix, and below it where, why and how to fix it.
public struct TextReport: Sendable {
  /// Whether to use colours; they are for terminals.
  public let usesColour: Bool
  /// The columns of the page.
  public let width: Int
  /// Finds functions and lines, where the driver has debug information.
  public let symbols: SymbolLookup?
  /// Whether to say how long the runs took.
  public let showsTiming: Bool

  /// Creates a report's form.
  public init(
    usesColour: Bool = false,
    width: Int = 100,
    symbols: SymbolLookup? = nil,
    showsTiming: Bool = false
  ) {
    self.usesColour = usesColour
    self.width = max(width, 60)
    self.symbols = symbols
    self.showsTiming = showsTiming
  }

  /// The report, which ends with a line break.
  public func render(_ reports: [DriverReport]) -> String {
    let paint = Paint(isOn: usesColour)
    let matrix = VerdictMatrix(reports)
    var lines = matrix.lines(width: width, paint: paint)
    for report in reports {
      let section = DriverSection(report, among: reports, self).lines()
      guard !section.isEmpty else { continue }
      lines += section + [""]
    }
    lines += summary(of: reports, paint) + footnotes(of: reports, matrix.releases)
    return lines.map { $0 + "\n" }.joined()
  }

  /// One line for each driver.
  private func summary(of reports: [DriverReport], _ paint: Paint) -> [String] {
    [paint(.bold, "Summary")]
      + reports.map { report in
        let counts = VerdictMatrix.Cell.legend.compactMap { cell -> String? in
          guard case .verdict(let verdict) = cell else { return nil }
          let count = report.results.count { $0.verdict == verdict }
          return count == 0 ? nil : "\(paint(verdict.style, verdict.word)) on \(count)"
        }
        let verdicts = counts.isEmpty ? "not run" : counts.joined(separator: ", ")
        var line = "  \(report.title.printable) (\(report.architecture)): \(verdicts)"
        line += counts.isEmpty ? "" : " of \(counted(report.results.count, "release"))"
        if showsTiming {
          let seconds = report.results.flatMap(\.runs).reduce(0) { $0 + $1.duration }
          line += ", \(Int((seconds * 1000).rounded())) ms"
        }
        return line
      }
  }

  /// What the runs take for granted.
  private func footnotes(of reports: [DriverReport], _ releases: [Release]) -> [String] {
    var order: [String] = []
    var uses: [String: (drivers: Set<DriverFile>, releases: Set<Release>)] = [:]
    for report in reports {
      for run in report.results.flatMap(\.runs) {
        for assumption in run.assumptions {
          if uses[assumption] == nil { order.append(assumption) }
          uses[assumption, default: ([], [])].drivers.insert(report.driver)
          uses[assumption]?.releases.insert(run.release)
        }
      }
    }
    guard !order.isEmpty else { return [] }
    var lines = ["", "Taken for granted, without a public source"]
    for text in order {
      guard let use = uses[text] else { continue }
      let ranges = ReleaseRanges(use.releases.sorted(), among: releases)
      let drivers =
        use.drivers.count == reports.count ? "" : ", \(counted(use.drivers.count, "driver"))"
      let note = "\(text.printable): \(ranges.text)\(drivers)"
      lines += note.wrapped(to: width - 4).enumerated().map { ($0 == 0 ? "  * " : "    ") + $1 }
    }
    return lines
  }
}
