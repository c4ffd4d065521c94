public import GuestABI
public import NTStructures

extension IoManager {
  /// Allocates a request packet.
  ///
  /// The corresponding kernel routine is `IoAllocateIrp`.
  func allocateIRP(stackSize: Int8) throws -> GuestPointer<IRP> {
    guard stackSize >= 0 else {
      throw Unmodelled("IoAllocateIrp with \(stackSize) stack locations")
    }
    let irp = GuestPointer<IRP>(try allocate(irpSize(stackSize), tag: "Irp "))
    try initializeIRP(irp, byteCount: irpSize(stackSize), stackSize: stackSize)
    return irp
  }

  private func irpSize(_ stackSize: Int8) -> Int {
    let architecture = memory.architecture
    return IRP.size(on: architecture) + Int(stackSize) * IOStackLocation.size(on: architecture)
  }

  /// Sets up a request packet.
  ///
  /// The corresponding kernel routine is `IoInitializeIrp`.
  func initializeIRP(_ irp: GuestPointer<IRP>, byteCount: Int, stackSize: Int8) throws {
    try memory.fill(at: irp.address, count: byteCount)
    let architecture = memory.architecture
    let list = memory[irp].address(of: \.threadListEntry)
    let end = irp.address + irpSize(stackSize)
    try memory.modify(irp) { irp in
      irp.type = 6
      irp.size = UInt16(truncatingIfNeeded: byteCount)
      irp.stackCount = stackSize
      irp.currentLocation = stackSize &+ 1
      irp.currentStackLocation = GuestPointer(end)
      irp.threadListEntry = list
    }
    try memory.store(list, at: list + architecture.pointerSize)
  }

  /// Returns the stack location of the next lower driver.
  ///
  /// The corresponding C macro is `IoGetNextIrpStackLocation`.
  func nextStackLocation(of irp: GuestPointer<IRP>) throws -> GuestPointer<IOStackLocation> {
    let current = try memory[irp].currentStackLocation
    return GuestPointer(current.address + -IOStackLocation.size(on: memory.architecture))
  }

  /// Hands a request to a driver.
  ///
  /// The corresponding kernel routine is `IofCallDriver`.
  func callDriver(
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>
  ) throws -> Completion {
    let location = try memory[irp].currentLocation &- 1
    guard location > 0 else {
      throw BugCheck(.noMoreIRPStackLocations, irp.address.rawValue)
    }
    let stack = try nextStackLocation(of: irp)
    try memory.modify(irp) { irp in
      irp.currentLocation = location
      irp.currentStackLocation = stack
    }
    try memory[stack].store(device, in: \.deviceObject)
    let function = Int(try memory[stack].majorFunction)
    guard function < MajorFunction.count else {
      throw Unmodelled("IofCallDriver with major function \(function)")
    }
    let driver = try memory[device].driverObject
    let place =
      memory[driver].address(of: \.majorFunction) + function * memory.architecture.pointerSize
    let routine: DispatchRoutine = try memory.load(at: place)
    if !hostedDrivers.isEmpty, let hosted = hostedDrivers[driver],
      routine.address == (try addressOfRoutine(Self.hostedDispatch))
    {
      return try hosted.dispatch(device, irp)
    }
    return .call(routine.call(device, irp), then: { .value($0 & 0xFFFF_FFFF) })
  }

  /// Ends the work of the drivers on a request, from the lowest to the highest.
  ///
  /// The corresponding kernel routine is `IofCompleteRequest`.
  func completeRequest(_ irp: GuestPointer<IRP>) throws -> Completion {
    let view = memory[irp]
    let location = try view.currentLocation
    let count = try view.stackCount
    guard try view.type == 6, location <= count &+ 1 else {
      throw BugCheck(.multipleIRPCompleteRequests, irp.address.rawValue)
    }
    let stack = try view.currentStackLocation
    let size = IOStackLocation.size(on: memory.architecture)
    guard location <= count else {
      // One past the top, by which a second completion is known.
      try memory.modify(irp) { irp in
        irp.currentLocation = count &+ 2
        irp.currentStackLocation = GuestPointer(stack.address + size)
      }
      return try retire(irp)
    }
    let control = try memory[stack].control
    let routine = try memory[stack].completionRoutine
    let context = try memory[stack].context
    try memory.modify(irp) { irp in
      irp.pendingReturned = control.contains(.pendingReturned)
      irp.currentLocation = location &+ 1
      irp.currentStackLocation = GuestPointer(stack.address + size)
    }
    let status = try view.status
    let cancelled = try view.cancel
    let wanted: IOStackLocation.Control = status.isSuccess ? .invokeOnSuccess : .invokeOnError
    guard control.contains(wanted) || cancelled && control.contains(.invokeOnCancel) else {
      return try completeRequest(irp)
    }
    let above =
      location &+ 1 > count
      ? GuestPointer<DeviceObject>(.null)
      : try memory[GuestPointer<IOStackLocation>(stack.address + size)].deviceObject
    return routine.call(above, irp, context) { [self] result in
      // STATUS_MORE_PROCESSING_REQUIRED leaves the request to the driver that said it.
      if result == NTStatus(0xC000_0016) { return .done }
      return try completeRequest(irp)
    }
  }

  /// Ends a request that all drivers are done with.
  private func retire(_ irp: GuestPointer<IRP>) throws -> Completion {
    guard let request = requests[irp] else { return .done }
    if let call = try request.follower?.call(for: request) {
      return .call(call) { [self] _ in
        try finish(request)
        return .done
      }
    }
    try finish(request)
    return .done
  }

  /// Asks for a request to be completed early.
  ///
  /// The corresponding kernel routine is `IoCancelIrp`.
  ///
  /// - Returns: Whether a driver has a routine for it, having called that.
  public func cancel(_ irp: GuestPointer<IRP>) throws -> Completion {
    try memory[irp].store(true, in: \.cancel)
    let routine = try memory[irp].cancelRoutine
    guard !routine.isNull else { return .returned(false) }
    try memory[irp].store(GuestFunction(.null), in: \.cancelRoutine)
    let old = dispatcher.irql
    try memory[irp].store(old.rawValue, in: \.cancelIRQL)
    try dispatcher.setIRQL(.dispatch)
    let device = try memory[memory[irp].currentStackLocation].deviceObject
    return .call(routine.call(device, irp), then: { _ in .returned(true) })
  }

  /// The routines that drivers import to work with requests.
  public var requestExports: [Export] {
    [
      export("IofCallDriver", .fastcall, to: callDriver(_:_:)),
      export("IoCallDriver", to: callDriver(_:_:)),
      export("IofCompleteRequest", .fastcall) { [self] (irp: GuestPointer<IRP>, boost: Int8) in
        try completeRequest(irp)
      },
      export("IoCompleteRequest") { [self] (irp: GuestPointer<IRP>, boost: Int8) in
        try completeRequest(irp)
      },
      export("IoAllocateIrp") { [self] (stackSize: Int8, chargesQuota: Bool) in
        try allocateIRP(stackSize: stackSize)
      },
      export("IoInitializeIrp") {
        [self]
        (irp: GuestPointer<IRP>, byteCount: UInt16, stackSize: Int8) in
        try initializeIRP(irp, byteCount: Int(byteCount), stackSize: stackSize)
      },
      export("IoAcquireCancelSpinLock") { [self] (irql: VirtualAddress) in
        try memory.store(dispatcher.irql, at: irql)
        if dispatcher.irql < .dispatch { try dispatcher.setIRQL(.dispatch) }
      },
      export("IoReleaseCancelSpinLock") { [self] (irql: IRQL) in try dispatcher.setIRQL(irql) },
      export("IoCancelIrp", to: cancel(_:)),
      export("IoGetCurrentProcess") { [self] () in manager.currentProcess },
      export("PsGetCurrentProcess") { [self] () in manager.currentProcess },
      // Not in the export table: dispatch routines that a driver did not fill in point here.
      export(Self.invalidDeviceRequest) {
        [self]
        (device: GuestPointer<DeviceObject>, irp: GuestPointer<IRP>) -> Completion in
        try memory.modify(irp) { irp in
          irp.status = .invalidDeviceRequest
          irp.information = GuestWord(0)
        }
        return try finishInvalid(completeRequest(irp))
      },
    ]
  }

  /// Makes `STATUS_INVALID_DEVICE_REQUEST` the result of what completes a request.
  private func finishInvalid(_ completion: Completion) throws -> Completion {
    if case .call(let call, let then) = completion {
      return .call(call) { [self] in try finishInvalid(then($0)) }
    }
    return .returned(NTStatus.invalidDeviceRequest)
  }
}
