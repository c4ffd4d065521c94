extension Interpreter {
  /// Whether a condition holds on the path that the oracle chooses; what that says of values is kept.
  func condition(_ expression: Expression) throws(Interruption) -> Bool {
    try spend()
    switch expression.form {
    case .unary("!", let operand): return try !condition(operand)
    case .binary(let operation, _, _) where operation.text == "&&" || operation.text == "||":
      return try compound(expression)
    case .call(let name?, _, let arguments)
    where functions[name] == nil && Routine(name: name) == nil:
      let answer = truth(of: try value(of: expression), expression)
      for argument in arguments { try takeAsTested(argument) }
      return answer
    default:
      return truth(of: try value(of: expression), expression)
    }
  }

  /// Takes an address as tested that was given to a function of which nothing is known but that its answer
  /// is looked at: `if (!isValid(address))`, `if (skip(address != NULL))`.
  private func takeAsTested(_ argument: Expression) throws(Interruption) {
    let name: Expression
    switch argument.withoutCasts.form {
    case .name: name = argument
    case .unary("!", let operand): name = operand
    case .binary(let operation, let left, let right)
    where operation.text == "!=" || operation.text == "==":
      name = left.lastName == "NULL" ? right : left
    default: return
    }
    guard case .name = name.withoutCasts.form, let symbol = try value(of: name).symbol,
      state.isNonzero(symbol) == nil
    else { return }
    switch info(symbol).kind {
    case .mapping, .mdl:
      state.facts[.nonzero(symbol)] = true
      // On which of the two ways it is not NULL is not known.
      state.mdls[symbol]?.isEscaped = true
    default: break
    }
  }

  /// Whether a value is not zero.
  private func truth(of value: Value, _ expression: Expression) -> Bool {
    switch value.base {
    case .integer(let number): return number != 0
    case .address: return true
    case .test(let test, let isTrue): return decide(test) == isTrue
    case .symbol(let symbol):
      if value.shape.contains(.lowBits) {
        state.examined.insert(symbol)
        return !decide(.equal(value, .integer(0)))
      }
      if isAddress(value) { tell(.nullTest(value, range: expression.range)) }
      return decide(.nonzero(symbol))
    }
  }

  /// What a comparison for equality is worth.
  func compared(
    _ left: (value: Value, expression: Expression),
    _ right: (value: Value, expression: Expression),
    isEqual: Bool,
    _ expression: Expression
  ) -> Value {
    for (value, _) in [left, right] where value.shape.contains(.lowBits) {
      if let symbol = value.symbol { state.examined.insert(symbol) }
    }
    for (first, second) in [(left, right), (right, left)] {
      if second.value.integer == 0, !first.value.shape.contains(.lowBits) {
        switch first.value.base {
        case .integer(let number): return .integer((number == 0) == isEqual ? 1 : 0)
        case .address: return .integer(isEqual ? 0 : 1)
        case .test(let test, let isTrue): return Value(.test(test, isTrue: isTrue != isEqual))
        case .symbol(let symbol):
          if case .name("STATUS_SUCCESS") = second.expression.withoutCasts.form {
            return success(of: first.value, isTrue: isEqual)
          }
          if case .status(let isSuccess) = info(symbol).kind {
            return .integer(isSuccess == isEqual ? 1 : 0)
          }
          if isAddress(first.value) {
            tell(.nullTest(first.value, range: expression.range))
          }
          return Value(.test(.nonzero(symbol), isTrue: !isEqual))
        }
      }
      if let number = second.value.integer, let other = first.value.integer {
        return .integer((number == other) == isEqual ? 1 : 0)
      }
    }
    if left.value == right.value { return .integer(isEqual ? 1 : 0) }
    return Value(.test(.equal(left.value, right.value), isTrue: isEqual))
  }

  /// What `<` and its like are worth.
  func ordered(
    _ operation: String,
    _ left: (value: Value, expression: Expression),
    _ right: (value: Value, expression: Expression),
    _ expression: Expression
  ) -> Value {
    if right.value.integer == 0, operation == "<" || operation == ">=",
      left.value.symbol != nil, left.expression.lastName?.lowercased().contains("status") == true
    {
      return success(of: left.value, isTrue: operation == ">=")
    }
    if let first = left.value.integer, let second = right.value.integer {
      let isTrue =
        switch operation {
        case "<": first < second
        case ">": first > second
        case "<=": first <= second
        default: first >= second
        }
      return .integer(isTrue ? 1 : 0)
    }
    switch operation {
    case "<": return Value(.test(.less(left.value, right.value), isTrue: true))
    case ">=": return Value(.test(.less(left.value, right.value), isTrue: false))
    case ">": return Value(.test(.less(right.value, left.value), isTrue: true))
    default: return Value(.test(.less(right.value, left.value), isTrue: false))
    }
  }

  /// What `NT_SUCCESS` makes of a value.
  func success(of value: Value, isTrue: Bool) -> Value {
    switch value.base {
    case .integer(let number): return .integer((number >= 0) == isTrue ? 1 : 0)
    case .symbol(let symbol):
      if case .status(let isSuccess) = info(symbol).kind {
        return .integer(isSuccess == isTrue ? 1 : 0)
      }
      return Value(.test(.success(symbol), isTrue: isTrue))
    default: return value
    }
  }

  /// Answers a question from what is known, or chooses an answer and keeps it.
  func decide(_ test: Test) -> Bool {
    if let known = known(test) { return known }
    if !state.asksRelease, isAboutRelease(test) { state.asksRelease = true }
    let answer = oracle.choose(2) == 0
    state.facts[test] = answer
    // A pointer that is equal to NULL is NULL under every name that it has.
    if case .equal(let first, let second) = test, answer {
      for (value, other) in [(first, second), (second, first)] {
        guard let symbol = value.symbol, let status = other.symbol,
          case .status(let isSuccess) = info(status).kind
        else { continue }
        state.facts[.success(symbol)] = isSuccess
      }
    }
    return answer
  }

  /// Whether a question is about the release, by what the source calls what it is about.
  private func isAboutRelease(_ test: Test) -> Bool {
    test.symbols.contains { symbol in
      let name = info(symbol).spelling.lowercased()
      return !name.contains("(")
        && ["version", "build", "servicepack", "csd"].contains { name.contains($0) }
    }
  }

  private func known(_ test: Test) -> Bool? {
    if let known = state.facts[test] { return known }
    switch test {
    case .nonzero(let symbol):
      if let known = state.isNonzero(symbol) { return known }
      switch info(symbol).kind {
      case .mapping(let mapping) where !mapping.canBeNull: return true
      case .status(let isSuccess): return !isSuccess
      default: return nil
      }
    case .success(let symbol): return state.facts[.nonzero(symbol)].flatMap { $0 ? nil : true }
    case .equal(let first, let second):
      if let known = state.facts[.equal(second, first)] { return known }
      for (value, other) in [(first, second), (second, first)] {
        guard let symbol = value.symbol, let status = other.symbol,
          case .status(let isSuccess) = info(status).kind,
          let known = state.facts[.success(symbol)], known != isSuccess
        else { continue }
        return false
      }
      return nil
    case .flag(let mdl, "MDL_PAGES_LOCKED"):
      switch state.mdls[mdl]?.contents {
      case .locked: return true
      case .unlocked, .empty, .nonpaged: return false
      default: return nil
      }
    case .less, .flag, .all: return nil
    }
  }
}
