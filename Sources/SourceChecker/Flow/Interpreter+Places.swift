/// Where values are kept, and who else knows of them.
extension Interpreter {
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

  func owner(of pointer: Value, _ expression: Expression) -> Symbol? {
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

  func assign(
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

  func setFlags(_ mdl: Symbol, _ source: Expression) {
    let names = spelling(source.range)
    if names.contains("MDL_MAPPING_CAN_FAIL") { state.mdls[mdl, default: .init()].canFail = true }
  }

  func store(
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
  func isLocal(_ place: Place?) -> Bool {
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
