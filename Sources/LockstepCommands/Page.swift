/// Text in lines for a terminal.
enum Page {
  /// A text in lines, broken at spaces.
  ///
  /// - Parameters:
  ///   - text: The text. Control characters in it become spaces.
  ///   - indent: The spaces in front of each line.
  ///   - hanging: The spaces in front of all lines but the first, if they differ.
  ///   - width: The columns of the page.
  /// - Returns: The lines, without line breaks.
  static func wrapped(
    _ text: String,
    indent: Int = 0,
    hanging: Int? = nil,
    width: Int = 100
  ) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: indent)
    let margin = String(repeating: " ", count: hanging ?? indent)
    var isEmpty = true
    for word in text.split(whereSeparator: { $0.isWhitespace || $0 < " " }) {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (margin, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return isEmpty ? lines : lines + [line]
  }

  /// A label and a text beside it.
  static func labelled(_ label: String, _ text: String, indent: Int = 2, column: Int = 14)
    -> [String]
  {
    guard !text.isEmpty else { return [] }
    var lines = wrapped(text, indent: column)
    guard let first = lines.first else { return [] }
    let head = String(repeating: " ", count: indent) + label
    let gap = String(repeating: " ", count: max(1, column - head.count))
    lines[0] = head + gap + first.drop { $0 == " " }
    return lines
  }

  /// Lines as one text that ends with a line break.
  static func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
}
