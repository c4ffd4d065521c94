internal import GuestABI
internal import NTStructures

extension WMILibrary {
  /// A request, and whom it is for.
  struct Request {
    let context: GuestPointer<WMILibraryContext>
    let device: GuestPointer<DeviceObject>
    let irp: GuestPointer<IRP>
    let disposition: GuestPointer<UInt32>
    let function: Function
    let dataPath: VirtualAddress
    let buffer: VirtualAddress
    let bufferSize: UInt32
    /// The block's place in the driver's list.
    var guidIndex: UInt32 = 0
    var instanceCount: UInt32 = 0
  }

  /// Handles a request of WMI by calling the driver's routine for it.
  ///
  /// The corresponding routine is `WmiSystemControl`. The disposition is always set.
  func systemControl(
    _ context: GuestPointer<WMILibraryContext>,
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>,
    _ disposition: GuestPointer<UInt32>
  ) throws -> Completion {
    let stack = try memory[irp].currentStackLocation
    let parameters = memory[GuestPointer<WMIParameters>(stack.address)]
    guard let function = Function(rawValue: try memory[stack].minorFunction) else {
      try set(disposition, .notWMI)
      // What is returned with this and the next is not documented; drivers have no use for it.
      return .returned(NTStatus.success)
    }
    guard try parameters.providerID == device.address else {
      try set(disposition, .forward)
      return .returned(NTStatus.success)
    }
    var request = Request(
      context: context,
      device: device,
      irp: irp,
      disposition: disposition,
      function: function,
      dataPath: try parameters.dataPath,
      buffer: try parameters.buffer,
      bufferSize: try parameters.bufferSize
    )
    switch function {
    case .registrationInformation, .extendedRegistrationInformation:
      return try register(request)
    case .queryAllData: throw Unmodelled("WmiSystemControl for IRP_MN_QUERY_ALL_DATA")
    default: break
    }
    guard let block = try block(of: request) else { return try fail(request, .wmiGUIDNotFound) }
    request.guidIndex = block.index
    request.instanceCount = block.instanceCount
    switch function {
    case .enableEvents, .disableEvents, .enableCollection, .disableCollection:
      return try control(request)
    default: return try access(request)
    }
  }

  private func set(_ disposition: GuestPointer<UInt32>, _ value: Disposition) throws {
    try memory.store(value.rawValue, at: disposition.address)
  }

  /// Finds the block that a request names by its GUID.
  private func block(of request: Request) throws -> (index: UInt32, instanceCount: UInt32)? {
    let wanted = try memory.bytes(at: request.dataPath, count: 16)
    let context = memory[request.context]
    let list = try context.guidList
    let count = try context.guidCount
    guard count <= 65_536 else { throw Unmodelled("WmiSystemControl with \(count) blocks") }
    for index in 0..<count {
      let size = WMIGUIDRegistration.size(on: memory.architecture)
      let entry = memory[GuestPointer<WMIGUIDRegistration>(list + Int(index) * size)]
      if try memory.bytes(at: entry.guid, count: 16) == wanted {
        return (index, try entry.instanceCount)
      }
    }
    return nil
  }

  /// Leaves a request for the driver to complete with a status.
  func fail(_ request: Request, _ status: NTStatus, information: Int = 0) throws -> Completion {
    try set(request.disposition, .notCompleted)
    try memory[request.irp].store(status, in: \.status)
    try memory[request.irp].store(GuestWord(information), in: \.information)
    return .returned(status)
  }

  /// Calls a driver's routine, which completes the request.
  private func call(_ request: Request, _ call: GuestCall) throws -> Completion {
    // The driver's routine may free the request; so the answer is given first.
    try set(request.disposition, .processed)
    return .call(call, then: { .value($0 & 0xFFFF_FFFF) })
  }

  /// `IRP_MN_ENABLE_EVENTS` and its like.
  private func control(_ request: Request) throws -> Completion {
    let routine = try memory[request.context].functionControl
    guard routine != .null else {
      // "WMI returns STATUS_SUCCESS to the caller."
      return try fail(request, .success)
    }
    let isCollection =
      request.function == .enableCollection || request.function == .disableCollection
    let isEnable = request.function == .enableEvents || request.function == .enableCollection
    return try call(
      request,
      GuestCall(
        routine,
        request.device.address.rawValue,
        request.irp.address.rawValue,
        UInt64(request.guidIndex),
        isCollection ? 1 : 0,
        isEnable ? 1 : 0
      )
    )
  }

  /// Reads or changes one instance, one item, or calls a method.
  private func access(_ request: Request) throws -> Completion {
    let context = memory[request.context]
    let isInstance =
      request.function == .querySingleInstance || request.function == .changeSingleInstance
    let header = isInstance ? WNode.instanceHeader : WNode.itemHeader
    guard Int(request.bufferSize) >= header else { return try fail(request, .bufferTooSmall) }
    let flags: UInt32 = try memory.load(at: request.buffer + WNode.flags)
    let instance: UInt32 = try memory.load(at: request.buffer + WNode.instanceIndex)
    guard flags & WNode.hasStaticNames != 0 else {
      // Instances with names of their own cannot belong to a driver that uses the library.
      throw Unmodelled("WmiSystemControl for an instance with a dynamic name")
    }
    guard instance < request.instanceCount else {
      return try fail(request, .wmiInstanceNotFound)
    }
    let offset: UInt32 = try memory.load(
      at: request.buffer + (isInstance ? WNode.instanceDataOffset : WNode.itemDataOffset)
    )
    let size: UInt32 = try memory.load(
      at: request.buffer + (isInstance ? WNode.instanceDataSize : WNode.itemDataSize)
    )
    let item: UInt32 = isInstance ? 0 : try memory.load(at: request.buffer + WNode.itemID)
    let room = request.bufferSize > offset ? request.bufferSize - offset : 0
    let data = (request.buffer + Int(offset)).rawValue
    let (device, irp) = (request.device.address.rawValue, request.irp.address.rawValue)
    let (index, number) = (UInt64(request.guidIndex), UInt64(instance))
    let routine: VirtualAddress
    let call: GuestCall
    switch request.function {
    case .querySingleInstance:
      routine = try context.queryDataBlock
      let lengths = room == 0 ? 0 : (request.buffer + WNode.instanceDataSize).rawValue
      call = GuestCall(
        routine,
        device,
        irp,
        index,
        number,
        1,
        lengths,
        UInt64(room),
        room == 0 ? 0 : data
      )
    case .changeSingleInstance:
      routine = try context.setDataBlock
      call = GuestCall(routine, device, irp, index, number, UInt64(size), data)
    case .changeSingleItem:
      routine = try context.setDataItem
      call = GuestCall(routine, device, irp, index, number, UInt64(item), UInt64(size), data)
    default:
      routine = try context.executeMethod
      call = GuestCall(
        routine,
        device,
        irp,
        index,
        number,
        UInt64(item),
        UInt64(size),
        UInt64(room),
        data
      )
    }
    guard routine != .null else {
      let isChange =
        request.function == .changeSingleInstance || request.function == .changeSingleItem
      return try fail(request, isChange ? .wmiReadOnly : .invalidDeviceRequest)
    }
    return try self.call(request, call)
  }

  /// Puts what a driver found into the request's buffer, and completes the request.
  ///
  /// The corresponding routine is `WmiCompleteRequest`.
  func complete(
    _ irp: GuestPointer<IRP>,
    _ status: NTStatus,
    _ bufferUsed: UInt32
  ) throws -> Completion {
    let stack = try memory[irp].currentStackLocation
    let parameters = memory[GuestPointer<WMIParameters>(stack.address)]
    let buffer = try parameters.buffer
    var result = status
    var information = 0
    switch Function(rawValue: try memory[stack].minorFunction) {
    case .querySingleInstance:
      let offset: UInt32 = try memory.load(at: buffer + WNode.instanceDataOffset)
      (result, information) = try finish(buffer, status, offset, bufferUsed)
    case .executeMethod:
      let offset: UInt32 = try memory.load(at: buffer + WNode.itemDataOffset)
      if status.isSuccess { try memory.store(bufferUsed, at: buffer + WNode.itemDataSize) }
      (result, information) = try finish(buffer, status, offset, bufferUsed)
    case .queryAllData: throw Unmodelled("WmiCompleteRequest for IRP_MN_QUERY_ALL_DATA")
    case .registrationInformation, .extendedRegistrationInformation, nil:
      throw Unmodelled("WmiCompleteRequest for a request that it is not for")
    default: break
    }
    try memory[irp].store(result, in: \.status)
    try memory[irp].store(GuestWord(information), in: \.information)
    let returned = result
    return try io.completeRequest(irp).followed(by: returned)
  }

  /// Sets the size of what a buffer holds.
  ///
  /// - Returns: The request's status, and its bytes of information.
  private func finish(
    _ buffer: VirtualAddress,
    _ status: NTStatus,
    _ offset: UInt32,
    _ used: UInt32
  ) throws -> (NTStatus, Int) {
    if status == .bufferTooSmall {
      let flags: UInt32 = try memory.load(at: buffer + WNode.flags)
      try memory.store(UInt32(WNode.tooSmallSize), at: buffer + WNode.bufferSize)
      try memory.store(flags | WNode.tooSmall, at: buffer + WNode.flags)
      try memory.store(offset &+ used, at: buffer + WNode.sizeNeeded)
      return (.success, WNode.tooSmallSize)
    }
    guard status.isSuccess else { return (status, 0) }
    try memory.store(offset &+ used, at: buffer + WNode.bufferSize)
    return (status, Int(offset &+ used))
  }
}

extension Completion {
  /// This, and then a status as the result.
  fileprivate func followed(by status: NTStatus) -> Completion {
    switch self {
    case .value: .returned(status)
    case .call(let call, let then):
      .call(call, then: { try then($0).followed(by: status) })
    case .wait, .exitThread, .resume: self
    }
  }
}
