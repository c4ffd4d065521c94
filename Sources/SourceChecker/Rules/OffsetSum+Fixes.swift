extension OffsetSum {
  /// Puts `|` in the place of `+`.
  ///
  /// Where the headers of the oldest target have no `ULONG_PTR`, an address is rounded down instead.
  static func mergingFix(
    _ sum: Event.Arithmetic,
    base: Operand,
    addend: Operand,
    on path: Interpreter
  ) -> SourceFix? {
    guard isWritten(sum, path), path.hasNoDirective(sum.range),
      let type = path.type(of: base.expression)
    else {
      return nil
    }
    let isInteger =
      type.isNarrowInteger || type.pointers == 0 && TypeName.addressSized.contains(type.base)
    if isInteger { return integerFix(sum, base: base, on: path) }
    guard type.isByteAddress else { return nil }
    if sum.isAssignment {
      guard case .name = base.expression.form, addend.expression.isUnary else { return nil }
      let edit = SourceFix.Edit(
        sum.operation.range,
        path.hasPointerSizedIntegers
          ? "= (\(type.spelling))((ULONG_PTR)\(path.text(base.expression)) |"
          : "= (\(type.spelling))PAGE_ALIGN(\(path.text(base.expression))) +"
      )
      let end = sum.range.upperBound
      return SourceFix(
        .safe,
        path.hasPointerSizedIntegers ? merging : aligning,
        path.hasPointerSizedIntegers ? [edit, SourceFix.Edit(end..<end, ")")] : [edit]
      )
    }
    return addressFix(sum, base.expression, type, on: path)
  }

  /// Whether there is a `+` to change: an element's index and `Add2Ptr` add without one.
  private static func isWritten(_ sum: Event.Arithmetic, _ path: Interpreter) -> Bool {
    ["+", "+="].contains(path.spelling(sum.operation.range))
  }

  private static let merging = "put the offset in by |, which is right on every release"
  private static let aligning =
    "round the address down before the offset is added, which is right on every release"

  /// The fix of a sum of numbers.
  private static func integerFix(
    _ sum: Event.Arithmetic,
    base: Operand,
    on path: Interpreter
  ) -> SourceFix? {
    var edits = [SourceFix.Edit(sum.operation.range, sum.isAssignment ? "|=" : "|")]
    if let cast = narrowCast(base), path.hasPointerSizedIntegers,
      case .whole = path.destination(of: base.expression)
    {
      edits.append(SourceFix.Edit(cast.range, "ULONG_PTR"))
    }
    if !sum.isAssignment, !standsAlone(sum.range, path.text.bytes) {
      edits.append(SourceFix.Edit(sum.range.lowerBound..<sum.range.lowerBound, "("))
      edits.append(SourceFix.Edit(sum.range.upperBound..<sum.range.upperBound, ")"))
    }
    return SourceFix(.safe, merging, edits)
  }

  /// The fix of a sum of an address and an offset, which leaves the operands as they are written.
  private static func addressFix(
    _ sum: Event.Arithmetic,
    _ base: Expression,
    _ type: TypeName,
    on path: Interpreter
  ) -> SourceFix? {
    let isFirst = base.range.lowerBound < sum.operation.range.lowerBound
    let operand = trimmed(
      isFirst
        ? sum.range.lowerBound..<sum.operation.range.lowerBound
        : sum.operation.range.upperBound..<sum.range.upperBound,
      path.text.bytes
    )
    let start = sum.range.lowerBound
    let end = sum.range.upperBound
    guard path.isPlain(operand) else { return nil }
    // `(PUCHAR)page` keeps its cast in front.
    var inner = operand.lowerBound
    var cast = "(\(type.spelling))"
    if isFirst, operand.lowerBound == base.range.lowerBound,
      let close = endOfCast(type, base, path.text.bytes)
    {
      inner = close
      cast = ""
    }
    if path.hasPointerSizedIntegers {
      let opening = "\(cast)("
      var edits = [
        SourceFix.Edit(sum.operation.range, "|"), SourceFix.Edit(end..<end, ")"),
        SourceFix.Edit(inner..<inner, isFirst ? opening + "(ULONG_PTR)" : "(ULONG_PTR)"),
      ]
      if !isFirst { edits.append(SourceFix.Edit(start..<start, opening)) }
      return SourceFix(.safe, merging, edits)
    }
    return SourceFix(
      .safe,
      aligning,
      [
        SourceFix.Edit(inner..<inner, "\(cast)PAGE_ALIGN("),
        SourceFix.Edit(operand.upperBound..<operand.upperBound, ")"),
      ]
    )
  }

  /// Where the operand of a cast in C's form begins.
  private static func endOfCast(_ type: TypeName, _ base: Expression, _ bytes: [UInt8]) -> Int? {
    guard case .cast(type, let operand) = base.form,
      bytes[base.range.lowerBound] == UInt8(ascii: "(")
    else { return nil }
    var close = type.range.upperBound
    while close < operand.range.lowerBound, [0x20, UInt8(ascii: "*")].contains(bytes[close]) {
      close += 1
    }
    guard close < operand.range.lowerBound, bytes[close] == UInt8(ascii: ")") else { return nil }
    return close + 1
  }

  /// A range without the white space at its ends.
  private static func trimmed(_ range: Range<Int>, _ bytes: [UInt8]) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, bytes[start] <= 0x20 { start += 1 }
    while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
    return start..<end
  }

  private static func narrowCast(_ base: Operand) -> TypeName? {
    guard case .cast(let cast, _) = base.expression.form, cast.isNarrowInteger else { return nil }
    return cast
  }

  /// What is to be known of a cast that the fix leaves.
  static func castNotes(_ base: Operand, _ fix: SourceFix?, on path: Interpreter) -> [String] {
    guard fix != nil, let cast = narrowCast(base), !path.hasPointerSizedIntegers else { return [] }
    return [
      "the cast to \(cast.base) stays: the headers of the oldest target have no ULONG_PTR, which 64-bit "
        + "releases need"
    ]
  }

  /// Leaves the byte offset out.
  static func droppingFix(
    _ sum: Event.Arithmetic,
    base: Operand,
    on path: Interpreter
  ) -> SourceFix? {
    let title = "leave the byte offset out"
    guard isWritten(sum, path), let function = path.function(around: sum.range),
      path.hasNoDirective(sum.range)
    else { return nil }
    let addend = base.expression === sum.left.expression ? sum.right : sum.left
    // A variable that is not used any more is one more thing to tidy up.
    let grade: SourceFix.Grade =
      if case .name(let name) = addend.expression.form, function.uses(of: name) < 2 {
        .suggested
      } else {
        .safe
      }
    if let around = function.surroundings(of: sum.range), !function.isMacro,
      let statement = around.statements.last, case .expression(let whole) = statement.form
    {
      let isOwn =
        switch whole.form {
        case .assign(_, let target, _) where whole.range == sum.range: path.isSimple(target)
        case .assign(let operation, let target, let source):
          operation.text == "=" && source.range == sum.range && path.isSimple(target)
            && path.text(target) == path.text(base.expression)
        default: false
        }
      if isOwn { return removal(of: statement, title, grade, on: path) }
    }
    guard !sum.isAssignment else { return nil }
    // Parentheses of the operands stay where they are: what is dropped begins behind the operator's side.
    let bytes = path.text.bytes
    if base.expression.range.lowerBound < sum.operation.range.lowerBound {
      var start = sum.operation.range.lowerBound
      while start > 0, bytes[start - 1] == 0x20 { start -= 1 }
      return SourceFix(grade, title, [SourceFix.Edit(start..<sum.range.upperBound, "")])
    }
    var end = sum.operation.range.upperBound
    while end < bytes.count, bytes[end] == 0x20 { end += 1 }
    return SourceFix(grade, title, [SourceFix.Edit(sum.range.lowerBound..<end, "")])
  }

  /// Takes a statement away that would do nothing any more.
  private static func removal(
    of statement: Statement,
    _ title: String,
    _ grade: SourceFix.Grade,
    on path: Interpreter
  ) -> SourceFix? {
    let bytes = path.text.bytes
    let range = statement.range
    guard range.upperBound > range.lowerBound, bytes[range.upperBound - 1] == UInt8(ascii: ";")
    else { return nil }
    var start = range.lowerBound
    while start > 0, bytes[start - 1] <= 0x20 { start -= 1 }
    guard start > 0 else { return nil }
    guard [UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: "}")].contains(bytes[start - 1])
    else {
      // It may be all that an `if` does, or stand behind a comment.
      return SourceFix(grade, title, [SourceFix.Edit(range, "{ }")])
    }
    // The line goes with it, if nothing else is in it.
    var lineStart = range.lowerBound
    while lineStart > 0, [0x20, 0x09].contains(bytes[lineStart - 1]) { lineStart -= 1 }
    var lineEnd = range.upperBound
    while lineEnd < bytes.count, [0x20, 0x09, 0x0D].contains(bytes[lineEnd]) { lineEnd += 1 }
    let isAlone =
      lineStart > 0 && bytes[lineStart - 1] == 0x0A && lineEnd < bytes.count
      && bytes[lineEnd] == 0x0A
    let gone = isAlone ? lineStart..<(lineEnd + 1) : range
    return SourceFix(grade, title, [SourceFix.Edit(gone, "")])
  }

  /// Whether no operator beside an expression takes hold of its parts when `+` becomes `|`.
  private static func standsAlone(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
    var end = range.upperBound
    while end < bytes.count, bytes[end] <= 0x20 { end += 1 }
    guard end < bytes.count,
      [UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: ",")].contains(bytes[end])
    else { return false }
    var start = range.lowerBound
    while start > 0, bytes[start - 1] <= 0x20 { start -= 1 }
    guard start > 0 else { return false }
    if [UInt8(ascii: "("), UInt8(ascii: ",")].contains(bytes[start - 1]) { return true }
    if bytes[start - 1] == UInt8(ascii: "=") {
      return start > 1 && !"=!<>".utf8.contains(bytes[start - 2])
    }
    return start >= 6 && bytes[(start - 6)..<start].elementsEqual("return".utf8)
  }
}

extension Expression {
  /// Whether it binds more closely than any operator of two operands.
  var isUnary: Bool {
    switch form {
    case .name, .integer, .call, .member, .element, .unary, .cast: true
    default: false
    }
  }
}

extension TypeName {
  /// Whether it is a pointer to bytes, or to nothing: what is added to it is not multiplied.
  var isByteAddress: Bool {
    switch pointers {
    case 0: Self.byteAddresses.contains(base)
    case 1: Self.bytes.contains(base)
    default: false
    }
  }

  /// The type as a cast writes it.
  var spelling: String {
    pointers == 0 ? base : "\(base) " + String(repeating: "*", count: pointers)
  }

  private static let byteAddresses: Set<String> = [
    "PVOID", "PUCHAR", "PCHAR", "PBYTE", "LPBYTE", "LPVOID", "PUINT8", "PINT8", "PSTR", "LPSTR",
    "PCCHAR", "PSZ", "PCUCHAR", "PCVOID",
  ]
  private static let bytes: Set<String> = [
    "void", "VOID", "UCHAR", "CHAR", "BYTE", "char", "unsigned char", "signed char", "uint8_t",
    "int8_t", "UINT8", "INT8", "CCHAR", "u8", "BOOLEAN", "std::byte",
  ]
}
