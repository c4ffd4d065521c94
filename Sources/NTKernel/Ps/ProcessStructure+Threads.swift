public import GuestABI

extension ProcessStructure {
  /// Tells drivers of a thread that has been made, in the thread that made it.
  func announceStart(
    of thread: KernelThread,
    in process: Process,
    then next: Completion
  ) -> Completion {
    guard let notifications, notifications.hearsOfThreads else { return next }
    thread.isAnnounced = true
    return notifications.thread(thread.id, of: process.id, starts: true, then: next)
  }

  /// Ends the current thread, having told those drivers of it that heard of its start.
  ///
  /// The corresponding kernel routine is `PsTerminateSystemThread`. The system's own worker threads, on
  /// which work items run here, never end, so that nothing is told of them.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: What `Dispatcher.runDownAPCs(of:then:)` throws.
  public func endCurrentThread() throws -> Completion {
    let thread = dispatcher.current
    let end = try dispatcher.runDownAPCs(of: thread, then: .exitThread)
    guard thread.isAnnounced, let notifications, let process = process(of: thread) else {
      return end
    }
    thread.isAnnounced = false
    return notifications.thread(thread.id, of: process.id, starts: false, then: end)
  }
}
