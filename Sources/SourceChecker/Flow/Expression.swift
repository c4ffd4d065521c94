/// An expression of C or C++, without what does not matter to MDLs.
final class Expression: Sendable {
  /// The bytes of the file.
  let range: Range<Int>
  let form: Form

  init(_ range: Range<Int>, _ form: Form) {
    self.range = range
    self.form = form
  }

  enum Form: Sendable {
    case name(String)
    case integer(Int)
    /// A call; the name is nil where what is called is computed.
    case call(name: String?, function: Expression, arguments: [Expression])
    case member(base: Expression, field: String, isArrow: Bool)
    case element(base: Expression, index: Expression)
    case unary(String, Expression)
    case binary(Operator, Expression, Expression)
    /// An assignment; the operator is `=`, or the one that goes with it (`+` for `+=`).
    case assign(Operator, Expression, Expression)
    case cast(TypeName, Expression)
    case conditional(Expression, Expression, Expression)
    case comma(Expression, Expression)
    /// `++` and `--`, in front or behind.
    case step(Expression)
    /// Something whose value does not matter, with what is evaluated in it.
    case other([Expression])
  }

  /// An operator and where it stands.
  struct Operator: Sendable {
    let text: String
    let range: Range<Int>
  }

  /// The expression without parentheses' and casts' worth of clothing.
  var withoutCasts: Expression {
    var result = self
    while case .cast(_, let operand) = result.form { result = operand }
    return result
  }

  /// The last name of a variable, field or call: `MdlAddress` of `irp->MdlAddress`.
  var lastName: String? {
    switch withoutCasts.form {
    case .name(let name): name
    case .member(_, let field, _): field
    case .call(let name, _, _): name
    case .element(let base, _): base.lastName
    case .unary(_, let operand): operand.lastName
    default: nil
    }
  }
}

/// A type as a declaration or a cast names it.
struct TypeName: Hashable, Sendable {
  /// The name without qualifiers: `ULONG`, `struct _MDL`.
  let base: String
  /// The number of `*`s.
  let pointers: Int
  /// The bytes of the name, without the `*`s.
  let range: Range<Int>

  static let unknown = TypeName(base: "", pointers: 0, range: 0..<0)

  /// Whether it is a pointer to an MDL.
  var isMDLPointer: Bool {
    switch (base, pointers) {
    case ("PMDL", 0), ("PMDLX", 0), ("MDL", 1), ("_MDL", 1), ("MDLX", 1): true
    default: false
    }
  }

  /// Whether it is an MDL, or a reference to one.
  var isMDL: Bool { pointers == 0 && (base == "MDL" || base == "_MDL") }

  /// Whether values of the type are integers of 32 bits on every processor.
  ///
  /// Who casts to fewer means to keep the low bits.
  var isNarrowInteger: Bool {
    pointers == 0 && Self.narrow.contains(base)
  }

  private static let narrow: Set<String> = [
    "ULONG", "LONG", "DWORD", "UINT", "INT", "UINT32", "INT32", "ULONG32", "LONG32", "uint32_t",
    "int32_t", "unsigned int", "unsigned long", "unsigned", "int", "long", "DWORD32", "signed int",
    "long int", "unsigned long int",
  ]
}
