internal import Findings
internal import NTReleases

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
