internal import NTKernel

/// Changes to the registry, as registration files (`.reg`) hold them.
///
/// Both forms are read: `REGEDIT4`, and `Windows Registry Editor Version 5.00` in UTF-16 or UTF-8
/// (Microsoft KB Q310516).
public struct RegistryFile: Sendable {
  /// One change.
  ///
  /// Paths are within `\REGISTRY`.
  enum Change: Hashable, Sendable {
    case makeKey(String)
    /// The key, with all that is in it, is not there, and known not to be.
    case deleteKey(String)
    case setValue(String, RegistryValue)
    /// The value is not there, and known not to be.
    case deleteValue(String, name: String)
  }

  /// The most bytes in a file: 16 MiB.
  public static let maximumSize = 16 << 20

  private(set) var changes: [Change] = []

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - bytes: What is in it.
  ///   - fileName: Its name, for messages.
  /// - Throws: ``RegistryFileError`` with the first mistake.
  public init(_ bytes: [UInt8], fileName: String) throws(RegistryFileError) {
    var reader = try RegistryFileReader(bytes, fileName: fileName)
    changes = try reader.changes()
  }

  /// The changes of several files, in their order.
  public init(joining files: [RegistryFile]) { changes = files.flatMap(\.changes) }

  /// Makes the changes.
  func apply(to registry: Registry) {
    for change in changes {
      switch change {
      case .makeKey(let path): registry.makeKey(path)
      case .deleteKey(let path): registry.removeKey(path)
      case .setValue(let path, let value): registry.makeKey(path).setValue(value)
      case .deleteValue(let path, let name): registry.removeValue(name, ofKey: path)
      }
    }
  }
}

/// A mistake in a registration file.
public struct RegistryFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name, as the caller gave it.
  public let fileName: String
  /// The line, from 1.
  public let line: Int
  /// What is wrong.
  public let message: String

  /// The mistake as compilers print it.
  public var description: String { "\(fileName):\(line): \(message)" }
}
