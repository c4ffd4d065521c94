internal import GuestABI
internal import NTStructures

/// What the drivers of buses answer.
extension PlugAndPlay {
  /// The routines that are not in the export table: dispatch routines of the system's own drivers.
  var busExports: [Export] {
    [
      export(Self.busDispatch) {
        [self]
        (device: GuestPointer<DeviceObject>, irp: GuestPointer<IRP>) -> Completion in
        let location = try memory[irp].currentStackLocation
        let function = try MajorFunction(rawValue: memory[location].majorFunction)
        guard let node = node(of: device) else {
          throw Unmodelled("a request to a device that has been removed from its bus")
        }
        switch function {
        case .plugAndPlay: return try answer(irp, location, for: node)
        case .power: return try answerPower(irp, location, for: node)
        case .internalDeviceControl:
          if node.description.isMouse { return try answerMouse(irp, location) }
          guard let usb = node.usb else {
            return try io.complete(irp, with: .invalidDeviceRequest)
          }
          return try answerUSB(irp, location, usb)
        default:
          // No data block is the bus's: the status stays as it is.
          return try io.complete(irp, with: memory[irp].status)
        }
      }
    ]
  }

  private func answer(
    _ irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>,
    for node: DeviceNode
  ) throws -> Completion {
    let view = memory[location]
    let unchanged = try memory[irp].status
    switch try PlugAndPlayFunction(rawValue: view.minorFunction) {
    case .surpriseRemoval, .removeDevice, .stopDevice:
      guard let usb = node.usb else { return try io.complete(irp, with: .success) }
      // What waits for the device is not answered any more: USBD_STATUS_DEVICE_GONE.
      return try abort(usb, nil, status: (0xC000_7000, .noSuchDevice)) { [io] in
        try io.complete(irp, with: .success)
      }
    case .startDevice, .queryStopDevice, .cancelStopDevice, .queryRemoveDevice,
      .cancelRemoveDevice, .deviceUsageNotification:
      return try io.complete(irp, with: .success)
    case .queryCapabilities:
      try fill(GuestPointer(VirtualAddress(rawValue: view.argument1.rawValue)), for: node)
      return try io.complete(irp, with: .success)
    case .queryDeviceRelations:
      // TargetDeviceRelation.
      guard try UInt32(truncatingIfNeeded: view.argument1.rawValue) == 4 else {
        return try io.complete(irp, with: unchanged)
      }
      let width = memory.architecture.pointerSize
      let list = try io.allocate(2 * width, tag: "PnpL")
      try memory.store(UInt32(1), at: list)
      try memory.store(node.device, at: list + width)
      if let object = objects.object(withBody: node.device.address) { objects.reference(object) }
      return try io.complete(irp, with: .success, information: list.rawValue)
    case .queryID:
      let kind = try UInt32(truncatingIfNeeded: view.argument1.rawValue)
      guard let text = identifier(kind, of: node) else {
        return try io.complete(irp, with: unchanged)
      }
      return try answer(irp, with: text)
    case .queryBusInformation:
      return try answerBusInformation(irp, for: node)
    case .queryDeviceText:
      // DeviceTextDescription.
      guard try UInt32(truncatingIfNeeded: view.argument1.rawValue) == 0,
        node.description.bus != .root, let text = node.key.value("DeviceDesc")
      else { return try io.complete(irp, with: unchanged) }
      return try answer(irp, with: text.data)
    case .queryResources, .queryResourceRequirements:
      return try answerResources(irp, view.minorFunction, for: node)
    case .queryInterface where node.description.bus != .root:
      let place = VirtualAddress(rawValue: try view.argument1.rawValue)
      let guid = GUIDText.text(of: try memory.bytes(at: place, count: 16))
      throw Unmodelled("IRP_MN_QUERY_INTERFACE of \(guid) to a bus")
    case .readConfig, .writeConfig:
      guard node.description.bus == .pci else { return try io.complete(irp, with: unchanged) }
      return try accessConfiguration(irp, location, of: node)
    default:
      return try io.complete(irp, with: unchanged)
    }
  }

  /// Reads or writes the configuration space of a PCI device: `Parameters.ReadWriteConfig`.
  private func accessConfiguration(
    _ irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>,
    of node: DeviceNode
  ) throws -> Completion {
    let view = memory[location]
    // PCI_WHICHSPACE_CONFIG.
    guard try view.argument1.rawValue & 0xFFFF_FFFF == 0,
      let number = node.description.pciDevice, let function = pci.function(0, of: Int(number))
    else { throw Unmodelled("IRP_MN_READ_CONFIG of what is not on the machine's PCI bus") }
    let buffer = VirtualAddress(rawValue: try view.argument2.rawValue)
    let offset = Int(try view.argument3.rawValue & 0xFFFF_FFFF)
    let length = Int(try view.argument4.rawValue & 0xFFFF_FFFF)
    let count = max(0, min(length, PCIFunction.configurationSize - offset))
    if try view.minorFunction == PlugAndPlayFunction.readConfig.rawValue {
      let bytes = (0..<count).map { function.configurationByte(offset + $0) }
      try memory.store(bytes: bytes, at: buffer)
    } else {
      for (index, byte) in try memory.bytes(at: buffer, count: count).enumerated() {
        function.setConfigurationByte(offset + index, to: byte)
      }
    }
    return try io.complete(irp, with: .success, information: UInt64(count))
  }

  private func fill(_ place: GuestPointer<DeviceCapabilities>, for node: DeviceNode) throws {
    let isUSB = node.description.bus == .usb
    let flags: DeviceCapabilities.Flags =
      switch node.description.bus {
      case .root: [.uniqueID]
      case .pci: []
      case .usb: [.removable, .surpriseRemovalOK]
      }
    try memory.modify(place) { capabilities in
      capabilities.flags = capabilities.flags.union(flags)
      capabilities.address = isUSB ? 1 : node.address ?? .max
    }
    // D0 for the working state (1), D3 for the others, and nothing for the unspecified (0).
    let states = memory[place].address(of: \.deviceState)
    for state in 1..<7 {
      try memory.store(UInt32(state == 1 ? 1 : 4), at: states + state * 4)
    }
  }

  /// Returns an identifier, as `BUS_QUERY_ID_TYPE` numbers them.
  private func identifier(_ kind: UInt32, of node: DeviceNode) -> [UInt8]? {
    let path = node.instancePath
    let separator = path.lastIndex(of: "\\") ?? path.endIndex
    return switch kind {
    case 0: String(path[..<separator]).littleEndianUTF16 + [0, 0]
    case 1: node.key.value("HardwareID")?.data
    case 2: node.key.value("CompatibleIDs")?.data
    case 3: String(path[separator...].dropFirst()).littleEndianUTF16 + [0, 0]
    default: nil
    }
  }

  /// Completes a request with bytes that the caller frees.
  private func answer(_ irp: GuestPointer<IRP>, with bytes: [UInt8]) throws -> Completion {
    let block = try io.allocate(bytes.count, tag: "PnpI")
    try memory.store(bytes: bytes, at: block)
    return try io.complete(irp, with: .success, information: block.rawValue)
  }

  private func answerBusInformation(
    _ irp: GuestPointer<IRP>,
    for node: DeviceNode
  ) throws -> Completion {
    guard let bus = node.busInformation else {
      return try io.complete(irp, with: memory[irp].status)
    }
    var bytes = bus.guid
    bytes.append(littleEndian: bus.interfaceType)
    bytes.append(littleEndian: UInt32(0))
    return try answer(irp, with: bytes)
  }

  private func answerResources(
    _ irp: GuestPointer<IRP>,
    _ function: UInt8,
    for node: DeviceNode
  ) throws -> Completion {
    let isList = function == PlugAndPlayFunction.queryResources.rawValue
    let bytes = isList ? node.reported.resources : node.reported.requirements
    guard !bytes.isEmpty else { return try io.complete(irp, with: memory[irp].status) }
    return try answer(irp, with: bytes)
  }

  private func answerPower(
    _ irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>,
    for node: DeviceNode
  ) throws -> Completion {
    let view = memory[location]
    switch try PowerFunction(rawValue: view.minorFunction) {
    case .setPower:
      let state = try UInt32(truncatingIfNeeded: view.argument3.rawValue)
      if try UInt32(truncatingIfNeeded: view.argument2.rawValue) == 1 { node.powerState = state }
      try power.startNext(irp)
      return try io.complete(irp, with: .success)
    case .queryPower:
      try power.startNext(irp)
      return try io.complete(irp, with: .success)
    default:
      // A bus that cannot wake the system does not support IRP_MN_WAIT_WAKE.
      try power.startNext(irp)
      return try io.complete(irp, with: memory[irp].status)
    }
  }
}

extension DeviceNode {
  /// Where a PCI device is on its bus: its number, and that of its function.
  var address: UInt32? { description.pciDevice.map { UInt32($0) << 16 } }

  /// The bus's `BusTypeGuid` and `INTERFACE_TYPE`, or nil if the bus does not tell.
  var busInformation: (guid: [UInt8], interfaceType: UInt32)? {
    switch description.bus {
    case .root: nil
    // GUID_BUS_TYPE_PCI and PCIBus.
    case .pci: (GUIDText.bytes("c8ebdfb0-b510-11d0-80e5-00a0c92542e3"), 5)
    // GUID_BUS_TYPE_USB and PNPBus.
    case .usb: (GUIDText.bytes("9d7debbc-c85d-11d1-9eb4-006008c3a19a"), 15)
    }
  }
}

extension IoManager {
  /// Completes a request of a device of the system's own.
  ///
  /// - Returns: What the dispatch routine returns in the end: the status.
  func complete(
    _ irp: GuestPointer<IRP>,
    with status: NTStatus,
    information: UInt64? = nil
  ) throws -> Completion {
    try memory[irp].store(status, in: \.status)
    if let information { try memory[irp].store(GuestWord(information), in: \.information) }
    return returning(status, after: try completeRequest(irp))
  }

  private func returning(_ status: NTStatus, after completion: Completion) -> Completion {
    if case .call(let call, let then) = completion {
      return .call(call) { [self] in returning(status, after: try then($0)) }
    }
    return .returned(status)
  }
}

/// The text of GUIDs, as the Plug and Play manager writes it: in lower case, with braces.
enum GUIDText {
  private static let order: [Int?] = [
    3, 2, 1, 0, nil, 5, 4, nil, 7, 6, nil, 8, 9, nil, 10, 11, 12, 13, 14, 15,
  ]

  static func text(of bytes: [UInt8]) -> String {
    let digits = order.map { index in
      index.map { (bytes[$0] < 16 ? "0" : "") + String(bytes[$0], radix: 16) } ?? "-"
    }
    return "{\(digits.joined())}"
  }

  /// Returns the bytes of a GUID that is written without braces.
  static func bytes(_ text: StaticString) -> [UInt8] {
    let digits = text.withUTF8Buffer { buffer in
      buffer.filter { $0 != 0x2D }.map { $0 < 0x3A ? $0 & 15 : ($0 & 7) + 9 }
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    for (place, index) in order.compactMap({ $0 }).enumerated() {
      bytes[index] = digits[2 * place] << 4 | digits[2 * place + 1]
    }
    return bytes
  }
}
