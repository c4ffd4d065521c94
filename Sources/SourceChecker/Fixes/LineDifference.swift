/// Where two files differ, by lines.
struct LineDifference {
  /// Lines of the old file, and those of the new one that stand in their place; either may be empty.
  struct Change: Equatable {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// The lines, with what ends them.
  let old: [ArraySlice<UInt8>]
  let new: [ArraySlice<UInt8>]
  /// The changes, the first first.
  let changes: [Change]

  /// The most lines removed and added that are told apart; more are one change.
  private static let limit = 800

  init(from oldBytes: [UInt8], to newBytes: [UInt8]) {
    old = Self.lines(of: oldBytes)
    new = Self.lines(of: newBytes)
    var start = 0
    while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
    var end = 0
    while end < old.count - start, end < new.count - start,
      old[old.count - 1 - end] == new[new.count - 1 - end]
    { end += 1 }
    let (oldRange, newRange) = (start..<(old.count - end), start..<(new.count - end))
    if oldRange.isEmpty && newRange.isEmpty {
      changes = []
    } else {
      changes =
        Self.shortestChanges(old[oldRange], new[newRange])
        ?? [Change(old: oldRange, new: newRange)]
    }
  }

  private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (offset, byte) in bytes.enumerated() where byte == 0x0A {
      lines.append(bytes[start...offset])
      start = offset + 1
    }
    if start < bytes.count { lines.append(bytes[start...]) }
    return lines
  }

  /// The fewest lines to remove and add, or nil if they are too many to search for.
  ///
  /// This is the greedy algorithm of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986):
  /// `reached[k]` is how far into the old lines a path with `steps` changes gets on the diagonal on which
  /// the place in the old lines is `k` more than that in the new ones.
  private static func shortestChanges(
    _ old: ArraySlice<ArraySlice<UInt8>>,
    _ new: ArraySlice<ArraySlice<UInt8>>
  ) -> [Change]? {
    let (oldStart, newStart) = (old.startIndex, new.startIndex)
    let most = min(old.count + new.count, limit)
    var reached = [Int](repeating: 0, count: 2 * most + 3)
    var history: [[Int]] = []
    let middle = most + 1
    for steps in 0...most {
      history.append(reached)
      for diagonal in stride(from: -steps, through: steps, by: 2) {
        let isDown =
          diagonal == -steps
          || (diagonal != steps && reached[middle + diagonal - 1] < reached[middle + diagonal + 1])
        var x = isDown ? reached[middle + diagonal + 1] : reached[middle + diagonal - 1] + 1
        var y = x - diagonal
        while x < old.count, y < new.count, old[oldStart + x] == new[newStart + y] {
          x += 1
          y += 1
        }
        reached[middle + diagonal] = x
        if x >= old.count, y >= new.count {
          return path(back: history, steps, from: (old.count, new.count), middle: middle).map {
            Change(
              old: ($0.old.lowerBound + oldStart)..<($0.old.upperBound + oldStart),
              new: ($0.new.lowerBound + newStart)..<($0.new.upperBound + newStart)
            )
          }
        }
      }
    }
    return nil
  }

  /// Walks a path of changes back to the start, and joins those that touch.
  private static func path(
    back history: [[Int]],
    _ steps: Int,
    from end: (x: Int, y: Int),
    middle: Int
  ) -> [Change] {
    var (x, y) = end
    var changes: [Change] = []
    for step in stride(from: steps, to: 0, by: -1) {
      let reached = history[step]
      let diagonal = x - y
      let isDown =
        diagonal == -step
        || (diagonal != step && reached[middle + diagonal - 1] < reached[middle + diagonal + 1])
      let previous = isDown ? diagonal + 1 : diagonal - 1
      let fromX = reached[middle + previous]
      let fromY = fromX - previous
      let change =
        isDown
        ? Change(old: fromX..<fromX, new: fromY..<(fromY + 1))
        : Change(old: fromX..<(fromX + 1), new: fromY..<fromY)
      if let last = changes.last, last.old.lowerBound == change.old.upperBound,
        last.new.lowerBound == change.new.upperBound
      {
        changes[changes.count - 1] = Change(
          old: change.old.lowerBound..<last.old.upperBound,
          new: change.new.lowerBound..<last.new.upperBound
        )
      } else {
        changes.append(change)
      }
      (x, y) = (fromX, fromY)
    }
    return changes.reversed()
  }
}
