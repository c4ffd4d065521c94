internal import Findings
internal import NTReleases

/// Finds addresses of mappings that are cut to 32 bits.
struct TruncatedAddress: Rule {
  let id: RuleID = "LS006"

  private static let first = Release.allCases.first { $0.runs(on: .x64) || $0.runs(on: .ia64) }

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .cast(let type, let value, let expression):
      guard type.isNarrowInteger else { return }
      let start = expression.range.lowerBound
      report(
        value,
        start..<max(start + 1, min(type.range.upperBound + 1, expression.range.upperBound)),
        "a cast to \(type.base) cuts the address to 32 bits",
        fix(type, expression, path),
        path
      )
    case .call(let call):
      guard case .truncate? = Routine(name: call.name), let value = call.value(0) else { return }
      report(value, call.range, "\(call.name) cuts the address to 32 bits", nil, path)
    default: break
    }
  }

  /// A wider cast, and a wider variable where one takes the address; nil where the address would still be
  /// cut behind the cast, without a sign of it.
  private func fix(_ type: TypeName, _ expression: Expression, _ path: Interpreter) -> SourceFix? {
    guard path.hasPointerSizedIntegers else { return nil }
    let edit = SourceFix.Edit(type.range, "ULONG_PTR")
    switch path.destination(of: expression) {
    case .whole: return SourceFix(.safe, "cast to ULONG_PTR", [edit])
    case .narrow(let variable):
      return SourceFix(
        .suggested,
        "cast to ULONG_PTR, and keep it in one",
        [SourceFix.Edit(variable.range, "ULONG_PTR"), edit]
      )
    case .unknown: return nil
    }
  }

  private func report(
    _ value: Value,
    _ range: Range<Int>,
    _ message: String,
    _ fix: @autoclosure () -> SourceFix?,
    _ path: Interpreter
  ) {
    guard let first = Self.first, !path.onlyLowBitsMatter, !value.shape.contains(.lowBits),
      path.mapping(value) != nil || path.virtualAddress(value) != nil,
      !isFor32Bits(range.lowerBound, path)
    else { return }
    path.report(
      id,
      .error,
      at: range,
      message,
      from: first,
      notes: ["on x64 and IA-64 only; x86 has 32-bit addresses on every release"],
      fix: fix()
    )
  }

  /// Whether a place is compiled only where pointers have 32 bits.
  private func isFor32Bits(_ offset: Int, _ path: Interpreter) -> Bool {
    path.conditions.contains { condition in
      guard condition.range.contains(offset) else { return false }
      let isInverted = condition.expression.contains("!") != condition.isNegated
      let words = condition.expression
      if ["_WIN64", "_M_AMD64", "_M_X64", "_AMD64_", "_M_IA64", "_IA64_"].contains(
        where: words.contains
      ) {
        return isInverted
      }
      return ["_X86_", "_M_IX86", "i386"].contains(where: words.contains) && !isInverted
    }
  }
}
