internal import NTKernel

/// Turns the text of a registration file into changes.
struct RegistryFileReader {
  private let fileName: String
  private let lines: [Substring]
  /// The index of the line that is read next.
  private var next = 0
  /// Whether text in `hex(…)` is in one-byte characters.
  private let isOldForm: Bool

  /// The most lines that are read, and the documented limits of names and data.
  private static let limits = (lines: 500_000, key: 255, value: 16_383, depth: 512, data: 1 << 20)

  init(_ bytes: [UInt8], fileName: String) throws(RegistryFileError) {
    self.fileName = fileName
    guard bytes.count <= RegistryFile.maximumSize else {
      throw RegistryFileError(
        fileName: fileName,
        line: 1,
        message: "the file has \(bytes.count) bytes; at most \(RegistryFile.maximumSize) are read"
      )
    }
    let text = try Self.text(of: bytes, fileName)
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let header = (lines.first ?? "").drop { $0 == "\u{FEFF}" }
    switch header.trimmed {
    case "REGEDIT4": isOldForm = true
    case "Windows Registry Editor Version 5.00": isOldForm = false
    default:
      throw RegistryFileError(
        fileName: fileName,
        line: 1,
        message: "the first line is neither REGEDIT4 nor Windows Registry Editor Version 5.00"
      )
    }
    next = 1
    guard lines.count <= Self.limits.lines else {
      throw error("the file has more than \(Self.limits.lines) lines")
    }
  }

  /// Decodes UTF-16 with a byte order mark, or UTF-8.
  private static func text(
    of bytes: [UInt8],
    _ fileName: String
  ) throws(RegistryFileError) -> String {
    if bytes.starts(with: [0xFF, 0xFE]) {
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map {
        UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
      }
      return String(decoding: units, as: UTF16.self)
    }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let rows = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let bad = rows.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
    throw RegistryFileError(
      fileName: fileName,
      line: bad + 1,
      message: "the line is neither UTF-8 nor, by a mark at the file's start, UTF-16"
    )
  }

  private func error(_ message: String) -> RegistryFileError {
    RegistryFileError(fileName: fileName, line: max(1, next), message: message)
  }

  /// Reads all lines after the first.
  mutating func changes() throws(RegistryFileError) -> [RegistryFile.Change] {
    var changes: [RegistryFile.Change] = []
    var key: String?
    while next < lines.count {
      let line = lines[next].trimmed
      next += 1
      if line.isEmpty || line.hasPrefix(";") { continue }
      if line.hasPrefix("[") {
        guard line.hasSuffix("]") else { throw error("the key has no ']'") }
        let name = line.dropFirst().dropLast()
        if name.hasPrefix("-") {
          changes.append(.deleteKey(try path(name.dropFirst())))
          key = nil
        } else {
          let path = try path(name)
          changes.append(.makeKey(path))
          key = path
        }
        continue
      }
      guard let path = key else { throw error("a value stands before the first key") }
      changes.append(try value(line, of: path))
    }
    return changes
  }

  /// The roots that a machine has without a user.
  private static let roots: [(name: String, path: String)] = [
    ("HKEY_LOCAL_MACHINE", "MACHINE"), ("HKLM", "MACHINE"), ("HKEY_USERS", "USER"),
    ("HKU", "USER"), ("HKEY_CLASSES_ROOT", #"MACHINE\SOFTWARE\Classes"#),
    ("HKCR", #"MACHINE\SOFTWARE\Classes"#),
  ]

  private func path(_ text: Substring) throws(RegistryFileError) -> String {
    let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
    guard let root = Self.roots.first(where: { $0.name == parts[0].uppercased() }) else {
      throw error(
        "the key does not begin with HKEY_LOCAL_MACHINE, HKEY_USERS or HKEY_CLASSES_ROOT"
      )
    }
    let names = parts.dropFirst()
    guard names.allSatisfy({ !$0.isEmpty }) else { throw error("a key's name is empty") }
    guard names.count <= Self.limits.depth else { throw error("the keys lie too deep") }
    guard names.allSatisfy({ $0.utf16.count <= Self.limits.key }) else {
      throw error("a key's name has more than \(Self.limits.key) characters")
    }
    return ([root.path] + names.map(String.init)).joined(separator: "\\")
  }

  private mutating func value(
    _ line: Substring,
    of key: String
  ) throws(RegistryFileError) -> RegistryFile.Change {
    var rest = line
    let name: String
    if rest.hasPrefix("@") {
      name = ""
      rest = rest.dropFirst()
    } else {
      name = try quoted(&rest)
    }
    guard name.utf16.count <= Self.limits.value else { throw error("the value's name is too long") }
    rest = rest.trimmed
    guard rest.hasPrefix("=") else { throw error("'=' is missing after the value's name") }
    rest = rest.dropFirst().trimmed
    if rest == "-" { return .deleteValue(key, name: name) }
    if rest.hasPrefix("\"") {
      let text = try quoted(&rest)
      guard rest.trimmed.isEmpty else { throw error("something follows the string") }
      return .setValue(key, RegistryValue(name, text))
    }
    let lower = rest.lowercased()
    if lower.hasPrefix("dword:") {
      let digits = lower.dropFirst(6).trimmed
      guard digits.utf8.count <= 8, let number = UInt32(digits, radix: 16) else {
        throw error("dword: needs one to eight hexadecimal digits")
      }
      return .setValue(key, RegistryValue(name, number))
    }
    guard lower.hasPrefix("hex"), let colon = lower.firstIndex(of: ":") else {
      throw error("the data are none of \"text\", dword:, hex: and -")
    }
    let kind = lower[..<colon].dropFirst(3)
    let type: UInt32
    if kind.isEmpty {
      type = 3
    } else {
      guard kind.hasPrefix("("), kind.hasSuffix(")"),
        let number = UInt32(kind.dropFirst().dropLast(), radix: 16)
      else { throw error("hex(…) needs a hexadecimal number") }
      type = number
    }
    var data = try bytes(lower[lower.index(after: colon)...])
    // The older form has text in one-byte characters.
    if isOldForm, [1, 2, 7].contains(type) {
      guard data.allSatisfy({ $0 < 0x80 }) else {
        throw error("the text is in a code page; Windows Registry Editor Version 5.00 has UTF-16")
      }
      data = data.flatMap { [$0, 0] }
    }
    return .setValue(key, RegistryValue(name, RegistryValue.Kind(rawValue: type), data))
  }

  /// Takes a string in quotation marks, in which a backslash stands before a mark or another.
  private func quoted(_ rest: inout Substring) throws(RegistryFileError) -> String {
    guard rest.hasPrefix("\"") else { throw error("a value begins with '\"' or '@'") }
    rest = rest.dropFirst()
    var text = ""
    while let character = rest.popFirst() {
      if character == "\"" { return text }
      guard character == "\\" else {
        text.append(character)
        continue
      }
      guard let escaped = rest.popFirst(), escaped == "\\" || escaped == "\"" else {
        throw error("'\\' in a string stands before '\\' or '\"' only")
      }
      text.append(escaped)
    }
    throw error("the string has no closing '\"'")
  }

  /// Reads bytes with commas between them, on as many lines as end with a backslash.
  private mutating func bytes(_ first: Substring) throws(RegistryFileError) -> [UInt8] {
    var data: [UInt8] = []
    var line = first.trimmed
    while true {
      let goesOn = line.hasSuffix("\\")
      if goesOn { line = line.dropLast().trimmed }
      for part in line.split(separator: ",", omittingEmptySubsequences: false) {
        let digits = part.trimmed
        // A comma may end the line.
        if digits.isEmpty { continue }
        guard digits.utf8.count <= 2, let byte = UInt8(digits, radix: 16) else {
          throw error("'\(digits.prefix(20))' is no byte")
        }
        data.append(byte)
      }
      guard data.count <= Self.limits.data else {
        throw error("a value has more than \(Self.limits.data) bytes")
      }
      guard goesOn else { return data }
      guard next < lines.count else { throw error("the data end in the middle") }
      line = lines[next].trimmed
      next += 1
    }
  }
}

extension StringProtocol {
  /// The text without white space at its ends.
  fileprivate var trimmed: SubSequence {
    var text = self[...]
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return text
  }
}
