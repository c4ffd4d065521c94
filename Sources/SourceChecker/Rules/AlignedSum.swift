internal import Findings
internal import NTReleases

/// Finds where an address is rounded down to a page behind the addition of the byte offset.
struct AlignedSum: Rule {
  let id: RuleID = "LS004"

  func check(_ event: Event, on path: Interpreter) {
    guard case .aligned(let value, let expression, let argument) = event,
      let mapping = path.mapping(value), !path.isUnmapping,
      value.shape.contains(.offsetAdded) || value.shape.contains(.offsetMerged),
      !value.shape.contains(.pageAligned)
    else { return }
    // What was added is lost, so that it was added is not what is wrong.
    path.reporter.withdraw("LS001", subject: mapping.range)
    path.reporter.withdraw("LS003", subject: mapping.range)
    var fix: SourceFix?
    if case .call = expression.form, case .binary(_, let left, let right) = argument.form {
      let replacement =
        "((PUCHAR)PAGE_ALIGN(\(path.text(left.withoutCasts))) + \(path.text(right)))"
      if replacement.utf8.allSatisfy({ $0 < 0x80 }) {
        fix = SourceFix(
          .suggested,
          "round the mapping down, then add the offset",
          [SourceFix.Edit(expression.range, replacement)]
        )
      }
    }
    path.report(
      id,
      .error,
      at: expression.range,
      "rounding down takes away the byte offset that was just added",
      fix: fix
    )
  }
}
