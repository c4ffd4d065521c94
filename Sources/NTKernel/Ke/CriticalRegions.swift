internal import GuestABI

/// Regions of code in which threads are not interrupted by APCs.
final class CriticalRegions {
  private let dispatcher: Dispatcher

  /// Creates the routines of a kernel.
  init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  /// The regions that the current thread is in.
  var current: (critical: Int, guarded: Int) {
    get { dispatcher.current.regions }
    set { dispatcher.current.regions = newValue }
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
