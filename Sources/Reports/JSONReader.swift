/// Reads JSON that people may have edited.
struct JSONReader {
  /// The deepest nesting that is read.
  private static let depthLimit = 64

  private let bytes: [UInt8]
  private var place = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value that a file holds, or nil if it holds no JSON, or numbers that are not integers.
  static func value(of bytes: [UInt8]) -> JSONValue? {
    var reader = JSONReader(bytes)
    guard let value = reader.value(depth: 0) else { return nil }
    reader.skipSpace()
    return reader.place == bytes.count ? value : nil
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      place += 1
    }
  }

  /// Takes a byte, and says whether it was there.
  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    place += 1
    return true
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[place...].starts(with: word.utf8) else { return false }
    place += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) -> JSONValue? {
    guard depth < Self.depthLimit else { return nil }
    skipSpace()
    switch next {
    case 0x7B: return object(depth: depth)
    case 0x5B: return array(depth: depth)
    case 0x22: return string().map(JSONValue.string)
    case 0x6E: return take("null") ? .null : nil
    case 0x74: return take("true") ? .boolean(true) : nil
    case 0x66: return take("false") ? .boolean(false) : nil
    default: return integer()
    }
  }

  private mutating func object(depth: Int) -> JSONValue? {
    var members: [(name: String, value: JSONValue)] = []
    guard take(0x7B) else { return nil }
    skipSpace()
    if take(0x7D) { return .object(members) }
    while true {
      skipSpace()
      guard let name = string() else { return nil }
      skipSpace()
      guard take(0x3A), let value = value(depth: depth + 1) else { return nil }
      members.append((name, value))
      skipSpace()
      if take(0x7D) { return .object(members) }
      guard take(0x2C) else { return nil }
    }
  }

  private mutating func array(depth: Int) -> JSONValue? {
    var values: [JSONValue] = []
    guard take(0x5B) else { return nil }
    skipSpace()
    if take(0x5D) { return .array(values) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
      skipSpace()
      if take(0x5D) { return .array(values) }
      guard take(0x2C) else { return nil }
    }
  }

  private mutating func integer() -> JSONValue? {
    let start = place
    _ = take(0x2D)
    while let byte = next, 0x30...0x39 ~= byte { place += 1 }
    let digits = String(decoding: bytes[start..<place], as: UTF8.self)
    return Int(digits).map(JSONValue.integer)
  }

  private mutating func string() -> String? {
    guard take(0x22) else { return nil }
    var units: [UInt8] = []
    while let byte = next {
      place += 1
      switch byte {
      case 0x22: return String(validating: units, as: UTF8.self)
      case 0x5C:
        guard let scalar = escape() else { return nil }
        units += Array(String(scalar).utf8)
      case 0..<0x20: return nil
      default: units.append(byte)
      }
    }
    return nil
  }

  /// What stands behind a backslash.
  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    place += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return Unicode.Scalar(byte)
    case 0x62: return "\u{8}"
    case 0x66: return "\u{C}"
    case 0x6E: return "\n"
    case 0x72: return "\r"
    case 0x74: return "\t"
    case 0x75:
      guard let first = hexadecimal() else { return nil }
      guard 0xD800..<0xDC00 ~= first else { return Unicode.Scalar(first) }
      guard take(0x5C), take(0x75), let second = hexadecimal(), 0xDC00..<0xE000 ~= second else {
        return nil
      }
      return Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00))
    default: return nil
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard bytes.count - place >= 4 else { return nil }
    let digits = bytes[place..<(place + 4)]
    guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else { return nil }
    place += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

extension JSONValue {
  /// A member of an object.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}
