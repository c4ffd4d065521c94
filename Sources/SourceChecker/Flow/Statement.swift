/// A statement of C or C++.
final class Statement: Sendable {
  /// The bytes of the file.
  let range: Range<Int>
  let form: Form

  init(_ range: Range<Int>, _ form: Form) {
    self.range = range
    self.form = form
  }

  enum Form: Sendable {
    case expression(Expression)
    /// A declaration of one variable.
    case variable(name: String, type: TypeName, isArray: Bool, initial: Expression?)
    case block([Statement])
    case branch(Expression, then: Statement, otherwise: Statement?)
    case loop(Loop)
    case choice(Expression, body: Statement)
    /// `case` or `default`.
    case choiceLabel(isDefault: Bool)
    case label(String)
    case jump(String)
    case returned(Expression?)
    case breakLoop
    case continueLoop
    /// `__leave`.
    case leave
    /// `__try` with its handler.
    case guarded(Guarded)
    case nothing
  }

  struct Loop: Sendable {
    let initial: [Statement]
    let condition: Expression?
    let step: Expression?
    let body: Statement
    /// Whether the condition is evaluated only behind the body.
    let isDo: Bool
  }

  struct Guarded: Sendable {
    let body: Statement
    let handler: Statement
    let isExcept: Bool
    /// The filter of `__except`, or nothing.
    let filter: Range<Int>
    /// Whether the filter passes every exception on.
    let filterDeclines: Bool
  }
}

/// A function, or a macro as if it were one.
final class FunctionBody: Sendable {
  struct Parameter: Sendable {
    let name: String
    let type: TypeName?
    var isReference = false
  }

  let name: String
  let parameters: [Parameter]
  let returnType: TypeName?
  let isMacro: Bool
  /// Whether it is a macro that stands for an expression.
  let isExpression: Bool
  let body: Statement
  /// The bytes of the file.
  let range: Range<Int>
  /// The variables that something else can see too: parameters that are references, and what lambdas use.
  let sharedNames: Set<String>

  init(
    name: String,
    parameters: [Parameter],
    returnType: TypeName?,
    isMacro: Bool,
    isExpression: Bool = false,
    body: Statement,
    range: Range<Int>,
    sharedNames: Set<String> = []
  ) {
    self.sharedNames = sharedNames
    self.name = name
    self.parameters = parameters
    self.returnType = returnType
    self.isMacro = isMacro
    self.isExpression = isExpression
    self.body = body
    self.range = range
  }
}
