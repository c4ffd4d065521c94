internal import GuestABI
internal import NTStructures

extension FileServices {
  /// A request that is being made.
  struct Packet {
    let irp: GuestPointer<IRP>
    let location: GuestPointer<IOStackLocation>
    let device: GuestPointer<DeviceObject>
    let file: GuestPointer<FileObject>
    var operation: IOOperation
    var systemBuffer = VirtualAddress.null
    /// The bytes that are copied to the caller's buffer at the end, at most.
    var copiedByteCount = 0
    var event = VirtualAddress.null
    var statusBlock = VirtualAddress.null
  }

  /// How a request's bytes reach the driver.
  enum Method {
    case buffered
    /// The pages are locked; the driver writes them, or reads them.
    case direct(isWritten: Bool)
    case neither
  }

  /// `IRP_…` flags.
  enum PacketFlags {
    static var noCache: UInt32 { 0x01 }
    static var synchronousAPI: UInt32 { 0x04 }
    static var create: UInt32 { 0x80 }
    static var read: UInt32 { 0x100 }
    static var write: UInt32 { 0x200 }
    static var close: UInt32 { 0x400 }
  }

  /// Begins a request to the device that a file is on.
  func begin(
    _ function: MajorFunction,
    minor: UInt8 = 0,
    for file: GuestPointer<FileObject>,
    flags: UInt32 = 0,
    mode: ProcessorMode = .kernel
  ) throws -> Packet {
    let device = try io.relatedDevice(of: file)
    let irp = try io.allocateIRP(stackSize: memory[device].stackSize)
    let location = try io.nextStackLocation(of: irp)
    let thread = io.dispatcher.current.body
    try memory.modify(irp) { irp in
      irp.flags = flags
      irp.requestorMode = mode
      irp.thread = thread
      irp.originalFileObject = file
    }
    try memory.modify(location) { location in
      location.majorFunction = function.rawValue
      location.minorFunction = minor
      location.fileObject = file
    }
    return Packet(
      irp: irp,
      location: location,
      device: device,
      file: file,
      operation: IOOperation(function)
    )
  }

  /// The way in which a device takes reads and writes.
  func method(of packet: Packet, isWritten: Bool) throws -> Method {
    let flags = try memory[packet.device].flags
    if flags.contains(.bufferedIO) { return .buffered }
    return flags.contains(.directIO) ? .direct(isWritten: isWritten) : .neither
  }

  /// Gives a request the caller's buffers.
  ///
  /// - Throws: ``RaisedStatus`` if there is no memory or the buffer cannot be locked, having freed the
  ///   packet.
  func attach(
    _ packet: inout Packet,
    _ method: Method,
    input: IOOperation.Buffer = .none,
    output: IOOperation.Buffer = .none
  ) throws {
    packet.operation.input = input
    packet.operation.output = output
    do {
      switch method {
      case .buffered:
        let size = max(input.byteCount, output.byteCount)
        if size > 0 { try attachSystemBuffer(&packet, size, input) }
        packet.copiedByteCount = output.byteCount
        try memory[packet.irp].store(output.address, in: \.userBuffer)
      case .direct(let isWritten):
        let isTransfer = packet.operation.majorFunction == .write
        if input.byteCount > 0, !isTransfer {
          try attachSystemBuffer(&packet, input.byteCount, input)
        }
        let buffer = isTransfer ? input : output
        if buffer.byteCount > 0 { try attachPages(packet, buffer, isWritten: isWritten) }
        try memory[packet.irp].store(buffer.address, in: \.userBuffer)
      case .neither:
        let buffer = packet.operation.majorFunction == .write ? input : output
        try memory[packet.irp].store(buffer.address, in: \.userBuffer)
      }
    } catch {
      let mdl = try memory[packet.irp].mdlAddress
      if !mdl.isNull { try io.manager.freeMDL(mdl) }
      if packet.systemBuffer != .null { try io.manager.freePool(packet.systemBuffer) }
      try io.manager.freePool(packet.irp.address)
      throw error
    }
  }

  /// Gives a request the caller's buffers, and says with which status that failed, if it did.
  func failureToAttach(
    _ packet: inout Packet,
    _ method: Method,
    input: IOOperation.Buffer = .none,
    output: IOOperation.Buffer = .none
  ) throws -> NTStatus? {
    do {
      try attach(&packet, method, input: input, output: output)
      return nil
    } catch let raised as RaisedStatus {
      return raised.status
    }
  }

  private func attachSystemBuffer(
    _ packet: inout Packet,
    _ size: Int,
    _ input: IOOperation.Buffer
  ) throws {
    packet.systemBuffer = try io.allocate(size, tag: "IoSB")
    let buffer = packet.systemBuffer
    if input.byteCount > 0 {
      try memory.copy(from: input.address, to: buffer, count: input.byteCount)
    }
    // IRP_BUFFERED_IO, IRP_DEALLOCATE_BUFFER and, if data comes back, IRP_INPUT_OPERATION.
    let flags: UInt32 = packet.operation.output.byteCount > 0 ? 0x70 : 0x30
    try memory.modify(packet.irp) { irp in
      irp.systemBuffer = buffer
      irp.flags |= flags
    }
  }

  private func attachPages(
    _ packet: Packet,
    _ buffer: IOOperation.Buffer,
    isWritten: Bool
  ) throws {
    let mdl = try io.manager.allocateMDL(for: buffer.address, byteCount: buffer.byteCount)
    guard let mdl else { throw RaisedStatus(.insufficientResources) }
    try memory[packet.irp].store(mdl, in: \.mdlAddress)
    try io.manager.probeAndLockPages(
      mdl,
      mode: memory[packet.irp].requestorMode,
      operation: isWritten ? .write : .read
    )
  }

  /// Hands a request to its driver, and goes on when it is completed.
  ///
  /// A caller that does not wait gets `STATUS_PENDING` for a request that the driver keeps.
  func submit(
    _ packet: Packet,
    waits: Bool,
    then body: @escaping (IORequest) throws -> Completion
  ) throws -> Completion {
    try memory.modify(packet.irp) { irp in
      irp.userEvent = packet.event
      irp.userIOSB = packet.statusBlock
    }
    let isHosted = try io.hostedDrivers[memory[packet.device].driverObject] != nil
    let request = IORequest(
      irp: packet.irp,
      operation: packet.operation,
      systemBuffer: packet.systemBuffer,
      copiedByteCount: packet.copiedByteCount,
      event: packet.event,
      statusBlock: packet.statusBlock,
      in: io.manager.currentSpace
    )
    request.service = IORequest.Service(file: packet.file, isHosted: isHosted)
    io.requests[packet.irp] = request
    return try io.callDriver(packet.device, packet.irp).followed { [self] bits in
      if request.status != nil { return try body(request) }
      guard waits else { return .returned(NTStatus.pending) }
      guard NTStatus(guestBits: bits) == .pending else {
        throw Unmodelled("a driver that neither completes a request nor says that it is pending")
      }
      return .call(
        GuestCall(try io.addressOfRoutine(Self.waitRoutine), packet.irp.address.rawValue)
      ) {
        _ in try body(request)
      }
    }
  }

  /// The routine in which a thread waits for its request.
  private static let waitRoutine = "IopWaitForRequest"

  /// The routines that only the kernel calls.
  var waitExports: [Export] {
    [
      export(Self.waitRoutine) { [self] (irp: GuestPointer<IRP>) in
        guard let request = io.requests[irp] else { return Completion.done }
        let completion = try io.dispatcher.waitUntilWoken("waiting for a request")
        request.waiter = io.dispatcher.current
        return completion
      }
    ]
  }

  /// Sends a request without parameters, and waits for it.
  func send(_ function: MajorFunction, for file: GuestPointer<FileObject>) throws -> Completion {
    let flags = function == .close ? PacketFlags.close : 0
    let packet = try begin(function, for: file, flags: flags | PacketFlags.synchronousAPI)
    return try submit(packet, waits: true) { request in
      .returned(request.status ?? .success)
    }
  }
}
