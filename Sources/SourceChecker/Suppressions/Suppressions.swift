public import Findings

/// The comments of a source that say which findings are meant to be there.
///
/// `lockstep-ignore LS012: reason` holds for the lines that its comment stands on and, if nothing stands in
/// front of the comment, for the next line that is not blank or a comment too. `lockstep-ignore-file LS040`
/// holds for the whole file. Several rules have commas between them. The reason is for people.
public struct Suppressions: Sendable {
  /// One rule in one comment.
  public struct Suppression: Hashable, Sendable {
    public let rule: RuleID
    /// The lines that it holds for, or nil for all.
    public let lines: ClosedRange<Int>?
    /// The line on which it stands.
    public let line: Int
    /// What stands behind the colon, or nothing.
    public let reason: String
  }

  public let suppressions: [Suppression]
  /// What is no rule in such a comment, with its line.
  public let unknown: [(line: Int, name: String)]

  /// Reads a source's comments.
  public init(in text: SourceText) {
    var suppressions: [Suppression] = []
    var unknown: [(line: Int, name: String)] = []
    if Self.word.occurs(in: text.bytes) {
      let comments = SourceComments(in: text.bytes)
      for (index, range) in comments.ranges.enumerated() {
        for directive in Self.directives(in: text.bytes[range]) {
          let line = text.line(at: directive.place)
          for name in directive.rules {
            guard let rule = RuleDescription(id: name), rule.source != nil else {
              unknown.append((line, name))
              continue
            }
            let lines =
              directive.isForFile ? nil : Self.lines(of: index, among: comments.ranges, in: text)
            suppressions.append(
              Suppression(rule: rule.rule, lines: lines, line: line, reason: directive.reason)
            )
          }
          if directive.rules.isEmpty { unknown.append((line, "")) }
        }
      }
    }
    self.suppressions = suppressions
    self.unknown = unknown
  }

  /// The suppressions that a finding falls under, by their place in ``suppressions``.
  public func suppressing(_ finding: SourceFinding, in text: SourceText) -> [Int] {
    guard !suppressions.isEmpty else { return [] }
    let lines = text.lines(of: finding.range)
    return suppressions.indices.filter { index in
      let suppression = suppressions[index]
      guard suppression.rule == finding.rule else { return false }
      return suppression.lines.map { $0.overlaps(lines) } ?? true
    }
  }

  private static let word = Array("lockstep-ignore".utf8)

  private struct Directive {
    let isForFile: Bool
    let rules: [String]
    let reason: String
    let place: Int
  }

  /// What a comment says.
  private static func directives(in comment: ArraySlice<UInt8>) -> [Directive] {
    var directives: [Directive] = []
    var place = comment.startIndex
    while let start = word.place(in: comment[place...]) {
      var rest = comment[(start + word.count)...]
      let fileWord = Array("-file".utf8)
      let isForFile = rest.starts(with: fileWord)
      if isForFile { rest = rest.dropFirst(fileWord.count) }
      place = rest.startIndex
      // A longer word is another word.
      guard rest.first.map({ !$0.isWordByte }) ?? true else { continue }
      let line = rest.prefix { $0 != 0x0A && $0 != 0x0D }
      place = line.endIndex
      let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
      var reason = String(decoding: parts.dropFirst().first ?? [], as: UTF8.self)
      if let end = reason.firstRange(of: "*/") { reason = String(reason[..<end.lowerBound]) }
      let words = (parts.first ?? []).split { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
        .map { String(decoding: $0, as: UTF8.self) }
      let names = words.prefix { $0.uppercased().hasPrefix("LS") }
      directives.append(
        Directive(
          isForFile: isForFile,
          rules: names.isEmpty ? Array(words.prefix(1)) : Array(names),
          reason: reason.split(whereSeparator: \.isWhitespace).joined(separator: " "),
          place: start
        )
      )
    }
    return directives
  }

  /// The lines that a comment speaks of.
  private static func lines(
    of index: Int,
    among comments: [Range<Int>],
    in text: SourceText
  ) -> ClosedRange<Int> {
    let own = text.lines(of: comments[index])
    let start = text.range(ofLine: own.lowerBound).lowerBound
    let isAlone = text.bytes[start..<comments[index].lowerBound].allSatisfy(\.isBlank)
    guard isAlone else { return own }
    // What follows: the first line on which something stands that is not a comment.
    var place = comments[index].upperBound
    var next = index + 1
    while place < text.bytes.count {
      if next < comments.count, place == comments[next].lowerBound {
        place = comments[next].upperBound
        next += 1
      } else if text.bytes[place].isBlank || text.bytes[place] == 0x0A {
        place += 1
      } else {
        return own.lowerBound...text.line(at: place)
      }
    }
    return own
  }
}

extension UInt8 {
  fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0C }

  fileprivate var isWordByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
    default: false
    }
  }
}

extension [UInt8] {
  /// Where the bytes first occur in others.
  fileprivate func place(in bytes: ArraySlice<UInt8>) -> Int? {
    guard let first, bytes.count >= count else { return nil }
    var place = bytes.startIndex
    while place + count <= bytes.endIndex {
      if bytes[place] == first, bytes[place..<(place + count)].elementsEqual(self) { return place }
      place += 1
    }
    return nil
  }

  fileprivate func occurs(in bytes: [UInt8]) -> Bool { place(in: bytes[...]) != nil }
}
