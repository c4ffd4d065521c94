/// The call in which a run met something that is not modelled.
public struct UnmodelledCall: Hashable, Sendable {
  /// A place in an image.
  public struct Place: Hashable, Sendable {
    public let module: String
    /// The bytes from the start of the image.
    public let offset: Int

    /// Creates a place.
    public init(module: String, offset: Int) {
      self.module = module
      self.offset = offset
    }
  }

  /// The routine that was called, or nil if the run did not end at a call.
  public let routine: String?
  /// The words in which a routine's arguments are passed, as many as are known to be, or none if the
  /// run did not end at a call.
  public let arguments: [UInt64]
  /// The calls that the stack tells of, the innermost first.
  ///
  /// Those further out may be over already.
  public let stack: [Place]

  /// Creates the description of a call.
  public init(routine: String?, arguments: [UInt64], stack: [Place]) {
    self.routine = routine
    self.arguments = arguments
    self.stack = stack
  }
}

/// A call of what is not modelled that a run went on from, because it was asked to.
public struct PassedCall: Hashable, Sendable {
  /// What is not modelled, by name.
  public let name: String
  /// The routine that was called.
  public let routine: String
  /// The words in which the routine's arguments are passed, as many as are known to be.
  public let arguments: [UInt64]
  /// Where it was called, if that is in an image.
  public let caller: UnmodelledCall.Place?
  /// What the caller was given: the default for what the routine returns.
  public let result: String

  /// Creates the description of a call.
  public init(
    name: String,
    routine: String,
    arguments: [UInt64],
    caller: UnmodelledCall.Place?,
    result: String
  ) {
    self.name = name
    self.routine = routine
    self.arguments = arguments
    self.caller = caller
    self.result = result
  }
}
