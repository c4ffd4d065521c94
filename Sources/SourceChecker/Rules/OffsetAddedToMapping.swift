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
      from: MDLRoutine.firstWithOffset,
      subject: mapping.range,
      notes: path.readingNotes(mapping.mode) + OffsetSum.castNotes(base, fix, on: path),
      related: OffsetSum.related(mapping, sum.range),
      fix: fix
    )
  }
}
