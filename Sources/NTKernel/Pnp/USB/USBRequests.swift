internal import GuestABI
internal import NTStructures

/// Requests to devices on the USB.
extension PlugAndPlay {
  /// The routine that cancels a request which waits for a device; it is not in the export table.
  static let cancelBusRequest = "IopCancelBusRequest"

  var usbExports: [Export] {
    [
      export(Self.cancelBusRequest) {
        [self]
        (device: GuestPointer<DeviceObject>, irp: GuestPointer<IRP>) -> Completion in
        // A cancel routine releases the lock that it was called with.
        try io.dispatcher.setIRQL(IRQL(rawValue: memory[irp].cancelIRQL))
        guard let usb = node(of: device)?.usb,
          let index = usb.pending.firstIndex(where: { $0.irp == irp })
        else { return .done }
        usb.pending.remove(at: index)
        // USBD_STATUS_CANCELED.
        return try finish(irp, 0xC001_0000, .cancelled)
      }
    ]
  }

  /// Answers an internal device control of a USB device.
  func answerUSB(
    _ irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>,
    _ usb: USBDevice
  ) throws -> Completion {
    let code = try memory[location].ioControlCode
    let argument = VirtualAddress(rawValue: try memory[location].argument1.rawValue)
    switch code {
    case USBDevice.submit:
      let block = USBRequestBlock(address: argument, memory: memory)
      return try answer(irp, block, usb)
    case USBDevice.resetPort:
      return try io.complete(irp, with: usb.isGone ? .noSuchDevice : .success)
    case USBDevice.portStatus:
      // USBD_PORT_ENABLED and USBD_PORT_CONNECTED: the port is clear of both without a device (WDK,
      // IOCTL_INTERNAL_USB_GET_PORT_STATUS).
      try memory.store(UInt32(usb.isGone ? 0 : 3), at: argument)
      return try io.complete(irp, with: .success)
    default: throw Unmodelled("USB: control 0x\(String(code, radix: 16))")
    }
  }

  /// Completes a request with the status of its block.
  private func finish(
    _ irp: GuestPointer<IRP>,
    _ blockStatus: UInt32,
    _ status: NTStatus
  ) throws -> Completion {
    let location = try memory[irp].currentStackLocation
    let block = VirtualAddress(rawValue: try memory[location].argument1.rawValue)
    try USBRequestBlock(address: block, memory: memory).setStatus(blockStatus)
    try memory[irp].store(GuestFunction(.null), in: \.cancelRoutine)
    return try io.complete(irp, with: status)
  }

  private func succeed(_ irp: GuestPointer<IRP>) throws -> Completion {
    try finish(irp, 0, .success)
  }

  /// `USBD_STATUS_INVALID_PARAMETER`, for what is not the device's.
  private func refuse(_ irp: GuestPointer<IRP>) throws -> Completion {
    try finish(irp, 0x8000_0300, .invalidParameter)
  }

  private func answer(
    _ irp: GuestPointer<IRP>,
    _ block: USBRequestBlock,
    _ usb: USBDevice
  ) throws -> Completion {
    let function = try block.function
    // A pipe can be aborted without the device: USBD_STATUS_DEVICE_GONE for the rest.
    if usb.isGone, function != 0x02 { return try finish(irp, 0xC000_7000, .noSuchDevice) }
    switch function {
    // SELECT_CONFIGURATION.
    case 0x00: return try selectConfiguration(irp, block, usb)
    // SELECT_INTERFACE.
    case 0x01:
      guard try select(block.selectedInterface, usb) else { return try refuse(irp) }
      return try succeed(irp)
    // ABORT_PIPE.
    case 0x02:
      let pipe = try block.pipeHandle
      guard usb.endpoint(of: pipe) != nil else { return try refuse(irp) }
      return try abort(usb, pipe) { [self] in try succeed(irp) }
    // GET_CURRENT_FRAME_NUMBER: one frame in each millisecond.
    case 0x07:
      let frame = UInt32(truncatingIfNeeded: io.dispatcher.interruptTime / 10_000)
      let place = block.address + (memory.architecture == .x86 ? 16 : 24)
      try memory.store(frame, at: place)
      return try succeed(irp)
    // BULK_OR_INTERRUPT_TRANSFER.
    case 0x09: return try transfer(irp, block, usb)
    // GET_DESCRIPTOR_FROM_DEVICE.
    case 0x0B: return try descriptor(irp, block, usb)
    // SET_FEATURE and CLEAR_FEATURE of device, interface and endpoint.
    case 0x0D...0x12: return try succeed(irp)
    // GET_STATUS of device, interface and endpoint; GET_INTERFACE.
    case 0x13...0x15, 0x27: return try put([0, 0], irp, block, limit: function == 0x27 ? 1 : 2)
    // VENDOR and CLASS requests to device, interface, endpoint and other.
    case 0x17...0x1C, 0x1F, 0x20:
      // USBD_TRANSFER_DIRECTION_IN.
      guard try block.transferFlags & 1 != 0 else { return try succeed(irp) }
      let count = Int(try block.transferLength)
      guard count <= 0xFFFF else { return try refuse(irp) }
      return try put([UInt8](repeating: 0, count: count), irp, block, limit: count)
    // RESET_PIPE: SYNC_RESET_PIPE_AND_CLEAR_STALL, SYNC_RESET_PIPE, SYNC_CLEAR_STALL.
    case 0x1E, 0x30, 0x31:
      guard usb.endpoint(of: try block.pipeHandle) != nil else { return try refuse(irp) }
      return try succeed(irp)
    // GET_CONFIGURATION.
    case 0x26: return try put([usb.configuration], irp, block, limit: 1)
    default: throw Unmodelled("USB: URB function 0x\(String(function, radix: 16))")
    }
  }

  /// Hands bytes of the device to a driver.
  private func put(
    _ bytes: [UInt8],
    _ irp: GuestPointer<IRP>,
    _ block: USBRequestBlock,
    limit: Int
  ) throws -> Completion {
    let count = min(Int(try block.transferLength), limit, bytes.count)
    let buffer = try block.transferBuffer
    guard buffer != .null || count == 0 else {
      throw Unmodelled("USB: a transfer by an MDL")
    }
    try memory.store(bytes: Array(bytes.prefix(count)), at: buffer)
    try block.setTransferLength(UInt32(count))
    return try succeed(irp)
  }

  private func descriptor(
    _ irp: GuestPointer<IRP>,
    _ block: USBRequestBlock,
    _ usb: USBDevice
  ) throws -> Completion {
    let bytes: [UInt8]?
    switch try (block.descriptorType, block.descriptorIndex) {
    case (1, _): bytes = usb.descriptors.device
    case (2, 0): bytes = usb.descriptors.configuration
    default: bytes = nil
    }
    guard let bytes else {
      // The device has no such descriptor, and stalls: USBD_STATUS_STALL_PID.
      return try finish(irp, 0xC000_0004, .unsuccessful)
    }
    return try put(bytes, irp, block, limit: bytes.count)
  }

  private func selectConfiguration(
    _ irp: GuestPointer<IRP>,
    _ block: USBRequestBlock,
    _ usb: USBDevice
  ) throws -> Completion {
    let descriptor = try block.configurationDescriptor
    guard descriptor != .null else {
      usb.configuration = 0
      return try abort(usb, nil) { [self] in try succeed(irp) }
    }
    let value = try memory.load(UInt8.self, at: descriptor + 5)
    let own = usb.descriptors.configuration
    guard own.count > 5, own[5] == value, value != 0 else { return try refuse(irp) }
    usb.configuration = value
    usb.settings = [:]
    // The interfaces follow each other up to the block's end.
    let end = block.address + Int(try block.length)
    var interface = block.configurationInterfaces
    while interface < end {
      let length = Int(try memory.load(UInt16.self, at: interface))
      guard length >= 16, try select(interface, usb) else {
        usb.configuration = 0
        return try refuse(irp)
      }
      interface = interface + length
    }
    try block.setConfigurationHandle(USBDevice.configurationHandle)
    return try succeed(irp)
  }

  /// Selects the setting that a `USBD_INTERFACE_INFORMATION` names, and fills the rest in.
  private func select(_ place: VirtualAddress, _ usb: USBDevice) throws -> Bool {
    let number = try memory.load(UInt8.self, at: place + 2)
    let setting = try memory.load(UInt8.self, at: place + 3)
    let found = usb.descriptors.interfaces.first { $0.number == number && $0.setting == setting }
    guard let interface = found, usb.configuration != 0 else { return false }
    let is32Bit = memory.architecture == .x86
    let (countOffset, first, size) = is32Bit ? (12, 16, 20) : (16, 24, 24)
    let length = Int(try memory.load(UInt16.self, at: place))
    guard length >= first + interface.endpoints.count * size else { return false }
    usb.settings[number] = setting
    try memory.store(bytes: interface.kind, at: place + 4)
    try memory.store(GuestWord(usb.handle(ofInterface: number)), at: place + 8)
    try memory.store(UInt32(interface.endpoints.count), at: place + countOffset)
    for (index, endpoint) in interface.endpoints.enumerated() {
      let pipe = place + (first + index * size)
      try memory.store(endpoint.packetSize, at: pipe)
      try memory.store(endpoint.address, at: pipe + 2)
      try memory.store(endpoint.interval, at: pipe + 3)
      try memory.store(UInt32(endpoint.kind), at: pipe + 4)
      try memory.store(GuestWord(usb.handle(ofPipe: endpoint.address)), at: pipe + 8)
    }
    return true
  }

  private func transfer(
    _ irp: GuestPointer<IRP>,
    _ block: USBRequestBlock,
    _ usb: USBDevice
  ) throws -> Completion {
    let pipe = try block.pipeHandle
    guard let endpoint = usb.endpoint(of: pipe) else { return try refuse(irp) }
    // The device takes all that it is sent.
    guard endpoint & 0x80 != 0 else { return try succeed(irp) }
    // It has nothing to send: the request waits.
    if try memory[irp].cancel { return try finish(irp, 0xC001_0000, .cancelled) }
    guard usb.pending.count < 4096 else { throw Unmodelled("USB: more than 4,096 requests") }
    usb.pending.append((irp, pipe))
    let location = try memory[irp].currentStackLocation
    let control = try memory[location].control
    try memory[location].store(control.union(.pendingReturned), in: \.control)
    let cancel = try io.addressOfRoutine(Self.cancelBusRequest)
    try memory[irp].store(GuestFunction(cancel), in: \.cancelRoutine)
    return .returned(NTStatus.pending)
  }

  /// Completes the requests that wait for data of a pipe, or of any, and goes on.
  func abort(
    _ usb: USBDevice,
    _ pipe: UInt64?,
    status: (block: UInt32, irp: NTStatus) = (0xC001_0000, .cancelled),
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    guard let index = usb.pending.firstIndex(where: { pipe == nil || $0.pipe == pipe }) else {
      return try body()
    }
    let irp = usb.pending.remove(at: index).irp
    let completion = try finish(irp, status.block, status.irp)
    return try follow(completion) { [self] in try abort(usb, pipe, status: status, then: body) }
  }

  private func follow(
    _ completion: Completion,
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    if case .call(let call, let then) = completion {
      return .call(call) { [self] in try follow(then($0), then: body) }
    }
    return try body()
  }
}
