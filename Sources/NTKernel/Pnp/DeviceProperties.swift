internal import GuestABI
internal import NTStructures

/// The name of a property that drivers define: `DEVPROPKEY`.
struct DevicePropertyKey: Hashable {
  let format: [UInt8]
  let number: UInt32
  let locale: UInt32
}

/// The value of a property that a driver set.
struct DevicePropertyValue: Hashable {
  let type: UInt32
  let data: [UInt8]
}

/// What drivers ask about devices.
extension PlugAndPlay {
  /// The routines that drivers import.
  var propertyExports: [Export] {
    [
      export("IoGetDeviceProperty") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          property: UInt32,
          length: UInt32,
          buffer: VirtualAddress,
          resultLength: VirtualAddress
        ) in
        guard let node = node(of: device) else { return NTStatus.invalidDeviceRequest }
        switch try value(of: property, node) {
        case .failed(let status):
          try memory.store(UInt32(0), at: resultLength)
          return status
        case .done(let bytes):
          try memory.store(UInt32(bytes.count), at: resultLength)
          guard bytes.count <= Int(length) else { return NTStatus.bufferTooSmall }
          try memory.store(bytes: bytes, at: buffer)
          return NTStatus.success
        }
      },
      export("IoOpenDeviceRegistryKey") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          kind: UInt32,
          access: UInt32,
          handle: VirtualAddress
        ) in
        guard let node = node(of: device) else { return NTStatus.invalidDeviceRequest }
        let control = "MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\\(node.driverKeyName)"
        let device = "\(node.key.path.dropFirst("\\REGISTRY\\".count))\\Device Parameters"
        switch kind {
        // PLUGPLAY_REGKEY_DEVICE and PLUGPLAY_REGKEY_DRIVER.
        case 1: try open(registry.makeKey(device), AccessMask(rawValue: access), handle)
        case 2: try open(registry.makeKey(control), AccessMask(rawValue: access), handle)
        case 5, 6: throw Unmodelled("IoOpenDeviceRegistryKey: the current hardware profile")
        default: return NTStatus.invalidParameter
        }
        return NTStatus.success
      },
      export("IoSetDevicePropertyData") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          key: VirtualAddress,
          locale: UInt32,
          flags: UInt32,
          type: UInt32,
          size: UInt32,
          data: VirtualAddress
        ) in
        guard let node = node(of: device) else { return NTStatus.invalidDeviceRequest }
        let key = try propertyKey(at: key, locale)
        guard !isSystems(key) else {
          throw Unmodelled("IoSetDevicePropertyData: \(GUIDText.text(of: key.format))")
        }
        guard type != 0 else {
          // DEVPROP_TYPE_EMPTY removes the property.
          node.properties[key] = nil
          return NTStatus.success
        }
        guard size <= 1 << 20, node.properties.count < 4096 else {
          throw Unmodelled("IoSetDevicePropertyData: more than a mebibyte")
        }
        let bytes = try memory.bytes(at: data, count: Int(size))
        node.properties[key] = DevicePropertyValue(type: type, data: bytes)
        return NTStatus.success
      },
      export("IoGetDevicePropertyData") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          key: VirtualAddress,
          locale: UInt32,
          flags: UInt32,
          size: UInt32,
          buffer: VirtualAddress,
          requiredSize: VirtualAddress,
          type: VirtualAddress
        ) in
        guard let node = node(of: device) else { return NTStatus.invalidDeviceRequest }
        let key = try propertyKey(at: key, locale)
        guard let value = node.properties[key] else {
          guard !isSystems(key) else {
            let guid = GUIDText.text(of: key.format)
            throw Unmodelled("IoGetDevicePropertyData: \(guid), \(key.number)")
          }
          return NTStatus.objectNameNotFound
        }
        try memory.store(UInt32(value.data.count), at: requiredSize)
        try memory.store(value.type, at: type)
        guard value.data.count <= Int(size) else { return NTStatus.bufferTooSmall }
        try memory.store(bytes: value.data, at: buffer)
        return NTStatus.success
      },
    ]
  }

  private func propertyKey(
    at address: VirtualAddress,
    _ locale: UInt32
  ) throws -> DevicePropertyKey {
    DevicePropertyKey(
      format: try memory.bytes(at: address, count: 16),
      number: try memory.load(at: address + 16),
      locale: locale
    )
  }

  /// Whether a property is one of those that the system defines in `devpkey.h`, whose values are not
  /// modelled.
  private func isSystems(_ key: DevicePropertyKey) -> Bool {
    Self.systemFormats.contains(key.format)
  }

  private static let systemFormats = [
    GUIDText.bytes("a45c254e-df1c-4efd-8020-67d146a850e0"),
    GUIDText.bytes("4340a6c5-93fa-4706-972c-7b648008a5a7"),
    GUIDText.bytes("540b947e-8b40-45bc-a8a2-6a0b894cbda2"),
    GUIDText.bytes("80497100-8c73-48b9-aad9-ce387e19c56e"),
    GUIDText.bytes("8c7ed206-3f8a-4827-b3ab-ae9e1faefc6c"),
    GUIDText.bytes("78c34fc8-104a-4aca-9ea4-524d52996e57"),
    GUIDText.bytes("83da6326-97a6-4088-9453-a1923f573b29"),
    GUIDText.bytes("a8b865dd-2e3d-4094-ad97-e593a70c75d6"),
    GUIDText.bytes("cf73bb51-3abf-44a2-85e0-9a3dc7a12132"),
    GUIDText.bytes("b725f130-47ef-101a-a5f1-02608c9eebac"),
  ]

  /// Returns a property, as `DEVICE_REGISTRY_PROPERTY` numbers them.
  private func value(of property: UInt32, _ node: DeviceNode) throws -> Attempt<[UInt8]> {
    func text(_ name: String) -> Attempt<[UInt8]> {
      node.key.value(name).map { .done($0.data) } ?? .failed(.objectNameNotFound)
    }
    func string(_ text: some StringProtocol) -> Attempt<[UInt8]> {
      .done(text.littleEndianUTF16 + [0, 0])
    }
    func number(_ number: UInt32) -> Attempt<[UInt8]> {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: number)
      return .done(bytes)
    }
    func list(_ address: VirtualAddress) throws -> Attempt<[UInt8]> {
      guard address != .null else { return .failed(.objectNameNotFound) }
      return .done(try memory.bytes(at: address, count: node.reported.resources.count))
    }
    let notFound = Attempt<[UInt8]>.failed(.objectNameNotFound)
    switch property {
    case 0x00: return text("DeviceDesc")
    case 0x01: return text("HardwareID")
    case 0x02: return text("CompatibleIDs")
    case 0x03: return try list(node.resourceLists.raw)
    case 0x04: return try list(node.resourceLists.translated)
    case 0x05: return text("Class")
    case 0x06: return text("ClassGUID")
    case 0x07: return text("Driver")
    case 0x08: return text("Mfg")
    case 0x09: return text("FriendlyName")
    case 0x0A: return text("LocationInformation")
    case 0x0B: return string(node.deviceName)
    case 0x0C: return node.busInformation.map { .done($0.guid) } ?? notFound
    case 0x0D: return node.busInformation.map { number($0.interfaceType) } ?? notFound
    case 0x0E: return node.busInformation == nil ? notFound : number(0)
    case 0x0F: return string(node.enumerator)
    case 0x10 where node.address != nil: return number(node.address ?? 0)
    case 0x10, 0x11:
      throw Unmodelled("IoGetDeviceProperty: the address or the number of a device on its bus")
    // InstallStateInstalled.
    case 0x12 where hasInstallState: return number(0)
    // RemovalPolicyExpectNoRemoval, ExpectSurpriseRemoval.
    case 0x13 where hasInstallState: return number(node.description.bus == .usb ? 3 : 1)
    case 0x14...0x16:
      throw Unmodelled("IoGetDeviceProperty: property 0x\(String(property, radix: 16))")
    default: return .failed(.invalidParameter2)
    }
  }
}
