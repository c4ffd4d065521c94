/// A source with fixes in it.
public struct FixedSource: Sendable {
  public let bytes: [UInt8]
  /// The fixes that are in it, by their place in the list that was given.
  public let applied: [Int]
  /// The fixes that are not, as they overlap an earlier one of the list.
  public let conflicting: [Int]
}

extension SourceText {
  /// Puts fixes into the source.
  ///
  /// Of fixes that overlap or touch where one inserts, the first wins, whole; the others may be made when
  /// the result was checked again. A fix with an edit that is not within the file is left out too.
  public func applying(_ fixes: [SourceFix]) -> FixedSource {
    var edits: [SourceFix.Edit] = []
    var applied: [Int] = []
    var conflicting: [Int] = []
    for (index, fix) in fixes.enumerated() {
      if fix.edits.isEmpty { continue }
      var isFree = fix.edits.allSatisfy { edit in
        edit.range.lowerBound >= 0 && edit.range.upperBound <= bytes.count
          && !edits.contains { $0.conflicts(with: edit) }
      }
      for (first, second) in zip(fix.edits, fix.edits.dropFirst())
      where first.range.upperBound > second.range.lowerBound {
        isFree = false
      }
      if isFree {
        edits += fix.edits
        applied.append(index)
      } else {
        conflicting.append(index)
      }
    }
    return FixedSource(bytes: replacing(edits), applied: applied, conflicting: conflicting)
  }

  /// The bytes with edits made that do not overlap and lie within the file.
  private func replacing(_ edits: [SourceFix.Edit]) -> [UInt8] {
    // Insertions at one place stay in the order in which their fix has them.
    let order = edits.enumerated().sorted { first, second in
      (first.element.range.lowerBound, first.element.range.upperBound, first.offset)
        < (second.element.range.lowerBound, second.element.range.upperBound, second.offset)
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.replacement.utf8.count })
    var end = 0
    for (_, edit) in order {
      result += bytes[end..<edit.range.lowerBound]
      result += lineEnded(edit.replacement)
      end = edit.range.upperBound
    }
    return result + bytes[end...]
  }

  /// A replacement with the line ends that the file has.
  private func lineEnded(_ replacement: String) -> [UInt8] {
    guard replacement.utf8.contains(0x0A), usesCarriageReturns else {
      return Array(replacement.utf8)
    }
    var result: [UInt8] = []
    for byte in replacement.utf8 where byte != 0x0D {
      if byte == 0x0A { result.append(0x0D) }
      result.append(byte)
    }
    return result
  }

  /// Whether the first line ends with a carriage return and a line feed.
  private var usesCarriageReturns: Bool {
    guard lineStarts.count > 1, lineStarts[1] >= 2 else { return false }
    return bytes[lineStarts[1] - 2] == 0x0D
  }
}

extension SourceFix.Edit {
  /// Whether two edits cannot both be made, or not in an order that is clear.
  fileprivate func conflicts(with other: Self) -> Bool {
    if range.isEmpty || other.range.isEmpty {
      return range.lowerBound <= other.range.upperBound
        && other.range.lowerBound <= range.upperBound
    }
    return range.overlaps(other.range)
  }
}
