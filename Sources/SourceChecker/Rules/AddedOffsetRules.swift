internal import Findings
internal import NTReleases

/// Finds where the byte offset of an MDL is added to what `MmMapLockedPages` returned.
struct OffsetAddedToMapping: Rule {
  let id: RuleID = "LS001"

  func check(_ event: Event, on path: Interpreter) {
    guard case .arithmetic(let sum) = event, sum.operation.text == "+",
      let (base, addend) = OffsetSum.operands(of: sum, on: path),
      let mapping = path.mapping(base.value), mapping.routine == .mapLockedPages,
      !base.value.shape.contains(.pageAligned), !base.value.shape.contains(.lowBits),
      let mdl = path.byteOffset(addend.value), mapping.mdl == nil || mapping.mdl == mdl,
      !path.isExamined(base.value)
    else { return }
    path.report(
      id,
      .error,
      at: sum.range,
      "the MDL's byte offset is added to what MmMapLockedPages returned, which includes it",
      from: .nt400sp4,
      subject: mapping.range,
      notes: path.readingNotes(mapping.mode),
      related: OffsetSum.related(mapping, sum.range),
      fix: !base.value.shape.isSubset(of: [.truncated, .offsetMerged])
        ? nil : OffsetSum.mergingFix(sum, base: base, addend: addend, on: path)
    )
  }
}

/// Finds where the byte offset of an MDL is added to an address that includes it on every release.
struct OffsetAddedToSystemAddress: Rule {
  let id: RuleID = "LS003"

  func check(_ event: Event, on path: Interpreter) {
    guard case .arithmetic(let sum) = event, sum.operation.text == "+",
      let (base, addend) = OffsetSum.operands(of: sum, on: path),
      !base.value.shape.contains(.pageAligned), !base.value.shape.contains(.lowBits),
      let mdl = path.byteOffset(addend.value)
    else { return }
    let routine: String
    let subject = path.mapping(base.value)?.range
    if let mapping = path.mapping(base.value) {
      guard mapping.routine != .mapLockedPages, mapping.mdl == nil || mapping.mdl == mdl else {
        return
      }
      routine = mapping.routine.rawValue
    } else {
      guard path.virtualAddress(base.value) == mdl else { return }
      routine = "MmGetMdlVirtualAddress"
    }
    path.report(
      id,
      .error,
      at: sum.range,
      "the MDL's byte offset is added to what \(routine) returned, which includes it",
      subject: subject,
      fix: !base.value.shape.isDisjoint(with: [.displaced, .shifted])
        ? nil : OffsetSum.droppingFix(sum, base: base, on: path)
    )
  }
}

/// Finds offsets of one MDL that are put to the mapping of another.
struct OffsetOfOtherMDL: Rule {
  let id: RuleID = "LS005"

  func check(_ event: Event, on path: Interpreter) {
    guard case .arithmetic(let sum) = event, sum.operation.text != "-",
      let (base, addend) = OffsetSum.operands(of: sum, on: path),
      let mapping = path.mapping(base.value), let own = mapping.mdl,
      let other = path.byteOffset(addend.value), own != other
    else { return }
    path.report(
      id,
      .error,
      at: sum.range,
      "the pages are those of \(path.name(own)), the byte offset is that of \(path.name(other))",
      related: OffsetSum.related(mapping, sum.range)
    )
  }
}

/// What rules about sums with byte offsets share.
enum OffsetSum {
  typealias Operand = (value: Value, expression: Expression)

  /// The address and the byte offset of a sum.
  static func operands(
    of sum: Event.Arithmetic,
    on path: Interpreter
  ) -> (base: Operand, addend: Operand)? {
    if path.byteOffset(sum.right.value) != nil { return (sum.left, sum.right) }
    if path.byteOffset(sum.left.value) != nil, !sum.isAssignment { return (sum.right, sum.left) }
    return nil
  }

  static func related(
    _ mapping: SymbolInfo.Mapping,
    _ range: Range<Int>
  ) -> [SourceFinding.Related] {
    guard !range.overlaps(mapping.range) else { return [] }
    return [
      SourceFinding.Related(range: mapping.range, message: "the pages are mapped here")
    ]
  }

  private static let pointerSized: Set<String> = [
    "ULONG_PTR", "UINT_PTR", "DWORD_PTR", "SIZE_T", "uintptr_t", "LONG_PTR", "INT_PTR",
  ]

  /// Puts `|` in the place of `+`.
  static func mergingFix(
    _ sum: Event.Arithmetic,
    base: Operand,
    addend: Operand,
    on path: Interpreter
  ) -> SourceFix? {
    let title = "put the offset in by |, which is right on every release"
    guard isWritten(sum, path), let type = path.type(of: base.expression) else { return nil }
    let isInteger = type.isNarrowInteger || type.pointers == 0 && pointerSized.contains(type.base)
    if isInteger {
      var edits = [
        SourceFix.Edit(sum.operation.range, sum.isAssignment ? "|=" : "|")
      ]
      if case .cast(let cast, _) = base.expression.form, cast.isNarrowInteger,
        path.hasPointerSizedIntegers
      {
        edits.append(SourceFix.Edit(cast.range, "ULONG_PTR"))
      }
      if !sum.isAssignment, !standsAlone(sum.range, path.text.bytes) {
        edits.append(SourceFix.Edit(sum.range.lowerBound..<sum.range.lowerBound, "("))
        edits.append(SourceFix.Edit(sum.range.upperBound..<sum.range.upperBound, ")"))
      }
      return SourceFix(.safe, title, edits)
    }
    guard type.pointers > 0 || type.base.hasPrefix("P") || type.base.hasPrefix("LP") else {
      return nil
    }
    let integer = path.hasPointerSizedIntegers ? "ULONG_PTR" : "ULONG"
    let pointer = type.base + String(repeating: "*", count: type.pointers)
    let inner = path.text(base.expression.withoutCasts)
    let merged = "(\(pointer))((\(integer))\(inner) | \(path.text(addend.expression)))"
    let range = sum.isAssignment ? sum.range : sum.range
    let replacement = sum.isAssignment ? "\(path.text(base.expression)) = \(merged)" : merged
    let isPlain = replacement.utf8.allSatisfy { $0 < 0x80 }
    return isPlain ? SourceFix(.safe, title, [SourceFix.Edit(range, replacement)]) : nil
  }

  /// Whether there is a `+` to change: an element's index and `Add2Ptr` add without one.
  private static func isWritten(_ sum: Event.Arithmetic, _ path: Interpreter) -> Bool {
    ["+", "+="].contains(path.spelling(sum.operation.range))
  }

  /// Leaves the byte offset out.
  static func droppingFix(
    _ sum: Event.Arithmetic,
    base: Operand,
    on path: Interpreter
  ) -> SourceFix? {
    guard isWritten(sum, path) else { return nil }
    let title = "leave the byte offset out"
    let bytes = path.text.bytes
    if sum.isAssignment {
      var end = sum.range.upperBound
      while end < bytes.count, bytes[end] == 0x20 { end += 1 }
      guard end < bytes.count, bytes[end] == UInt8(ascii: ";") else { return nil }
      return SourceFix(.safe, title, [SourceFix.Edit(sum.range.lowerBound..<end, "")])
    }
    // Parentheses of the operands stay where they are: what is dropped begins behind the operator's side.
    if base.expression.range.lowerBound < sum.operation.range.lowerBound {
      var start = sum.operation.range.lowerBound
      while start > 0, bytes[start - 1] == 0x20 { start -= 1 }
      return SourceFix(.safe, title, [SourceFix.Edit(start..<sum.range.upperBound, "")])
    }
    var end = sum.operation.range.upperBound
    while end < bytes.count, bytes[end] == 0x20 { end += 1 }
    return SourceFix(.safe, title, [SourceFix.Edit(sum.range.lowerBound..<end, "")])
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
      return start > 1 && !"=!<>+-|&".utf8.contains(bytes[start - 2])
    }
    return start >= 6 && bytes[(start - 6)..<start].elementsEqual("return".utf8)
  }
}
