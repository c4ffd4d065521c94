internal import SourceChecker

/// The line of a source that a finding is about, as it is shown.
struct SourceExcerpt: Hashable, Sendable {
  /// The line, without tabs and without what could harm a terminal.
  let line: String
  /// The columns of ``line`` that the finding is about, from 0; at least one.
  let columns: Range<Int>

  /// The most bytes in front of a finding, and of it, that are looked at: a line may be as long as the file.
  private static let reach = 400

  init(of range: Range<Int>, in text: SourceText) {
    let number = text.line(at: range.lowerBound)
    let whole = text.range(ofLine: number)
    let mark = number == 1 && text.encoding == .utf8WithMark ? 3 : 0
    let lineRange = min(whole.lowerBound + mark, whole.upperBound)..<whole.upperBound
    let place = min(max(range.lowerBound, lineRange.lowerBound), lineRange.upperBound)
    let end = min(max(range.upperBound, place), lineRange.upperBound)
    let shownStart = Self.boundary(max(lineRange.lowerBound, place - Self.reach), in: text)
    let shownEnd = Self.boundary(min(lineRange.upperBound, place + Self.reach), in: text)
    var shown = Shown()
    if shownStart > lineRange.lowerBound { shown.append("…") }
    shown.append(text.string(shownStart..<place))
    let start = shown.width
    shown.append(text.string(place..<min(end, shownEnd)))
    columns = start..<max(start + 1, shown.width)
    shown.append(text.string(min(end, shownEnd)..<shownEnd))
    if shownEnd < lineRange.upperBound { shown.append("…") }
    while shown.text.last == " " { shown.text.removeLast() }
    line = shown.text
  }

  /// The next place that does not split a character of UTF-8.
  private static func boundary(_ offset: Int, in text: SourceText) -> Int {
    guard text.encoding != .singleByte else { return offset }
    var offset = offset
    while offset < text.bytes.count, text.bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    return offset
  }

  /// A part of the excerpt that fits a page: the line, and how many columns of spaces and of underlining
  /// stand below it.
  func fitted(to width: Int) -> (line: String, indent: Int, length: Int) {
    let characters = Array(line)
    let count = characters.reduce(0) { $0 + $1.width }
    guard count > width else { return (line, columns.lowerBound, columns.count) }
    // The finding's start is what must be seen, with something before it.
    let from = max(0, min(columns.lowerBound - width / 3, count - width + 2))
    var result = from > 0 ? "…" : ""
    var used = result.count
    var column = 0
    var indent: Int?
    for character in characters {
      defer { column += character.width }
      if column < from { continue }
      if column >= columns.lowerBound, indent == nil { indent = used }
      guard used + character.width < width else { break }
      result.append(character)
      used += character.width
    }
    let start = indent ?? used
    return (result + "…", start, max(1, min(columns.count, used - start)))
  }
}

/// Text that grows column by column.
private struct Shown {
  var text = ""
  /// The columns that it takes.
  var width = 0

  mutating func append(_ part: String) {
    for character in part {
      if character == "\t" {
        let count = 8 - width % 8
        text += String(repeating: " ", count: count)
        width += count
      } else {
        let printable = String(character).printable
        text += printable
        width += printable.reduce(0) { $0 + $1.width }
      }
    }
  }
}

extension Character {
  /// The columns that a terminal gives it: two for what is as wide as it is high.
  fileprivate var width: Int {
    guard let scalar = unicodeScalars.first else { return 0 }
    return switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
