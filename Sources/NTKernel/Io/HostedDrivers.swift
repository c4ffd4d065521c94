internal import GuestABI
internal import NTStructures

/// A driver of the system's own, whose one dispatch routine is not in the guest's memory.
protocol HostedDriver: AnyObject {
  /// Carries out a request.
  ///
  /// - Returns: The dispatch routine's status, after the calls of drivers that completing takes.
  func dispatch(_ device: GuestPointer<DeviceObject>, _ irp: GuestPointer<IRP>) throws -> Completion
}

extension IoManager {
  /// The routine that the dispatch tables of hosted drivers point to.
  static let hostedDispatch = "IopHostedDispatch"

  /// The routines that hosted drivers need.
  var hostedExports: [Export] {
    [
      // Not in the export table: the guest comes here when it calls the dispatch routine by itself.
      export(Self.hostedDispatch) {
        [self] (device: GuestPointer<DeviceObject>, irp: GuestPointer<IRP>) in
        let driver = try memory[device].driverObject
        guard let hosted = hostedDrivers[driver] else {
          throw Unmodelled("a dispatch routine of the system's, called for another driver's device")
        }
        return try hosted.dispatch(device, irp)
      }
    ]
  }

  /// Makes the object of a driver of the system's, with a name such as `\FileSystem\Ntfs`.
  func makeHostedDriver(
    _ path: String,
    _ hosted: any HostedDriver
  ) throws -> GuestPointer<DriverObject> {
    let size = DriverObject.size(on: memory.architecture)
    let extensionSize = DriverExtension.size(on: memory.architecture)
    let driver = GuestPointer<DriverObject>(try allocate(size + extensionSize, tag: "Driv"))
    let driverExtension = GuestPointer<DriverExtension>(driver.address + size)
    let name = try makeString(path)
    let routine = try addressOfRoutine(Self.hostedDispatch)
    try memory.modify(driver) { object in
      object.type = 4
      object.size = Int16(size)
      object.flags = 2
      object.driverExtension = driverExtension
    }
    try memory[driverExtension].store(driver, in: \.driverObject)
    let view = memory[driver]
    try memory.copy(
      from: name.address,
      to: view.address(of: \.driverName),
      count: CountedString.size(on: memory.architecture)
    )
    for index in 0..<MajorFunction.count {
      let place = view.address(of: \.majorFunction) + index * memory.architecture.pointerSize
      try memory.store(routine, at: place)
    }
    hostedDrivers[driver] = hosted
    _ = try objects.insert(KernelObject(.driver, body: driver.address), at: path)
    return driver
  }

  /// Makes a device of the system's, of a type `FILE_DEVICE_…`.
  func makeHostedDevice(
    of driver: GuestPointer<DriverObject>,
    _ path: String?,
    type: UInt32,
    flags: DeviceObject.Flags
  ) throws -> GuestPointer<DeviceObject> {
    let size = DeviceObject.size(on: memory.architecture)
    let extensionSize = memory.architecture == .x86 ? 0x40 : 0x78
    let body = try allocate(size + extensionSize, tag: "Devi")
    let device = GuestPointer<DeviceObject>(body)
    let next = try memory[driver].deviceObject
    try memory.modify(device) { device in
      device.type = 3
      device.size = UInt16(size)
      device.driverObject = driver
      device.nextDevice = next
      device.flags = path == nil ? flags : flags.union(.hasName)
      device.deviceType = type
      device.stackSize = 1
      device.sectorSize = 512
      device.deviceObjectExtension = body + size
    }
    try initializeDeviceQueue(memory[device].address(of: \.deviceQueue))
    try dispatcher.initialize(
      memory[device].address(of: \.deviceLock),
      .synchronizationEvent,
      byteCount: DispatcherHeader.size(on: memory.architecture),
      signalState: 1
    )
    try memory[driver].store(device, in: \.deviceObject)
    let object = KernelObject(.device, body: body)
    if let path {
      _ = try objects.insert(object, at: path)
    } else {
      objects.register(object)
    }
    return device
  }

  /// Completes a request, and makes its status the result of the dispatch routine.
  func complete(
    _ irp: GuestPointer<IRP>,
    _ status: NTStatus,
    information: UInt64 = 0
  ) throws -> Completion {
    try memory.modify(irp) { irp in
      irp.status = status
      irp.information = GuestWord(rawValue: information)
    }
    return try completeRequest(irp).followed { _ in .returned(status) }
  }
}

extension Completion {
  /// Goes on when a completion has come to a value.
  ///
  /// - Throws: ``Unmodelled`` if it waits, which only a routine that the guest calls can.
  func followed(by body: @escaping (UInt64) throws -> Completion) throws -> Completion {
    switch self {
    case .value(let bits): return try body(bits)
    case .call(let call, let then):
      return .call(call) { try then($0).followed(by: body) }
    case .wait, .exitThread, .resume:
      throw Unmodelled("a routine of the kernel that waits within another")
    }
  }
}
