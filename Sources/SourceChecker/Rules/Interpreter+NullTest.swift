extension Interpreter {
  /// A test for NULL behind a statement that does nothing but put the result of a call into a variable or
  /// field; nil where it is not plain what to test, where, or how to give up.
  func nullTestFix(after range: Range<Int>) -> SourceFix? {
    let bytes = text.bytes
    var end = range.upperBound
    while end < bytes.count, bytes[end] == 0x20 || bytes[end] == UInt8(ascii: ")") { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: ";"), let result = failureResult else {
      return nil
    }
    // Longer lines are nobody's.
    let first = max(0, range.lowerBound - 200)
    guard let start = bytes[first..<range.lowerBound].lastIndex(of: 0x0A).map({ $0 + 1 }),
      let assignment = Assignment(
        String(decoding: bytes[start..<range.lowerBound], as: UTF8.self)
      ),
      isBehindStatement(start), !(assignment.isDeclaration && isBeforeDeclaration(end + 1))
    else { return nil }
    let type = function(around: range)?.type(of: assignment.target)
    let isNumber = type?.pointers == 0 && TypeName.addressSized.contains(type?.base ?? "")
    let lines = [
      "if (\(assignment.target) == \(isNumber ? "0" : "NULL")) {", "    \(result)", "}",
    ]
    return SourceFix(
      .suggested,
      "test \(assignment.target) before it is used; free what was allocated before that",
      [SourceFix.Edit((end + 1)..<(end + 1), lines.map { "\n" + assignment.indent + $0 }.joined())]
    )
  }

  /// What stands in front of a call that is assigned.
  private struct Assignment {
    let indent: Substring
    /// What is assigned to, such as `va`, `device->mdl` or `*mdl`.
    let target: String
    let isDeclaration: Bool

    init?(_ line: String) {
      let parts = line.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2,
        parts[1].allSatisfy({ $0.isLetter || $0.isNumber || "_()* \t".contains($0) }),
        parts[0].allSatisfy({ $0.isLetter || $0.isNumber || "_->.* \t".contains($0) })
      else { return nil }
      indent = line.prefix { $0 == " " || $0 == "\t" }
      let left = parts[0].dropFirst(indent.count)
      let words = left.split { $0 == " " || $0 == "\t" || $0 == "*" }
      guard let name = words.last, !words.contains(where: { Self.keywords.contains($0) }) else {
        return nil
      }
      // `PMDL mdl`, `VOID *va` and `struct device *d` declare; `*mdl` is what a parameter points to.
      isDeclaration = words.count > 1
      let stars = left.prefix { $0 == "*" || $0 == " " }
      target = isDeclaration ? String(name) : stars.filter { $0 == "*" } + name
      guard isDeclaration || left.drop(while: { $0 == "*" || $0 == " " }).hasPrefix(name) else {
        return nil
      }
    }

    static let keywords: Set<Substring> = [
      "if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto",
    ]
  }

  /// Whether what stands in front of a line is whole: a test behind the line is not to be reached without it.
  private func isBehindStatement(_ start: Int) -> Bool {
    var end = start
    // Comments and blank lines in front say nothing; more of them than anyone writes are not looked at.
    for _ in 0..<50 {
      while end > 0, [0x20, 0x09, 0x0A, 0x0D].contains(text.bytes[end - 1]) { end -= 1 }
      guard end > 0 else { return false }
      let first = max(0, end - 200)
      let start = text.bytes[first..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? first
      let line = String(decoding: text.bytes[start..<end], as: UTF8.self)
      if line.hasSuffix("*/") {
        guard let opening = line.ranges(of: "/*").last else { return false }
        end = start + line[..<opening.lowerBound].utf8.count
      } else if let comment = line.firstRange(of: "//") {
        end = start + line[..<comment.lowerBound].utf8.count
      } else {
        return line.last.map { ";{}".contains($0) } ?? false
      }
    }
    return false
  }

  /// Whether a declaration follows, in front of which C of old has no statements.
  private func isBeforeDeclaration(_ start: Int) -> Bool {
    guard text.language == .c else { return false }
    let rest = String(
      decoding: text.bytes[start..<min(start + 200, text.bytes.count)],
      as: UTF8.self
    )
    let statement = rest.drop(while: \.isWhitespace).prefix { !"=;([{".contains($0) }
    let words = statement.split { $0.isWhitespace || $0 == "*" }
    guard words.count > 1, let first = words.first else { return false }
    return !Assignment.keywords.contains(first)
      && words.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber || "_,".contains($0) } }
  }

  /// How the function that is looked at gives up.
  private var failureResult: String? {
    guard calls.count == 1, let type = frames[1].function.returnType else { return nil }
    if type.pointers > 0 || type.base.hasPrefix("P") { return "return NULL;" }
    switch type.base {
    case "NTSTATUS": return "return STATUS_INSUFFICIENT_RESOURCES;"
    case "void", "VOID": return "return;"
    case "BOOLEAN", "BOOL": return "return FALSE;"
    default: return nil
    }
  }
}
