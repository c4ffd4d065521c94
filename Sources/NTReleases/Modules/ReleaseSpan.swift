/// Since when something is in NT, and how that is known.
public struct ReleaseSpan: Hashable, Sendable {
  /// The first release that has it.
  public let first: Release

  /// Whether ``first`` only bounds the first release: it was seen there, and earlier releases were
  /// not looked at.
  public let firstIsUpperBound: Bool

  /// The last release that has it, or `nil` if it is still there.
  public let last: Release?

  /// The releases in between that do not have it.
  public let gap: ExportRecord.Gap?

  /// The processors that have it.
  public let platforms: [Platform]

  /// Where that was learned.
  public let evidence: Evidence

  /// Something that came with a release.
  ///
  /// - Parameters:
  ///   - first: The first release that has it.
  ///   - last: The last one, or `nil` if it is still there.
  ///   - gap: The releases in between that do not have it.
  ///   - platforms: The processors that have it.
  ///   - evidence: Where that was learned.
  /// - Returns: The span of releases.
  static func since(
    _ first: Release,
    until last: Release? = nil,
    gap: ExportRecord.Gap? = nil,
    on platforms: [Platform] = [.x86, .x64],
    evidence: Evidence
  ) -> Self {
    Self(
      first: first,
      firstIsUpperBound: false,
      last: last,
      gap: gap,
      platforms: platforms,
      evidence: evidence
    )
  }

  /// Something that a release has, and of which it is not known since when.
  static func seen(
    in first: Release,
    until last: Release? = nil,
    on platforms: [Platform] = [.x86, .x64],
    evidence: Evidence
  ) -> Self {
    Self(
      first: first,
      firstIsUpperBound: true,
      last: last,
      gap: nil,
      platforms: platforms,
      evidence: evidence
    )
  }
}

extension ReleaseSpan {
  /// Whether a release is in the span; `nil` if that is not known.
  func contains(_ release: Release, on platform: Platform) -> Bool? {
    guard platforms.contains(platform) else { return false }
    if release < first { return firstIsUpperBound ? nil : false }
    if let last, release > last { return false }
    return !(gap?.contains(release) ?? false)
  }
}
