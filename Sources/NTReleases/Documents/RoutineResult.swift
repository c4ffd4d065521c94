/// What the headers say of a kernel routine's result, and of its return on x86.
///
/// Source: the declarations of mingw-w64's kernel headers.
public struct RoutineResult: Hashable, Sendable {
  /// What a routine returns.
  public enum Kind: String, Hashable, Sendable {
    /// An `NTSTATUS`.
    case status
    /// A pointer or a handle.
    case pointer
    /// A `BOOLEAN`.
    case boolean
    /// Any other integer.
    case integer
    /// Nothing.
    case void
  }

  public let kind: Kind

  /// The bytes that the routine removes from an x86 stack; nil where they are not known.
  public let x86StackBytes: Int?

  /// Creates what is said of a routine.
  public init(kind: Kind, x86StackBytes: Int?) {
    self.kind = kind
    self.x86StackBytes = x86StackBytes
  }
}

extension RoutineResult {
  /// Finds a routine by name.
  ///
  /// A routine has none if its result is of another kind, such as a structure, or if it does not return.
  public init?(of name: String) {
    guard let row = FactTable.results.rows(name).first, let kind = Kind(rawValue: row[1]) else {
      return nil
    }
    self.init(kind: kind, x86StackBytes: row.integer(2))
  }
}
