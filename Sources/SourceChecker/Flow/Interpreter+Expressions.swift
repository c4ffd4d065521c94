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

  // Names and places.

  private func value(ofName name: String, _ expression: Expression) throws(Interruption) -> Value {
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

  /// The place that an expression names, or nil where it cannot be told from others.
  func place(
    of expression: Expression,
    isWritten: Bool = false
  ) throws(Interruption) -> Place? {
    switch expression.form {
    case .name(let name): return .variable(name, frame: scope(of: name))
    case .member(let base, let field, let isArrow):
      if isArrow {
        let pointer = try value(of: base)
        access(pointer, expression.range, isWrite: isWritten)
        guard let owner = owner(of: pointer, base) else { return nil }
        return .field(owner, field)
      }
      guard let place = try place(of: base, isWritten: isWritten) else {
        return .field(fresh(base.range, tag: 1), field)
      }
      return .field(identity(place, base), field)
    case .element(let base, let index):
      let pointer = try value(of: base)
      let number = try value(of: index)
      if case .address(let place) = pointer.base {
        guard let number = number.integer else { return nil }
        return .field(identity(place, base), "[\(number)]")
      }
      access(pointer, expression.range, isWrite: isWritten)
      guard let number = number.integer, let symbol = pointer.symbol else { return nil }
      return .field(symbol, "[\(number)]")
    case .unary("*", let operand):
      let pointer = try value(of: operand)
      access(pointer, expression.range, isWrite: isWritten)
      if case .address(let place) = pointer.base { return place }
      return pointer.symbol.map(Place.pointee)
    case .cast(_, let operand): return try place(of: operand, isWritten: isWritten)
    default: return nil
    }
  }

  private func owner(of pointer: Value, _ expression: Expression) -> Symbol? {
    switch pointer.base {
    case .symbol(let symbol): symbol
    case .address(let place): identity(place, expression)
    default: nil
    }
  }

  /// What a place holds.
  func load(_ place: Place?, _ expression: Expression) -> Value {
    guard let place else { return .symbol(fresh(expression.range)) }
    if let value = state.values[place] { return value }
    return .symbol(initial(place, expression))
  }

  /// Tells of an access through an address.
  func access(_ value: Value, _ range: Range<Int>, isWrite: Bool) {
    guard let symbol = value.symbol, state.mdls[symbol] != nil || isAddress(value) else { return }
    tell(.access(value, range: range, isWrite: isWrite))
  }

  // Operators.

  private func unary(
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

  private func binary(
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

  private func isLockOperation(_ operand: (value: Value, expression: Expression)) -> Bool {
    guard let name = operand.expression.lastName else { return false }
    return name.hasPrefix("Io") && name.hasSuffix("Access")
  }

  private func sum(
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
  private func isConstant(_ value: Value) -> Bool {
    if value.integer != nil { return true }
    guard let symbol = value.symbol, value.shape.isEmpty else { return false }
    let name = info(symbol).spelling
    return name.hasPrefix("sizeof")
      || name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
  }

  private func isMDLSymbol(_ value: Value) -> Bool {
    guard let symbol = value.symbol else { return false }
    return state.mdls[symbol] != nil
  }

  private func masked(
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
  private static func isConstant(_ mask: String) -> Bool {
    guard mask.count < 60 else { return false }
    return mask.split(whereSeparator: { "|() ".contains($0) }).allSatisfy { word in
      word.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        && (word.first?.isNumber == true || !word.contains(where: \.isLowercase))
    }
  }

  /// Whether an operator looks at the low bits of an address only, as in `address & 3` or
  /// `address & (alignment - 1)`.
  private func isOfLowBits(_ operation: String, _ right: Expression) -> Bool {
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

  private func assign(
    _ operation: Expression.Operator,
    _ target: Expression,
    _ source: Expression,
    _ expression: Expression
  ) throws(Interruption) -> Value {
    if case .member(let base, let field, let isArrow) = target.form,
      MDLFields.all.contains(field), let symbol = try mdl(base, isArrow: isArrow)
    {
      access(.symbol(symbol), target.range, isWrite: true)
      let new = try value(of: source)
      tellField(symbol, base, field, operation.text, source, target.range)
      if field == "MdlFlags" { setFlags(symbol, source) }
      if field == "Next" {
        escape(new)
        state.values[.field(symbol, field)] = new
      }
      return .symbol(fresh(expression.range))
    }
    let result: Value
    if operation.text == "=" {
      result = try value(of: source)
      // A structure is copied with what it holds.
      if case .name(let name) = source.form {
        escapeFields(of: .variable(name, frame: scope(of: name)))
      }
    } else {
      let old = try value(of: target)
      let operand = try value(of: source)
      result = combine(operation, (old, target), (operand, source), expression, isAssignment: true)
    }
    try store(result, in: target, source)
    return result
  }

  private func setFlags(_ mdl: Symbol, _ source: Expression) {
    let names = spelling(source.range)
    if names.contains("MDL_MAPPING_CAN_FAIL") { state.mdls[mdl, default: .init()].canFail = true }
  }

  private func store(
    _ value: Value,
    in target: Expression,
    _ source: Expression
  ) throws(Interruption) {
    let place = try place(of: target, isWritten: true)
    switch target.withoutCasts.form {
    case .name(let name) where scope(of: name) > 0:
      if frames[scope(of: name)].function.sharedNames.contains(name) { escapeIfOutermost(value) }
    case .name, .member, .element, .unary("*", _):
      if !isLocal(place) {
        if isAddress(value) { tell(.use(value, .store, source)) }
        escape(value)
      } else if case .element(_, let index) = target.withoutCasts.form {
        // Under which index it will be looked for is seldom known.
        if case .integer = index.form {} else { escape(value) }
      }
    default: escape(value)
    }
    guard let place else { return }
    if value.integer == 0 { forget(place) }
    state.values[place] = value
  }

  /// Notes that a value is kept in a variable that others see; within a call, it is the caller's variable.
  func escapeIfOutermost(_ value: Value) {
    if calls.count == 1 { escape(value) }
  }

  /// Whether a place is in a local variable.
  private func isLocal(_ place: Place?) -> Bool {
    switch place {
    case .variable(_, let frame): frame > 0
    case .field(let owner, _): locals.contains(owner)
    default: false
    }
  }

  /// Notes that something else knows of a value.
  func escape(_ value: Value) {
    switch value.base {
    case .symbol(let symbol):
      if state.mdls[symbol] != nil { state.mdls[symbol]?.isEscaped = true }
      if case .mapping = info(symbol).kind { state.escapedAddresses.insert(symbol) }
    case .address(let place):
      if let held = state.values[place], held != value { escape(held) }
      escapeFields(of: place)
    default: break
    }
  }

  /// Notes that something else knows of what a structure holds.
  func escapeFields(of place: Place) {
    guard let owner = knownIdentity(place), !state.mdls.isEmpty else { return }
    for (field, held) in state.values.values {
      guard case .field(owner, _) = field, let symbol = held.symbol else { continue }
      state.mdls[symbol]?.isEscaped = true
    }
  }
}
