/// Expressions with wild cards, and the names that they fit: `FsRtlIsNameInExpression`.
///
/// Beside `*` and `?` there are three that stand for what the wild cards of DOS programs meant:
/// `<` (DOS_STAR) fits any characters up to the name's last dot, `>` (DOS_QM) one character, or none
/// before a dot or at the end, and `"` (DOS_DOT) a dot, or the end (WDK, `FsRtlIsNameInExpression`).
enum NameExpression {
  private static let star: UInt16 = 0x2A
  private static let question: UInt16 = 0x3F
  private static let dosStar: UInt16 = 0x3C
  private static let dosQuestion: UInt16 = 0x3E
  private static let dosDot: UInt16 = 0x22
  private static let dot: UInt16 = 0x2E

  /// Whether there is a wild card among characters.
  static func hasWildcards(_ units: [UInt16]) -> Bool {
    units.contains { [star, question, dosStar, dosQuestion, dosDot].contains($0) }
  }

  /// Whether an expression fits the whole of a name; both are in upper case if case does not matter.
  ///
  /// The states of the expression are followed side by side, so that the time is at most the product
  /// of the lengths.
  static func matches(_ expression: [UInt16], _ name: [UInt16]) -> Bool {
    let lastDot = name.lastIndex(of: dot)
    var states = [Bool](repeating: false, count: expression.count + 1)
    states[0] = true
    for index in 0...name.count {
      // What fits no characters at all here.
      let isEnd = index == name.count
      for state in expression.indices where states[state] {
        switch expression[state] {
        case star, dosStar: states[state + 1] = true
        case dosDot where isEnd: states[state + 1] = true
        case dosQuestion where isEnd || name[index] == dot: states[state + 1] = true
        default: break
        }
      }
      if isEnd { break }
      let unit = name[index]
      var next = [Bool](repeating: false, count: states.count)
      for state in expression.indices where states[state] {
        switch expression[state] {
        case star: next[state] = true
        case dosStar:
          // It does not go past the name's last dot.
          if unit != dot || index != lastDot { next[state] = true }
        case question: next[state + 1] = true
        case dosQuestion: if unit != dot { next[state + 1] = true }
        case dosDot: if unit == dot { next[state + 1] = true }
        case let wanted: if wanted == unit { next[state + 1] = true }
        }
      }
      states = next
      guard states.contains(true) else { return false }
    }
    return states[expression.count]
  }
}
