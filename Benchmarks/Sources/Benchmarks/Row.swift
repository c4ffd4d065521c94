import Foundation

/// A line of the table.
struct Row {
  /// What is asked of a measurement.
  enum Target {
    /// At most so many times as long as the reference.
    case atMost(Double)
    /// At least so many times as fast as the reference.
    case speed(Double)
    /// Less than so many seconds.
    case seconds(Double)
    /// Less than so many bytes, if it is asked for.
    case bytes(Double?)
    case none
  }

  let name: String
  let ours: Double
  let reference: Double?
  /// Ours divided by the reference; for a speed, the reverse.
  let ratio: Samples?
  let target: Target

  /// Creates a row of two measurements.
  init(_ name: String, _ comparison: Comparison, _ target: Target) {
    self.name = name
    self.target = target
    ours = comparison.ours.median
    reference = comparison.reference.median
    ratio = if case .speed = target { comparison.ratio.inverted } else { comparison.ratio }
  }

  /// Creates a row of one measurement.
  init(_ name: String, _ ours: Double, _ target: Target) {
    self.name = name
    self.ours = ours
    self.target = target
    reference = nil
    ratio = nil
  }

  private var isMet: Bool? {
    switch target {
    case .atMost(let limit): ratio.map { $0.median <= limit }
    case .speed(let limit): ratio.map { $0.median >= limit }
    case .seconds(let limit): ours < limit
    case .bytes(let limit): limit.map { ours < $0 }
    case .none: nil
    }
  }

  static let header = line(
    ["benchmark", "ours", "reference", "ratio (min–max)", "target", "met"]
  )

  /// The row as a line of text.
  var text: String {
    let ratio = self.ratio.map {
      String(format: "%.2f (%.2f–%.2f)", $0.median, $0.minimum, $0.maximum)
    }
    return Self.line([
      name, format(ours), reference.map(format) ?? "", ratio ?? "", targetText,
      isMet.map { $0 ? "yes" : "NO" } ?? "",
    ])
  }

  private func format(_ value: Double) -> String {
    if case .bytes = target { return String(format: "%.1f MiB", value / 0x10_0000) }
    return switch value {
    case ..<1e-6: String(format: "%.1f ns", value * 1e9)
    case ..<1e-3: String(format: "%.2f µs", value * 1e6)
    case ..<1: String(format: "%.1f ms", value * 1e3)
    default: String(format: "%.2f s", value)
    }
  }

  private var targetText: String {
    switch target {
    case .atMost(let limit): String(format: "≤ %.1fx", limit)
    case .speed(let limit): String(format: "≥ %.1fx", limit)
    case .seconds(let limit): "< " + format(limit)
    case .bytes(let limit): limit.map { "< " + format($0) } ?? ""
    case .none: ""
    }
  }

  private static func line(_ cells: [String]) -> String {
    let widths = [46, 10, 10, 18, 10, 3]
    return zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index == 0 ? cell.0 + padding : padding + cell.0
    }.joined(separator: "  ")
  }
}
