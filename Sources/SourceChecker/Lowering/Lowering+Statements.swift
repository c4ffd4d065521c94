extension Lowering {
  /// Makes a statement.
  mutating func statement(_ index: SyntaxTree.Index) throws(Failure) -> Statement {
    try deeper { (self: inout Self) throws(Failure) in try self.flatStatement(index) }
  }

  private mutating func flatStatement(_ index: SyntaxTree.Index) throws(Failure) -> Statement {
    let node = tree[index]
    func made(_ form: Statement.Form) -> Statement { Statement(node.range, form) }
    switch node.kind {
    case .compoundStatement, .caseStatement, .labeledStatement, .declaration:
      return made(.block(try statements(in: index)))
    case .expressionStatement:
      guard let child = tree.namedChildren(of: index).first(where: { _ in true }) else {
        return made(.nothing)
      }
      if tree[child].kind == .identifier, Self.leaves.contains(spelling(child)) {
        return made(.leave)
      }
      return made(.expression(try expression(child)))
    case .sehLeaveStatement: return made(.leave)
    case .ifStatement:
      let condition = try self.condition(index)
      let then = try part(index, .consequence)
      var otherwise: Statement?
      if let alternative = tree.child(of: index, .alternative) {
        let inner =
          tree[alternative].kind == .elseClause
          ? tree.namedChildren(of: alternative).first { _ in true } : alternative
        otherwise = try inner.map { (index) throws(Failure) in try statement(index) }
      }
      return made(.branch(condition, then: then, otherwise: otherwise))
    case .whileStatement, .doStatement:
      return made(
        .loop(
          Statement.Loop(
            initial: [],
            condition: try condition(index),
            step: nil,
            body: try part(index, .body),
            isDo: node.kind == .doStatement
          )
        )
      )
    case .forStatement: return made(.loop(try forLoop(index)))
    case .forRangeLoop:
      let condition = Expression(node.range, .other([]))
      return made(
        .loop(
          Statement.Loop(
            initial: [],
            condition: condition,
            step: nil,
            body: try part(index, .body),
            isDo: false
          )
        )
      )
    case .switchStatement:
      return made(.choice(try condition(index), body: try part(index, .body)))
    case .returnStatement:
      let value = tree.namedChildren(of: index).first { _ in true }
      return made(.returned(try value.map { (index) throws(Failure) in try expression(index) }))
    case .gotoStatement:
      return made(tree.child(of: index, .label).map { .jump(spelling($0)) } ?? .nothing)
    case .breakStatement: return made(.breakLoop)
    case .continueStatement: return made(.continueLoop)
    case .tryStatement: return try part(index, .body)
    case .attributedStatement:
      guard let inner = tree.namedChildren(of: index).reversed().first else {
        return made(.nothing)
      }
      return try statement(inner)
    case .functionDefinition, .typeDefinition, .usingDeclaration, .comment, .structSpecifier,
      .classSpecifier, .enumSpecifier, .unionSpecifier, .staticAssertDeclaration, .preprocCall,
      .preprocDef, .preprocFunctionDef, .preprocInclude, .error:
      return made(.nothing)
    default: return made(.expression(try expression(index)))
    }
  }

  private static let leaves: Set<String> = [
    "__leave", "leave", "_leave", "_SEH2_LEAVE", "_SEH_LEAVE",
  ]

  /// The statements of a block, in which labels stand by themselves and `__try` blocks are put together.
  private mutating func statements(in index: SyntaxTree.Index) throws(Failure) -> [Statement] {
    var result: [Statement] = []
    switch tree[index].kind {
    case .declaration: return try variables(index)
    case .labeledStatement:
      if let label = tree.child(of: index, .label) {
        result.append(Statement(tree[label].range, .label(spelling(label))))
      }
    case .caseStatement:
      let value = tree.child(of: index, .value)
      result.append(Statement(tree[index].range, .choiceLabel(isDefault: value == nil)))
    default: break
    }
    var pending: (guard: ScrubbedSource.Guard, body: Statement)?
    for child in tree.namedChildren(of: index)
    where tree[child].field != .label && tree[child].field != .value {
      let node = tree[child]
      if node.kind == .compoundStatement, let waiting = pending {
        if waiting.guard.handler == Int(node.start) {
          pending = nil
          let range = waiting.body.range.lowerBound..<Int(node.end)
          result.append(Statement(range, .guarded(try guarded(waiting, child))))
          continue
        }
        result.append(waiting.body)
        pending = nil
      }
      if node.kind == .compoundStatement, let found = guards[Int(node.start)] {
        let catches = found.kind == .except && !declines(found)
        guardDepth += catches ? 1 : 0
        defer { guardDepth -= catches ? 1 : 0 }
        pending = (found, try statement(child))
        continue
      }
      switch node.kind {
      case .caseStatement, .labeledStatement: result += try inner(child)
      default: result.append(try statement(child))
      }
    }
    if let pending { result.append(pending.body) }
    return result
  }

  private mutating func inner(_ index: SyntaxTree.Index) throws(Failure) -> [Statement] {
    try deeper { (self: inout Self) throws(Failure) in try self.statements(in: index) }
  }

  /// Whether a filter passes every exception on.
  private func declines(_ found: ScrubbedSource.Guard) -> Bool {
    let range = found.filter.clamped(to: 0..<original.count)
    let filter = String(decoding: original[range].filter { $0 > 0x20 }, as: UTF8.self)
    return filter == "EXCEPTION_CONTINUE_SEARCH" || filter == "0"
  }

  private mutating func guarded(
    _ waiting: (guard: ScrubbedSource.Guard, body: Statement),
    _ handler: SyntaxTree.Index
  ) throws(Failure) -> Statement.Guarded {
    Statement.Guarded(
      body: waiting.body,
      handler: try statement(handler),
      isExcept: waiting.guard.kind == .except,
      filter: waiting.guard.filter,
      filterDeclines: declines(waiting.guard)
    )
  }

  private mutating func part(
    _ index: SyntaxTree.Index,
    _ field: NodeField
  ) throws(Failure) -> Statement {
    guard let part = tree.child(of: index, field) else {
      return Statement(tree[index].range, .nothing)
    }
    return try statement(part)
  }

  private mutating func condition(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    guard let condition = tree.child(of: index, .condition) else {
      return Expression(tree[index].range, .other([]))
    }
    return try expression(condition)
  }

  private mutating func forLoop(_ index: SyntaxTree.Index) throws(Failure) -> Statement.Loop {
    var initial: [Statement] = []
    if let start = tree.child(of: index, .initializer) { initial = [try statement(start)] }
    let condition = try tree.child(of: index, .condition).map { (index) throws(Failure) in
      try expression(index)
    }
    let step = try tree.child(of: index, .update).map { (index) throws(Failure) in
      try expression(index)
    }
    return Statement.Loop(
      initial: initial,
      condition: condition,
      step: step,
      body: try part(index, .body),
      isDo: false
    )
  }

  /// The variables that a declaration declares.
  private mutating func variables(_ index: SyntaxTree.Index) throws(Failure) -> [Statement] {
    guard let type = tree.child(of: index, .type) else { return [] }
    var result: [Statement] = []
    for child in tree.namedChildren(of: index) where tree[child].field == .declarator {
      var declarator = child
      var initial: Expression?
      if tree[child].kind == .initDeclarator {
        guard let inner = tree.child(of: child, .declarator) else { continue }
        declarator = inner
        if let value = tree.child(of: child, .value) { initial = try expression(value) }
      }
      // `Guard guard(mdl);` declares a variable, though it looks like a function: it may keep the MDL.
      if tree[declarator].kind == .functionDeclarator
        || tree.child(of: child, .value).map({ tree[$0].kind }) == .argumentList
      {
        let names = tree.nodes[Int(child)..<Int(tree[child].next)].filter {
          $0.kind == .identifier || $0.kind == .typeIdentifier
        }
        let parts = names.dropFirst().prefix(50).map {
          Expression($0.range, .name(spelling($0.range)))
        }
        let keeper = Expression(tree[child].range, .other(Array(parts)))
        result.append(Statement(tree[child].range, .expression(keeper)))
        continue
      }
      let name = name(of: declarator)
      result.append(
        Statement(
          tree[child].range,
          .variable(
            name: name,
            type: typeName(type, pointers: pointers(of: declarator)),
            isArray: tree[declarator].kind == .arrayDeclarator,
            initial: initial
          )
        )
      )
    }
    return result
  }
}
