/// Makes statements and expressions of a syntax tree.
struct Lowering {
  /// Why a function is not looked at.
  enum Failure: Error {
    /// It is nested too deeply.
    case tooDeep
    /// The grammar does not understand it.
    case unreadable
  }

  /// A call of a function of the same file, perhaps.
  struct Call {
    let callee: String
    /// Whether it stands in a block whose exceptions are caught.
    let isGuarded: Bool
  }

  static let depthLimit = 250

  let tree: SyntaxTree
  /// The file as it was parsed.
  let bytes: [UInt8]
  /// The file as it is.
  let original: [UInt8]
  /// Guards by the offset of the guarded block.
  let guards: [Int: ScrubbedSource.Guard]
  var depth = 0
  var guardDepth = 0
  /// The calls met.
  var calls: [Call] = []
  /// The names met that are not called: functions whose addresses are taken are among them.
  var names: Set<String> = []

  init(
    tree: SyntaxTree,
    bytes: [UInt8],
    original: [UInt8],
    guards: [Int: ScrubbedSource.Guard]
  ) {
    self.tree = tree
    self.bytes = bytes
    self.original = original
    self.guards = guards
  }

  func spelling(_ index: SyntaxTree.Index) -> String {
    spelling(tree[index].range)
  }

  func spelling(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// Goes one level deeper while something is done.
  mutating func deeper<Result>(
    _ body: (inout Self) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else { throw .tooDeep }
    return try body(&self)
  }

  /// Makes a function of the definition whose body begins at an offset.
  mutating func function(_ source: ScrubbedSource.Function) throws(Failure) -> FunctionBody {
    guard
      let body = tree.nodes.indices.first(where: {
        tree.nodes[$0].kind == .compoundStatement && Int(tree.nodes[$0].start) == source.body
      })
    else { throw .unreadable }
    let index = SyntaxTree.Index(body)
    guard isReadable(index) else { throw .unreadable }
    var parameters: [FunctionBody.Parameter] = []
    var returnType: TypeName?
    if let definition = tree.nodes[..<body].lastIndex(where: { $0.kind == .functionDefinition }) {
      let definition = SyntaxTree.Index(definition)
      if let declarator = tree.child(of: definition, .declarator) {
        parameters = self.parameters(declarator)
        if let type = tree.child(of: definition, .type) {
          returnType = typeName(type, pointers: pointers(of: declarator))
        }
      }
    }
    return FunctionBody(
      name: source.name,
      parameters: parameters,
      returnType: returnType,
      isMacro: false,
      body: try statement(index),
      range: source.range,
      sharedNames: Set(parameters.filter(\.isReference).map(\.name))
        .union(namesInLambdas(below: index))
    )
  }

  /// What lambdas mention, whatever it is.
  private func namesInLambdas(below body: SyntaxTree.Index) -> Set<String> {
    var names: Set<String> = []
    var end: SyntaxTree.Index = 0
    for index in body..<tree[body].next {
      if tree[index].kind == .lambdaExpression { end = max(end, tree[index].next) }
      if index < end, tree[index].kind == .identifier { names.insert(spelling(index)) }
    }
    return names
  }

  /// Makes a function of a macro's body, which was parsed as that of a function.
  mutating func macro(_ source: ScrubbedSource.Macro) throws(Failure) -> FunctionBody {
    guard
      let body = tree.nodes.indices.first(where: { tree.nodes[$0].kind == .compoundStatement })
    else { throw .unreadable }
    let index = SyntaxTree.Index(body)
    guard isReadable(index) else { throw .unreadable }
    var statement = try statement(index)
    var isExpression = false
    if case .block(let statements) = statement.form {
      let real = statements.filter { if case .nothing = $0.form { false } else { true } }
      if real.count == 1, case .expression(let expression) = real[0].form {
        statement = Statement(real[0].range, .returned(expression))
        isExpression = true
      }
    }
    return FunctionBody(
      name: source.name,
      parameters: (source.parameters ?? []).map { FunctionBody.Parameter(name: $0, type: nil) },
      returnType: nil,
      isMacro: true,
      isExpression: isExpression,
      body: statement,
      range: source.body
    )
  }

  /// Whether what the grammar does not understand is too little to matter: nothing that branches.
  private func isReadable(_ body: SyntaxTree.Index) -> Bool {
    guard tree[body].hasError else { return true }
    for node in tree.nodes[Int(body)..<Int(tree[body].next)] where node.flags.contains(.error) {
      let words = spelling(node.range).split { !$0.isLetter && $0 != "_" }
      if node.range.count > 120 || spelling(node.range).contains(where: { "{}".contains($0) })
        || words.contains(where: { Self.branching.contains(String($0)) })
      {
        return false
      }
    }
    return true
  }

  private static let branching: Set<String> = [
    "if", "else", "while", "for", "do", "switch", "case", "return", "goto", "break", "continue",
    "__try", "__except",
  ]

  // Types and declarators.

  /// The parameters of a function's declarator.
  private func parameters(_ declarator: SyntaxTree.Index) -> [FunctionBody.Parameter] {
    var current: SyntaxTree.Index? = declarator
    while let index = current {
      if tree[index].kind == .functionDeclarator,
        let list = tree.child(of: index, .parameters)
      {
        var parameters: [FunctionBody.Parameter] = []
        for child in tree.namedChildren(of: list) {
          guard let declarator = tree.child(of: child, .declarator) else {
            if spelling(child) == "void" || spelling(child) == "VOID" { continue }
            parameters.append(FunctionBody.Parameter(name: "", type: nil))
            continue
          }
          let type = tree.child(of: child, .type).map {
            typeName($0, pointers: pointers(of: declarator))
          }
          parameters.append(
            FunctionBody.Parameter(
              name: name(of: declarator),
              type: type,
              isReference: tree[declarator].kind == .referenceDeclarator
            )
          )
        }
        return parameters
      }
      current = tree.child(of: index, .declarator)
    }
    return []
  }

  /// The name that a declarator declares.
  func name(of declarator: SyntaxTree.Index) -> String {
    var current = declarator
    while true {
      if let inner = tree.child(of: current, .declarator) {
        current = inner
      } else if tree[current].kind == .identifier || tree[current].kind == .fieldIdentifier {
        return spelling(current)
      } else if let inner = tree.namedChildren(of: current).first(where: { _ in true }) {
        current = inner
      } else {
        return spelling(current)
      }
    }
  }

  /// The number of `*`s and `[]`s in a declarator.
  func pointers(of declarator: SyntaxTree.Index) -> Int {
    var count = 0
    var current: SyntaxTree.Index? = declarator
    while let index = current {
      switch tree[index].kind {
      case .pointerDeclarator, .abstractPointerDeclarator: count += 1
      case .functionDeclarator: return count
      default: break
      }
      current = tree.child(of: index, .declarator)
    }
    return count
  }

  func typeName(_ type: SyntaxTree.Index, pointers: Int) -> TypeName {
    var index = type
    if tree[type].kind == .structSpecifier || tree[type].kind == .unionSpecifier,
      let name = tree.child(of: type, .name)
    {
      index = name
    }
    let words = spelling(index).split(whereSeparator: \.isWhitespace)
    return TypeName(
      base: words.joined(separator: " "),
      pointers: pointers,
      range: tree[index].range
    )
  }
}
