/// Where the paths through a statement lead.
struct Flow {
  var normal: [State] = []
  var breaks: [State] = []
  var continues: [State] = []
  var leaves: [State] = []
  var raised: [State] = []
  var returns: [(state: State, value: Value?, range: Range<Int>)] = []
  var jumps: [(label: String, state: State)] = []

  /// Takes over all but what goes on behind the statement.
  mutating func takeExits(of other: Flow) {
    breaks += other.breaks
    continues += other.continues
    takeFarExits(of: other)
  }

  /// Takes over what leaves loops too.
  mutating func takeFarExits(of other: Flow) {
    leaves += other.leaves
    raised += other.raised
    returns += other.returns
    jumps += other.jumps
  }
}

/// How a function's walk ends.
struct Ends {
  typealias Return = (state: State, value: Value?, range: Range<Int>)

  var returns: [Return] = []
  var raised: [State] = []
}

extension Interpreter {
  /// Walks through a statement.
  func execute(_ statement: Statement, _ states: [State]) throws(Interruption) -> Flow {
    var flow = Flow()
    guard !states.isEmpty else { return flow }
    try spend()
    switch statement.form {
    case .nothing, .label, .choiceLabel: flow.normal = states
    case .expression(let expression):
      flow.normal = try evaluated(expression, states, &flow)
    case .variable(let name, let type, let isArray, let initial):
      flow.normal = try declared(name, type, isArray, initial, states, &flow)
    case .block(let statements): flow = try executeAll(statements[...], states)
    case .branch(let condition, let then, let otherwise):
      let decided = try paths(from: states, &flow) { () throws(Interruption) in
        try self.condition(condition)
      }
      let yes = try execute(then, merged(decided.filter(\.result).map(\.state)))
      flow.takeExits(of: yes)
      flow.normal = yes.normal
      let no = merged(decided.filter { !$0.result }.map(\.state))
      if let otherwise {
        let other = try execute(otherwise, no)
        flow.takeExits(of: other)
        flow.normal += other.normal
      } else {
        flow.normal += no
      }
      flow.normal = merged(flow.normal)
    case .loop(let loop):
      let start = try executeAll(loop.initial[...], states)
      flow.takeFarExits(of: start)
      try run(loop, start.normal, skipsTest: loop.isDo, &flow)
    case .choice(let value, let body):
      let start = try evaluated(value, states, &flow)
      try choose(body, start, &flow)
    case .jump(let label): flow.jumps = states.map { (label, $0) }
    case .returned(let value):
      let results = try paths(from: states, &flow) {
        () throws(Interruption) -> Value? in
        guard let value else { return nil }
        let result = try self.value(of: value)
        self.tell(.use(result, .result, value))
        if self.calls.count == 1 { self.escape(result) }
        return result
      }
      flow.returns = results.map { ($0.state, $0.result, statement.range) }
    case .breakLoop: flow.breaks = states
    case .continueLoop: flow.continues = states
    case .leave: flow.leaves = states
    case .guarded(let guarded):
      try run(guarded, statement.range, states, &flow) { interpreter, states throws(Interruption) in
        try interpreter.execute(guarded.body, states)
      }
    }
    return flow
  }

  func executeAll(
    _ statements: ArraySlice<Statement>,
    _ states: [State]
  ) throws(Interruption) -> Flow {
    var flow = Flow(normal: states)
    for statement in statements {
      guard !flow.normal.isEmpty else { break }
      let next = try execute(statement, flow.normal)
      flow.takeExits(of: next)
      flow.normal = next.normal
    }
    return flow
  }

  func evaluated(
    _ expression: Expression,
    _ states: [State],
    _ flow: inout Flow
  ) throws(Interruption) -> [State] {
    let results = try paths(from: states, &flow) { () throws(Interruption) in
      _ = try self.value(of: expression)
    }
    return merged(results.map(\.state))
  }

  func declared(
    _ name: String,
    _ type: TypeName,
    _ isArray: Bool,
    _ initial: Expression?,
    _ states: [State],
    _ flow: inout Flow
  ) throws(Interruption) -> [State] {
    frames[frame].types[name] = type
    if isArray { frames[frame].arrays.insert(name) }
    guard let initial else { return states }
    let place = Place.variable(name, frame: frame)
    let results = try paths(from: states, &flow) { () throws(Interruption) in
      let value = try self.value(of: initial)
      if self.frames[self.frame].function.sharedNames.contains(name) {
        self.escapeIfOutermost(value)
      }
      self.state.values[place] = value
    }
    return merged(results.map(\.state))
  }

  /// Goes through a loop up to twice.
  func run(
    _ loop: Statement.Loop,
    _ states: [State],
    skipsTest: Bool,
    _ flow: inout Flow
  ) throws(Interruption) {
    var current = states
    var exits: [State] = []
    var isTested = !skipsTest
    for round in 0..<3 {
      if isTested, let condition = loop.condition {
        let decided = try paths(from: current, &flow) { () throws(Interruption) in
          try self.condition(condition)
        }
        exits += decided.filter { !$0.result }.map(\.state)
        current = merged(decided.filter(\.result).map(\.state))
      }
      isTested = true
      guard round < 2, !current.isEmpty else { break }
      let body = try execute(loop.body, current)
      flow.takeFarExits(of: body)
      exits += body.breaks
      current = merged(body.normal + body.continues)
      if let step = loop.step { current = try evaluated(step, current, &flow) }
    }
    flow.normal = merged(exits)
  }

  /// Goes into a `switch` at each of its labels.
  func choose(
    _ body: Statement,
    _ states: [State],
    _ flow: inout Flow
  ) throws(Interruption) {
    guard case .block(let statements) = body.form else {
      flow.normal = states
      return
    }
    var hasDefault = false
    var fallen: [State] = []
    for (index, statement) in statements.enumerated() {
      switch statement.form {
      case .choiceLabel(let isDefault):
        hasDefault = hasDefault || isDefault
        // One walk for labels that stand together.
        if index > 0, case .choiceLabel = statements[index - 1].form { continue }
        fallen = merged(fallen + states)
      default:
        guard !fallen.isEmpty else { continue }
        let next = try execute(statement, fallen)
        flow.continues += next.continues
        flow.takeFarExits(of: next)
        flow.normal += next.breaks
        fallen = next.normal
      }
    }
    flow.normal = merged(flow.normal + fallen + (hasDefault ? [] : states))
  }

  /// Walks through a `__try` and what handles it; `body` walks through what is guarded.
  func run(
    _ guarded: Statement.Guarded,
    _ range: Range<Int>,
    _ states: [State],
    _ flow: inout Flow,
    _ body: (Interpreter, [State]) throws(Interruption) -> Flow
  ) throws(Interruption) {
    let catches = guarded.isExcept && !guarded.filterDeclines
    exceptDepth += catches ? 1 : 0
    tryDepth += 1
    let inside: Flow
    do throws(Interruption) {
      inside = try body(self, states)
      exceptDepth -= catches ? 1 : 0
      tryDepth -= 1
    } catch {
      exceptDepth -= catches ? 1 : 0
      tryDepth -= 1
      throw error
    }
    guard guarded.isExcept else {
      try finish(guarded.handler, inside, &flow)
      return
    }
    flow.returns += inside.returns
    flow.jumps += inside.jumps
    flow.breaks += inside.breaks
    flow.continues += inside.continues
    flow.normal = inside.normal + inside.leaves
    if catches {
      var caught = merged(inside.raised.isEmpty ? states : inside.raised)
      for index in caught.indices { caught[index].handler = guarded.filter }
      let handled = try execute(guarded.handler, caught)
      flow.takeExits(of: handled)
      flow.normal += handled.normal
    } else {
      flow.raised += inside.raised
    }
    flow.normal = merged(flow.normal)
  }

  /// Walks through a `__finally` block on every way out of what it guards.
  func finish(
    _ handler: Statement,
    _ inside: Flow,
    _ flow: inout Flow
  ) throws(Interruption) {
    func through(_ states: [State], unwinding: Bool = false) throws(Interruption) -> [State] {
      var states = merged(states)
      for index in states.indices { states[index].isUnwinding = unwinding }
      let result = try execute(handler, states)
      flow.takeExits(of: result)
      var ends = result.normal
      for index in ends.indices { ends[index].isUnwinding = false }
      return ends
    }
    flow.normal += try through(inside.normal + inside.leaves)
    flow.raised += try through(inside.raised, unwinding: true)
    flow.breaks += try through(inside.breaks)
    flow.continues += try through(inside.continues)
    for exit in inside.returns {
      for state in try through([exit.state]) {
        flow.returns.append((state, exit.value, exit.range))
      }
    }
    for jump in inside.jumps {
      for state in try through([jump.state]) { flow.jumps.append((jump.label, state)) }
    }
  }
}
