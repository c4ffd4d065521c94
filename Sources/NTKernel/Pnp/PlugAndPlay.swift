internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The Plug and Play manager: the devices that buses report, and the drivers of buses.
///
/// The drivers of buses are the system's. They answer what a bus driver answers by the documents, and
/// complete anything else as it came, as they must (WDK, "Passing PnP IRPs Down the Device Stack").
public final class PlugAndPlay {
  let io: IoManager
  let registry: Registry
  let power: PowerManager
  /// The machine's PCI bus.
  let pci: PCIBus
  /// Whether the release has Plug and Play: NT 4.0 and older have not.
  public let isPresent: Bool
  /// Whether `IoGetDeviceProperty` knows the state of the installation and the removal policy.
  let hasInstallState: Bool
  /// The devices that buses have reported and that are not gone.
  public internal(set) var nodes: [DeviceNode] = []
  /// The devices that drivers have reported, and what is asked of the next.
  var reportedCount = 0
  /// The instances of interface classes that drivers registered.
  public internal(set) var interfaces: [DeviceInterface] = []
  /// The routines that drivers registered to be told of events, in order.
  public internal(set) var registrations: [PlugAndPlayRegistration] = []
  /// The calls of such routines that are due.
  var dueCalls: [(registration: PlugAndPlayRegistration, event: PlugAndPlayEvent)] = []
  private var drivers: [ReportedDevice.Bus: GuestPointer<DriverObject>] = [:]
  /// The devices that each bus has reported so far.
  private var counts: [ReportedDevice.Bus: Int] = [:]

  var memory: AddressSpace { io.memory }
  var manager: MemoryManager { io.manager }
  var objects: ObjectManager { io.objects }

  init(
    io: IoManager,
    registry: Registry,
    power: PowerManager,
    pci: PCIBus,
    behaviour: Behaviour
  ) {
    self.pci = pci
    self.io = io
    self.registry = registry
    self.power = power
    isPresent = behaviour.hasPlugAndPlay
    hasInstallState = behaviour.hasInstallStateProperty
  }

  /// The name of the routine that answers requests to the devices that buses report; it is not in the
  /// export table.
  static let busDispatch = "IopDispatchToBus"

  /// The device of the class driver for mice, once there is a mouse.
  var mouseClassDevice: GuestPointer<DeviceObject>?

  /// Returns the node of a physical device object, or nil if it is none.
  func node(of device: GuestPointer<DeviceObject>) -> DeviceNode? {
    nodes.first { $0.device == device }
  }

  /// Lets a bus report a device, for which a driver is installed.
  ///
  /// - Parameters:
  ///   - description: The device.
  ///   - service: The name of the driver's service.
  /// - Returns: The device, for which no driver's `AddDevice` has been called yet.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func report(_ description: ReportedDevice, service: String) throws -> DeviceNode {
    var description = description
    let bus = description.bus
    if bus == .usb, description.hardwareIDs.isEmpty {
      description.hardwareIDs = (description.usb ?? .vendorSpecific).hardwareIDs
    }
    let number = counts[bus, default: 0]
    counts[bus] = number + 1
    let name = deviceName(bus, number)
    let device = try io.makeSystemDevice(for: driver(of: bus), path: name)
    // DO_BUS_ENUMERATED_DEVICE.
    let flags = try memory[device].flags
    try memory[device].store(flags.union(.busEnumerated), in: \.flags)
    let path = instancePath(description, service: service, number)
    let driverKeyName = "\(description.setupClass.guid)\\\(fourDigits(number))"
    let node = DeviceNode(
      description,
      device: device,
      instancePath: path,
      deviceName: name,
      key: registry.makeKey("MACHINE\\SYSTEM\\ControlSet001\\Enum\\\(path)"),
      driverKeyName: driverKeyName
    )
    try install(node, service: service)
    try makeResourceLists(node)
    nodes.append(node)
    return node
  }

  private func deviceName(_ bus: ReportedDevice.Bus, _ number: Int) -> String {
    switch bus {
    case .root: "\\Device\\0000\(fourDigits(0x20 + number))"
    case .pci: "\\Device\\NTPNP_PCI\(fourDigits(number))"
    case .usb: "\\Device\\USBPDO-\(number)"
    }
  }

  private func instancePath(
    _ description: ReportedDevice,
    service: String,
    _ number: Int
  ) -> String {
    let first = description.hardwareIDs.first
    switch description.bus {
    case .root:
      // An installer names the device after what it installs.
      return "ROOT\\\(service.uppercased())\\\(fourDigits(number))"
    case .pci:
      // The instance's last part is the device's number, shifted, and the function's.
      let place = fourDigits(Int(description.pciDevice ?? UInt8(clamping: number)) << 3).suffix(2)
      return "\(first ?? "PCI\\VEN_FFFF&DEV_FFFF")\\3&61AAA01&0&\(place)"
    case .usb:
      // The instance is named after the vendor and the product, not the revision.
      let id = description.hardwareIDs.last ?? "USB\\UNKNOWN"
      return "\(id)\\5&2A5E8F4C&0&\(number + 1)"
    }
  }

  private func fourDigits(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The driver of a bus, which is made with the first device.
  private func driver(of bus: ReportedDevice.Bus) throws -> GuestPointer<DriverObject> {
    if let driver = drivers[bus] { return driver }
    let name =
      switch bus {
      case .root: "PnpManager"
      case .pci: "PCI"
      case .usb: "usbhub"
      }
    var functions: [MajorFunction] = [.plugAndPlay, .power, .systemControl]
    if bus != .pci { functions.append(.internalDeviceControl) }
    let driver = try io.makeSystemDriver(name, answering: functions, with: Self.busDispatch)
    drivers[bus] = driver
    return driver
  }

  /// Writes to the registry what an installer and the Plug and Play manager write.
  private func install(_ node: DeviceNode, service: String) throws {
    let key = node.key
    let text = multiString(hardwareIDs(of: node, service: service))
    key.setValue(RegistryValue("HardwareID", .multiString, text))
    if !node.description.compatibleIDs.isEmpty {
      let text = multiString(node.description.compatibleIDs)
      key.setValue(RegistryValue("CompatibleIDs", .multiString, text))
    }
    key.setValue(RegistryValue("Class", node.description.setupClass.name))
    key.setValue(RegistryValue("ClassGUID", node.description.setupClass.guid))
    key.setValue(RegistryValue("Driver", node.driverKeyName))
    key.setValue(RegistryValue("Service", service))
    key.setValue(RegistryValue("DeviceDesc", service))
    key.setValue(RegistryValue("ConfigFlags", 0))
    _ = registry.makeKey("\(node.key.path.dropFirst("\\REGISTRY\\".count))\\Device Parameters")
    let driverKey = registry.makeKey(
      "MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\\(node.driverKeyName)"
    )
    driverKey.setValue(RegistryValue("DriverDesc", service))
  }

  func hardwareIDs(of node: DeviceNode, service: String) -> [String] {
    let given = node.description.hardwareIDs
    return given.isEmpty ? ["\(node.enumerator)\\\(service)"] : given
  }

  /// Returns strings as a value of the registry holds several.
  func multiString(_ strings: [String]) -> [UInt8] {
    strings.flatMap { $0.littleEndianUTF16 + [0, 0] } + [0, 0]
  }

  private func makeResourceLists(_ node: DeviceNode) throws {
    let resources = node.description.resources
    guard !resources.isEmpty else { return }
    let lists = ResourceLists(
      architecture: memory.architecture,
      // Internal, PCIBus and PNPBus of INTERFACE_TYPE.
      interfaceType: node.description.bus == .pci ? 5 : node.description.bus == .root ? 0 : 15,
      busNumber: 0
    )
    func store(_ bytes: [UInt8]) throws -> VirtualAddress {
      let address = try io.allocate(bytes.count, tag: "PnpR")
      try memory.store(bytes: bytes, at: address)
      return address
    }
    node.reported = (
      lists.list(of: resources),
      lists.requirements(
        for: resources,
        slot: UInt32(node.description.pciDevice ?? 0)
      )
    )
    node.resourceLists = (
      raw: try store(node.reported.resources),
      translated: try store(lists.list(of: resources, routing: route(_:)))
    )
    node.requirements = try store(node.reported.requirements)
  }

  /// Where an interrupt line leads to.
  private func route(_ line: UInt32) -> ResourceLists.InterruptRouting {
    let routed = InterruptLine(UInt8(clamping: line), on: memory.architecture)
    return ResourceLists.InterruptRouting(
      vector: routed?.vector ?? line,
      level: UInt32(routed?.level.rawValue ?? 0),
      affinity: 1
    )
  }

  /// Forgets a device that is gone from its bus, or that no driver took.
  public func remove(_ node: DeviceNode) throws {
    node.state = .removed
    nodes.removeAll { $0 === node }
    for interface in interfaces where interface.node === node { try disable(interface) }
    interfaces.removeAll { $0.node === node }
    if node.parent != nil {
      // The reference with which the driver reported it.
      if let object = objects.object(withBody: node.device.address) {
        try objects.dereference(object)
      }
    } else if try memory[node.device].attachedDevice.isNull {
      try io.removeSystemDevice(node.device)
    }
    for list in [node.resourceLists.raw, node.resourceLists.translated, node.requirements]
    where list != .null {
      try manager.freePool(list)
    }
  }
}
