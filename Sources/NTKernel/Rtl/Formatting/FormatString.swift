import GuestABI
import NTStructures

/// A format string in guest memory, of `char` or of `WCHAR`.
///
/// It is read as Microsoft's `printf` page says, in the kernel's dialect: no floating point, and `Z`
/// for counted strings. Text changes between the widths through the ANSI code page.
struct FormatString<Unit: CharacterUnit> {
  let memory: AddressSpace
  let address: VirtualAddress
  /// The routine in whose name a case is unmodelled.
  let routine: String
  /// Whether `ll` means 64 bits, or nil if that is not known.
  let understandsLongLong: Bool?

  /// Writes the text that the format and its arguments make, as far as the output has room.
  func write(
    _ arguments: inout some FormatArguments,
    to output: inout some FormatOutput
  ) throws {
    var text = TextReader<Unit>(memory: memory, place: address, left: .max)
    while !output.isFull, let unit = try text.peek(), unit != 0 {
      text.advance()
      guard unit == Unit(ascii: "%") else {
        try output.put(UInt16(unit), 1)
        continue
      }
      if try text.peek() == Unit(ascii: "%") {
        text.advance()
        try output.put(UInt16(unit), 1)
        continue
      }
      let specification = try FormatSpecification(&text, &arguments, routine)
      try write(specification, &arguments, to: &output)
    }
  }

  private func write(
    _ specification: FormatSpecification,
    _ arguments: inout some FormatArguments,
    to output: inout some FormatOutput
  ) throws {
    switch specification.letter {
    case "d", "i", "u", "o", "x", "X":
      let number = try integer(specification, &arguments)
      try write(number, specification, to: &output)
    case "p":
      guard specification.precision == nil, specification.flags.isDisjoint(with: .prefix),
        specification.size == .standard
      else { throw unmodelled(specification) }
      let pointer = try arguments.next(VirtualAddress.self)
      var address = specification
      address.letter = "X"
      address.precision = memory.architecture.pointerSize * 2
      address.flags.subtract([.sign, .space])
      try write(FormattedInteger(magnitude: pointer.rawValue), address, to: &output)
    case "c", "C":
      let isWide = try isWide(specification)
      let unit = try arguments.next(UInt16.self)
      try write(
        GuestText(start: .null, count: 1, isWide: isWide, literal: [isWide ? unit : unit & 0xFF]),
        specification,
        to: &output
      )
    case "s", "S":
      let string = try arguments.next(VirtualAddress.self)
      try write(
        text(string, isWide(specification), specification.precision),
        specification,
        to: &output
      )
    case "Z":
      let string = try arguments.next(GuestPointer<CountedString>.self)
      try write(countedText(string, specification), specification, to: &output)
    default:
      throw unmodelled(specification)
    }
  }

  func unmodelled(_ specification: FormatSpecification) -> Unmodelled {
    let letter = String(Character(specification.letter))
    return Unmodelled("\(routine): %\(specification.size.rawValue)\(letter)")
  }

  /// Returns whether a character or string is wide: small letters mean the format's own width.
  private func isWide(_ specification: FormatSpecification) throws -> Bool {
    switch specification.size {
    case .standard:
      let isLikeFormat = specification.letter == "c" || specification.letter == "s"
      return (Unit.byteCount == 2) == isLikeFormat
    case .short: return false
    case .long, .wide: return true
    default: throw unmodelled(specification)
    }
  }
}
