public import GuestABI
internal import NTStructures

extension Dispatcher {
  /// The routines that drivers import to work with events, semaphores, mutexes and waits.
  public var synchronizationExports: [Export] {
    [
      export("KeInitializeEvent") { [self] (event: VirtualAddress, type: UInt32, state: Bool) in
        try initialize(
          event,
          type == 0 ? .notificationEvent : .synchronizationEvent,
          byteCount: DispatcherHeader.size(on: memory.architecture),
          signalState: state ? 1 : 0
        )
      },
      export("KeSetEvent") { [self] (event: VirtualAddress, increment: Int32, wait: Bool) in
        try setEvent(event, to: 1)
      },
      export("KeSetEventBoostPriority") { [self] (event: VirtualAddress, thread: VirtualAddress) in
        // Priorities decide nothing here; the thread that is woken is not asked for.
        guard thread == .null else { throw Unmodelled("KeSetEventBoostPriority: the thread") }
        _ = try setEvent(event, to: 1)
      },
      export("KeResetEvent") { [self] (event: VirtualAddress) in try setEvent(event, to: 0) },
      export("KeClearEvent") { [self] (event: VirtualAddress) in _ = try setEvent(event, to: 0) },
      export("KePulseEvent") { [self] (event: VirtualAddress, increment: Int32, wait: Bool) in
        let old = try setEvent(event, to: 1)
        _ = try setEvent(event, to: 0)
        return old
      },
      export("KeReadStateEvent") { [self] (event: VirtualAddress) in try signalState(event) },
      export("KeInitializeSemaphore") {
        [self]
        (semaphore: GuestPointer<KSemaphore>, count: Int32, limit: Int32) in
        try initialize(
          semaphore.address,
          .semaphore,
          byteCount: KSemaphore.size(on: memory.architecture),
          signalState: count
        )
        try memory[semaphore].store(limit, in: \.limit)
      },
      export("KeReleaseSemaphore") {
        [self]
        (semaphore: GuestPointer<KSemaphore>, increment: Int32, adjustment: Int32, wait: Bool) in
        try releaseSemaphore(semaphore, by: adjustment)
      },
      export("KeReadStateSemaphore") { [self] (object: VirtualAddress) in try signalState(object) },
      export("KeInitializeMutex") { [self] (mutex: GuestPointer<KMutant>, level: UInt32) in
        try initialize(
          mutex.address,
          .mutant,
          byteCount: KMutant.size(on: memory.architecture),
          signalState: 1
        )
        try memory.modify(mutex) { mutex in
          mutex.ownerThread = .null
          mutex.isAbandoned = false
          mutex.apcDisable = 1
        }
      },
      export("KeReleaseMutex") { [self] (mutex: GuestPointer<KMutant>, wait: Bool) in
        try releaseMutex(mutex)
      },
      export("KeReadStateMutex") { [self] (object: VirtualAddress) in try signalState(object) },
      export("KeWaitForSingleObject", to: waitForSingleObject),
      export("KeWaitForMutexObject", to: waitForSingleObject),
      export("KeWaitForMultipleObjects") {
        [self]
        (
          count: UInt32,
          objects: VirtualAddress,
          type: UInt32,
          reason: UInt32,
          mode: ProcessorMode,
          isAlertable: Bool,
          timeout: GuestPointer<Int64>,
          blocks: VirtualAddress
        ) in
        // MAXIMUM_WAIT_OBJECTS is 64; more stop the system with MAXIMUM_WAIT_OBJECTS_EXCEEDED.
        guard (1...64).contains(count) else { throw BugCheck(.maximumWaitObjectsExceeded) }
        let list = try (0..<Int(count)).map {
          try memory.load(
            VirtualAddress.self,
            at: objects + $0 * memory.architecture.pointerSize
          )
        }
        return try wait(
          for: list,
          all: type == 0,
          timeout: timeout,
          alertable: isAlertable ? mode : nil
        )
      },
      export("KeDelayExecutionThread") {
        [self]
        (mode: ProcessorMode, isAlertable: Bool, interval: GuestPointer<Int64>) in
        let time = try memory.load(Int64.self, at: interval.address)
        return try delay(time, alertable: isAlertable ? mode : nil)
      },
    ]
  }

  private func waitForSingleObject(
    _ object: VirtualAddress,
    _ reason: UInt32,
    _ mode: ProcessorMode,
    _ isAlertable: Bool,
    _ timeout: GuestPointer<Int64>
  ) throws -> Completion {
    try wait(
      for: [object],
      all: false,
      timeout: timeout,
      alertable: isAlertable ? mode : nil
    )
  }

  private func signalState(_ object: VirtualAddress) throws -> Int32 {
    try memory[GuestPointer<DispatcherHeader>(object)].signalState
  }
}
