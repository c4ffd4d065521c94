extension Interpreter {
  /// Evaluates an expression on the path that the oracle chooses.
  func value(of expression: Expression) throws(Interruption) -> Value {
    try spend()
    switch expression.form {
    case .integer(let number): return .integer(number)
    case .name(let name): return try value(ofName: name, expression)
    case .call(let name, let function, let arguments):
      return try call(name, function, arguments, expression)
    case .member(let base, let field, _):
      let place = try self.place(of: expression)
      if let special = try mdlField(base, field, place, expression) { return special }
      return load(place, expression)
    case .element(let base, _):
      let place = try self.place(of: expression)
      if let place { return load(place, expression) }
      return .symbol(fresh(expression.range, tag: base.range.count))
    case .unary(let operation, let operand): return try unary(operation, operand, expression)
    case .binary(let operation, let left, let right):
      return try binary(operation, left, right, expression)
    case .assign(let operation, let target, let source):
      return try assign(operation, target, source, expression)
    case .cast(let type, let operand):
      let value = try self.value(of: operand)
      if isAddress(value) { tell(.cast(type, value, expression)) }
      return type.isNarrowInteger && isAddress(value) ? value.with(.truncated) : value
    case .conditional(let condition, let yes, let no):
      return try self.condition(condition) ? value(of: yes) : value(of: no)
    case .comma(let first, let second):
      _ = try value(of: first)
      return try value(of: second)
    case .step(let operand):
      let old = try value(of: operand)
      if let place = try place(of: operand) {
        state.values[place] =
          isAddress(old) ? old.with(.displaced) : .symbol(fresh(expression.range))
      }
      return old
    case .other(let parts):
      // What stands in a list, or a lambda takes with it, may be kept.
      for part in parts { escape(try value(of: part)) }
      return .symbol(fresh(expression.range))
    }
  }

  /// Whether a value is an address that something is known about.
  func isAddress(_ value: Value) -> Bool {
    guard let symbol = value.symbol else { return false }
    switch info(symbol).kind {
    case .mapping, .virtualAddress, .pool, .alignedMemory, .userAddress: return true
    default: return false
    }
  }

  /// The mapping that an address leads to.
  func mapping(_ value: Value) -> SymbolInfo.Mapping? {
    guard let symbol = value.symbol, case .mapping(let mapping) = info(symbol).kind else {
      return nil
    }
    return mapping
  }
  func value(ofName name: String, _ expression: Expression) throws(Interruption) -> Value {
    if let constant = Self.constants[name] { return .integer(constant) }
    if name == "STATUS_SUCCESS" { return .integer(0) }
    if name.hasPrefix("STATUS_") || name.hasPrefix("NDIS_STATUS_") {
      let isSuccess = name == "STATUS_PENDING" || name.hasPrefix("NDIS_STATUS_SUCCESS")
      return .symbol(
        derived(Symbol(number: -1), name, .status(isSuccess: isSuccess), expression.range)
      )
    }
    if scope(of: name) == 0, let macro = functions[name], macro.isMacro, macro.parameters.isEmpty,
      let result = try inlined(macro, [], expression)
    {
      return result
    }
    if name == "__leave" || name == "leave" { return .symbol(fresh(expression.range)) }
    guard let place = try place(of: expression) else { return .symbol(fresh(expression.range)) }
    if scope(of: name) > 0, frames[scope(of: name)].arrays.contains(name) {
      return Value(.address(place))
    }
    return load(place, expression)
  }

  static let constants: [String: Int] = [
    "NULL": 0, "FALSE": 0, "TRUE": 1, "nullptr": 0, "false": 0, "true": 1, "KernelMode": 0,
    "UserMode": 1, "IoReadAccess": 0, "IoWriteAccess": 1, "IoModifyAccess": 2,
    "NDIS_STATUS_SUCCESS": 0,
  ]

  /// The activation that declares a name, or 0 if none does.
  func scope(of name: String) -> Int {
    var current = frame
    while true {
      if frames[current].types[name] != nil { return current }
      guard frames[current].function.isMacro, current > 1 else { return 0 }
      current = frames[current].parent
    }
  }
}
