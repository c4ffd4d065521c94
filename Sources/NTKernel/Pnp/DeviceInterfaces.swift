public import GuestABI
public import NTStructures

/// An instance of an interface class that a driver registered for a device.
public final class DeviceInterface {
  let classGUID: [UInt8]
  let node: DeviceNode
  let referenceString: String
  /// Whether the interface can be opened.
  public internal(set) var isEnabled = false

  init(classGUID: [UInt8], node: DeviceNode, referenceString: String) {
    self.classGUID = classGUID
    self.node = node
    self.referenceString = referenceString
  }

  /// The name of the link to the device, without the reference string.
  var linkName: String {
    let path = node.instancePath.map { $0 == "\\" ? "#" : String($0) }.joined()
    return "\\??\\\(path)#\(GUIDText.text(of: classGUID))"
  }

  /// The name by which the interface is opened.
  public var name: String {
    referenceString.isEmpty ? linkName : "\(linkName)\\\(referenceString)"
  }

  /// The device that the interface leads to.
  public var device: GuestPointer<DeviceObject> { node.device }
}

/// Instances of interface classes: how programs and drivers find devices.
extension PlugAndPlay {
  /// The routines that drivers import.
  var interfaceExports: [Export] {
    [
      export("IoRegisterDeviceInterface") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          guid: VirtualAddress,
          reference: GuestPointer<CountedString>,
          name: GuestPointer<CountedString>
        ) in
        try register(device, guid, reference, name)
      },
      export("IoSetDeviceInterfaceState") {
        [self] (name: GuestPointer<CountedString>, enables: Bool) in
        guard let interface = try interface(memory.text(of: name)) else {
          // A string that names no instance: the documents have no status for it.
          return NTStatus.objectNameNotFound
        }
        if enables { return try enable(interface) }
        guard interface.isEnabled else { return NTStatus.objectNameNotFound }
        try disable(interface)
        return NTStatus.success
      },
      export("IoGetDeviceInterfaces") {
        [self]
        (
          guid: VirtualAddress,
          device: GuestPointer<DeviceObject>,
          flags: UInt32,
          result: VirtualAddress
        ) in
        let guid = try memory.bytes(at: guid, count: 16)
        guard device.isNull || node(of: device) != nil else {
          return NTStatus.invalidDeviceRequest
        }
        // DEVICE_INTERFACE_INCLUDE_NONACTIVE.
        let names = interfaces.filter {
          $0.classGUID == guid && ($0.isEnabled || flags & 1 != 0)
            && (device.isNull || $0.device == device)
        }.map(\.name)
        let text = names.isEmpty ? [0, 0, 0, 0] : multiString(names)
        guard let block = try givePool(text) else { return NTStatus.insufficientResources }
        try memory.store(block, at: result)
        return NTStatus.success
      },
      export("IoGetDeviceInterfaceAlias") {
        [self]
        (
          name: GuestPointer<CountedString>,
          guid: VirtualAddress,
          alias: GuestPointer<CountedString>
        ) in
        let guid = try memory.bytes(at: guid, count: 16)
        guard let original = try interface(memory.text(of: name)),
          let found = interfaces.first(where: {
            $0.classGUID == guid && $0.node === original.node
              && $0.referenceString == original.referenceString
          })
        else { return NTStatus.objectNameNotFound }
        return try give(found.name, alias)
      },
      export("IoOpenDeviceInterfaceRegistryKey") {
        [self] (name: GuestPointer<CountedString>, access: UInt32, handle: VirtualAddress) in
        guard let interface = try interface(memory.text(of: name)) else {
          return NTStatus.objectNameNotFound
        }
        let path = interface.linkName.dropFirst("\\??\\".count)
        let suffix = interface.referenceString.isEmpty ? "#" : "#\(interface.referenceString)"
        let guid = GUIDText.text(of: interface.classGUID)
        let key = registry.makeKey(
          "MACHINE\\SYSTEM\\ControlSet001\\Control\\DeviceClasses\\\(guid)"
            + "\\##?#\(path)\\\(suffix)\\Device Parameters"
        )
        try open(key, AccessMask(rawValue: access), handle)
        return NTStatus.success
      },
    ]
  }

  private func register(
    _ device: GuestPointer<DeviceObject>,
    _ guid: VirtualAddress,
    _ reference: GuestPointer<CountedString>,
    _ name: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let guid = try memory.bytes(at: guid, count: 16)
    let text = reference.isNull ? "" : try memory.text(of: reference)
    guard let node = node(of: device), !text.contains("\\"), !text.contains("/") else {
      return .invalidDeviceRequest
    }
    if let known = interfaces.first(where: {
      $0.classGUID == guid && $0.node === node
        && $0.referenceString.lowercased() == text.lowercased()
    }) {
      let status = try give(known.name, name)
      return status.isSuccess ? .objectNameExists : status
    }
    guard interfaces.count < 4096 else { throw Unmodelled("more than 4,096 device interfaces") }
    let interface = DeviceInterface(classGUID: guid, node: node, referenceString: text)
    let status = try give(interface.name, name)
    if status.isSuccess { interfaces.append(interface) }
    return status
  }

  /// Returns the interface of a name, whose prefix and case do not matter.
  private func interface(_ name: String) throws -> DeviceInterface? {
    func normal(_ name: String) -> Substring {
      let name = name.lowercased()
      for prefix in ["\\??\\", "\\\\?\\", "\\dosdevices\\"] where name.hasPrefix(prefix) {
        return name.dropFirst(prefix.count)
      }
      return name[...]
    }
    let wanted = normal(name)
    return interfaces.first { normal($0.name) == wanted }
  }

  private func enable(_ interface: DeviceInterface) throws -> NTStatus {
    guard !interface.isEnabled else { return .objectNameExists }
    let isLinked = interfaces.contains { $0.isEnabled && $0.linkName == interface.linkName }
    if !isLinked {
      let link = SymbolicLink(interface.node.deviceName)
      let status = try objects.makeSymbolicLink(at: interface.linkName, to: link)
      guard status.isSuccess else { return status }
    }
    interface.isEnabled = true
    notify(of: interface, isArrival: true)
    return .success
  }

  /// Takes the link of an interface away.
  func disable(_ interface: DeviceInterface) throws {
    guard interface.isEnabled else { return }
    interface.isEnabled = false
    notify(of: interface, isArrival: false)
    guard !interfaces.contains(where: { $0.isEnabled && $0.linkName == interface.linkName }) else {
      return
    }
    _ = try objects.removeSymbolicLink(at: interface.linkName)
  }

  /// Allocates memory that the driver which calls is to free.
  func givePool(_ bytes: [UInt8]) throws -> VirtualAddress? {
    let tag: UInt32 = 0x2070_6E50  // "Pnp "
    guard
      let block = try manager.allocatePool(
        bytes.count,
        .paged,
        tag: tag,
        caller: manager.context.caller
      )
    else { return nil }
    try memory.store(bytes: bytes, at: block)
    return block
  }

  /// Sets a string to new memory, which the driver frees with `RtlFreeUnicodeString`.
  private func give(_ text: String, _ string: GuestPointer<CountedString>) throws -> NTStatus {
    let bytes = text.littleEndianUTF16
    guard bytes.count < 0xFFFE else { throw Unmodelled("the name of a device interface, 64 KiB") }
    guard let block = try givePool(bytes + [0, 0]) else { return .insufficientResources }
    try memory.set(
      string,
      buffer: block,
      length: bytes.count,
      maximumLength: bytes.count + 2
    )
    return .success
  }

  /// Opens a handle to a key.
  func open(_ key: RegistryKey, _ access: AccessMask, _ handle: VirtualAddress) throws {
    let object = KernelObject(.key, payload: .key(key))
    let value = try objects.makeHandle(for: object, access: access)
    try objects.dereference(object)
    try memory.store(value, at: handle)
  }
}
