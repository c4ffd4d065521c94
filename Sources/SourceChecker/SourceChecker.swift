public import Findings
public import NTReleases

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
    /// The oldest release that exports every routine for MDLs that the sources call outside of `#if`s on
    /// versions.
    public var oldest = Release.allCases[0]

    /// Creates what is known before any file was read.
    public init() {}

    /// Takes over what is known of another file of the driver.
    public mutating func add(_ other: Self) { oldest = max(oldest, other.oldest) }
  }

  /// What one file adds to what is known of its image.
  ///
  /// Nothing is parsed for it.
  public func contribution(of text: SourceText) -> Image {
    var image = Image()
    guard Keywords.isMentioned(in: text.bytes[...]),
      let source = Scrubber.readings(of: text).first
    else { return image }
    for (name, offset) in Keywords.calls(in: source.bytes) {
      let first =
        name.hasPrefix("MdlMappingNo")
        ? MDLRoutine.firstMappingFlags : MDLRoutine.firstReleases[name]?.first
      guard let first, first > image.oldest else { continue }
      let isConditional = source.conditions.contains { condition in
        condition.range.contains(offset)
          && NewerThanTarget.versionWords.contains { condition.expression.contains($0) }
      }
      if !isConditional { image.oldest = first }
    }
    return image
  }

  /// Checks one file.
  ///
  /// - Parameters:
  ///   - text: The file.
  ///   - image: What the driver's files are known to use.
  ///   - library: The parser.
  /// - Returns: The findings in the order of the file, and what could not be looked at, in a line each.
  public func check(
    _ text: SourceText,
    in image: Image,
    with library: TreeSitterLibrary
  ) -> (findings: [SourceFinding], notes: [String]) {
    var image = image
    image.add(contribution(of: text))
    let newest = Release.allCases[Release.allCases.count - 1]
    let reporter = Reporter(
      path: text.path,
      targets: targets ?? TargetRange(image.oldest, newest, isExplicit: false)
    )
    var analysis = FileAnalysis(
      text: text,
      image: image,
      rules: Rules.all.filter { rules.contains($0.id) },
      reporter: reporter,
      parser: SyntaxParser(library)
    )
    analysis.run()
    return (reporter.findings, analysis.notes)
  }

  /// The rules that there are.
  public static let allRules = Rules.all.map(\.id)
}
