internal import GuestABI
internal import NTStructures

/// What drivers ask about, and do with, packets, files and events.
extension IoManager {
  /// The routines that drivers import.
  var packetExports: [Export] {
    [
      export("IoReuseIrp") { [self] (irp: GuestPointer<IRP>, status: NTStatus) in
        try checkIsDriversOwn(irp, "IoReuseIrp")
        let (size, stackSize) = try (memory[irp].size, memory[irp].stackCount)
        try initializeIRP(irp, byteCount: Int(size), stackSize: stackSize)
        try memory[irp].store(status, in: \.status)
      },
      export("IoFreeIrp") { [self] (irp: GuestPointer<IRP>) in
        try checkIsDriversOwn(irp, "IoFreeIrp")
        try manager.freePool(irp.address)
      },
      export("IoIsOperationSynchronous") { [self] (irp: GuestPointer<IRP>) in
        let file = try memory[memory[irp].currentStackLocation].fileObject
        // FO_SYNCHRONOUS_IO; IRP_SYNCHRONOUS_API, IRP_PAGING_IO, IRP_SYNCHRONOUS_PAGING_IO.
        let flags = try memory[irp].flags
        let isSynchronous = try memory[file].flags & 2 != 0 || flags & 0x44 != 0
        return isSynchronous && flags & 0x42 != 2
      },
      export("IoGetRelatedDeviceObject", to: relatedDevice(of:)),
      export("IoCreateNotificationEvent") {
        [self] (name: GuestPointer<CountedString>, handle: VirtualAddress) in
        try openEvent(name, handle, .notificationEvent)
      },
      export("IoCreateSynchronizationEvent") {
        [self] (name: GuestPointer<CountedString>, handle: VirtualAddress) in
        try openEvent(name, handle, .synchronizationEvent)
      },
    ]
  }

  /// The I/O manager frees the requests that it finishes itself; a driver must not.
  private func checkIsDriversOwn(_ irp: GuestPointer<IRP>, _ routine: String) throws {
    guard requests[irp] == nil else {
      throw Unmodelled("\(routine): a request that the I/O manager finishes")
    }
  }

  /// Returns the device that gets the requests for a file.
  ///
  /// The corresponding kernel routine is `IoGetRelatedDeviceObject`.
  func relatedDevice(
    of file: GuestPointer<FileObject>
  ) throws -> GuestPointer<DeviceObject> {
    let device = try memory[file].deviceObject
    let own = try memory[file].vpb
    if !own.isNull {
      let mounted = try memory[own].deviceObject
      if !mounted.isNull { return try highestDevice(above: mounted) }
    }
    // FO_DIRECT_DEVICE_OPEN keeps a file on the storage device itself.
    let vpb = GuestPointer<VolumeParameterBlock>(try memory[device].vpb)
    if try !vpb.isNull && memory[file].flags & 0x800 == 0 {
      let mounted = try memory[vpb].deviceObject
      if !mounted.isNull { return try highestDevice(above: mounted) }
    }
    return try highestDevice(above: device)
  }

  /// Opens an event by name, or makes one that is signalled.
  ///
  /// - Returns: The event, which lives as long as the handle, or null.
  private func openEvent(
    _ name: GuestPointer<CountedString>,
    _ handle: VirtualAddress,
    _ type: DispatcherObjectType
  ) throws -> VirtualAddress {
    let path = try memory.text(of: name)
    let access = AccessMask(rawValue: 0x1F_0003)  // EVENT_ALL_ACCESS
    let found = try objects.object(at: path)
    if let event = found.object {
      guard event.kind == .event, found.remainder.isEmpty else { return .null }
      try memory.store(objects.makeHandle(for: event, access: access), at: handle)
      return event.body
    }
    let size = DispatcherHeader.size(on: memory.architecture)
    let body = try allocate(size, tag: "Even")
    try dispatcher.initialize(body, type, byteCount: size, signalState: 1)
    let event = KernelObject(.event, body: body)
    event.ownsBody = true
    guard try objects.insert(event, at: path, isPermanent: false).isSuccess else {
      try manager.freePool(body)
      return .null
    }
    try memory.store(objects.makeHandle(for: event, access: access), at: handle)
    try objects.dereference(event)
    return body
  }
}
