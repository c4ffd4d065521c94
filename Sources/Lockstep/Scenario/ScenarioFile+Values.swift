internal import Yams

extension ScenarioFileReader {
  /// Returns the values of a mapping by their keys, all of which are known.
  ///
  /// - Parameters:
  ///   - node: What should be a mapping.
  ///   - name: What it describes.
  ///   - keys: The keys that it may have.
  ///   - place: Where it stands, if that is not what it describes.
  /// - Returns: The values.
  /// - Throws: ``ScenarioFileError`` if it is no mapping or has another key.
  func fields(
    of node: Node,
    _ name: String,
    _ keys: [String],
    as place: String? = nil
  ) throws(ScenarioFileError) -> [String: Node] {
    guard case .mapping(let mapping) = node else {
      let example = keys.first.map { " such as {\($0): …}" } ?? ""
      throw error(node, "\(place ?? name) must be a mapping\(example), not \(kind(of: node))")
    }
    var fields: [String: Node] = [:]
    for (key, value) in mapping {
      let text = try text(key, "a key")
      guard keys.contains(text) else {
        let suggestion = suggestion(for: text, among: keys)
        throw error(key, "unknown key '\(shortened(text))' in \(name)\(suggestion)")
      }
      fields[text] = value
    }
    return fields
  }

  /// Returns the text of a scalar, quoted or not.
  func text(_ node: Node, _ name: String) throws(ScenarioFileError) -> String {
    guard case .scalar(let scalar) = node else {
      throw error(node, "\(name) must be a single value, not \(kind(of: node))")
    }
    return Self.reveal(scalar.string)
  }

  /// Returns whether a value is left out.
  func isNothing(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
  }

  /// Returns a decimal number or a hexadecimal one after 0x.
  func number(
    _ node: Node,
    _ name: String,
    _ range: ClosedRange<UInt64>
  ) throws(ScenarioFileError) -> UInt64 {
    let text = try text(node, name)
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHexadecimal ? text.dropFirst(2) : text[...]
    let isNumber = { (digits: Substring) in
      !digits.isEmpty
        && digits.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39: true
          case 0x41...0x46, 0x61...0x66: isHexadecimal
          default: false
          }
        }
    }
    guard isNumber(digits.hasPrefix("-") ? digits.dropFirst() : digits) else {
      let found = isNothing(node) ? "nothing" : "'\(shortened(text))'"
      throw error(node, "\(name) must be a number such as 16 or 0x10, not \(found)")
    }
    guard let value = UInt64(digits, radix: isHexadecimal ? 16 : 10), range.contains(value) else {
      let upper = range.upperBound
      let bounds = "\(range.lowerBound) to \(upper) (0x\(String(upper, radix: 16)))"
      throw error(node, "\(name) is \(shortened(text)), but must be \(bounds)")
    }
    return value
  }

  /// Returns bytes that are written as pairs of hexadecimal digits.
  func bytes(
    _ node: Node,
    _ name: String,
    or others: String = ""
  ) throws(ScenarioFileError) -> [UInt8] {
    let text = try text(node, name)
    let needed = "\(name) must be bytes such as \"03 0a 11\"\(others)"
    if text.isEmpty { throw error(node, "\(needed), not nothing") }
    var bytes: [UInt8] = []
    for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
      var digits = word.utf8[...]
      while let first = digits.popFirst() {
        guard let high = Self.digit(first), let low = digits.popFirst().flatMap(Self.digit) else {
          throw error(node, "\(needed), not '\(shortened(String(word)))'")
        }
        bytes.append(high << 4 | low)
      }
    }
    return bytes
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
  }

  /// Says what a node is.
  func kind(of node: Node) -> String {
    switch node {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      isNothing(node) ? "nothing" : "'\(shortened(Self.reveal(scalar.string)))'"
    }
  }

  /// Returns text that fits on a line.
  func shortened(_ text: String) -> String {
    let line = text.prefix(41).map { $0.isNewline ? " " : String($0) }.joined()
    return line.count > 40 ? "\(line.prefix(40))…" : line
  }

  /// Returns a list in words.
  func list(_ words: [String], _ conjunction: String) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }

  /// Returns the end of a message on an unknown word: the word that was meant, or all there are.
  func suggestion(for word: String, among words: [String], isBrief: Bool = false) -> String {
    let word = String(word.prefix(64))
    let best = words.map { ($0, Self.distance(word.lowercased(), $0.lowercased())) }
      .min { $0.1 < $1.1 }
    if let best, best.1 <= max(1, best.0.count / 3) { return "; did you mean '\(best.0)'?" }
    if isBrief { return "; give its number" }
    return "; known: \(words.joined(separator: ", "))"
  }

  /// Returns the number of letters to insert, remove, replace or swap that tell two words apart.
  private static func distance(_ first: String, _ second: String) -> Int {
    let first = Array(first.unicodeScalars)
    let second = Array(second.unicodeScalars)
    var before: [Int] = []
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
      var next = [index + 1]
      for (column, other) in second.enumerated() {
        var best = min(row[column + 1] + 1, next[column] + 1)
        best = min(best, row[column] + (letter == other ? 0 : 1))
        if index > 0, column > 0, letter == second[column - 1], first[index - 1] == other {
          best = min(best, before[column - 1] + 1)
        }
        next.append(best)
      }
      before = row
      row = next
    }
    return row[second.count]
  }
}
