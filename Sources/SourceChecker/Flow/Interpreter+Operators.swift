/// What operators make of values.
extension Interpreter {
  func unary(
    _ operation: String,
    _ operand: Expression,
    _ expression: Expression
  ) throws(Interruption) -> Value {
    switch operation {
    case "!":
      let isTrue = try condition(operand)
      return .integer(isTrue ? 0 : 1)
    case "&":
      if case .element(let base, let index) = operand.form {
        let pointer = try value(of: base)
        let number = try value(of: index)
        if isAddress(pointer) {
          if case .integer(0) = number.base { return pointer }
          let sum = Expression.Operator(text: "+", range: operand.range)
          return combine(sum, (pointer, base), (number, index), expression, isAssignment: false)
        }
        return .symbol(fresh(expression.range))
      }
      if case .member(let base, _, true) = operand.form {
        let pointer = try value(of: base)
        if isAddress(pointer) { return pointer.with(.displaced) }
      }
      guard let place = try place(of: operand) else { return .symbol(fresh(expression.range)) }
      return Value(.address(place))
    case "*":
      guard let place = try place(of: expression) else { return .symbol(fresh(expression.range)) }
      return load(place, expression)
    case "-":
      let value = try value(of: operand)
      guard let number = value.integer else { return .symbol(fresh(expression.range)) }
      return .integer(0 &- number)
    case "+": return try value(of: operand)
    default:
      _ = try value(of: operand)
      return .symbol(fresh(expression.range))
    }
  }

  /// Evaluates something of whose value only the low bits matter, or nothing but what it looks like.
  func whileOnlyLowBitsMatter<Result>(
    _ body: () throws(Interruption) -> Result
  ) throws(Interruption) -> Result {
    lowBitsDepth += 1
    defer { lowBitsDepth -= 1 }
    return try body()
  }

  func binary(
    _ operation: Expression.Operator,
    _ left: Expression,
    _ right: Expression,
    _ expression: Expression
  ) throws(Interruption) -> Value {
    if operation.text == "&&" || operation.text == "||" {
      return try condition(expression) ? .integer(1) : .integer(0)
    }
    let first =
      if isOfLowBits(operation.text, right) {
        try whileOnlyLowBitsMatter { () throws(Interruption) in try value(of: left) }
      } else {
        try value(of: left)
      }
    let second = try value(of: right)
    return combine(operation, (first, left), (second, right), expression, isAssignment: false)
  }

  /// What an operator makes of two values.
  func combine(
    _ operation: Expression.Operator,
    _ left: (value: Value, expression: Expression),
    _ right: (value: Value, expression: Expression),
    _ expression: Expression,
    isAssignment: Bool
  ) -> Value {
    let (first, second) = (left.value, right.value)
    switch operation.text {
    case "==", "!=":
      return compared(left, right, isEqual: operation.text == "==", expression)
    case "<", ">", "<=", ">=": return ordered(operation.text, left, right, expression)
    case "+", "-", "|":
      if isAddress(first) || isAddress(second) {
        tell(
          .arithmetic(
            Event.Arithmetic(
              operation: operation,
              left: left,
              right: right,
              isAssignment: isAssignment,
              range: expression.range
            )
          )
        )
      }
      return sum(operation.text, left, right, expression)
    case "&": return masked(left, right, expression)
    default:
      if let first = first.integer, let second = second.integer {
        switch operation.text {
        case "*": return .integer(first &* second)
        case "<<" where (0..<63).contains(second): return .integer(first << second)
        case ">>" where (0..<63).contains(second): return .integer(first >> second)
        default: break
        }
      }
      return .symbol(fresh(expression.range))
    }
  }

  func isLockOperation(_ operand: (value: Value, expression: Expression)) -> Bool {
    guard let name = operand.expression.lastName else { return false }
    return name.hasPrefix("Io") && name.hasSuffix("Access")
  }

  func sum(
    _ operation: String,
    _ left: (value: Value, expression: Expression),
    _ right: (value: Value, expression: Expression),
    _ expression: Expression
  ) -> Value {
    let (first, second) = (left.value, right.value)
    if operation == "|", isLockOperation(left), isLockOperation(right) {
      return .symbol(fresh(expression.range))
    }
    if let first = first.integer, let second = second.integer {
      switch operation {
      case "+": return .integer(first &+ second)
      case "-": return .integer(first &- second)
      default: return .integer(first | second)
      }
    }
    // The distance from an address is none, whatever is known of the other.
    if operation == "-", isAddress(second) {
      return .symbol(fresh(expression.range))
    }
    for (base, addend) in [(first, second), (second, first)]
    where isAddress(base) || isMDLSymbol(base) {
      if let symbol = addend.symbol, case .byteOffset = info(symbol).kind, addend.shape.isEmpty,
        operation != "-"
      {
        if let symbol = base.symbol { state.adjusted.insert(symbol) }
        return base.with(operation == "+" ? .offsetAdded : .offsetMerged)
      }
      if addend.integer == 0 { return base }
      return base.with(isConstant(addend) ? .shifted : .displaced)
    }
    return .symbol(fresh(expression.range))
  }

  /// Whether a value is a number, or a name that is written as those of constants are.
  func isConstant(_ value: Value) -> Bool {
    if value.integer != nil { return true }
    guard let symbol = value.symbol, value.shape.isEmpty else { return false }
    let name = info(symbol).spelling
    return name.hasPrefix("sizeof")
      || name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
  }

  func isMDLSymbol(_ value: Value) -> Bool {
    guard let symbol = value.symbol else { return false }
    return state.mdls[symbol] != nil
  }

  func masked(
    _ left: (value: Value, expression: Expression),
    _ right: (value: Value, expression: Expression),
    _ expression: Expression
  ) -> Value {
    let mask = spelling(right.expression.range)
    let value = left.value
    if isAddress(value) {
      if Self.isLowMask(mask) { return lowBits(of: value, expression) }
      if mask.contains("~") || mask.contains("PAGE_MASK") {
        tell(.aligned(value, expression, argument: left.expression))
        return value.with(.pageAligned)
      }
    }
    if let symbol = value.symbol, case .flags(let mdl) = info(symbol).kind {
      return Value(.test(.flag(mdl, mask), isTrue: true))
    }
    if let first = value.integer, let second = right.value.integer {
      return .integer(first & second)
    }
    // The same bits of the same value are the same later.
    if let symbol = value.symbol, value.shape.isEmpty, Self.isConstant(mask) {
      return .symbol(derived(symbol, "& \(mask)", .other, expression.range))
    }
    return .symbol(fresh(expression.range))
  }

  /// Whether a mask is the same each time, by its capitals or digits.
  static func isConstant(_ mask: String) -> Bool {
    guard mask.count < 60 else { return false }
    return mask.split(whereSeparator: { "|() ".contains($0) }).allSatisfy { word in
      word.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        && (word.first?.isNumber == true || !word.contains(where: \.isLowercase))
    }
  }

  /// Whether an operator looks at the low bits of an address only, as in `address & 3` or
  /// `address & (alignment - 1)`.
  func isOfLowBits(_ operation: String, _ right: Expression) -> Bool {
    guard operation == "&" || operation == "%" else { return false }
    if case .integer(let number) = right.withoutCasts.form { return (0..<0x10000).contains(number) }
    let text = spelling(right.range)
    return operation == "%" || Self.isLowMask(text)
      || !text.contains("~")
        && (text.contains("- 1") || text.contains("-1") || text.lowercased().contains("align"))
  }

  /// Whether a mask leaves what an address has within its page, as the source writes it.
  static func isLowMask(_ mask: String) -> Bool {
    !mask.contains("~")
      && (mask.contains("PAGE_SIZE") || mask.lowercased() == "0xfff" || mask == "4095")
  }

  /// What an address has within its page: the byte offset of the MDL, if it is the MDL's.
  func lowBits(of value: Value, _ expression: Expression) -> Value {
    if let symbol = value.symbol, case .virtualAddress(let mdl) = info(symbol).kind,
      value.shape.isEmpty
    {
      return .symbol(derived(mdl, "ByteOffset", .byteOffset(mdl), expression.range))
    }
    return value.with(.lowBits)
  }
}
