public import GuestABI
internal import NTStructures

extension IoManager {
  /// The bytes of `DEVOBJ_EXTENSION`, which lies behind the driver's own extension.
  private var hiddenExtensionSize: Int { memory.architecture == .x86 ? 0x40 : 0x78 }

  /// Makes a device.
  ///
  /// The corresponding kernel routine is `IoCreateDevice`.
  func createDevice(
    for driver: GuestPointer<DriverObject>,
    extensionSize: UInt32,
    name: GuestPointer<CountedString>,
    type: UInt32,
    characteristics: UInt32,
    isExclusive: Bool,
    result: VirtualAddress
  ) throws -> NTStatus {
    let path = name.isNull ? nil : try memory.text(of: name)
    let (status, device) = try makeDevice(
      for: driver,
      extensionSize: extensionSize,
      path: path,
      type: type,
      characteristics: characteristics,
      isExclusive: isExclusive
    )
    guard status.isSuccess else { return status }
    try memory.store(device, at: result)
    sink?.record(.deviceCreated(name: path))
    return .success
  }

  /// Makes a device of a driver's, or of the system's own, that nobody is told of.
  func makeDevice(
    for driver: GuestPointer<DriverObject>,
    extensionSize: UInt32,
    path: String?,
    type: UInt32,
    characteristics: UInt32,
    isExclusive: Bool
  ) throws -> (status: NTStatus, device: GuestPointer<DeviceObject>) {
    let size = DeviceObject.size(on: memory.architecture)
    // The size of the device object and of the extension is a 16-bit field.
    guard Int(extensionSize) + size <= Int(UInt16.max) else {
      throw Unmodelled("IoCreateDevice with an extension of \(extensionSize) bytes")
    }
    let body = try allocate(size + Int(extensionSize) + hiddenExtensionSize, tag: "Devi")
    let object = KernelObject(.device, body: body)
    if let path {
      let status = try objects.insert(object, at: path)
      guard status.isSuccess else {
        try manager.freePool(body)
        return (status, GuestPointer(.null))
      }
    } else {
      objects.register(object)
    }
    let device = GuestPointer<DeviceObject>(body)
    let next = try memory[driver].deviceObject
    var flags: DeviceObject.Flags = .initializing
    if isExclusive { flags.insert(.exclusive) }
    if path != nil { flags.insert(.hasName) }
    try memory.modify(device) { device in
      device.type = 3
      device.size = UInt16(size + Int(extensionSize))
      device.driverObject = driver
      device.nextDevice = next
      device.flags = flags
      device.characteristics = characteristics
      device.deviceExtension = extensionSize == 0 ? .null : body + size
      device.deviceType = type
      device.stackSize = 1
      device.deviceObjectExtension = body + ((size + Int(extensionSize) + 15) & ~15)
    }
    try initializeExtension(of: device)
    let queue = memory[device].address(of: \.deviceQueue)
    try initializeDeviceQueue(queue)
    let lock = memory[device].address(of: \.deviceLock)
    try dispatcher.initialize(
      lock,
      .synchronizationEvent,
      byteCount: DispatcherHeader.size(on: memory.architecture),
      signalState: 1
    )
    try memory[driver].store(device, in: \.deviceObject)
    devices.append(object)
    return (.success, device)
  }

  /// Sets up a `KDEVICE_QUEUE` that is empty and not busy.
  ///
  /// The corresponding kernel routine is `KeInitializeDeviceQueue`.
  func initializeDeviceQueue(_ queue: VirtualAddress) throws {
    let width = memory.architecture.pointerSize
    // Type 0x14, then the size; the list, the lock and the busy flag follow.
    try memory.store(UInt16(0x14), at: queue)
    try memory.store(UInt16(memory.architecture == .x86 ? 20 : 40), at: queue + 2)
    let list = queue + (memory.architecture == .x86 ? 4 : 8)
    try memory.store(list, at: list)
    try memory.store(list, at: list + width)
    try memory.store(GuestWord(0), at: list + 2 * width)
    try memory.store(UInt8(0), at: list + 3 * width)
  }

  /// Removes a device.
  ///
  /// The corresponding kernel routine is `IoDeleteDevice`.
  func deleteDevice(_ device: GuestPointer<DeviceObject>) throws {
    guard let object = devices.first(where: { $0.body == device.address }) else {
      throw Unmodelled("IoDeleteDevice of an address that is not a device")
    }
    devices.removeAll { $0 === object }
    try objects.remove(object)
    try objects.dereference(object)
    // Take the device from the driver's list.
    let driver = try memory[device].driverObject
    let next = try memory[device].nextDevice
    var place = memory[driver].address(of: \.deviceObject)
    for _ in 0..<10_000 {
      let found: GuestPointer<DeviceObject> = try memory.load(at: place)
      if found.isNull { break }
      if found == device {
        try memory.store(next, at: place)
        break
      }
      place = memory[found].address(of: \.nextDevice)
    }
    // A device that is open stays until it is closed.
    if try memory[device].referenceCount == 0 { try manager.freePool(device.address) }
  }

  /// Attaches a device above the highest one of another's stack.
  ///
  /// The corresponding kernel routine is `IoAttachDeviceToDeviceStack`.
  func attach(
    _ source: GuestPointer<DeviceObject>,
    to target: GuestPointer<DeviceObject>
  ) throws -> GuestPointer<DeviceObject> {
    let top = try highestDevice(above: target)
    try memory[top].store(source, in: \.attachedDevice)
    let stackSize = try memory[top].stackSize
    let alignment = try memory[top].alignmentRequirement
    let sectorSize = try memory[top].sectorSize
    try memory.modify(source) { source in
      source.stackSize = stackSize &+ 1
      source.alignmentRequirement = alignment
      source.sectorSize = sectorSize
    }
    try setLowerDevice(of: source, to: top)
    return top
  }

  /// Returns the highest device of a stack.
  func highestDevice(
    above device: GuestPointer<DeviceObject>
  ) throws -> GuestPointer<DeviceObject> {
    var device = device
    for _ in 0..<256 {
      let above = try memory[device].attachedDevice
      if above.isNull { return device }
      device = above
    }
    throw Unmodelled("a stack of more than 256 devices")
  }

  /// Makes a symbolic link.
  ///
  /// The corresponding kernel routine is `IoCreateSymbolicLink`.
  func createSymbolicLink(
    _ name: GuestPointer<CountedString>,
    _ target: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let name = try memory.text(of: name)
    let target = try memory.text(of: target)
    let status = try objects.makeSymbolicLink(at: name, to: SymbolicLink(target))
    if status.isSuccess {
      symbolicLinks.append(name)
      sink?.record(.symbolicLinkCreated(name: name, target: target))
    }
    return status
  }

  /// Removes a symbolic link.
  ///
  /// The corresponding kernel routine is `IoDeleteSymbolicLink`.
  func deleteSymbolicLink(_ name: GuestPointer<CountedString>) throws -> NTStatus {
    let name = try memory.text(of: name)
    let status = try objects.removeSymbolicLink(at: name)
    if status.isSuccess { symbolicLinks.removeAll { $0.lowercased() == name.lowercased() } }
    return status
  }

  /// The routines that drivers import to work with devices.
  public var deviceExports: [Export] {
    [
      export("IoCreateDevice") {
        [self]
        (
          driver: GuestPointer<DriverObject>,
          extensionSize: UInt32,
          name: GuestPointer<CountedString>,
          type: UInt32,
          characteristics: UInt32,
          isExclusive: Bool,
          result: VirtualAddress
        ) in
        try createDevice(
          for: driver,
          extensionSize: extensionSize,
          name: name,
          type: type,
          characteristics: characteristics,
          isExclusive: isExclusive,
          result: result
        )
      },
      export("IoCreateDeviceSecure") {
        [self]
        (
          driver: GuestPointer<DriverObject>,
          extensionSize: UInt32,
          name: GuestPointer<CountedString>,
          type: UInt32,
          characteristics: UInt32,
          isExclusive: Bool,
          security: GuestPointer<CountedString>,
          deviceClass: VirtualAddress,
          result: VirtualAddress
        ) in
        // The descriptor decides who may open the device; here that is always an administrator.
        try createDevice(
          for: driver,
          extensionSize: extensionSize,
          name: name,
          type: type,
          characteristics: characteristics,
          isExclusive: isExclusive,
          result: result
        )
      },
      export("IoDeleteDevice", to: deleteDevice(_:)),
      export("IoCreateSymbolicLink", to: createSymbolicLink(_:_:)),
      export("IoCreateUnprotectedSymbolicLink", to: createSymbolicLink(_:_:)),
      export("IoDeleteSymbolicLink", to: deleteSymbolicLink(_:)),
      export("IoAttachDeviceToDeviceStack") {
        [self]
        (source: GuestPointer<DeviceObject>, target: GuestPointer<DeviceObject>) in
        try attach(source, to: target)
      },
      export("IoDetachDevice") { [self] (target: GuestPointer<DeviceObject>) in
        let above = try memory[target].attachedDevice
        if !above.isNull { try setLowerDevice(of: above, to: GuestPointer(.null)) }
        try memory[target].store(GuestPointer(.null), in: \.attachedDevice)
        try deviceReleased?(target)
      },
      export("IoGetAttachedDevice") { [self] (device: GuestPointer<DeviceObject>) in
        try highestDevice(above: device)
      },
      export("IoRegisterShutdownNotification") { (device: GuestPointer<DeviceObject>) in
        // The machine is never shut down.
        NTStatus.success
      },
      export("IoUnregisterShutdownNotification") { (device: GuestPointer<DeviceObject>) in },
      export("KeInitializeDeviceQueue", to: initializeDeviceQueue(_:)),
    ]
  }
}
