internal import GuestABI
public import NTStructures

/// The end of a run: the guest called `KeBugCheckEx`, or the kernel did.
public struct BugCheck: Error, Hashable, Sendable {
  /// A bug check's number.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
  }

  public let code: Code
  /// The four parameters, in the order in which a blue screen shows them.
  ///
  /// A parameter is nil if it is the address of something that the model does not make, as a trap
  /// frame.
  public let parameters: [UInt64?]

  /// Creates a bug check; parameters that are not given are 0.
  public init(_ code: Code, _ parameters: UInt64?...) {
    self.code = code
    self.parameters = (parameters + [0, 0, 0, 0]).prefix(4).map { $0 }
  }
}

/// An exception that a routine of the kernel raises for its caller: `ExRaiseStatus`.
public struct RaisedStatus: Error, Hashable, Sendable {
  /// The exception's code.
  public let status: NTStatus

  /// Creates an exception.
  public init(_ status: NTStatus) { self.status = status }
}

/// The guest needs something that is not modelled, so nothing that follows could be trusted.
public struct Unmodelled: Error, Hashable, Sendable {
  /// What is missing, as a report names it: a routine, or a routine and the case of it.
  public let name: String

  /// Creates an error.
  public init(_ name: String) { self.name = name }
}

/// An observable act of the kernel on a driver's behalf.
public enum KernelEvent: Sendable {
  /// The driver printed a line with `DbgPrint`.
  case debugPrint(String)
  /// A driver made a device, with this name.
  case deviceCreated(name: String?)
  /// A driver made a symbolic link.
  case symbolicLinkCreated(name: String, target: String)
  /// Locked pages were mapped.
  case mapped(MDLMapping)
  /// A mapping was removed.
  case unmapped(MDLMapping)
  /// A driver completed a request.
  case requestCompleted(status: NTStatus, information: UInt64)
  /// Something became of a driver that another one needs, beside what the guest does.
  case driver(DriverAct, file: String)
  /// A driver broke a rule, seen where it did.
  case violation(Violation)
}

/// Something that takes note of the kernel's events.
public protocol KernelEventSink: AnyObject {
  /// Takes note of an event.
  func record(_ event: KernelEvent)
}
