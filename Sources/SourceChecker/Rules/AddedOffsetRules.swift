internal import Findings
internal import NTReleases

/// Finds where the byte offset of an MDL is added to what `MmMapLockedPages` returned.
struct OffsetAddedToMapping: Rule {
  let id: RuleID = "LS001"

  func check(_ event: Event, on path: Interpreter) {
    guard case .arithmetic(let sum) = event, sum.operation.text == "+",
      let (base, addend) = OffsetSum.operands(of: sum, on: path)
    else { return }
    guard let mapping = path.mapping(base.value), mapping.routine == .mapLockedPages,
      !base.value.shape.contains(.pageAligned), !base.value.shape.contains(.lowBits),
      let mdl = path.byteOffset(addend.value), mapping.mdl == nil || mapping.mdl == mdl,
      !path.isExamined(base.value)
    else {
      if !OffsetSum.includesOffset(base.value, path) { path.forbidFix(id, at: sum.range) }
      return
    }
    let fix =
      base.value.shape.isSubset(of: [.truncated, .offsetMerged])
      ? OffsetSum.mergingFix(sum, base: base, addend: addend, on: path) : nil
    path.report(
      id,
      .error,
      at: sum.range,
      "the MDL's byte offset is added to what MmMapLockedPages returned, which includes it",
      from: .nt400sp4,
      subject: mapping.range,
      notes: path.readingNotes(mapping.mode) + OffsetSum.castNotes(base, fix, on: path),
      related: OffsetSum.related(mapping, sum.range),
      fix: fix
    )
  }
}

/// Finds where the byte offset of an MDL is added to an address that includes it on every release.
struct OffsetAddedToSystemAddress: Rule {
  let id: RuleID = "LS003"

  func check(_ event: Event, on path: Interpreter) {
    guard case .arithmetic(let sum) = event, sum.operation.text == "+",
      let (base, addend) = OffsetSum.operands(of: sum, on: path),
      let mdl = path.byteOffset(addend.value)
    else { return }
    guard OffsetSum.includesOffset(base.value, path) else {
      path.forbidFix(id, at: sum.range)
      return
    }
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

  /// Whether an address is one that includes the byte offset on every release.
  static func includesOffset(_ value: Value, _ path: Interpreter) -> Bool {
    guard value.shape.isDisjoint(with: [.pageAligned, .lowBits]) else { return false }
    if let mapping = path.mapping(value) { return mapping.routine != .mapLockedPages }
    return path.virtualAddress(value) != nil
  }
}
