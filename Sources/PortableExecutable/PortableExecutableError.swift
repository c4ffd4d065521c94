/// A reason why a file cannot be used as a driver image.
public struct PortableExecutableError: Error, Hashable, Sendable {
  /// The kind of reason.
  public enum Code: String, CaseIterable, Hashable, Sendable {
    /// The file has no bytes.
    case empty

    /// The file is not a Portable Executable: it has no MZ header or no PE header.
    case notPortableExecutable

    /// The image is for a processor other than x86 and x64.
    case unsupportedMachine

    /// The image is a program, a library or firmware, but not a kernel driver.
    case notDriver

    /// The file ends before something that its headers announce.
    case truncated

    /// The image breaks a rule of the format.
    case malformed

    /// The image is well formed, but has something that no kernel driver should have.
    case unsupported

    /// The image cannot be laid out at the base address that was asked for.
    case unsuitableBase
  }

  /// The kind of reason.
  public let code: Code

  /// What is wrong and where, in one line for the user.
  ///
  /// Text that comes from the file is escaped, so the message is safe to print on a terminal.
  public let message: String

  /// Creates an error with a kind and a line for the user.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension PortableExecutableError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}

extension PortableExecutableError {
  static func malformed(_ message: String) -> Self { Self(.malformed, message) }

  static func unsupported(_ message: String) -> Self { Self(.unsupported, message) }
}
