internal import Findings
internal import NTReleases

/// The verdicts of drivers on releases, releases across and drivers down.
struct VerdictMatrix {
  /// What stands for one driver on one release.
  enum Cell: Hashable {
    case verdict(Verdict)
    /// The release never ran on the driver's architecture.
    case neverRan
    /// The release was not asked for.
    case notRun
  }

  /// Releases, neighbours among those asked for, on which every driver fares the same.
  struct Column {
    var releases: [Release]
    let cells: [Cell]
  }

  let reports: [DriverReport]
  let releases: [Release]
  let columns: [Column]

  /// The most releases that have a column each, whether or not they are equal.
  static let mostSingleColumns = 8

  init(_ reports: [DriverReport]) {
    self.reports = reports
    releases = Set(reports.flatMap { $0.results.map(\.release) }).sorted()
    let verdicts = reports.map { report in
      Dictionary(report.results.map { ($0.release, $0.verdict) }) { first, _ in first }
    }
    var columns: [Column] = []
    for release in releases {
      let cells = zip(reports, verdicts).map { report, verdicts -> Cell in
        if let verdict = verdicts[release] { return .verdict(verdict) }
        let platform = Platform(rawValue: report.architecture)
        return platform.map(release.runs(on:)) == true ? .notRun : .neverRan
      }
      if releases.count > Self.mostSingleColumns, columns.last?.cells == cells {
        columns[columns.count - 1].releases.append(release)
      } else {
        columns.append(Column(releases: [release], cells: cells))
      }
    }
    self.columns = columns
  }
}

extension VerdictMatrix.Cell {
  var word: String {
    switch self {
    case .verdict(let verdict): verdict.word
    case .neverRan: "-"
    case .notRun: ""
    }
  }

  /// One character, for matrices with many columns.
  var mark: String {
    switch self {
    case .verdict(.right): "."
    case .verdict(.wrong): "W"
    case .verdict(.disputed): "D"
    case .verdict(.inconclusive): "?"
    case .verdict(.cannotLoad): "L"
    case .neverRan: "-"
    case .notRun: " "
    }
  }

  var style: Paint.Style {
    if case .verdict(let verdict) = self { verdict.style } else { .dim }
  }

  var meaning: String {
    switch self {
    case .verdict(let verdict): verdict.meaning
    case .neverRan: "the release never ran on that architecture"
    case .notRun: "not run"
    }
  }

  /// The order of the legend.
  static let legend: [Self] =
    [.right, .wrong, .disputed, .cannotLoad, .inconclusive].map(Self.verdict) + [.neverRan]
}

extension VerdictMatrix {
  /// The matrix in lines: in words where they fit, else in marks with a key.
  func lines(width: Int, paint: Paint) -> [String] {
    let wide = wideLines(paint)
    return (wide.width <= width ? wide.lines : narrowLines(paint)) + [""]
  }

  private var nameWidth: Int {
    reports.map { $0.title.printable.count }.reduce("driver".count, max)
  }

  private func wideLines(_ paint: Paint) -> (lines: [String], width: Int) {
    let headers = columns.map { column -> [String] in
      guard column.releases.count > 1, let first = column.releases.first,
        let last = column.releases.last
      else { return ["", column.releases.first?.id ?? "", ""] }
      return ["\(first.id) …", last.id, "(\(column.releases.count))"]
    }
    let widths = zip(columns, headers).map { column, header in
      (header + column.cells.map(\.word)).map(\.count).max() ?? 0
    }
    let hasRanges = columns.contains { $0.releases.count > 1 }
    var lines: [String] = []
    for line in hasRanges ? [0, 1, 2] : [1] {
      let isLast = line == (hasRanges ? 2 : 1)
      var text = (isLast ? "driver" : "").padded(to: nameWidth) + "  " + (isLast ? "arch" : "    ")
      for (header, width) in zip(headers, widths) { text += "  " + header[line].padded(to: width) }
      lines.append(paint(.bold, text.trimmedAtEnd))
    }
    for (row, report) in reports.enumerated() {
      var text =
        report.title.printable.padded(to: nameWidth) + "  "
        + report.architecture.padded(to: 4)
      for (column, width) in zip(columns, widths) {
        let word = column.cells[row].word
        text += "  " + paint(column.cells[row].style, word)
        text += String(repeating: " ", count: width - word.count)
      }
      lines.append(text.trimmedAtEnd)
    }
    return (lines + legend(\.word, paint), nameWidth + 6 + widths.reduce(0) { $0 + $1 + 2 })
  }

  private func narrowLines(_ paint: Paint) -> [String] {
    let keys = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".map(String.init)
    let header = columns.indices.map { keys[$0 % keys.count] }.joined(separator: " ")
    var lines = [paint(.bold, "driver".padded(to: nameWidth) + "  arch  " + header)]
    for (row, report) in reports.enumerated() {
      let cells = columns.map { paint($0.cells[row].style, $0.cells[row].mark) }
      lines.append(
        report.title.printable.padded(to: nameWidth) + "  "
          + report.architecture.padded(to: 6) + cells.joined(separator: " ")
      )
    }
    lines += legend(\.mark, paint) + [""]
    lines += columns.enumerated().map { index, column in
      "  \(keys[index % keys.count])  "
        + ReleaseRanges(column.releases, among: releases).text
    }
    return lines
  }

  private func legend(_ text: (Cell) -> String, _ paint: Paint) -> [String] {
    let present = Set(columns.flatMap(\.cells))
    let shown = Cell.legend.filter(present.contains)
    let width = shown.map { text($0).count }.max() ?? 0
    return [""]
      + shown.map {
        "  " + paint($0.style, text($0))
          + String(repeating: " ", count: width - text($0).count + 2) + $0.meaning
      }
  }
}

extension String {
  /// The text without the spaces at its end.
  var trimmedAtEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
