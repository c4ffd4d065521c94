/// What rules ask of a path to fix what they find.
extension Interpreter {
  /// Where the value of an expression goes.
  enum Destination {
    /// To something that takes all of an address.
    case whole
    /// To a variable that does not.
    case narrow(TypeName)
    case unknown
  }

  /// A fix, unless it would take away a comment or a directive, or change a macro for uses that are not
  /// looked at.
  func sound(_ fix: SourceFix) -> SourceFix? {
    for edit in fix.edits {
      guard isPlain(edit.range), edit.replacement.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
      let macro = functions.values.first {
        $0.isMacro && $0.range.lowerBound <= edit.range.lowerBound
          && edit.range.upperBound <= $0.range.upperBound
      }
      if let macro {
        let isHeader = [".h", ".hpp", ".hxx", ".inl"].contains {
          text.path.lowercased().hasSuffix($0)
        }
        guard !isHeader, !edit.replacement.contains("\n"), countOfWord(macro.name) == 2 else {
          return nil
        }
      }
    }
    return fix
  }

  /// Whether a stretch of the source has neither comments nor directives in it.
  func isPlain(_ range: Range<Int>) -> Bool {
    let bytes = text.bytes
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
    var isLineStart = false
    for index in range {
      let byte = bytes[index]
      if byte == UInt8(ascii: "/"), index + 1 < range.upperBound,
        bytes[index + 1] == UInt8(ascii: "/") || bytes[index + 1] == UInt8(ascii: "*")
      {
        return false
      }
      if byte == UInt8(ascii: "#"), isLineStart { return false }
      if byte == 0x0A { isLineStart = true } else if byte > 0x20 { isLineStart = false }
    }
    return true
  }

  /// Whether a stretch of the source has no directive in it.
  func hasNoDirective(_ range: Range<Int>) -> Bool {
    let lines = String(decoding: text.bytes[range], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return !lines.dropFirst().contains { $0.drop { $0.isWhitespace }.hasPrefix("#") }
  }

  private func countOfWord(_ word: String) -> Int {
    let word = Array(word.utf8)
    var count = 0
    var start = 0
    let bytes = text.bytes
    for index in 0...bytes.count
    where index == bytes.count || !Keywords.isWordByte(bytes[index]) {
      if index - start == word.count, bytes[start..<index].elementsEqual(word) { count += 1 }
      start = index + 1
    }
    return count
  }

  /// The function or macro that a place of the source is in.
  func function(around range: Range<Int>) -> FunctionBody? {
    frames.last {
      $0.function.body.range.lowerBound <= range.lowerBound
        && range.upperBound <= $0.function.body.range.upperBound
    }?.function
  }

  /// Where the value of an expression goes that is a number.
  func destination(of expression: Expression) -> Destination {
    guard let function = function(around: expression.range),
      let around = function.surroundings(of: expression)
    else { return .unknown }
    var inner = expression
    for parent in around.expressions.dropLast().reversed() {
      switch parent.form {
      case .binary(let operation, _, _):
        if ["==", "!=", "<", ">", "<=", ">=", "&&", "||"].contains(operation.text) {
          return .whole
        }
      case .unary(let operation, _):
        if operation == "!" { return .whole }
      case .cast(let type, _):
        if type.isAddressSized { return .whole }
        if !type.isNarrowInteger { return .unknown }
      case .conditional(let condition, _, _):
        if condition === inner { return .whole }
      case .comma(let left, _):
        if left === inner { return .whole }
      case .assign(_, let target, _):
        return target === inner ? .unknown : destination(in: target, function)
      case .call(let name, _, let arguments):
        guard name == "PAGE_ALIGN" || name == "BYTE_OFFSET" else {
          guard let name, let callee = functions[name], !callee.isMacro,
            let index = arguments.firstIndex(where: { $0 === inner }),
            index < callee.parameters.count
          else { return .unknown }
          return callee.parameters[index].type?.isAddressSized == true ? .whole : .unknown
        }
      default: return .unknown
      }
      inner = parent
    }
    switch around.statements.last?.form {
    case .variable(_, let type, _, _): return type.isAddressSized ? .whole : .narrow(type)
    case .returned:
      guard !function.isMacro else { return .unknown }
      return function.returnType?.isAddressSized == true ? .whole : .unknown
    case .branch, .loop, .choice: return .whole
    default: return .unknown
    }
  }

  private func destination(in target: Expression, _ function: FunctionBody) -> Destination {
    switch target.form {
    case .name(let name):
      guard let type = function.type(of: name) else { return .unknown }
      if type.isAddressSized { return .whole }
      return type.isNarrowInteger && function.body.declares(name) ? .narrow(type) : .unknown
    default: return .unknown
    }
  }

  /// What the value of a call is kept in, alone or with casts, and whether it is declared there.
  func keptExpression(
    _ around: FunctionBody.Surroundings
  ) -> (target: String, isDeclared: Bool)? {
    var outer = around.expressions.dropLast()
    while let last = outer.last, case .cast = last.form { outer.removeLast() }
    switch (outer.count, outer.last?.form, around.statements.last?.form) {
    case (0, _, .variable(let name, _, false, _)): return (name, true)
    case (1..., .assign(let operation, let target, _), _) where operation.text == "=":
      guard isSimple(target), isPlain(target.range) else { return nil }
      return (text(target), false)
    default: return nil
    }
  }

  /// Whether an expression names a place and does nothing.
  func isSimple(_ expression: Expression) -> Bool {
    switch expression.form {
    case .name: true
    case .member(let base, _, _): isSimple(base)
    case .unary("*", let base): isSimple(base)
    case .element(let base, let index):
      if case .integer = index.form { isSimple(base) } else { false }
    default: false
    }
  }
}

extension Statement {
  /// Whether a variable is declared in it.
  func declares(_ name: String) -> Bool {
    if case .variable(name, _, _, _) = form { return true }
    return parts.statements.contains { $0.declares(name) }
  }
}

extension TypeName {
  /// Whether values of the type have all bits of an address on every processor.
  var isAddressSized: Bool {
    if pointers > 0 { return true }
    if Self.addressSized.contains(base) { return true }
    return base.count > 2 && base.utf8.allSatisfy { $0 == 0x5F || (0x30...0x5A).contains($0) }
      && (base.hasPrefix("P") && !base.hasPrefix("PHYSICAL") || base.hasPrefix("LPV")
        || base == "LPBYTE" || base == "LPSTR")
  }

  static let addressSized: Set<String> = [
    "ULONG_PTR", "UINT_PTR", "DWORD_PTR", "SIZE_T", "uintptr_t", "LONG_PTR", "INT_PTR", "SSIZE_T",
    "intptr_t", "size_t", "ULONGLONG", "LONGLONG", "ULONG64", "UINT64", "DWORD64", "uint64_t",
    "int64_t", "LONG64", "INT64", "unsigned __int64", "__int64", "unsigned long long",
  ]
}
