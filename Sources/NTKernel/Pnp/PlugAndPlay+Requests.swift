public import GuestABI
public import NTStructures

/// What the Plug and Play manager asks the drivers of a device.
extension PlugAndPlay {
  /// Makes a request for the highest driver of a device.
  ///
  /// - Parameters:
  ///   - function: What is asked.
  ///   - node: The device.
  ///   - kind: What exactly is asked for: `DEVICE_RELATION_TYPE`, `BUS_QUERY_ID_TYPE` or
  ///     `DEVICE_TEXT_TYPE`.
  /// - Returns: The request, and the call that hands it to the driver.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func makeRequest(
    _ function: PlugAndPlayFunction,
    for node: DeviceNode,
    kind: UInt32 = 0
  ) throws -> (request: IORequest, completion: Completion) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    switch function {
    case .startDevice:
      first = node.resourceLists.raw.rawValue
      second = node.resourceLists.translated.rawValue
    case .filterResourceRequirements: first = node.requirements.rawValue
    case .queryDeviceRelations, .queryID: first = UInt64(kind)
    case .queryDeviceText:
      // The language: English of the United States.
      (first, second) = (UInt64(kind), 0x409)
    case .queryCapabilities: first = try makeCapabilities().address.rawValue
    default: break
    }
    let (request, device) = try io.prepareSystemRequest(
      .plugAndPlay,
      function.rawValue,
      on: node.device,
      [first, second]
    )
    if function == .filterResourceRequirements {
      // IoStatus.Information holds the list as well.
      try memory[request.irp].store(GuestWord(first), in: \.information)
    }
    request.parameter = VirtualAddress(rawValue: first)
    request.kind = kind
    return (request, try io.callDriver(device, request.irp))
  }

  /// Makes an empty `DEVICE_CAPABILITIES`, as the documents want it sent.
  private func makeCapabilities() throws -> GuestPointer<DeviceCapabilities> {
    let size = DeviceCapabilities.size(on: memory.architecture)
    let block = GuestPointer<DeviceCapabilities>(try io.allocate(size, tag: "PnpC"))
    try memory.modify(block) { capabilities in
      capabilities.size = UInt16(size)
      capabilities.version = 1
      capabilities.address = .max
      capabilities.uiNumber = .max
    }
    return block
  }

  /// Takes what a request has come to, and frees what was made for it.
  ///
  /// - Returns: What the drivers answered, in words, or nil if there is nothing to say.
  public func finish(
    _ function: PlugAndPlayFunction,
    _ request: IORequest,
    for node: DeviceNode
  ) throws -> String? {
    switch function {
    case .queryCapabilities:
      defer { _ = try? manager.freePool(request.parameter) }
      return nil
    case .queryDeviceRelations:
      guard request.status?.isSuccess == true, request.information != 0 else { return nil }
      // BusRelations.
      let isBus = request.kind == 0
      let count = try takeRelations(request, of: node, isBus: isBus)
      return "\(count) device\(count == 1 ? "" : "s")"
    case .queryID, .queryDeviceText, .queryBusInformation, .queryResources,
      .queryResourceRequirements:
      guard request.status?.isSuccess == true, request.information != 0 else { return nil }
      let block = VirtualAddress(rawValue: request.information)
      let isText =
        switch function {
        // BusQueryHardwareIDs and BusQueryCompatibleIDs are lists.
        case .queryID: request.kind != 1 && request.kind != 2
        default: function == .queryDeviceText
        }
      let text = isText ? try terminatedText(at: block) : nil
      try manager.freePool(block)
      return text
    case .filterResourceRequirements:
      let list = VirtualAddress(rawValue: request.information)
      guard request.status?.isSuccess == true, list != node.requirements, list != .null else {
        return nil
      }
      // A driver's own list stands in for the one that it was given, which it freed.
      node.requirements = list
      return "a list of the driver's own"
    case .queryState:
      guard request.status?.isSuccess == true, request.information != 0 else { return nil }
      return "state 0x" + String(request.information, radix: 16, uppercase: true)
    default: return nil
    }
  }

  /// Pulls a device out of its port, of which nobody has been told yet.
  public func disconnect(_ node: DeviceNode) { node.usb?.isGone = true }

  /// Takes note of what the drivers have been told.
  public func note(_ function: PlugAndPlayFunction, _ status: NTStatus, for node: DeviceNode) {
    switch function {
    case .startDevice where status.isSuccess: node.state = .started
    case .queryStopDevice where status.isSuccess: node.state = .stopPending
    case .stopDevice: node.state = .stopped
    case .cancelStopDevice, .cancelRemoveDevice: node.state = .started
    case .queryRemoveDevice where status.isSuccess: node.state = .removePending
    case .surpriseRemoval: node.state = .surpriseRemoved
    case .removeDevice: node.state = .removed
    default: break
    }
  }
}
