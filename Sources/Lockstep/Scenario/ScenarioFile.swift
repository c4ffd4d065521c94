internal import Yams

/// A mistake in a scenario's file.
public struct ScenarioFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name, as the caller gave it.
  public let fileName: String
  /// The line, from 1.
  public let line: Int
  /// What is wrong.
  public let message: String

  /// The mistake as compilers print it.
  public var description: String { "\(fileName):\(line): \(message)" }
}

extension Scenario {
  /// The most bytes in a scenario's file: 1 MiB.
  public static let maximumFileSize = 1 << 20

  /// Reads a scenario from a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: The file's content.
  ///   - fileName: Its name, for messages.
  /// - Throws: ``ScenarioFileError`` with the first mistake in the file.
  public init(yaml bytes: [UInt8], fileName: String) throws(ScenarioFileError) {
    let reader = ScenarioFileReader(fileName: fileName)
    try reader.checkSize(bytes.count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let isValid = { (line: ArraySlice<UInt8>) in String(validating: line, as: UTF8.self) != nil }
      let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      let line = (lines.firstIndex { !isValid($0) } ?? 0) + 1
      throw reader.error(line, "the line is not UTF-8")
    }
    try self.init(yaml: text, fileName: fileName)
  }

  /// Reads a scenario from a file's text.
  ///
  /// - Parameters:
  ///   - text: The file's content.
  ///   - fileName: Its name, for messages.
  /// - Throws: ``ScenarioFileError`` with the first mistake in the file.
  public init(yaml text: String, fileName: String) throws(ScenarioFileError) {
    let reader = ScenarioFileReader(fileName: fileName)
    try reader.checkSize(text.utf8.count)
    let root = try reader.compose(text)
    try self.init(steps: reader.steps(of: root))
  }
}

/// Turns the text of a scenario's file into steps.
struct ScenarioFileReader {
  let fileName: String

  func error(_ line: Int, _ message: String) -> ScenarioFileError {
    ScenarioFileError(fileName: fileName, line: line, message: message)
  }

  func error(_ node: Node, _ message: String) -> ScenarioFileError {
    error(node.mark?.line ?? 1, message)
  }

  func checkSize(_ size: Int) throws(ScenarioFileError) {
    guard size > Scenario.maximumFileSize else { return }
    throw error(1, "the file has \(size) bytes; at most \(Scenario.maximumFileSize) are read")
  }

  /// Parses YAML without what makes small files large: anchors, aliases and mappings as keys.
  ///
  /// Yams would expand aliases before anybody can refuse them, so it does not get to see the
  /// characters that begin one.
  func compose(_ text: String) throws(ScenarioFileError) -> Node {
    let disguised = try disguise(text)
    let root: Node?
    do {
      root = try Parser(yaml: disguised, resolver: .basic, encoding: .utf8).singleRoot()
    } catch let problem as YamlError {
      throw describe(problem, in: disguised)
    } catch {
      throw self.error(1, "the file cannot be read: \(error)")
    }
    guard let root else { throw error(1, "the file is empty; it needs 'steps'") }
    try refuseExtras(in: root)
    return root
  }

  // The characters that begin an alias, an anchor and a complex key, and what stands in for them.
  private static let disguises: [(original: Unicode.Scalar, disguise: Unicode.Scalar)] = [
    ("*", "\u{E000}"), ("&", "\u{E001}"), ("?", "\u{E002}"),
  ]

  /// Replaces the characters that Yams must not see, and refuses those that no text has.
  private func disguise(_ text: String) throws(ScenarioFileError) -> String {
    var result = String.UnicodeScalarView()
    var line = 1
    var isIndentation = true
    var depth = 0
    var previous: Unicode.Scalar = "\n"
    for (index, scalar) in text.unicodeScalars.enumerated() {
      // Some editors begin a file with a byte order mark.
      if scalar == "\u{FEFF}", index == 0 { continue }
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        line += 1
        isIndentation = true
        depth = 0
      case "\t" where isIndentation:
        throw error(line, "a tab indents the line; YAML is indented with spaces")
      case "\t": break
      case " ": break
      case "[", "{":
        isIndentation = false
        depth += 1
        if depth > 32 { throw error(line, "the line has too many brackets") }
      case "\u{E000}"..."\u{E002}", "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FEFF}",
        "\u{FFFE}"..."\u{FFFF}":
        let code = String(scalar.value, radix: 16, uppercase: true)
        let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
        throw error(line, "the line has a character that is not text: U+\(digits)")
      default: isIndentation = false
      }
      previous = scalar
      result.append(Self.disguises.first { $0.original == scalar }?.disguise ?? scalar)
    }
    return String(result)
  }

  /// Returns text as it stands in the file.
  static func reveal(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(disguises.first { $0.disguise == scalar }?.original ?? scalar)
    }
    return String(result)
  }

  private func describe(_ problem: YamlError, in text: String) -> ScenarioFileError {
    switch problem {
    case .composer(_, "but found another document", let mark, _):
      error(mark.line, "another document begins here; a scenario is one document")
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      if let extra = extra(onLine: mark.line, of: text) {
        error(mark.line, extra)
      } else {
        error(mark.line, "not YAML: \(context.map { "\($0.text), " } ?? "")\(problem)")
      }
    case .duplicatedKeysInMapping(let keys, let context):
      error(
        context.mark.line,
        "key '\(shortened(Self.reveal(keys.first ?? "")))' appears more than once in its mapping"
      )
    case .reader(let problem, _, _, _): error(1, "not text: \(problem)")
    default: error(1, "the file cannot be read: \(problem)")
    }
  }

  private static let noAlias = "aliases are not supported: write the value out"
  private static let noAnchor = "anchors are not supported: write the value out where it is used"
  private static let noComplexKey = "keys that begin with '? ' are not supported"

  /// Says what a line uses that a scenario cannot have, where Yams stumbled over its disguise.
  private func extra(onLine line: Int, of text: String) -> String? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.indices.contains(line - 1) else { return nil }
    for word in lines[line - 1].split(whereSeparator: { " \t[{,".contains($0) }) {
      switch word.unicodeScalars.first {
      case "\u{E000}": return Self.noAlias
      case "\u{E001}": return Self.noAnchor
      case "\u{E002}" where word.unicodeScalars.count == 1: return Self.noComplexKey
      default: continue
      }
    }
    return nil
  }

  /// Refuses anchors, aliases, complex keys and tags anywhere in the document.
  private func refuseExtras(in node: Node) throws(ScenarioFileError) {
    let tag = node.tag.rawValue
    let known = ["", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"]
    if !known.contains(tag) { throw error(node, "tags are not supported: '\(Self.reveal(tag))'") }
    switch node {
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else { return }
      switch scalar.string.unicodeScalars.first {
      case "\u{E000}": throw error(node, Self.noAlias)
      case "\u{E001}": throw error(node, Self.noAnchor)
      case "\u{E002}" where scalar.string.unicodeScalars.dropFirst().first == " ":
        throw error(node, Self.noComplexKey)
      default: return
      }
    case .mapping(let mapping):
      for (key, value) in mapping {
        try refuseExtras(in: key)
        try refuseExtras(in: value)
      }
    case .sequence(let sequence):
      for element in sequence { try refuseExtras(in: element) }
    case .alias: throw error(node, Self.noAlias)
    }
  }
}
