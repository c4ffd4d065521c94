public import Findings

/// Finds what drivers' sources do wrong with MDLs, without building them.
public struct SourceChecker: Sendable {
  /// The releases asked for, or nil to take them from the sources.
  public let targets: TargetRange?
  /// The rules to check.
  public let rules: Set<RuleID>

  /// Creates a checker.
  public init(targets: TargetRange?, rules: Set<RuleID>) {
    self.targets = targets
    self.rules = rules
  }

  /// What a file's neighbours have to say about it: the driver that they make together.
  public struct Image: Hashable, Sendable {
    /// The names in ``MDLRoutine`` that the sources use outside of `#if`s on versions.
    public var names: Set<String> = []

    /// Creates what is known before any file was read.
    public init() {}
  }

  /// What one file adds to what is known of its image.
  ///
  /// Nothing is parsed for it.
  public func contribution(of text: SourceText) -> Image { Image() }

  /// Checks one file.
  ///
  /// - Returns: The findings in the order of the file, without those that the source suppresses, and what
  ///   could not be looked at, in a line each.
  public func check(_ text: SourceText, in image: Image) -> (
    findings: [SourceFinding], notes: [String]
  ) {
    ([], [])
  }
}
