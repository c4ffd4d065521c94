/// Decides what is open while something is walked through again and again, so that each walk decides
/// differently, until nothing is left to decide.
struct Oracle {
  private var script: [(choice: Int, count: Int)] = []
  private var position = 0

  /// Chooses a number below a count.
  mutating func choose(_ count: Int) -> Int {
    if position == script.count { script.append((0, count)) }
    defer { position += 1 }
    // What earlier walks learned of declarations can leave less to choose from.
    return min(script[position].choice, count - 1)
  }

  /// Prepares the next walk.
  ///
  /// - Returns: Whether there is one.
  mutating func advance() -> Bool {
    position = 0
    while let last = script.popLast() {
      guard last.choice + 1 < last.count else { continue }
      script.append((last.choice + 1, last.count))
      return true
    }
    return false
  }
}
