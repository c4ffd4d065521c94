internal import GuestABI

/// Waits for what the host keeps the state of, such as an executive resource.
extension Dispatcher {
  /// Lets the current thread wait until ``wake(_:returning:)``.
  ///
  /// - Parameter routine: The routine that waits.
  /// - Returns: What the routine returns in turn.
  /// - Throws: ``Unmodelled`` if the thread cannot wait at its IRQL.
  func waitUntilWoken(_ routine: String) throws -> Completion {
    guard irql < .dispatch else {
      throw Unmodelled("\(routine): waiting at IRQL \(irql.rawValue)")
    }
    current.waitObjects = []
    current.deadline = nil
    try block()
    return .wait
  }

  /// Ends a wait.
  ///
  /// - Parameters:
  ///   - thread: The thread that waits.
  ///   - value: What the routine that waits returns.
  func wake(_ thread: KernelThread, returning value: some GuestScalar) {
    thread.deadline = nil
    thread.timeoutStatus = nil
    thread.alertableWait = nil
    thread.waitStatus = thread.returnsNull ? 0 : value.guestBits
    thread.returnsNull = false
    thread.state = .ready
    enterQueue(thread)
  }
}
