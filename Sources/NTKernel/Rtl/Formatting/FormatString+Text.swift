import GuestABI
import NTStructures

extension FormatString {
  /// Text that a conversion inserts: some in guest memory, or a few units.
  struct GuestText {
    let start: VirtualAddress
    let count: Int
    let isWide: Bool
    let literal: [UInt16]
  }

  /// What a null pointer prints.
  private var nullText: [UInt16] { "(null)".utf16.map { $0 } }

  /// Returns a C string, up to a precision.
  func text(_ string: VirtualAddress, _ isWide: Bool, _ precision: Int?) throws -> GuestText {
    let limit = precision ?? .max
    guard string != .null else {
      let literal = Array(nullText.prefix(limit))
      return GuestText(start: .null, count: literal.count, isWide: true, literal: literal)
    }
    let count =
      isWide
      ? try memory.length(of: string, UInt16.self, atMost: limit)
      : try memory.length(of: string, UInt8.self, atMost: limit)
    return GuestText(start: string, count: count, isWide: isWide, literal: [])
  }

  /// Returns a counted string: `UNICODE_STRING` with a `w`, otherwise `ANSI_STRING`.
  func countedText(
    _ string: GuestPointer<CountedString>,
    _ specification: FormatSpecification
  ) throws -> GuestText {
    let isWide = specification.size == .wide
    guard isWide || specification.size == .standard || specification.size == .short,
      specification.precision == nil
    else { throw unmodelled(specification) }
    if string.isNull { return try text(.null, isWide, nil) }
    let start = try memory[string].buffer
    if start == .null { return try text(.null, isWide, nil) }
    let count = Int(try memory[string].length) / (isWide ? 2 : 1)
    return GuestText(start: start, count: count, isWide: isWide, literal: [])
  }

  /// Writes text, filled up to a width.
  func write(
    _ text: GuestText,
    _ specification: FormatSpecification,
    to output: inout some FormatOutput
  ) throws {
    let padding = max(0, specification.width - text.count)
    let isLeft = specification.flags.contains(.leftAligned)
    if padding > 0, !isLeft {
      guard !specification.flags.contains(.zero) else { throw unmodelled(specification) }
      try output.put(0x20, padding)
    }
    for index in 0..<text.count {
      let unit =
        if !text.literal.isEmpty {
          text.literal[index]
        } else if text.isWide {
          try memory.load(UInt16.self, at: text.start + index * 2)
        } else {
          UInt16(try memory.load(UInt8.self, at: text.start + index))
        }
      try output.put(converted(unit, isWide: text.isWide), 1)
    }
    if padding > 0, isLeft { try output.put(0x20, padding) }
  }

  private func converted(_ unit: UInt16, isWide: Bool) throws -> UInt16 {
    switch (isWide, Unit.byteCount == 2) {
    case (true, false): UInt16(try CodePage.ansi(unit))
    case (false, true): try CodePage.unicode(UInt8(truncatingIfNeeded: unit))
    default: unit
    }
  }
}
