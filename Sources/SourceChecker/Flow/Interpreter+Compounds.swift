extension Interpreter {
  /// Whether a condition of several parts holds, such as `!offset && !length`.
  ///
  /// Which part decided it is forgotten where paths meet again; that it held as a whole is not, so that the
  /// same question gets the same answer later.
  func compound(_ expression: Expression) throws(Interruption) -> Bool {
    guard case .binary(let operation, let left, let right) = expression.form else { return false }
    let isConjunction = operation.text == "&&"
    var parts: Set<Test.Part> = []
    let isWhole = try take([left, right], operation.text, isTrue: isConjunction, into: &parts)
    let known = isWhole ? state.facts[.all(parts)] : nil
    let first = try condition(left)
    let answer = first == isConjunction ? try condition(right) : first
    guard isWhole, parts.count > 1 else { return answer }
    let isAll = answer == isConjunction
    if let known, known != isAll { throw .impossible }
    state.facts[.all(parts)] = isAll
    return answer
  }

  /// Takes up the parts of a condition that are questions about variables.
  ///
  /// - Returns: Whether all of it is.
  private func take(
    _ operands: [Expression],
    _ operation: String,
    isTrue: Bool,
    into parts: inout Set<Test.Part>
  ) throws(Interruption) -> Bool {
    for operand in operands {
      if case .binary(let own, let left, let right) = operand.form, own.text == operation {
        guard try take([left, right], operation, isTrue: isTrue, into: &parts) else { return false }
      } else {
        guard let part = try part(operand) else { return false }
        parts.insert(Test.Part(test: part.test, isTrue: part.isTrue == isTrue))
      }
    }
    return true
  }

  /// A question about variables alone: what they point to may not be looked at before they are tested.
  private func part(_ expression: Expression) throws(Interruption) -> Test.Part? {
    try spend()
    switch expression.form {
    case .unary("!", let operand):
      return try part(operand).map { Test.Part(test: $0.test, isTrue: !$0.isTrue) }
    case .name: break
    case .binary(_, let left, let right):
      guard Self.isPlain(left), Self.isPlain(right) else { return nil }
    case .call("NT_SUCCESS", _, let arguments):
      guard arguments.count == 1, Self.isPlain(arguments[0]) else { return nil }
    default: return nil
    }
    switch try value(of: expression).base {
    case .symbol(let symbol): return Test.Part(test: .nonzero(symbol), isTrue: true)
    case .test(let test, let isTrue): return Test.Part(test: test, isTrue: isTrue)
    case .integer, .address: return nil
    }
  }

  private static func isPlain(_ expression: Expression) -> Bool {
    switch expression.withoutCasts.form {
    case .name, .integer: true
    default: false
    }
  }
}
