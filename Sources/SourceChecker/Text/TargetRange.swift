public import NTReleases

/// The releases that a source is meant for, in the order of code lines.
public struct TargetRange: Hashable, Sendable {
  public let oldest: Release
  public let newest: Release
  /// Whether the user named the range; otherwise it begins at the oldest release that exports what the
  /// sources call.
  public let isExplicit: Bool

  /// Creates a range; the ends may be given in either order.
  public init(_ first: Release, _ second: Release, isExplicit: Bool) {
    oldest = min(first, second)
    newest = max(first, second)
    self.isExplicit = isExplicit
  }

  /// The releases of the range that lie between two others.
  ///
  /// - Parameters:
  ///   - first: The first release, or nil for no bound.
  ///   - last: The last release, or nil for no bound.
  /// - Returns: The releases, the oldest first.
  func releases(from first: Release? = nil, through last: Release? = nil) -> [Release] {
    Release.allCases.filter { release in
      release >= max(oldest, first ?? oldest) && release <= min(newest, last ?? newest)
    }
  }
}
