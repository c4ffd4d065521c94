internal import GuestABI
internal import NTStructures

/// Events and timers that drivers make, name and wait for through handles.
///
/// The bodies are the dispatcher's objects (`KEVENT`, `KTIMER`), so that a driver that references one by
/// its handle can use it with the `Ke` routines.
final class WaitableObjects {
  let objects: ObjectManager
  let dispatcher: Dispatcher
  let manager: MemoryManager
  var memory: AddressSpace { objects.memory }

  /// Creates the routines, and lets timers stop when they are deleted.
  init(objects: ObjectManager, dispatcher: Dispatcher, manager: MemoryManager) {
    self.objects = objects
    self.dispatcher = dispatcher
    self.manager = manager
    objects.deletionRoutines[.timer] = { [weak dispatcher] object in
      _ = dispatcher?.cancelTimer(GuestPointer(object.body))
    }
  }

  /// The routines that drivers import.
  var exports: [Export] { eventExports + eventStateExports + timerExports + waitExports }

  private var eventExports: [Export] {
    ["ZwCreateEvent", "NtCreateEvent"].map { name in
      export(name) {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          type: UInt32,
          isSignalled: Bool
        ) in
        try requireKernelMode(name)
        guard type <= 1 else { throw Unmodelled("\(name): EVENT_TYPE \(type)") }
        let size = DispatcherHeader.size(on: memory.architecture)
        guard let body = try manager.allocatePool(size, .nonpaged, tag: 0x6E65_7645) else {
          return NTStatus.insufficientResources
        }
        try dispatcher.initialize(
          body,
          type == 0 ? .notificationEvent : .synchronizationEvent,
          byteCount: size,
          signalState: isSignalled ? 1 : 0
        )
        return try create(.event, body, handle, access, attributes, name)
      }
    } + [opening("ZwOpenEvent", .event), opening("ZwOpenTimer", .timer)]
  }

  private func opening(_ name: String, _ kind: ObjectKind) -> Export {
    export(name) {
      [self]
      (
        handle: GuestPointer<VirtualAddress>,
        access: AccessMask,
        attributes: GuestPointer<ObjectAttributes>
      ) in
      try objects.openHandle(handle, kind, access: access, attributes: attributes, for: name)
    }
  }

  /// Gives a new object the name that was asked for, and opens a handle to it.
  func create(
    _ kind: ObjectKind,
    _ body: VirtualAddress,
    _ handle: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ routine: String
  ) throws -> NTStatus {
    let object = KernelObject(kind, body: body)
    object.ownsBody = true
    objects.register(object)
    let status = try objects.create(object, handle, access, attributes, routine)
    // Nothing keeps an object that another took the place of, or that could not be made.
    if object.handleCount == 0, !object.isDeleted { try objects.dereference(object) }
    return status
  }

  /// Refuses what differs for user mode: there access is checked and pointers are probed.
  func requireKernelMode(_ routine: String) throws {
    guard objects.previousMode == .kernel || routine.hasPrefix("Zw") else {
      throw Unmodelled("\(routine) for user mode")
    }
  }

  /// Finds the object of one kind that a handle stands for.
  func object(_ handle: VirtualAddress, _ kind: ObjectKind) -> Attempt<KernelObject> {
    guard let object = objects.object(for: handle) else { return .failed(.invalidHandle) }
    return object.kind == kind ? .done(object) : .failed(.objectTypeMismatch)
  }

  private var eventStateExports: [Export] {
    [
      changing("ZwSetEvent", .set), changing("NtSetEvent", .set), changing("ZwResetEvent", .reset),
      changing("ZwPulseEvent", .pulse),
      export("ZwClearEvent") { [self] (handle: VirtualAddress) in
        try change(handle, .reset, GuestPointer(.null))
      },
    ]
  }

  private enum EventChange {
    case set, reset, pulse
  }

  private func changing(_ name: String, _ change: EventChange) -> Export {
    export(name) { [self] (handle: VirtualAddress, previous: GuestPointer<Int32>) in
      try requireKernelMode(name)
      return try self.change(handle, change, previous)
    }
  }

  private func change(
    _ handle: VirtualAddress,
    _ change: EventChange,
    _ previous: GuestPointer<Int32>
  ) throws -> NTStatus {
    switch object(handle, .event) {
    case .failed(let status): return status
    case .done(let event):
      let old = try dispatcher.setEvent(event.body, to: change == .reset ? 0 : 1)
      if change == .pulse { _ = try dispatcher.setEvent(event.body, to: 0) }
      if !previous.isNull { try memory.store(old, at: previous.address) }
      return .success
    }
  }

  private var waitExports: [Export] {
    ["ZwWaitForSingleObject", "NtWaitForSingleObject"].map { name in
      export(name) {
        [self] (handle: VirtualAddress, isAlertable: Bool, timeout: GuestPointer<Int64>) in
        try requireKernelMode(name)
        guard let object = objects.object(for: handle) else {
          return Completion.returned(NTStatus.invalidHandle)
        }
        let body = try waitable(object, name)
        return try dispatcher.wait(
          for: [body],
          all: false,
          timeout: timeout,
          alertable: isAlertable ? .kernel : nil
        )
      }
    } + [
      export("ZwWaitForMultipleObjects") {
        [self]
        (
          count: UInt32,
          handles: VirtualAddress,
          type: UInt32,
          isAlertable: Bool,
          timeout: GuestPointer<Int64>
        ) in
        let name = "ZwWaitForMultipleObjects"
        guard (1...64).contains(count) else {
          return Completion.returned(NTStatus.invalidParameter1)
        }
        guard type <= 1 else { throw Unmodelled("\(name): WAIT_TYPE \(type)") }
        var bodies: [VirtualAddress] = []
        for index in 0..<Int(count) {
          let place = handles + index * memory.architecture.pointerSize
          let handle = try memory.load(VirtualAddress.self, at: place)
          guard let object = objects.object(for: handle) else {
            return .returned(NTStatus.invalidHandle)
          }
          bodies.append(try waitable(object, name))
        }
        if type == 0, Set(bodies).count < bodies.count {
          throw Unmodelled("\(name): one object twice in a wait for all")
        }
        return try dispatcher.wait(
          for: bodies,
          all: type == 0,
          timeout: timeout,
          alertable: isAlertable ? .kernel : nil
        )
      }
    ]
  }

  /// Returns what a thread waits for that waits for an object.
  private func waitable(_ object: KernelObject, _ routine: String) throws -> VirtualAddress {
    switch object.kind {
    case .event, .mutant, .semaphore, .timer, .process, .thread: return object.body
    default:
      throw Unmodelled("\(routine): an object of type \(object.kind.typeName)")
    }
  }
}
