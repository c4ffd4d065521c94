extension Interpreter {
  /// Walks through a statement from a label within it.
  ///
  /// - Returns: Where that leads, or nil if the label is not there.
  func enter(
    _ statement: Statement,
    at label: String,
    _ states: [State]
  ) throws(Interruption) -> Flow? {
    try spend()
    switch statement.form {
    case .label(let name): return name == label ? Flow(normal: states) : nil
    case .block(let statements):
      for (index, inner) in statements.enumerated() {
        guard var flow = try enter(inner, at: label, states) else { continue }
        let rest = try executeAll(statements[(index + 1)...], merged(flow.normal))
        flow.normal = rest.normal
        flow.takeExits(of: rest)
        return flow
      }
      return nil
    case .branch(_, let then, let otherwise):
      if let flow = try enter(then, at: label, states) { return flow }
      if let otherwise { return try enter(otherwise, at: label, states) }
      return nil
    case .loop(let loop):
      guard let body = try enter(loop.body, at: label, states) else { return nil }
      var flow = Flow()
      flow.takeFarExits(of: body)
      try run(loop, merged(body.normal + body.continues), skipsTest: false, &flow)
      flow.normal = merged(flow.normal + body.breaks)
      return flow
    case .choice(_, let body):
      guard var flow = try enter(body, at: label, states) else { return nil }
      flow.normal = merged(flow.normal + flow.breaks)
      flow.breaks = []
      return flow
    case .guarded(let guarded):
      if let flow = try enter(guarded.handler, at: label, states) { return flow }
      guard contains(guarded.body, label) else { return nil }
      var flow = Flow()
      try run(guarded, statement.range, states, &flow) { interpreter, states throws(Interruption) in
        try interpreter.enter(guarded.body, at: label, states) ?? Flow()
      }
      return flow
    default: return nil
    }
  }

  private func contains(_ statement: Statement, _ label: String) -> Bool {
    switch statement.form {
    case .label(let name): name == label
    case .block(let statements): statements.contains { contains($0, label) }
    case .branch(_, let then, let otherwise):
      contains(then, label) || otherwise.map { contains($0, label) } ?? false
    case .loop(let loop): contains(loop.body, label)
    case .choice(_, let body): contains(body, label)
    case .guarded(let guarded): contains(guarded.body, label) || contains(guarded.handler, label)
    default: false
    }
  }
}
