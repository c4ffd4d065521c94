/// Something that a path does, of which rules are told before it takes effect.
enum Event {
  /// A call of a routine that is known, or of one that is not.
  case call(Call)
  /// An access to memory through an address.
  case access(Value, range: Range<Int>, isWrite: Bool)
  /// `+`, `-` or `|`, alone or with `=`.
  case arithmetic(Arithmetic)
  /// An address is rounded down to a page.
  case aligned(Value, Expression, argument: Expression)
  case cast(TypeName, Value, Expression)
  /// An access to a field of an MDL.
  case field(FieldAccess)
  /// A branch asks whether a value is NULL.
  case nullTest(Value, range: Range<Int>)
  /// A value goes where the function cannot see it any more.
  case use(Value, Use, Expression)
  /// The function that is looked at ends.
  case end(range: Range<Int>)

  struct Call {
    let name: String
    let range: Range<Int>
    let expression: Expression
    let arguments: [Expression]
    let values: [Value]
    /// Whether exceptions are caught here.
    let isGuarded: Bool

    func value(_ index: Int) -> Value? { index < values.count ? values[index] : nil }
    func argument(_ index: Int) -> Expression? {
      index < arguments.count ? arguments[index] : nil
    }
  }

  struct Arithmetic {
    let operation: Expression.Operator
    let left: (value: Value, expression: Expression)
    let right: (value: Value, expression: Expression)
    let isAssignment: Bool
    let range: Range<Int>
  }

  struct FieldAccess {
    let mdl: Symbol
    let base: Expression
    let name: String
    /// The operator of the assignment, or nil where the field is read.
    let assignment: String?
    /// What is assigned.
    let value: Expression?
    let range: Range<Int>
  }

  enum Use {
    case argument, store, result
  }
}
