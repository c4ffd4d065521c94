internal import GuestABI
internal import NTStructures

/// Locks that come with a region in which APCs are disabled: guarded mutexes, and the forms of
/// resources and fast mutexes that enter and leave a critical region.
///
/// A `KGUARDED_MUTEX` has the count, the owner and the gate where a `FAST_MUTEX` has them (from
/// Windows 8 on the two are one), and its level is not raised.
final class RegionLocks {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let regions: CriticalRegions
  private let mutexes: FastMutexes
  private let resources: ResourceTable

  /// Creates the routines of a kernel.
  init(
    _ dispatcher: Dispatcher,
    regions: CriticalRegions,
    mutexes: FastMutexes,
    resources: ResourceTable
  ) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
    self.regions = regions
    self.mutexes = mutexes
    self.resources = resources
  }

  /// The routines that drivers import.
  var exports: [Export] { guardedExports + fastMutexExports + resourceExports }

  private var guardedExports: [Export] {
    [
      export("KeInitializeGuardedMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        let event = memory[mutex].address(of: \.event)
        try memory.modify(mutex) { mutex in
          mutex.count = 1
          mutex.owner = .null
          mutex.contention = 0
        }
        try dispatcher.initialize(
          event,
          .synchronizationEvent,
          byteCount: DispatcherHeader.size(on: memory.architecture),
          signalState: 0
        )
      },
      export("KeAcquireGuardedMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        regions.current.guarded += 1
        return try mutexes.acquire(mutex, raises: false)
      },
      export("KeAcquireGuardedMutexUnsafe", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        try mutexes.acquire(mutex, raises: false)
      },
      export("KeTryToAcquireGuardedMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        guard try mutexes.tryToAcquire(mutex) else { return false }
        regions.current.guarded += 1
        return true
      },
      export("KeReleaseGuardedMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        try mutexes.release(mutex)
        try leave(\.guarded, "KeReleaseGuardedMutex")
      },
      export("KeReleaseGuardedMutexUnsafe", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        try mutexes.release(mutex)
      },
    ]
  }

  private func leave(
    _ region: WritableKeyPath<(critical: Int, guarded: Int), Int>,
    _ routine: String
  ) throws {
    guard regions.current[keyPath: region] > 0 else {
      throw Unmodelled("\(routine) outside of the region that acquiring entered")
    }
    regions.current[keyPath: region] -= 1
  }

  private var fastMutexExports: [Export] {
    [
      export("ExEnterCriticalRegionAndAcquireFastMutexUnsafe", .fastcall) {
        [self] (mutex: GuestPointer<FastMutex>) in
        regions.current.critical += 1
        return try mutexes.acquire(mutex, raises: false)
      },
      export("ExReleaseFastMutexUnsafeAndLeaveCriticalRegion", .fastcall) {
        [self] (mutex: GuestPointer<FastMutex>) in
        try mutexes.release(mutex)
        try leave(\.critical, "ExReleaseFastMutexUnsafeAndLeaveCriticalRegion")
      },
    ]
  }

  /// These return the thread's structure in the window manager, which no thread has: NULL.
  private var resourceExports: [Export] {
    let shared: [(name: String, sharing: ResourceTable.Sharing)] = [
      ("ExEnterCriticalRegionAndAcquireResourceShared", .fair),
      ("ExEnterPriorityRegionAndAcquireResourceShared", .fair),
      ("ExEnterCriticalRegionAndAcquireSharedWaitForExclusive", .waitingForExclusive),
    ]
    let exclusive = [
      "ExEnterCriticalRegionAndAcquireResourceExclusive",
      "ExEnterPriorityRegionAndAcquireResourceExclusive",
    ]
    let releasing = [
      "ExReleaseResourceAndLeaveCriticalRegion", "ExReleaseResourceAndLeavePriorityRegion",
    ]
    return shared.map { name, sharing in
      export(name) { [self] (resource: VirtualAddress) in
        try entering {
          try resources.acquireShared(resource, waits: true, sharing, name)
        }
      }
    }
      + exclusive.map { name in
        export(name) { [self] (resource: VirtualAddress) in
          try entering { try resources.acquireExclusive(resource, waits: true, name) }
        }
      }
      + releasing.map { name in
        export(name, .fastcall) { [self] (resource: VirtualAddress) in
          try resources.release(resource, resources.currentThread, name)
          try leave(\.critical, name)
        }
      }
      + [
        export("ExTryToAcquireResourceExclusiveLite") { [self] (resource: VirtualAddress) in
          let routine = "ExTryToAcquireResourceExclusiveLite"
          return try resources.acquireExclusive(resource, waits: false, routine)
        }
      ]
  }

  private func entering(_ acquire: () throws -> Completion) throws -> Completion {
    regions.current.critical += 1
    let completion = try acquire()
    if case .wait = completion {
      dispatcher.current.returnsNull = true
      return completion
    }
    return .returned(VirtualAddress.null)
  }
}
