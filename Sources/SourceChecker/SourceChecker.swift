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
    /// The number of files that define `DriverEntry`: files with more than one are not one driver.
    var entryCount = 0

    /// Creates what is known before any file was read.
    public init() {}

    /// Takes over what is known of another file of the driver.
    public mutating func add(_ other: Self) {
      oldest = max(oldest, other.oldest)
      entryCount += other.entryCount
    }
  }

  /// What one file adds to what is known of its image.
  ///
  /// Nothing is parsed for it.
  public func contribution(of text: SourceText) -> Image {
    var image = Image()
    if Keywords.isMentioned(in: text.bytes[...]),
      Keywords.calls(in: text.bytes).contains(where: { Self.first(of: $0.name) != nil }),
      let source = Scrubber.readings(of: text).first
    {
      image = contribution(of: source)
    }
    image.entryCount = Keywords.definesDriverEntry(text.bytes) ? 1 : 0
    return image
  }

  private func contribution(of source: ScrubbedSource) -> Image {
    var image = Image()
    for (name, offset) in Keywords.calls(in: source.bytes) {
      guard let first = Self.first(of: name), first > image.oldest else { continue }
      let isConditional = source.conditions.contains { condition in
        condition.range.contains(offset)
          && NewerThanTarget.versionWords.contains { condition.expression.contains($0) }
      }
      if !isConditional { image.oldest = first }
    }
    return image
  }

  /// The first release that knows a name, if NT 3.1 does not.
  private static func first(of name: String) -> Release? {
    name.hasPrefix("MdlMappingNo")
      ? MDLRoutine.firstMappingFlags : MDLRoutine.firstReleases[name]?.first
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
    guard Keywords.isMentioned(in: text.bytes[...]) else { return ([], []) }
    let readings = Scrubber.readings(of: text)
    // Files of several drivers, or of none that can be told, stand each for itself.
    var image = image.entryCount == 1 ? image : Image()
    if let first = readings.first { image.add(contribution(of: first)) }
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
    analysis.look(at: readings)
    return (reporter.findings, analysis.notes)
  }

  /// The rules that there are.
  public static let allRules = Rules.all.map(\.id)
}
