internal import GuestABI
internal import NTStructures

/// Requests that a driver's `StartIo` routine is given one by one.
extension IoManager {
  /// The routines that drivers import.
  var startIOExports: [Export] {
    [
      export("IoStartPacket") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          irp: GuestPointer<IRP>,
          key: GuestPointer<UInt32>,
          cancel: GuestFunction<Void, GuestPointer<DeviceObject>, GuestPointer<IRP>>
        ) in
        try startPacket(irp, on: device, key, cancel)
      },
      export("IoStartNextPacket") {
        [self] (device: GuestPointer<DeviceObject>, isCancelable: Bool) in
        try startNextPacket(on: device, key: nil)
      },
      export("IoStartNextPacketByKey") {
        [self] (device: GuestPointer<DeviceObject>, isCancelable: Bool, key: UInt32) in
        try startNextPacket(on: device, key: key)
      },
    ]
  }

  private func queue(of device: GuestPointer<DeviceObject>) -> GuestPointer<DeviceQueue> {
    GuestPointer(memory[device].address(of: \.deviceQueue))
  }

  /// The bytes of an IRP before `Tail.Overlay.DeviceQueueEntry`.
  private var queueEntryOffset: Int { memory.architecture == .x86 ? 0x40 : 0x78 }

  /// Hands a request to `StartIo`, or queues it if the device is busy.
  private func startPacket(
    _ irp: GuestPointer<IRP>,
    on device: GuestPointer<DeviceObject>,
    _ key: GuestPointer<UInt32>,
    _ cancel: GuestFunction<Void, GuestPointer<DeviceObject>, GuestPointer<IRP>>
  ) throws -> Completion {
    let old = dispatcher.irql
    guard old <= .dispatch else {
      throw Unmodelled("IoStartPacket at IRQL \(old.rawValue)")
    }
    let sortKey = key.isNull ? nil : try memory.load(UInt32.self, at: key.address)
    try dispatcher.setIRQL(.dispatch)
    if !cancel.isNull { try memory[irp].store(cancel, in: \.cancelRoutine) }
    let entry = GuestPointer<DeviceQueueEntry>(irp.address + queueEntryOffset)
    guard try insert(entry, in: queue(of: device), key: sortKey) else {
      return try start(irp, on: device, then: old)
    }
    guard !cancel.isNull, try memory[irp].cancel else {
      try dispatcher.setIRQL(old)
      return .done
    }
    // The request was cancelled before: its cancel routine releases the cancel spin lock.
    try memory.modify(irp) { irp in
      irp.cancelIRQL = IRQL.dispatch.rawValue
      irp.cancelRoutine = GuestFunction(.null)
    }
    return .call(cancel.call(device, irp)) { [self] _ in
      try dispatcher.setIRQL(old)
      return .done
    }
  }

  /// Hands the next request in the queue to `StartIo`.
  private func startNextPacket(
    on device: GuestPointer<DeviceObject>,
    key: UInt32?
  ) throws -> Completion {
    // The documents ask for DISPATCH_LEVEL, at which StartIo runs.
    guard dispatcher.irql == .dispatch else {
      throw Unmodelled("IoStartNextPacket at IRQL \(dispatcher.irql.rawValue)")
    }
    try memory[device].store(GuestPointer(.null), in: \.currentIRP)
    let entry = try removeEntry(from: queue(of: device), key: key)
    guard !entry.isNull else { return .done }
    return try start(GuestPointer(entry.address + -queueEntryOffset), on: device, then: .dispatch)
  }

  private func start(
    _ irp: GuestPointer<IRP>,
    on device: GuestPointer<DeviceObject>,
    then irql: IRQL
  ) throws -> Completion {
    try memory[device].store(irp, in: \.currentIRP)
    let routine = try memory[memory[device].driverObject].driverStartIO
    return .call(routine.call(device, irp)) { [self] _ in
      try dispatcher.setIRQL(irql)
      return .done
    }
  }
}
