internal import GuestABI
internal import NTStructures

/// Devices that drivers report, as drivers of buses do.
extension PlugAndPlay {
  /// Takes a list of device relations, and frees it.
  ///
  /// - Parameters:
  ///   - request: The request that was answered with the list.
  ///   - node: The device whose drivers answered.
  ///   - isBus: Whether these are the devices on a bus, so that those that are new become devices of
  ///     the system, and those that are missing are gone.
  /// - Returns: How many devices the list has.
  /// - Throws: A ``GuestFault`` if the list cannot be read.
  func takeRelations(_ request: IORequest, of node: DeviceNode, isBus: Bool) throws -> Int {
    let list = VirtualAddress(rawValue: request.information)
    let count = try memory.load(UInt32.self, at: list)
    guard count <= 1024 else { throw Unmodelled("a list of \(count) device relations") }
    let width = memory.architecture.pointerSize
    var devices: [VirtualAddress] = []
    for index in 0..<Int(count) {
      let device: VirtualAddress = try memory.load(at: list + width * (index + 1))
      let object = try objects.knownObject(device, "IRP_MN_QUERY_DEVICE_RELATIONS")
      guard object.kind == .device else {
        throw Unmodelled("IRP_MN_QUERY_DEVICE_RELATIONS: an object that is no device")
      }
      devices.append(device)
      let isKnown = nodes.contains { $0.device.address == device }
      if isBus, !isKnown {
        // The reference that the driver took is the system's from now on.
        nodes.append(child(GuestPointer(device), of: node))
      } else {
        try objects.dereference(object)
      }
    }
    try manager.freePool(list)
    if isBus { node.missing = missing(devices, of: node) }
    return Int(count)
  }

  private func child(_ device: GuestPointer<DeviceObject>, of node: DeviceNode) -> DeviceNode {
    reportedCount += 1
    let path = "LOCKSTEP\\CHILD\\\(reportedCount)"
    let name = objects.object(withBody: device.address)?.name.map { "\\Device\\\($0)" }
    let description = ReportedDevice(bus: .root)
    let child = DeviceNode(
      description,
      device: device,
      instancePath: path,
      deviceName: name ?? "",
      key: registry.makeKey("MACHINE\\SYSTEM\\ControlSet001\\Enum\\\(path)"),
      driverKeyName: "\(description.setupClass.guid)\\9999",
      parent: node
    )
    child.state = .reported
    return child
  }

  private func missing(_ devices: [VirtualAddress], of node: DeviceNode) -> [DeviceNode] {
    nodes.filter { $0.parent === node && !devices.contains($0.device.address) }
  }

  /// Returns the devices that the drivers of another have just reported.
  public func newChildren(of node: DeviceNode) -> [DeviceNode] {
    nodes.filter { $0.parent === node && $0.state == .reported }
  }

  /// Returns the devices that the drivers of another do not report any more.
  public func takeMissingChildren(of node: DeviceNode) -> [DeviceNode] {
    defer { node.missing = [] }
    return node.missing.filter { $0.state != .removed }
  }

  /// Notes that the system knows what a reported device is.
  public func identify(_ node: DeviceNode) { node.state = .added }

  /// Returns text that ends in a terminator, of which at most 1,024 units are read.
  func terminatedText(at address: VirtualAddress) throws -> String {
    var units: [UInt16] = []
    while units.count < 1024 {
      let unit = try memory.load(UInt16.self, at: address + units.count * 2)
      if unit == 0 { break }
      units.append(unit)
    }
    return String(decoding: units, as: UTF16.self)
  }
}
