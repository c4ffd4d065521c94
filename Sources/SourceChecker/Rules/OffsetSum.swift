internal import Findings
internal import NTReleases

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
