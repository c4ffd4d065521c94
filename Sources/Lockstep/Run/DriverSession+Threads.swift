internal import NTKernel

extension DriverSession {
  /// Lets up to five seconds pass in which the threads that drivers made can end.
  ///
  /// A thread that looks at a flag from time to time sees only then that it is to end.
  func letThreadsEnd() throws {
    let dispatcher = machine.kernel.dispatcher
    var hasThreads: Bool { dispatcher.threads.contains { $0.start != nil } }
    guard hasThreads else { return }
    var ticksLeft = 5 * 10_000_000 / Dispatcher.clockTick
    try machine.enter(machine.kernel.processes.system)
    let outcome = try machine.wait {
      guard ticksLeft > 0, hasThreads else { return true }
      ticksLeft -= 1
      return false
    }
    drainEvents()
    switch outcome {
    // The threads that are left wait for something that does not come.
    case .returned, .deadlock: break
    case .bugCheck, .unmodelled, .budgetExhausted: stop(outcome)
    }
  }
}
