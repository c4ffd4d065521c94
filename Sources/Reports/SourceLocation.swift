/// The place in a driver's source that an instruction was compiled from.
public struct SourceLocation: Hashable, Sendable {
  /// The routine.
  public let function: String
  /// The name of the file, without folders.
  public let file: String
  public let line: Int

  /// Creates a location.
  public init(function: String, file: String, line: Int) {
    self.function = function
    self.file = file
    self.line = line
  }
}

/// Finds the source of an instruction: the path of its image, and the offset from the image's start.
public typealias SymbolLookup = @Sendable (_ path: String, _ offset: Int) -> SourceLocation?
