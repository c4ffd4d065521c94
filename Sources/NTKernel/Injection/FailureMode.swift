public import GuestABI
public import NTReleases
public import NTStructures

/// How a routine tells its caller that what it needs has run out.
public enum InjectedFailure: Hashable, Sendable {
  /// It returns NULL.
  case null
  /// It returns a status.
  case status(NTStatus)
  /// It raises an exception.
  case raises(NTStatus)
  /// The system stops.
  case stops(BugCheck)
}

/// What a routine does when what it needs has run out.
public struct FailureMode {
  /// What runs out.
  public enum Resource: String, Sendable, CaseIterable {
    case memory, lock, mapping
  }

  /// The routine, as drivers import it.
  public let name: String
  public let resource: Resource
  /// How it is known that the routine fails so.
  public let evidence: Evidence
  /// The bytes that the parameters take on x86.
  public let parameterSize: Int

  let body: (inout CallFrame) throws -> InjectedFailure?

  /// Looks at a call's arguments to tell how it would fail.
  ///
  /// - Parameter frame: The call, as the routine would find it. Nothing is changed but where the next
  ///   argument is read.
  /// - Returns: The failure, or nil if with these arguments the routine needs nothing that can run out.
  /// - Throws: A ``GuestFault`` if the routine could not even read its arguments.
  public func failure(of frame: inout CallFrame) throws -> InjectedFailure? { try body(&frame) }
}

/// Declares how a routine fails, by the types of its parameters.
func failure<each Argument: GuestArgument>(
  _ name: String,
  _ resource: FailureMode.Resource,
  _ evidence: Evidence,
  _ body: @escaping (repeat each Argument) throws -> InjectedFailure?
) -> FailureMode {
  var size = 0
  for type in repeat (each Argument).self { size += type.stackSize }
  return FailureMode(
    name: name,
    resource: resource,
    evidence: evidence,
    parameterSize: size
  ) { frame in
    try body(repeat (each Argument).next(in: &frame, .nt))
  }
}

/// Declares that routines fail in one way, whatever their arguments.
func failures(
  _ names: String...,
  resource: FailureMode.Resource,
  as failure: InjectedFailure,
  _ evidence: Evidence
) -> [FailureMode] {
  names.map { name in
    FailureMode(name: name, resource: resource, evidence: evidence, parameterSize: 0) { _ in
      failure
    }
  }
}
