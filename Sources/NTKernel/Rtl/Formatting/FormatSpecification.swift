import GuestABI

/// A conversion that a format string asks for: `%-8.4I64x`.
struct FormatSpecification {
  /// The flags between the percent sign and the width.
  struct Flags: OptionSet {
    let rawValue: UInt8
    static var leftAligned: Self { Self(rawValue: 1) }
    static var sign: Self { Self(rawValue: 2) }
    static var space: Self { Self(rawValue: 4) }
    static var zero: Self { Self(rawValue: 8) }
    static var prefix: Self { Self(rawValue: 0x10) }
  }

  /// What is before the letter of the conversion, and says how wide the argument is.
  enum Size: String {
    case standard = ""
    case short = "h"
    case long = "l"
    case longLong = "ll"
    case wide = "w"
    case bits32 = "I32"
    case bits64 = "I64"
    case pointer = "I"
  }

  var flags: Flags = []
  var width = 0
  var precision: Int?
  var size = Size.standard
  /// The letter of the conversion.
  var letter: Unicode.Scalar = "%"
}

extension FormatSpecification {
  /// Reads a specification, from behind its percent sign.
  init<Unit: CharacterUnit>(
    _ text: inout TextReader<Unit>,
    _ arguments: inout some FormatArguments,
    _ routine: String
  ) throws {
    let flagLetters: [Unicode.Scalar: Flags] = [
      "-": .leftAligned, "+": .sign, " ": .space, "0": .zero, "#": .prefix,
    ]
    while let flag = flagLetters[try Self.peek(text)] {
      flags.insert(flag)
      text.advance()
    }
    if let number = try Self.number(&text, &arguments, routine) {
      if number < 0 { flags.insert(.leftAligned) }
      width = abs(number)
    }
    if try Self.peek(text) == "." {
      text.advance()
      let number = try Self.number(&text, &arguments, routine) ?? 0
      precision = number < 0 ? nil : number
    }
    size = try Self.size(&text, routine)
    letter = try Self.peek(text)
    text.advance()
  }

  private static func peek<Unit: CharacterUnit>(
    _ text: TextReader<Unit>
  ) throws -> Unicode.Scalar {
    // A unit that is no scalar is no letter of a specification either.
    Unicode.Scalar(UInt32(truncatingIfNeeded: try text.peek() ?? 0)) ?? "\u{FFFD}"
  }

  private static func number<Unit: CharacterUnit>(
    _ text: inout TextReader<Unit>,
    _ arguments: inout some FormatArguments,
    _ routine: String
  ) throws -> Int? {
    if try peek(text) == "*" {
      text.advance()
      return Int(try arguments.next(Int32.self))
    }
    var number: Int?
    while let digit = try text.peek()?.digitValue, digit < 10 {
      let next = (number ?? 0) * 10 + Int(digit)
      guard next <= Int(Int32.max) else { throw Unmodelled("\(routine): a width past 2^31") }
      number = next
      text.advance()
    }
    return number
  }

  private static func size<Unit: CharacterUnit>(
    _ text: inout TextReader<Unit>,
    _ routine: String
  ) throws -> Size {
    var letters = ""
    while true {
      let next = try peek(text)
      let longer = letters + String(Character(next))
      let isPrefix = Size(rawValue: longer) != nil || longer == "I3" || longer == "I6"
      guard isPrefix else {
        guard let size = Size(rawValue: letters) else {
          throw Unmodelled("\(routine): %\(letters)")
        }
        return size
      }
      letters = longer
      text.advance()
    }
  }
}
