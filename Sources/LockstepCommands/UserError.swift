/// Something that the user got wrong, and can mend: the program says so in one line, with status 2.
public struct UserError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in one line.
  public let message: String

  /// Creates an error with a line for the user.
  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
