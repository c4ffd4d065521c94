extension Lowering {
  /// Makes an expression.
  mutating func expression(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    var index = index
    // Parentheses can be many, and mean nothing.
    while tree[index].kind == .parenthesizedExpression || tree[index].kind == .conditionClause,
      let inner = tree.namedChildren(of: index).reversed().first
    {
      index = inner
    }
    return try deeper { (self: inout Self) throws(Failure) in try self.flatExpression(index) }
  }

  private mutating func flatExpression(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    let node = tree[index]
    func made(_ form: Expression.Form) -> Expression { Expression(node.range, form) }
    switch node.kind {
    case .identifier, .thisPointer, .qualifiedIdentifier, .typeIdentifier:
      let name = spelling(index)
      names.insert(name)
      return made(.name(name))
    case .nullPointer: return made(.name("NULL"))
    case .trueLiteral: return made(.integer(1))
    case .falseLiteral: return made(.integer(0))
    case .numberLiteral:
      return made(Self.number(spelling(index)).map(Expression.Form.integer) ?? .other([]))
    case .callExpression: return try call(index)
    case .castExpression:
      guard let descriptor = tree.child(of: index, .type), let value = tree.child(of: index, .value)
      else { return try rest(index) }
      return made(.cast(type(descriptor), try expression(value)))
    case .fieldExpression:
      guard let base = tree.child(of: index, .argument), let field = tree.child(of: index, .field)
      else { return try rest(index) }
      let isArrow = tree.children(of: index).contains { spellingIs($0, "->") }
      return made(.member(base: try expression(base), field: spelling(field), isArrow: isArrow))
    case .subscriptExpression:
      guard let base = tree.child(of: index, .argument) else { return try rest(index) }
      let subscripts = tree.child(of: index, .indices) ?? tree.child(of: index, .index)
      guard var subscripts else { return try rest(index) }
      if tree[subscripts].kind == .subscriptArgumentList,
        let inner = tree.namedChildren(of: subscripts).first(where: { _ in true })
      {
        subscripts = inner
      }
      return made(.element(base: try expression(base), index: try expression(subscripts)))
    case .pointerExpression, .unaryExpression:
      guard let operand = tree.child(of: index, .argument),
        let operation = tree.child(of: index, .operator)
      else { return try rest(index) }
      return made(.unary(spelling(operation), try expression(operand)))
    case .binaryExpression: return try binary(index)
    case .assignmentExpression:
      guard let left = tree.child(of: index, .left), let right = tree.child(of: index, .right),
        let operation = tree.child(of: index, .operator)
      else { return try rest(index) }
      let text = spelling(operation)
      let name = text.count > 1 ? String(text.dropLast()) : text
      return made(
        .assign(
          Expression.Operator(text: name, range: tree[operation].range),
          try expression(left),
          try expression(right)
        )
      )
    case .updateExpression:
      guard let operand = tree.child(of: index, .argument) else { return try rest(index) }
      return made(.step(try expression(operand)))
    case .conditionalExpression:
      guard let condition = tree.child(of: index, .condition),
        let yes = tree.child(of: index, .consequence), let no = tree.child(of: index, .alternative)
      else { return try rest(index) }
      return made(.conditional(try expression(condition), try expression(yes), try expression(no)))
    case .commaExpression:
      guard let left = tree.child(of: index, .left), let right = tree.child(of: index, .right)
      else { return try rest(index) }
      return made(.comma(try expression(left), try expression(right)))
    case .sizeofExpression, .stringLiteral, .charLiteral, .concatenatedString, .alignofExpression,
      .offsetofExpression, .rawStringLiteral, .typeDescriptor, .primitiveType, .token:
      return made(.other([]))
    case .lambdaExpression:
      // It may keep, and do, what it mentions.
      return made(
        .other(
          tree.nodes[Int(index)..<Int(node.next)].filter { $0.kind == .identifier }.prefix(200)
            .map { Expression($0.range, .name(spelling($0.range))) }
        )
      )
    default: return try rest(index)
    }
  }

  private func spellingIs(_ index: SyntaxTree.Index, _ text: StaticString) -> Bool {
    tree[index].kind == .token && spelling(index) == "\(text)"
  }

  /// An expression of which only the parts matter.
  private mutating func rest(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    var parts: [Expression] = []
    for child in tree.namedChildren(of: index) { parts.append(try expression(child)) }
    return Expression(tree[index].range, .other(parts))
  }

  private mutating func call(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    let range = tree[index].range
    guard let function = tree.child(of: index, .function) else { return try rest(index) }
    var arguments: [Expression] = []
    if let list = tree.child(of: index, .arguments) {
      for child in tree.namedChildren(of: list) { arguments.append(try expression(child)) }
    }
    // `(PUCHAR)(x)` looks like a call of what stands in parentheses.
    if tree[function].kind == .parenthesizedExpression, arguments.count == 1,
      let type = parenthesizedType(function)
    {
      return Expression(range, .cast(type, arguments[0]))
    }
    if tree[function].kind == .templateFunction, arguments.count == 1,
      let cast = cxxCast(function)
    {
      return Expression(range, .cast(cast, arguments[0]))
    }
    let callee = try expression(function)
    let name: String?
    switch callee.form {
    case .name(let text): name = text.split(separator: ":").last.map(String.init)
    default: name = nil
    }
    if let name { calls.append(Call(callee: name, isGuarded: guardDepth > 0)) }
    return Expression(range, .call(name: name, function: callee, arguments: arguments))
  }

  private mutating func binary(_ index: SyntaxTree.Index) throws(Failure) -> Expression {
    guard let left = tree.child(of: index, .left), let right = tree.child(of: index, .right),
      let operation = tree.child(of: index, .operator)
    else { return try rest(index) }
    let text = spelling(operation)
    // `(PUCHAR)&x` looks like an `&` of two operands.
    if ["*", "&", "-", "+"].contains(text), tree[left].kind == .parenthesizedExpression,
      let type = parenthesizedType(left)
    {
      let operand = try expression(right)
      let range = Int(tree[operation].start)..<operand.range.upperBound
      return Expression(tree[index].range, .cast(type, Expression(range, .unary(text, operand))))
    }
    let operation_ = Expression.Operator(text: text, range: tree[operation].range)
    return Expression(
      tree[index].range,
      .binary(operation_, try expression(left), try expression(right))
    )
  }

  /// The type that a name in parentheses is, if it looks like one.
  private func parenthesizedType(_ index: SyntaxTree.Index) -> TypeName? {
    let named = Array(tree.namedChildren(of: index).prefix(2))
    guard named.count == 1, tree[named[0]].kind == .identifier else { return nil }
    let name = spelling(named[0])
    // A number in parentheses has no reason to be there; the name of a type has.
    guard TypeName.known.contains(name) || name.count > 2 && name == name.uppercased() else {
      return nil
    }
    return TypeName(base: name, pointers: 0, range: tree[named[0]].range)
  }

  private func type(_ descriptor: SyntaxTree.Index) -> TypeName {
    let type = tree.child(of: descriptor, .type) ?? descriptor
    let stars = tree.child(of: descriptor, .declarator).map(pointers) ?? 0
    return typeName(type, pointers: stars)
  }

  /// The type of `reinterpret_cast<T>` and its like.
  private func cxxCast(_ function: SyntaxTree.Index) -> TypeName? {
    guard let name = tree.child(of: function, .name),
      ["reinterpret_cast", "static_cast", "const_cast"].contains(spelling(name)),
      let list = tree.child(of: function, .arguments),
      let descriptor = tree.namedChildren(of: list).first(where: { _ in true })
    else { return nil }
    return type(descriptor)
  }

  /// The value of a number as C writes it.
  private static func number(_ text: String) -> Int? {
    // The grammar takes a sign for part of the number.
    if let sign = text.first, sign == "-" || sign == "+" {
      return number(String(text.dropFirst())).map { sign == "-" ? 0 &- $0 : $0 }
    }
    let digits = text.lowercased().filter { $0 != "'" }
      .prefix { $0.isHexDigit || $0 == "x" }
    if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16) }
    let decimal = digits.prefix { $0.isNumber }
    if decimal.count > 1, decimal.hasPrefix("0") { return Int(decimal, radix: 8) }
    return Int(decimal)
  }
}

extension TypeName {
  /// Names of types that do not look like pointers.
  static let known: Set<String> = [
    "ULONG", "LONG", "DWORD", "UINT", "INT", "ULONG_PTR", "LONG_PTR", "UINT_PTR", "INT_PTR",
    "DWORD_PTR", "SIZE_T", "ULONGLONG", "LONGLONG", "ULONG64", "UINT64", "VOID", "CHAR", "UCHAR",
    "USHORT", "SHORT", "BYTE", "WORD", "uintptr_t", "size_t", "UINT32", "LPVOID", "LPBYTE",
    "NTSTATUS", "BOOLEAN", "HANDLE", "uint32_t", "uint64_t",
  ]
}
