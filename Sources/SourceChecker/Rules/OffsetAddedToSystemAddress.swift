internal import Findings
internal import NTReleases

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
