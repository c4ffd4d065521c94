package import GuestABI
package import NTStructures

/// An exception that is to be handled, or stops the system.
package struct RaisedException: Error {
  /// Where the record is.
  package enum Record {
    /// The kernel makes one.
    case new(
      NTStatus,
      ExceptionRecord.Flags,
      address: VirtualAddress,
      information: [UInt64]
    )
    /// The driver made one.
    case existing(GuestPointer<ExceptionRecord>)
  }

  package let record: Record
  /// The exception that this one is a consequence of.
  package let cause: GuestPointer<ExceptionRecord>
  /// The registers that the thread goes on with if a handler says so.
  package let context: ProcessorContext
  /// The address below which the stack is free, or nil for the context's stack pointer.
  package let stackTop: UInt64?
  /// The page fault that it is, if any.
  package let fault: GuestFault?
  /// The driver's instruction that is told of.
  package let place: VirtualAddress

  /// Creates an exception.
  package init(
    _ record: Record,
    cause: GuestPointer<ExceptionRecord> = GuestPointer(.null),
    context: ProcessorContext,
    stackTop: UInt64? = nil,
    fault: GuestFault? = nil,
    place: VirtualAddress
  ) {
    self.record = record
    self.cause = cause
    self.context = context
    self.stackTop = stackTop
    self.fault = fault
    self.place = place
  }
}

/// An exception that no handler handled.
package struct UnhandledException: Error {
  package let exception: RaisedException
  package let code: NTStatus
  package let address: VirtualAddress
  /// The first two words of information; 0 for those that the record does not have.
  package let information: (UInt64, UInt64)
  package let record: GuestPointer<ExceptionRecord>
  package let contextRecord: VirtualAddress
  /// What the exception left.
  package let boundary: ExceptionBoundary
}

/// The stack is used up or unusable where an exception's records go.
package struct UnusableStack: Error {
  /// The driver's instruction that is told of.
  package let place: VirtualAddress
}

/// A call of `RtlRaiseException`.
///
/// The machine adds the registers.
package struct DriverException: Error {
  /// The driver's record.
  package let record: GuestPointer<ExceptionRecord>
}
