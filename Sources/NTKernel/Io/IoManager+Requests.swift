public import GuestABI
internal import NTReleases
public import NTStructures

extension IoManager {
  /// The bytes of a `FILE_OBJECT`: those before Windows Vista end with the completion context.
  private var fileObjectSize: Int {
    if manager.behaviour.fileObjectHasRequestList {
      return FileObject.size(on: memory.architecture)
    }
    return memory.architecture == .x86 ? 0x70 : 0xB8
  }

  /// Opens a device: makes its file object.
  public func makeFile(for device: GuestPointer<DeviceObject>) throws -> GuestPointer<FileObject> {
    let size = fileObjectSize
    let file = GuestPointer<FileObject>(try allocate(size, tag: "File"))
    try memory.modify(file) { file in
      file.type = 5
      file.size = Int16(size)
      file.deviceObject = device
      file.readAccess = true
      file.writeAccess = true
      // FO_SYNCHRONOUS_IO.
      file.flags = 2
    }
    let count = try memory[device].referenceCount
    try memory[device].store(count + 1, in: \.referenceCount)
    return file
  }

  /// Frees the file object of a device that is closed.
  public func removeFile(_ file: GuestPointer<FileObject>) throws {
    let device = try memory[file].deviceObject
    if objects.object(withBody: device.address)?.kind == .device {
      let count = try memory[device].referenceCount
      try memory[device].store(count &- 1, in: \.referenceCount)
      if count == 1 { try deviceReleased?(device) }
    }
    try manager.freePool(file.address)
  }

  /// Makes a request and returns the call that hands it to the driver.
  ///
  /// What the system services `NtCreateFile`, `NtReadFile` and so on do before they call a driver.
  ///
  /// - Throws: ``RaisedStatus`` if the caller's buffers cannot be used.
  public func makeRequest(
    _ operation: IOOperation,
    on device: GuestPointer<DeviceObject>,
    _ file: GuestPointer<FileObject>
  ) throws -> (request: IORequest, completion: Completion) {
    let device = try highestDevice(above: device)
    let flags = try memory[device].flags
    let stackSize = try memory[device].stackSize
    let irp = try allocateIRP(stackSize: stackSize)
    var systemBuffer = VirtualAddress.null
    var copiedByteCount = 0
    let transfer = transferMethod(of: operation, flags)
    switch transfer {
    case .buffered:
      let size = max(operation.input.byteCount, operation.output.byteCount)
      if size > 0 {
        systemBuffer = try allocate(size, tag: "IoSB")
        try memory.copy(
          from: operation.input.address,
          to: systemBuffer,
          count: operation.input.byteCount
        )
        copiedByteCount = operation.output.byteCount
      }
    case .direct(let operationOnPages, let buffersInput):
      if buffersInput, operation.input.byteCount > 0 {
        systemBuffer = try allocate(operation.input.byteCount, tag: "IoSB")
        try memory.copy(
          from: operation.input.address,
          to: systemBuffer,
          count: operation.input.byteCount
        )
      }
      let buffer = operation.majorFunction == .write ? operation.input : operation.output
      if buffer.byteCount > 0 { try attachMDL(to: irp, buffer, operationOnPages) }
    case .neither:
      break
    }
    let request = IORequest(
      irp: irp,
      operation: operation,
      systemBuffer: systemBuffer,
      copiedByteCount: copiedByteCount,
      in: manager.currentSpace
    )
    requests[irp] = request
    let userBuffer = operation.majorFunction == .write ? operation.input : operation.output
    let thread = dispatcher.current.body
    try memory.modify(irp) { irp in
      irp.systemBuffer = systemBuffer
      irp.userBuffer = userBuffer.address
      irp.requestorMode = .user
      irp.flags = Self.irpFlags(of: operation.majorFunction, isBuffered: systemBuffer != .null)
      irp.thread = thread
      irp.originalFileObject = file
    }
    try fillStackLocation(of: irp, operation, transfer, file)
    return (request, try callDriver(device, irp))
  }

  private func attachMDL(
    to irp: GuestPointer<IRP>,
    _ buffer: IOOperation.Buffer,
    _ operation: LockOperation
  ) throws {
    guard let mdl = try manager.allocateMDL(for: buffer.address, byteCount: buffer.byteCount) else {
      throw RaisedStatus(.insufficientResources)
    }
    try memory[irp].store(mdl, in: \.mdlAddress)
    try manager.probeAndLockPages(mdl, mode: .user, operation: operation)
  }

  /// How the data of a request reaches the driver.
  private enum Transfer {
    case buffered
    /// The pages are locked; the input of a device control is buffered beside them.
    case direct(LockOperation, buffersInput: Bool)
    case neither
  }

  private func transferMethod(
    of operation: IOOperation,
    _ flags: DeviceObject.Flags
  ) -> Transfer {
    switch operation.majorFunction {
    case .read, .write:
      if flags.contains(.bufferedIO) { return .buffered }
      guard flags.contains(.directIO) else { return .neither }
      return .direct(operation.majorFunction == .read ? .write : .read, buffersInput: false)
    case .deviceControl, .internalDeviceControl:
      // The low two bits of a control code: METHOD_BUFFERED, IN_DIRECT, OUT_DIRECT, NEITHER.
      switch operation.controlCode & 3 {
      case 0: return .buffered
      case 1: return .direct(.read, buffersInput: true)
      case 2: return .direct(.write, buffersInput: true)
      default: return .neither
      }
    default:
      return .neither
    }
  }

  /// The flags of an IRP: `IRP_…`.
  private static func irpFlags(of function: MajorFunction, isBuffered: Bool) -> UInt32 {
    let kind: UInt32 =
      switch function {
      case .create: 0x80 | 0x04
      case .read: 0x100
      case .write: 0x200
      case .close, .cleanup: 0x400 | 0x04
      default: 0
      }
    // IRP_BUFFERED_IO and IRP_DEALLOCATE_BUFFER.
    return kind | (isBuffered ? 0x30 : 0)
  }

  private func fillStackLocation(
    of irp: GuestPointer<IRP>,
    _ operation: IOOperation,
    _ transfer: Transfer,
    _ file: GuestPointer<FileObject>
  ) throws {
    let location = try nextStackLocation(of: irp)
    let securityContext =
      operation.majorFunction == .create ? try makeSecurityContext() : .null
    try memory.modify(location) { location in
      location.majorFunction = operation.majorFunction.rawValue
      location.fileObject = file
      switch operation.majorFunction {
      case .read: location.length = UInt32(operation.output.byteCount)
      case .write: location.length = UInt32(operation.input.byteCount)
      case .deviceControl, .internalDeviceControl:
        location.outputBufferLength = UInt32(operation.output.byteCount)
        location.inputBufferLength = UInt32(operation.input.byteCount)
        location.ioControlCode = operation.controlCode
        if case .neither = transfer { location.type3InputBuffer = operation.input.address }
      case .create:
        location.securityContext = securityContext
        // FILE_OPEN, FILE_NON_DIRECTORY_FILE and FILE_SYNCHRONOUS_IO_NONALERT.
        location.createOptions = 0x0100_0060
        location.shareAccess = 3
      default: break
      }
    }
  }

  /// Makes the `IO_SECURITY_CONTEXT` of a create request: quality of service, access state, the access
  /// that is wanted, and the options.
  private func makeSecurityContext() throws -> VirtualAddress {
    let width = memory.architecture.pointerSize
    let context = try allocate(2 * width + 8, tag: "IoSc")
    // The access state is opaque: a driver that looks into it is told so.
    let accessState = try addressOfRoutine("the ACCESS_STATE of a create request")
    try memory.store(accessState, at: context + width)
    // FILE_GENERIC_READ and FILE_GENERIC_WRITE.
    try memory.store(UInt32(0x12_019F), at: context + 2 * width)
    return context
  }

  /// Does what remains of a request when all drivers are done with it.
  ///
  /// NT does it in an APC of the thread that made the request, and so in the memory of its process.
  func finish(_ request: IORequest) throws {
    try manager.within(request.space) { try finishInPlace(request) }
  }

  private func finishInPlace(_ request: IORequest) throws {
    let irp = memory[request.irp]
    let status = try irp.status
    let information = try irp.information.rawValue
    request.status = status
    request.information = information
    requests[request.irp] = nil
    // Severity 3 is an error; warnings such as STATUS_BUFFER_OVERFLOW return data.
    let returnsData = UInt32(bitPattern: status.rawValue) >> 30 != 3
    if request.copiedByteCount > 0, returnsData {
      let count = min(request.copiedByteCount, Int(clamping: information))
      try memory.copy(
        from: request.systemBuffer,
        to: request.operation.output.address,
        count: count
      )
    }
    if request.systemBuffer != .null { try manager.freePool(request.systemBuffer) }
    try freeMDLs(of: request.irp)
    // A service whose request fails at once tells of it by the status that it returns, alone.
    let isToldByStatus = try request.service != nil && !returnsData && !irp.pendingReturned
    if request.statusBlock != .null, !isToldByStatus {
      try memory.store(status, at: request.statusBlock)
      let place = request.statusBlock + memory.architecture.pointerSize
      try memory.store(GuestWord(information), at: place)
    }
    if request.event != .null, !isToldByStatus {
      _ = try dispatcher.setEvent(request.event, to: 1)
    } else if let service = request.service {
      let event = memory[service.file].address(of: \.event)
      _ = try dispatcher.setEvent(event, to: 1)
    }
    if request.service?.isHosted != true {
      sink?.record(.requestCompleted(status: status, information: information))
    }
    try manager.freePool(request.irp.address)
    if let waiter = request.waiter { dispatcher.wake(waiter, returning: status) }
  }

  /// Unlocks and frees the MDLs that a request still has.
  private func freeMDLs(of irp: GuestPointer<IRP>) throws {
    var mdl = try memory[irp].mdlAddress
    var left = 0x10000
    while !mdl.isNull, left > 0 {
      let next = try memory[mdl].next
      if try memory[mdl].flags.contains(.pagesLocked) { try manager.unlockPages(mdl) }
      try manager.freeMDL(mdl)
      mdl = next
      left -= 1
    }
  }
}
