/// Calls of functions and macros of the same file.
extension Interpreter {
  /// Walks through a function of the file with the arguments that it gets.
  ///
  /// - Returns: Its result, or nil if it is called by itself, or too deep.
  func inlined(
    _ function: FunctionBody,
    _ arguments: [(Expression, Value)],
    _ expression: Expression
  ) throws(Interruption) -> Value? {
    guard calls.count <= Self.depthLimit, !calls.contains(function.name),
      arguments.count == function.parameters.count,
      function.isMacro || relevantFunctions.contains(function.name)
        || arguments.contains(where: { isOfInterest($0.1) })
    else { return nil }
    let start = state
    let callee = frame(for: function, calledAt: expression.range)
    for (parameter, (argument, value)) in zip(function.parameters, arguments) {
      frames[callee].types[parameter.name] =
        parameter.type ?? type(of: argument.withoutCasts) ?? TypeName.unknown
      state.values[.variable(parameter.name, frame: callee)] = value
    }
    if function.isMacro {
      expansions.removeAll { $0.body == function.range }
      expansions.append((function.range, expression.range))
    }
    guard let ends = try ends(of: function, in: callee) else {
      // What is too much is as good as unknown.
      state = start
      return nil
    }
    let count = ends.returns.count + ends.raised.count
    guard count > 0 else { throw .impossible }
    let choice = count == 1 ? 0 : oracle.choose(min(count, Self.pathLimit))
    guard choice < ends.returns.count else {
      state = ends.raised[choice - ends.returns.count]
      throw .raised
    }
    let end = ends.returns[choice]
    state = end.state
    if function.isMacro {
      if !function.isExpression, end.range.upperBound < function.body.range.upperBound {
        pendingReturn = (end.value, expression.range)
        throw .returned
      }
    }
    writeBack(function, arguments, callee)
    state.values.removeAll { place in
      if case .variable(_, callee) = place { true } else { false }
    }
    return end.value ?? .symbol(fresh(expression.range))
  }

  /// Where a call leads, or nil if that is too much to find out.
  func ends(
    of function: FunctionBody,
    in callee: Int
  ) throws(Interruption) -> Ends? {
    let key = CallKey(frame: callee, state: state, exceptDepth: exceptDepth, tryDepth: tryDepth)
    if let known = knownEnds[key] { return known }
    let wholeBudget = budget
    budget = min(budget, Self.callBudget)
    let share = budget
    let caller = frame
    calls.append(function.name)
    frame = callee
    defer {
      frame = caller
      calls.removeLast()
      budget = wholeBudget - (share - max(budget, 0))
    }
    if knownEnds.count > 400 { knownEnds = [:] }
    do throws(Interruption) {
      var ends = try self.ends(of: function.body, from: [state])
      ends.returns = joined(ends.returns)
      knownEnds[key] = ends
      return ends
    } catch {
      guard error == .exhausted, wholeBudget > share else { throw error }
      knownEnds[key] = .some(nil)
      return nil
    }
  }

  /// Ends without those that differ only in what was found out about values.
  func joined(_ ends: [Ends.Return]) -> [Ends.Return] {
    struct Kind: Hashable {
      let value: Value?
      let range: Range<Int>
    }
    var groups: [Kind: [State]] = [:]
    var order: [Kind] = []
    for end in ends {
      let kind = Kind(value: end.value, range: end.range)
      if groups[kind] == nil { order.append(kind) }
      groups[kind, default: []].append(end.state)
    }
    return order.flatMap { kind in
      merged(groups[kind] ?? []).map { ($0, kind.value, kind.range) }
    }
  }

  /// Whether something is known of a value that a call may change, or find out.
  func isOfInterest(_ value: Value) -> Bool {
    switch value.base {
    case .symbol(let symbol):
      if state.mdls[symbol] != nil || isAddress(value) { return true }
      if case .mdl = info(symbol).kind { return true }
      return false
    case .address(let place): return state.values[place].map(isOfInterest) ?? false
    case .integer, .test: return false
    }
  }

  /// A macro assigns to what it was given, not to a copy, and so does a function with a reference.
  func writeBack(
    _ function: FunctionBody,
    _ arguments: [(Expression, Value)],
    _ callee: Int
  ) {
    for (parameter, (argument, value)) in zip(function.parameters, arguments) {
      guard function.isMacro || parameter.isReference,
        let new = state.values[.variable(parameter.name, frame: callee)], new != value
      else { continue }
      if case .name(let name) = argument.withoutCasts.form {
        state.values[.variable(name, frame: scope(of: name))] = new
      } else if parameter.isReference {
        escape(new)
      }
    }
  }
}
