public import GuestABI
public import NTStructures

/// What the Plug and Play manager asks the drivers of a device.
extension PlugAndPlay {
  /// Makes a request for the highest driver of a device.
  ///
  /// - Parameters:
  ///   - function: What is asked.
  ///   - node: The device.
  ///   - relations: The relations that are asked for: `DEVICE_RELATION_TYPE`.
  /// - Returns: The request, and the call that hands it to the driver.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func makeRequest(
    _ function: PlugAndPlayFunction,
    for node: DeviceNode,
    relations: UInt32 = 0
  ) throws -> (request: IORequest, completion: Completion) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    switch function {
    case .startDevice:
      first = node.resourceLists.raw.rawValue
      second = node.resourceLists.translated.rawValue
    case .filterResourceRequirements: first = node.requirements.rawValue
    case .queryDeviceRelations: first = UInt64(relations)
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
      let list = VirtualAddress(rawValue: request.information)
      let count = try memory.load(UInt32.self, at: list)
      let width = memory.architecture.pointerSize
      guard count <= 1024 else { throw Unmodelled("a list of \(count) device relations") }
      for index in 0..<Int(count) {
        let device: VirtualAddress = try memory.load(at: list + width * (index + 1))
        // Who reports a device has referenced it.
        try objects.dereference(objects.knownObject(device, "IRP_MN_QUERY_DEVICE_RELATIONS"))
      }
      try manager.freePool(list)
      return "\(count) device\(count == 1 ? "" : "s")"
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
