internal import GuestABI
internal import NTStructures

/// Requests that a driver makes for another driver.
extension IoManager {
  /// What a request that is being built needs beside its packet.
  private struct Parts {
    let irp: GuestPointer<IRP>
    var systemBuffer = VirtualAddress.null
    /// The bytes that the I/O manager copies to the caller's buffer at the end, at most.
    var copiedByteCount = 0
  }

  /// The routines that drivers import to build requests.
  var buildingExports: [Export] {
    [
      export("IoBuildDeviceIoControlRequest") {
        [self]
        (
          code: UInt32,
          device: GuestPointer<DeviceObject>,
          input: VirtualAddress,
          inputLength: UInt32,
          output: VirtualAddress,
          outputLength: UInt32,
          isInternal: Bool,
          event: VirtualAddress,
          statusBlock: VirtualAddress
        ) in
        let operation = IOOperation(
          isInternal ? .internalDeviceControl : .deviceControl,
          controlCode: code,
          input: .init(address: input, byteCount: Int(inputLength)),
          output: .init(address: output, byteCount: Int(outputLength))
        )
        return try build(on: device) {
          try fillControl(&$0, operation)
        } then: { parts in
          try adopt(parts, operation, event: event, statusBlock: statusBlock)
        }
      },
      export("IoBuildSynchronousFsdRequest") {
        [self]
        (
          function: UInt32,
          device: GuestPointer<DeviceObject>,
          buffer: VirtualAddress,
          length: UInt32,
          offset: GuestPointer<Int64>,
          event: VirtualAddress,
          statusBlock: VirtualAddress
        ) in
        let operation = try transfer(function, buffer, length)
        return try build(on: device) {
          try fillTransfer(&$0, operation, on: device, offset)
        } then: { parts in
          try adopt(parts, operation, event: event, statusBlock: statusBlock)
        }
      },
      export("IoBuildAsynchronousFsdRequest") {
        [self]
        (
          function: UInt32,
          device: GuestPointer<DeviceObject>,
          buffer: VirtualAddress,
          length: UInt32,
          offset: GuestPointer<Int64>,
          statusBlock: VirtualAddress
        ) in
        let operation = try transfer(function, buffer, length)
        return try build(on: device) {
          try fillTransfer(&$0, operation, on: device, offset)
        } then: { parts in
          // The driver's completion routine does what the I/O manager does for other requests.
          try memory[parts.irp].store(statusBlock, in: \.userIOSB)
        }
      },
    ]
  }

  /// Allocates a packet and fills it in.
  ///
  /// - Returns: The packet, or null if there is no memory or the caller's buffer cannot be locked.
  private func build(
    on device: GuestPointer<DeviceObject>,
    _ fill: (inout Parts) throws -> Void,
    then finish: (Parts) throws -> Void
  ) throws -> GuestPointer<IRP> {
    let stackSize = try memory[device].stackSize
    do {
      var parts = Parts(irp: try allocateIRP(stackSize: stackSize))
      let thread = dispatcher.current.body
      try memory[parts.irp].store(thread, in: \.thread)
      do {
        try fill(&parts)
      } catch let raised as RaisedStatus {
        let mdl = try memory[parts.irp].mdlAddress
        if !mdl.isNull { try manager.freeMDL(mdl) }
        if parts.systemBuffer != .null { try manager.freePool(parts.systemBuffer) }
        try manager.freePool(parts.irp.address)
        throw raised
      }
      try finish(parts)
      return parts.irp
    } catch is RaisedStatus {
      return GuestPointer(.null)
    }
  }

  /// Makes the I/O manager finish a request when it is completed.
  private func adopt(
    _ parts: Parts,
    _ operation: IOOperation,
    event: VirtualAddress,
    statusBlock: VirtualAddress
  ) throws {
    try memory.modify(parts.irp) { irp in
      irp.userEvent = event
      irp.userIOSB = statusBlock
    }
    requests[parts.irp] = IORequest(
      irp: parts.irp,
      operation: operation,
      systemBuffer: parts.systemBuffer,
      copiedByteCount: parts.copiedByteCount,
      event: event,
      statusBlock: statusBlock,
      in: manager.currentSpace
    )
  }

  private func fillControl(_ parts: inout Parts, _ operation: IOOperation) throws {
    let location = try nextStackLocation(of: parts.irp)
    let (input, output) = (operation.input, operation.output)
    let method = operation.controlCode & 3
    try memory.modify(location) { location in
      location.majorFunction = operation.majorFunction.rawValue
      location.outputBufferLength = UInt32(output.byteCount)
      location.inputBufferLength = UInt32(input.byteCount)
      location.ioControlCode = operation.controlCode
      if method == 3 { location.type3InputBuffer = input.address }
    }
    switch method {
    case 0:
      let size = max(input.byteCount, output.byteCount)
      guard size > 0 else { return }
      try attachSystemBuffer(&parts, size, from: input, to: output)
    case 3:
      try memory[parts.irp].store(output.address, in: \.userBuffer)
    default:
      if input.address != .null {
        try attachSystemBuffer(&parts, input.byteCount, from: input, to: .none)
      }
      if output.byteCount > 0 {
        try attachPages(parts.irp, output, method == 1 ? .read : .write)
      }
    }
  }

  private func transfer(
    _ function: UInt32,
    _ buffer: VirtualAddress,
    _ length: UInt32
  ) throws -> IOOperation {
    let range = IOOperation.Buffer(address: buffer, byteCount: Int(length))
    switch UInt8(exactly: function).flatMap(MajorFunction.init(rawValue:)) {
    case .read: return IOOperation(.read, output: range)
    case .write: return IOOperation(.write, input: range)
    case .flushBuffers: return IOOperation(.flushBuffers)
    case .shutdown: return IOOperation(.shutdown)
    case .plugAndPlay: return IOOperation(.plugAndPlay)
    default: throw Unmodelled("IoBuildAsynchronousFsdRequest: major function \(function)")
    }
  }

  private func fillTransfer(
    _ parts: inout Parts,
    _ operation: IOOperation,
    on device: GuestPointer<DeviceObject>,
    _ offset: GuestPointer<Int64>
  ) throws {
    let location = try nextStackLocation(of: parts.irp)
    try memory[location].store(operation.majorFunction.rawValue, in: \.majorFunction)
    let isRead = operation.majorFunction == .read
    guard isRead || operation.majorFunction == .write else { return }
    guard !offset.isNull else { throw Unmodelled("IoBuildAsynchronousFsdRequest: no offset") }
    let place: Int64 = try memory.load(at: offset.address)
    let buffer = isRead ? operation.output : operation.input
    try memory.modify(location) { location in
      location.length = UInt32(buffer.byteCount)
      location.byteOffset = place
    }
    let flags = try memory[device].flags
    if flags.contains(.bufferedIO) {
      guard buffer.byteCount > 0 else {
        throw Unmodelled("IoBuildAsynchronousFsdRequest: no bytes, by buffered I/O")
      }
      let (input, output) = (operation.input, operation.output)
      try attachSystemBuffer(&parts, buffer.byteCount, from: input, to: output)
    } else if flags.contains(.directIO) {
      guard buffer.byteCount > 0 else {
        throw Unmodelled("IoBuildAsynchronousFsdRequest: no bytes, by direct I/O")
      }
      try attachPages(parts.irp, buffer, isRead ? .write : .read)
    } else {
      try memory[parts.irp].store(buffer.address, in: \.userBuffer)
    }
  }

  private func attachSystemBuffer(
    _ parts: inout Parts,
    _ size: Int,
    from input: IOOperation.Buffer,
    to output: IOOperation.Buffer
  ) throws {
    parts.systemBuffer = try allocate(size, tag: "Io  ")
    let systemBuffer = parts.systemBuffer
    if input.address != .null {
      try memory.copy(from: input.address, to: systemBuffer, count: input.byteCount)
    }
    // IRP_BUFFERED_IO, IRP_DEALLOCATE_BUFFER and, if data comes back, IRP_INPUT_OPERATION.
    let returnsData = output.address != .null
    if returnsData { parts.copiedByteCount = output.byteCount }
    try memory.modify(parts.irp) { irp in
      irp.systemBuffer = systemBuffer
      irp.userBuffer = output.address
      irp.flags = returnsData ? 0x70 : 0x30
    }
  }

  private func attachPages(
    _ irp: GuestPointer<IRP>,
    _ buffer: IOOperation.Buffer,
    _ operation: LockOperation
  ) throws {
    guard let mdl = try manager.allocateMDL(for: buffer.address, byteCount: buffer.byteCount)
    else { throw RaisedStatus(.insufficientResources) }
    try memory[irp].store(mdl, in: \.mdlAddress)
    try manager.probeAndLockPages(mdl, mode: .kernel, operation: operation)
  }
}
