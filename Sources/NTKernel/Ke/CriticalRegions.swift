internal import GuestABI

/// Regions of code in which threads are not interrupted by APCs, of which this machine has none.
final class CriticalRegions {
  private let dispatcher: Dispatcher
  /// The critical and the guarded regions that each thread is in.
  private var depths: [VirtualAddress: (critical: Int, guarded: Int)] = [:]

  /// Creates a table in which no thread is in a region.
  init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  /// The regions that the current thread is in.
  var current: (critical: Int, guarded: Int) {
    get { depths[dispatcher.current.body] ?? (0, 0) }
    set { depths[dispatcher.current.body] = newValue == (0, 0) ? nil : newValue }
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("KeEnterCriticalRegion") { [self] () in current.critical += 1 },
      export("KeLeaveCriticalRegion") { [self] () in
        guard current.critical > 0 else {
          throw Unmodelled("KeLeaveCriticalRegion outside of a critical region")
        }
        current.critical -= 1
      },
      export("KeEnterGuardedRegion") { [self] () in current.guarded += 1 },
      export("KeLeaveGuardedRegion") { [self] () in
        guard current.guarded > 0 else {
          throw Unmodelled("KeLeaveGuardedRegion outside of a guarded region")
        }
        current.guarded -= 1
      },
      export("KeAreApcsDisabled") { [self] () in current != (0, 0) },
      export("KeAreAllApcsDisabled") { [self] () in
        current.guarded > 0 || dispatcher.irql >= .apc
      },
    ]
  }
}
