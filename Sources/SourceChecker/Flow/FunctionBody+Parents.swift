extension FunctionBody {
  /// The expressions and statements around an expression.
  struct Surroundings {
    /// The expressions around it, the outermost first, and it.
    var expressions: [Expression] = []
    /// The statements around it, the outermost first.
    var statements: [Statement] = []
  }

  /// What is around an expression of the function, or nil if it is not of it.
  func surroundings(of expression: Expression) -> Surroundings? {
    surroundings(of: expression.range) { $0 === expression }
  }

  /// What is around the outermost expression that has a range, or nil if there is none.
  func surroundings(of range: Range<Int>) -> Surroundings? {
    surroundings(of: range) { $0.range == range }
  }

  private func surroundings(
    of range: Range<Int>,
    _ isIt: (Expression) -> Bool
  ) -> Surroundings? {
    var found = Surroundings()
    return body.find(range, isIt, &found) ? found : nil
  }

  /// Calls something for each expression of the function, with the expressions around it, the outermost
  /// first, and the statement.
  func forEachExpression(_ visit: (Expression, [Expression], Statement) -> Void) {
    var parents: [Expression] = []
    body.forEachExpression { expression, statement in
      expression.visit(&parents) { visit($0, $1, statement) }
    }
  }

  /// How often a variable is read.
  func uses(of name: String) -> Int {
    var count = 0
    forEachExpression { expression, parents, _ in
      guard case .name(name) = expression.form else { return }
      if case .assign(let operation, let target, _) = parents.last?.form, operation.text == "=",
        target === expression
      {
        return
      }
      count += 1
    }
    return count
  }

  /// The type with which a local variable or a parameter is declared.
  func type(of name: String) -> TypeName? {
    body.type(of: name) ?? parameters.first { $0.name == name }?.type
  }
}

extension Range<Int> {
  fileprivate func encloses(_ other: Self) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}

extension Statement {
  /// The statements in it, and the expressions that are not in those.
  var parts: (statements: [Statement], expressions: [Expression]) {
    switch form {
    case .expression(let expression): ([], [expression])
    case .variable(_, _, _, let initial): ([], initial.map { [$0] } ?? [])
    case .block(let statements): (statements, [])
    case .branch(let condition, let then, let otherwise):
      ([then] + (otherwise.map { [$0] } ?? []), [condition])
    case .loop(let loop):
      (
        loop.initial + [loop.body],
        [loop.condition, loop.step].compactMap(\.self)
      )
    case .choice(let value, let body): ([body], [value])
    case .returned(let value): ([], value.map { [$0] } ?? [])
    case .guarded(let guarded): ([guarded.body, guarded.handler], [])
    case .choiceLabel, .label, .jump, .breakLoop, .continueLoop, .leave, .nothing: ([], [])
    }
  }

  fileprivate func find(
    _ range: Range<Int>,
    _ isIt: (Expression) -> Bool,
    _ found: inout FunctionBody.Surroundings
  ) -> Bool {
    found.statements.append(self)
    let (statements, expressions) = parts
    for expression in expressions where expression.range.encloses(range) {
      if expression.find(range, isIt, &found) { return true }
    }
    // The parts of a case or a declaration can lie outside of what they are taken for.
    for statement in statements where statement.find(range, isIt, &found) { return true }
    found.statements.removeLast()
    return false
  }

  fileprivate func forEachExpression(_ visit: (Expression, Statement) -> Void) {
    let (statements, expressions) = parts
    for expression in expressions { visit(expression, self) }
    for statement in statements { statement.forEachExpression(visit) }
  }

  fileprivate func type(of name: String) -> TypeName? {
    if case .variable(name, let type, _, _) = form { return type }
    for statement in parts.statements {
      if let type = statement.type(of: name) { return type }
    }
    return nil
  }
}

extension Expression {
  /// The expressions that it is made of.
  var parts: [Expression] {
    switch form {
    case .name, .integer: []
    case .call(_, let function, let arguments): [function] + arguments
    case .member(let base, _, _), .unary(_, let base), .cast(_, let base), .step(let base): [base]
    case .element(let base, let index): [base, index]
    case .binary(_, let left, let right), .assign(_, let left, let right),
      .comma(let left, let right):
      [left, right]
    case .conditional(let condition, let yes, let no): [condition, yes, no]
    case .other(let parts): parts
    }
  }

  fileprivate func find(
    _ range: Range<Int>,
    _ isIt: (Expression) -> Bool,
    _ found: inout FunctionBody.Surroundings
  ) -> Bool {
    found.expressions.append(self)
    if isIt(self) { return true }
    for part in parts where part.range.encloses(range) {
      if part.find(range, isIt, &found) { return true }
    }
    found.expressions.removeLast()
    return false
  }

  fileprivate func visit(
    _ parents: inout [Expression],
    _ visit: (Expression, [Expression]) -> Void
  ) {
    visit(self, parents)
    parents.append(self)
    for part in parts { part.visit(&parents, visit) }
    parents.removeLast()
  }
}
