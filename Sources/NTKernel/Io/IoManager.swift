public import GuestABI
internal import NTReleases
public import NTStructures

/// The I/O manager: drivers, devices and requests.
public final class IoManager {
  public let memory: AddressSpace
  public let manager: MemoryManager
  public let dispatcher: Dispatcher
  public let objects: ObjectManager
  /// Returns the guest address of a routine of the kernel.
  let addressOfRoutine: (String) throws -> VirtualAddress
  /// The images in memory, whose loader entries driver objects refer to.
  var modules: LoadedModules?
  /// What takes note of events.
  public weak var sink: (any KernelEventSink)?

  /// The driver objects, in the order of loading.
  public private(set) var drivers: [GuestPointer<DriverObject>] = []
  /// The devices that are the system's own, such as those that buses report.
  var systemDevices: [KernelObject] = []
  /// The devices that exist, in the order of creation.
  public internal(set) var devices: [KernelObject] = []
  /// The requests that the I/O manager made and that are not done.
  var requests: [GuestPointer<IRP>: IORequest] = [:]
  /// What drivers keep with their driver objects.
  var driverExtensions: [DriverExtensionKey: VirtualAddress] = [:]
  /// Where `CONFIGURATION_INFORMATION` is, or null if nobody has asked for it.
  var configurationBlock = VirtualAddress.null
  /// The drivers of the system's own.
  var hostedDrivers: [GuestPointer<DriverObject>: any HostedDriver] = [:]
  /// What hears that a device is closed for the last time, or that nothing is attached to it any more.
  var deviceReleased: ((GuestPointer<DeviceObject>) throws -> Void)?
  /// The symbolic links that drivers made.
  public internal(set) var symbolicLinks: [String] = []

  /// Creates an I/O manager without drivers.
  public init(
    memory: AddressSpace,
    manager: MemoryManager,
    dispatcher: Dispatcher,
    objects: ObjectManager,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    self.memory = memory
    self.manager = manager
    self.dispatcher = dispatcher
    self.objects = objects
    self.addressOfRoutine = addressOfRoutine
  }

  /// Allocates zeroed nonpaged memory for an object.
  func allocate(_ byteCount: Int, tag: StaticString) throws -> VirtualAddress {
    let tag = tag.withUTF8Buffer { $0.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
    guard let address = try manager.allocatePool(byteCount, .nonpaged, tag: tag) else {
      throw RaisedStatus(.insufficientResources)
    }
    try memory.fill(at: address, count: byteCount)
    return address
  }

  /// Makes a `UNICODE_STRING` whose buffer follows it.
  func makeString(_ text: String) throws -> GuestPointer<CountedString> {
    let units = Array(text.utf16)
    let size = CountedString.size(on: memory.architecture)
    let block = try allocate(size + units.count * 2 + 2, tag: "IoNm")
    let string = GuestPointer<CountedString>(block)
    try set(string, to: units, buffer: block + size)
    return string
  }

  private func set(
    _ string: GuestPointer<CountedString>,
    to units: [UInt16],
    buffer: VirtualAddress
  ) throws {
    for (index, unit) in units.enumerated() { try memory.store(unit, at: buffer + index * 2) }
    try memory.set(
      string,
      buffer: buffer,
      length: units.count * 2,
      maximumLength: units.count * 2 + 2
    )
  }

  // Drivers

  /// Makes the object of a driver that is being loaded.
  ///
  /// - Parameters:
  ///   - name: The name of its service.
  ///   - registryPath: The path of its service's key.
  ///   - image: Where its image is.
  ///   - entryPoint: Its `DriverEntry`.
  ///   - isFileSystem: Whether its service is that of a file system, whose objects have a directory of
  ///     their own.
  /// - Returns: The object, and the path of its service's key for `DriverEntry`.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func createDriver(
    _ name: String,
    registryPath: String,
    image: Range<VirtualAddress>,
    entryPoint: VirtualAddress,
    isFileSystem: Bool = false
  ) throws -> (driver: GuestPointer<DriverObject>, registryPath: GuestPointer<CountedString>) {
    let size = DriverObject.size(on: memory.architecture)
    let extensionSize = DriverExtension.size(on: memory.architecture)
    let driver = GuestPointer<DriverObject>(try allocate(size + extensionSize + 64, tag: "Driv"))
    let driverExtension = GuestPointer<DriverExtension>(driver.address + size)
    let objectName = "\\\(isFileSystem ? "FileSystem" : "Driver")\\\(name)"
    let driverName = try makeString(objectName)
    let serviceName = try makeString(name)
    let hardware = try makeString(#"\REGISTRY\MACHINE\HARDWARE\DESCRIPTION\SYSTEM"#)
    let invalidRequest = try addressOfRoutine(Self.invalidDeviceRequest)
    let section = modules?.entry(of: image) ?? .null
    try memory.modify(driver) { object in
      object.type = 4
      object.size = Int16(size)
      object.flags = 2
      object.driverStart = image.lowerBound
      object.driverSize = UInt32(image.upperBound.rawValue - image.lowerBound.rawValue)
      object.driverExtension = driverExtension
      object.hardwareDatabase = hardware.address
      object.driverInit = entryPoint
      object.driverSection = section
    }
    let extensionView = memory[driverExtension]
    try extensionView.store(driver, in: \.driverObject)
    try memory.copy(
      from: serviceName.address,
      to: extensionView.address(of: \.serviceKeyName),
      count: CountedString.size(on: memory.architecture)
    )
    let view = memory[driver]
    try memory.copy(
      from: driverName.address,
      to: view.address(of: \.driverName),
      count: CountedString.size(on: memory.architecture)
    )
    for index in 0..<MajorFunction.count {
      let place = view.address(of: \.majorFunction) + index * memory.architecture.pointerSize
      try memory.store(invalidRequest, at: place)
    }
    drivers.append(driver)
    _ = try objects.insert(KernelObject(.driver, body: driver.address), at: objectName)
    return (driver, try makeString(registryPath))
  }

  /// Lets the devices that a driver made in its `DriverEntry` be opened.
  ///
  /// The I/O manager clears `DO_DEVICE_INITIALIZING` when `DriverEntry` returns; a driver clears it
  /// itself for devices that it makes later (WDK, "Initializing a Device Object").
  public func finishInitialization(of driver: GuestPointer<DriverObject>) throws {
    for object in devices {
      let device = GuestPointer<DeviceObject>(object.body)
      guard try memory[device].driverObject == driver else { continue }
      let flags = try memory[device].flags
      try memory[device].store(flags.subtracting(.initializing), in: \.flags)
    }
  }

  /// Forgets a driver that is unloaded.
  public func removeDriver(_ driver: GuestPointer<DriverObject>) throws {
    drivers.removeAll { $0 == driver }
    try freeExtensions(of: driver)
    if let object = objects.object(withBody: driver.address) {
      try objects.remove(object)
      try objects.dereference(object)
    }
  }

  /// The name of the routine that answers requests for which a driver has no dispatch routine.
  static let invalidDeviceRequest = "IopInvalidDeviceRequest"
}
