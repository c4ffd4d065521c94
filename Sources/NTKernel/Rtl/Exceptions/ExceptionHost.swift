package import GuestABI

/// What the search for a handler needs of the machine that runs the thread.
package protocol ExceptionHost: AnyObject {
  /// The registers of the thread: those at the routine's first instruction while a routine of the
  /// kernel runs, and at its return once something that it called has returned.
  var threadContext: ProcessorContext { get }

  /// Where routines that the kernel calls return to.
  var returnAddress: VirtualAddress { get }

  /// Whether an address is that of one of the kernel's routines, which change no register and no
  /// stack.
  func isRoutine(_ address: VirtualAddress) -> Bool

  /// Finds what a routine that the kernel called returns to.
  ///
  /// - Parameters:
  ///   - stackPointer: The stack pointer after the return.
  ///   - index: The index before which to look, or nil to look at all.
  /// - Returns: What is there, or nil if nothing is.
  func kernelFrame(returningAt stackPointer: UInt64, before index: Int?) -> KernelFrame?

  /// What the thread runs on behalf of: where an exception ends that nobody handles.
  var boundary: ExceptionBoundary { get }

  /// Changes the registers that routines preserve.
  func setPreservedRegisters(of context: ProcessorContext)

  /// The list of handlers at `fs:[0]` on x86.
  ///
  /// - Throws: `GuestFault` if it cannot be accessed.
  func exceptionList() throws(GuestFault) -> VirtualAddress

  /// Changes the list of handlers at `fs:[0]` on x86.
  ///
  /// - Throws: `GuestFault` if it cannot be accessed.
  func setExceptionList(_ list: VirtualAddress) throws(GuestFault)
}

/// A routine of the kernel that has called the guest.
package struct KernelFrame {
  /// What is found when its callee is left.
  package enum Kind {
    /// The routine's caller goes on there.
    case routine(rip: UInt64, rsp: UInt64)
    /// The callee is an exception handler.
    case handler(HandlerCall)
    /// The thread's work began there.
    case boundary
  }

  package let kind: Kind
  /// Where the next search goes on.
  package let index: Int

  /// Creates a frame.
  package init(_ kind: Kind, index: Int) {
    self.kind = kind
    self.index = index
  }
}

/// What an exception ends at that nobody handles.
package enum ExceptionBoundary: Sendable {
  /// A request from user mode: a system service.
  case systemService
  /// The first routine of a system thread.
  case systemThread
  /// A routine that runs on an interrupt, as a DPC's.
  case interrupt
}
