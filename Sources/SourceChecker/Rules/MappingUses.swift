/// How a function uses what `MmMapLockedPages` returned: where the byte offset is to be put in.
///
/// `MmUnmapLockedPages` takes what was returned (KD-069), and a test for NULL is one only of that. So where a
/// variable is unmapped or tested, its other uses are adjusted, and where not, the call is.
struct MappingUses {
  /// The uses to adjust.
  private var reads: [Read] = []
  /// Whether what was returned is unmapped or tested.
  private var needsAddress = false
  /// Whether something is done that cannot be followed.
  private var isUnclear = false

  private struct Read {
    let expression: Expression
    let parent: Expression?
    /// Whether nothing but a comma, an `=` or parentheses is beside it.
    let isAlone: Bool
  }

  /// The fix for a call of `MmMapLockedPages`.
  static func fix(_ mapping: SymbolInfo.Mapping, on path: Interpreter) -> SourceFix? {
    guard let function = path.function(around: mapping.range),
      let around = function.surroundings(of: mapping.range), let call = around.expressions.last,
      case .call(_, _, let arguments) = call.form, arguments.count == 2,
      path.isSimple(arguments[0]), path.isPlain(call.range)
    else { return nil }
    let mdl = path.text(arguments[0])
    let isCast = around.expressions.dropLast().last.map { castsInC($0, on: path) } ?? false
    let whole = merged(path.text(call), mdl, on: path)
    let wrapped = SourceFix.Edit(call.range, isCast ? whole : "(PVOID)" + whole)
    guard !function.isMacro, let (target, isDeclared) = path.keptExpression(around) else {
      // Nobody unmaps an address that nobody keeps; what else becomes of it is not known.
      let isKept = around.expressions.contains { if case .assign = $0.form { true } else { false } }
      return SourceFix(isKept || function.isMacro ? .suggested : .safe, title, [wrapped])
    }
    var uses = MappingUses()
    uses.look(at: function, for: target, behind: call, isDeclared, mdl: mdl, on: path)
    if uses.isUnclear || uses.needsAddress && uses.reads.isEmpty {
      return SourceFix(.suggested, title, [wrapped])
    }
    guard uses.needsAddress else { return SourceFix(.safe, title, [wrapped]) }
    let type = function.type(of: target)
    var edits: [SourceFix.Edit] = []
    for read in uses.reads {
      guard let text = uses.adjusted(read, target, type, mdl, on: path) else {
        return SourceFix(.suggested, title, [wrapped])
      }
      edits.append(SourceFix.Edit(read.expression.range, text))
    }
    return SourceFix(.safe, "put the offset in by | where the address is used", edits)
  }

  private static let title = "put the offset in by |, which is right on every release"

  /// An address with the offset in it, in parentheses.
  private static func merged(_ address: String, _ mdl: String, on path: Interpreter) -> String {
    path.hasPointerSizedIntegers
      ? "((ULONG_PTR)\(address) | MmGetMdlByteOffset(\(mdl)))"
      : "((PUCHAR)PAGE_ALIGN(\(address)) + MmGetMdlByteOffset(\(mdl)))"
  }

  /// Whether an expression makes an address of a number, as C writes it.
  private static func castsInC(_ expression: Expression, on path: Interpreter) -> Bool {
    guard case .cast(let type, _) = expression.form else { return false }
    return type.isAddressSized && path.text.bytes[expression.range.lowerBound] == UInt8(ascii: "(")
  }

  /// What stands in the place of a use; nil where no type is known that it needs.
  private func adjusted(
    _ read: Read,
    _ target: String,
    _ type: TypeName?,
    _ mdl: String,
    on path: Interpreter
  ) -> String? {
    let merged = Self.merged(target, mdl, on: path)
    if let parent = read.parent, Self.castsInC(parent, on: path) { return merged }
    if let type {
      guard type.pointers > 0 ? !type.base.contains("struct") : type.isAddressSized else {
        return nil
      }
      let cast = "(\(type.spelling))" + merged
      return read.isAlone ? cast : "(\(cast))"
    }
    // C takes a PVOID for any address.
    return read.isAlone && path.text.language == .c ? "(PVOID)" + merged : nil
  }

  private mutating func look(
    at function: FunctionBody,
    for target: String,
    behind call: Expression,
    _ isDeclared: Bool,
    mdl: String,
    on path: Interpreter
  ) {
    var found = self
    var name = Substring(target)
    if let last = target.lastIndex(where: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
      name = target[target.index(after: last)...]
    }
    function.forEachExpression { expression, parents, statement in
      if case .assign(_, let changed, _) = expression.form,
        expression.range.lowerBound > call.range.upperBound, path.text(changed) == mdl
      {
        found.isUnclear = true
      }
      guard path.text(expression) == target, path.isSimple(expression) else { return }
      found.take(expression, parents, statement, behind: call, on: path)
    }
    // Other functions unmap what is kept for them.
    for other in path.functions.values where other !== function && !isDeclared {
      other.forEachExpression { expression, _, _ in
        guard case .call("MmUnmapLockedPages", _, let arguments) = expression.form,
          arguments.first?.lastName == String(name)
        else { return }
        found.needsAddress = true
      }
    }
    self = found
  }

  private mutating func take(
    _ expression: Expression,
    _ parents: [Expression],
    _ statement: Statement,
    behind call: Expression,
    on path: Interpreter
  ) {
    var outer = parents[...]
    while let last = outer.last, case .cast = last.form { outer.removeLast() }
    let inner = outer.count < parents.count ? parents[outer.count] : expression
    let isBehind = expression.range.lowerBound >= call.range.upperBound
    var isAlone = false
    switch outer.last?.form {
    case nil:
      switch statement.form {
      case .branch, .loop, .choice:
        needsAddress = true
        return
      case .variable, .returned: isAlone = true
      default: break
      }
    case .call(let name, _, let arguments):
      if name == "MmUnmapLockedPages", arguments.first === inner {
        needsAddress = true
        return
      }
      if name == "UNREFERENCED_PARAMETER" || name.map(path.isPrint) == true { return }
      if name?.contains("ASSERT") == true {
        needsAddress = true
        return
      }
      isAlone = true
    case .unary(let operation, _):
      if operation == "!" {
        needsAddress = true
        return
      }
      if operation == "&" { isUnclear = true }
    case .step: isUnclear = true
    case .assign(let operation, let target, let source):
      if target === inner {
        let isThis = operation.text == "=" && source.withoutCasts === call
        let isReset =
          operation.text == "=" && source.withoutCasts.lastName == "NULL"
        var isZero = false
        if case .integer(0) = source.withoutCasts.form { isZero = true }
        if !isThis, !isReset, !isZero { isUnclear = true }
        return
      }
      isAlone = true
    case .binary(let operation, _, _):
      switch operation.text {
      case "==", "!=", "&&", "||":
        needsAddress = true
        return
      case "|":
        // It is adjusted here already, or something else is done that needs a look.
        return
      case "+" where parents.contains(where: Self.rounds): return
      default: break
      }
    default: break
    }
    if parents.contains(where: Self.rounds) { return }
    guard isBehind else {
      isUnclear = true
      return
    }
    reads.append(
      Read(expression: expression, parent: parents.last, isAlone: isAlone && inner === expression)
    )
  }

  /// Whether something rounds an address down to a page.
  private static func rounds(_ expression: Expression) -> Bool {
    if case .call("PAGE_ALIGN", _, _) = expression.form { true } else { false }
  }
}
