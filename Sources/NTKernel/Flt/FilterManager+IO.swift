internal import GuestABI
internal import NTStructures

/// Requests to the volume reach the mini-filters through a device above that of the file system.
extension FilterManager: HostedDriver {
  /// The completion routine of requests to the file system; it is not in the export table.
  private static let completionRoutine = "FltpCompleteOperation"

  /// The routines that requests past the filter manager need.
  var requestExports: [Export] {
    [
      export(Self.completionRoutine) {
        (device: VirtualAddress, irp: VirtualAddress, context: VirtualAddress) in
        // STATUS_MORE_PROCESSING_REQUIRED: the filter manager goes on with the request itself.
        NTStatus(0xC000_0016)
      }
    ]
  }

  /// Attaches a device above the file system of a volume, if there is one.
  func attachDevice(to volume: FilteredVolume) throws {
    let found = try io.objects.object(at: volume.name)
    guard let storage = found.object, storage.kind == .device, found.remainder.isEmpty else {
      return
    }
    let view = memory[GuestPointer<DeviceObject>(storage.body)]
    let vpb = GuestPointer<VolumeParameterBlock>(try view.vpb)
    guard !vpb.isNull else { return }
    let mounted = try memory[vpb].deviceObject
    guard !mounted.isNull else { return }
    let driver = try io.makeHostedDriver("\\FileSystem\\FltMgr", self)
    let flags = try memory[mounted].flags.intersection([.bufferedIO, .directIO])
    let device = try io.makeHostedDevice(of: driver, nil, type: volume.deviceType, flags: flags)
    volume.device = device
    volume.lower = try io.attach(device, to: mounted)
  }

  func dispatch(
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>
  ) throws -> Completion {
    guard let volume = volumes.first(where: { $0.device == device }) else {
      throw Unmodelled("a request to a device of the filter manager's that is on no volume")
    }
    let location = try memory[irp].currentStackLocation
    let major = try memory[location].majorFunction
    guard hasCallbacks(for: major, at: volume) else { return try passOn(irp, to: volume.lower) }
    let operation = try makeOperation(
      major,
      memory[location].minorFunction,
      irpFlags: memory[irp].flags,
      isFromUser: memory[irp].requestorMode == .user,
      on: volume,
      memory[location].fileObject
    )
    try memory[operation.block].store(memory[location].flags, in: \.operationFlags)
    try loadParameters(of: operation, from: irp, location)
    return try perform(
      operation,
      lower: { [self] then in
        try send(irp, of: operation, to: volume.lower, then: then)
      },
      then: { [self] in
        let data = memory[operation.data]
        let (status, information) = (try data.status, try data.information)
        return try io.complete(irp, status, information: information.rawValue)
      }
    )
  }

  /// Whether any mini-filter of a volume has to do with requests of a kind.
  private func hasCallbacks(for major: UInt8, at volume: FilteredVolume) -> Bool {
    let atVolume = Set(instances(at: volume).map(\.filter))
    return filters.contains { filter in
      atVolume.contains(filter.address)
        && filter.operations.contains { $0.majorFunction == major }
    }
  }

  /// Lets the file system have a request as it is.
  ///
  /// The corresponding C macro is `IoSkipCurrentIrpStackLocation`.
  private func passOn(
    _ irp: GuestPointer<IRP>,
    to lower: GuestPointer<DeviceObject>
  ) throws -> Completion {
    let size = IOStackLocation.size(on: memory.architecture)
    let number = try memory[irp].currentLocation
    let location = try memory[irp].currentStackLocation
    try memory.modify(irp) { irp in
      irp.currentLocation = number &+ 1
      irp.currentStackLocation = GuestPointer(location.address + size)
    }
    return try io.callDriver(lower, irp)
  }

  /// Fills in an operation's parameters.
  ///
  /// Those of `FLT_PARAMETERS` begin with what the stack location has; the buffers follow.
  private func loadParameters(
    of operation: FilteredOperation,
    from irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>
  ) throws {
    let pointerSize = memory.architecture.pointerSize
    let parameters = memory[operation.block].address(of: \.createSecurity)
    try memory.copy(
      from: memory[location].address(of: \.securityContext),
      to: parameters,
      count: 4 * pointerSize
    )
    let (system, user) = (try memory[irp].systemBuffer, try memory[irp].userBuffer)
    let mdl = try memory[irp].mdlAddress
    func store(_ value: VirtualAddress, _ index: Int) throws {
      try memory.store(value, at: parameters + index * pointerSize)
    }
    let major = try memory[operation.block].majorFunction
    switch major {
    case 0x00:
      try store(system, 4)
      try memory.store(memory[irp].allocationSize, at: parameters + 5 * pointerSize)
    case 0x03, 0x04:
      try memory[operation.block].store(user, in: \.transferBuffer)
      try memory[operation.block].store(mdl, in: \.transferMDL)
    // Files and volumes are asked in the same way; what is set of a file comes later.
    case 0x05, 0x0A, 0x0B: try store(system, 2)
    case 0x06: try store(system, 4)
    case 0x0C:
      try store(user, 4)
      try store(mdl.address, 5)
    case 0x0D:
      // METHOD_NEITHER has its input in the stack location.
      if try memory[location].ioControlCode & 3 != 3 { try store(system, 3) }
      try store(user, 4)
      try store(mdl.address, 5)
    case 0x02, 0x09, 0x12: break
    default: throw Unmodelled("a mini-filter for requests with major function \(major)")
    }
  }

  /// Hands a request to the file system, and leaves what that says in the operation's data.
  private func send(
    _ irp: GuestPointer<IRP>,
    of operation: FilteredOperation,
    to lower: GuestPointer<DeviceObject>,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    let location = try memory[irp].currentStackLocation
    let next = try io.nextStackLocation(of: irp)
    // All but the completion routine and its context.
    let size = memory.architecture == .x86 ? 0x1C : 0x38
    try memory.copy(from: location.address, to: next.address, count: size)
    // FLTFL_CALLBACK_DATA_DIRTY: a filter has changed the parameters.
    if try memory[operation.data].flags & 0x8000_0000 != 0 {
      try storeParameters(of: operation, in: irp, next)
    }
    let routine = try addressOfRoutine(Self.completionRoutine)
    try memory.modify(next) { next in
      next.control = [.invokeOnSuccess, .invokeOnError, .invokeOnCancel]
      next.completionRoutine = GuestFunction(routine)
      next.context = .null
    }
    return try io.callDriver(lower, irp).followed { [self] bits in
      guard NTStatus(guestBits: bits) != .pending else {
        throw Unmodelled("a request past a mini-filter that is pending below")
      }
      let status = try memory[irp].status
      let information = try memory[irp].information
      try memory.modify(operation.data) { data in
        data.status = status
        data.information = information
      }
      return try then()
    }
  }

  /// Gives the file system the parameters that a filter has changed.
  private func storeParameters(
    of operation: FilteredOperation,
    in irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>
  ) throws {
    let block = memory[operation.block]
    let major = try block.majorFunction
    let isTransfer = major == 3 || major == 4
    guard try block.targetFile == operation.file, isTransfer || major == 0,
      try !isTransfer || block.transferBuffer == memory[irp].userBuffer
    else {
      throw Unmodelled("a mini-filter that changes the file or the buffers of a request")
    }
    // A transfer has three words on x64, and its offset takes two on x86.
    let words = isTransfer && memory.architecture == .x64 ? 3 : 4
    try memory.copy(
      from: block.address(of: \.createSecurity),
      to: memory[location].address(of: \.securityContext),
      count: words * memory.architecture.pointerSize
    )
  }
}
