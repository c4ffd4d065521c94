public import NTReleases

/// Releases as a report names them: neighbours are joined to ranges.
public struct ReleaseRanges: Sendable {
  /// The ranges, in the order of releases.
  public let ranges: [[Release]]

  /// Joins releases.
  ///
  /// - Parameters:
  ///   - releases: The releases to name.
  ///   - all: The releases that count: those that are neighbours here are joined.
  public init(_ releases: [Release], among all: [Release]) {
    let wanted = Set(releases)
    var ranges: [[Release]] = []
    var isOpen = false
    for release in all {
      guard wanted.contains(release) else {
        isOpen = false
        continue
      }
      if isOpen { ranges[ranges.count - 1].append(release) } else { ranges.append([release]) }
      isOpen = true
    }
    self.ranges = ranges
  }

  /// The number of releases.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }

  /// The ranges in words, such as "nt310 … nt400sp3, w2k (13 releases)".
  public var text: String {
    count == 1 ? names : "\(names) (\(counted(count, "release")))"
  }

  /// The ranges without their number.
  public var names: String {
    ranges.map { Self.name($0) }.joined(separator: ", ")
  }

  /// The name of neighbours.
  static func name(_ range: [Release]) -> String {
    guard let first = range.first, let last = range.last else { return "" }
    return switch range.count {
    case 1: first.id
    case 2: "\(first.id), \(last.id)"
    default: "\(first.id) … \(last.id)"
    }
  }
}
