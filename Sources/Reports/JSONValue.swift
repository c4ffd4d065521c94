/// A JSON value, whose objects keep the order of their members.
indirect enum JSONValue {
  case null
  case boolean(Bool)
  case string(String)
  case integer(Int)
  case unsigned(UInt64)
  /// A number of microseconds, written as seconds.
  case seconds(microseconds: Int)
  case array([JSONValue])
  case object([(name: String, value: JSONValue)])

  /// A string, or null.
  static func optional(_ text: String?) -> Self { text.map(Self.string) ?? .null }

  /// The value in JSON without spaces.
  ///
  /// What could harm a terminal is escaped.
  var text: String {
    switch self {
    case .null: "null"
    case .boolean(let isTrue): isTrue ? "true" : "false"
    case .string(let text): Self.quoted(text)
    case .integer(let number): "\(number)"
    case .unsigned(let number): "\(number)"
    case .seconds(let microseconds): Self.seconds(microseconds)
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }

  private static func seconds(_ microseconds: Int) -> String {
    let fraction = String(microseconds % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.count)
    return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isPrintable: result.unicodeScalars.append(scalar)
      default:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return result + "\""
  }
}
