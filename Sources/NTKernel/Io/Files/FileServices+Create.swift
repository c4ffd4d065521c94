internal import GuestABI
internal import NTStructures

extension FileServices {
  /// How a file is to be opened or made.
  struct Creation {
    var access: AccessMask
    var allocationSize: Int64 = 0
    var fileAttributes: UInt32 = 0
    var share: UInt32
    var disposition: UInt32
    var options: UInt32
    var extendedAttributes = IOOperation.Buffer.none
    /// Flags of the stack location: `SL_…`.
    var flags: UInt8 = 0
    /// The device that gets the request in place of the highest of the stack, or null.
    var hint = GuestPointer<DeviceObject>(.null)
    var mode = ProcessorMode.kernel

    /// What `ZwOpenFile` asks for: `FILE_OPEN`.
    static func opening(_ access: AccessMask, share: UInt32, options: UInt32) -> Self {
      Self(access: access, share: share, disposition: 1, options: options)
    }
  }

  /// A file that was opened, with one reference and no handle, and what the driver said of it.
  typealias Opened = (object: KernelObject, information: UInt64)

  /// Where a name leads: a device, and what is left for its driver.
  private struct Target {
    let device: GuestPointer<DeviceObject>
    let name: String
    var related = GuestPointer<FileObject>(.null)
  }

  /// Opens the file that attributes name, and goes on with it, or with the status with which opening it
  /// failed.
  func open(
    _ attributes: CapturedAttributes,
    _ creation: Creation,
    for routine: String,
    then body: @escaping (Attempt<Opened>) throws -> Completion
  ) throws -> Completion {
    if creation.mode == .user, let status = Self.failure(of: creation) {
      return try body(.failed(status))
    }
    let target: Target
    switch try self.target(of: attributes, routine) {
    case .failed(let status): return try body(.failed(status))
    case .done(let found): target = found
    }
    let options = CreateOptions(rawValue: creation.options)
    let file = try makeFile(target, creation, attributes.flags)
    let context = try makeSecurityContext(creation)
    var packet: Packet
    do {
      packet = try begin(
        .create,
        for: file,
        flags: PacketFlags.create | PacketFlags.synchronousAPI,
        mode: creation.mode
      )
      if !creation.hint.isNull { packet = try redirect(packet, to: creation.hint) }
      let extended = creation.extendedAttributes
      if extended.byteCount > 0 { try attach(&packet, .buffered, input: extended) }
    } catch let raised as RaisedStatus {
      try io.manager.freePool(context)
      try remove(file)
      return try body(.failed(raised.status))
    }
    try memory[packet.irp].store(creation.allocationSize, in: \.allocationSize)
    try memory.modify(packet.location) { location in
      location.flags = creation.flags
      location.securityContext = context
      location.createOptions = creation.options & 0xFF_FFFF | creation.disposition << 24
      location.fileAttributes = UInt16(truncatingIfNeeded: creation.fileAttributes & 0x7FA7)
      location.shareAccess = UInt16(truncatingIfNeeded: creation.share & 7)
      location.eaLength = UInt32(truncatingIfNeeded: creation.extendedAttributes.byteCount)
    }
    return try submit(packet, waits: true) { [self] request in
      try io.manager.freePool(context)
      let status = request.status ?? .unsuccessful
      // STATUS_REPARSE is a success that leads elsewhere.
      guard status != NTStatus(0x104) else { throw Unmodelled("\(routine): a name that is a link") }
      guard status.isSuccess else {
        try remove(file)
        return try body(.failed(status))
      }
      let view = memory[file]
      try view.store(GuestPointer(.null), in: \.relatedFileObject)
      // The event tells of requests, of which opening is none.
      _ = try io.dispatcher.setEvent(view.address(of: \.event), to: 0)
      let open = OpenFile(file, isSynchronous: options.isSynchronous)
      let object = KernelObject(.file, body: file.address, payload: .file(open))
      objects.register(object)
      return try body(.done((object, request.information)))
    }
  }

  /// Returns why a creation that user mode asks for is wrong in itself, or nil (WDK, `NtCreateFile`).
  static func failure(of creation: Creation) -> NTStatus? {
    let options = CreateOptions(rawValue: creation.options)
    let synchronous: CreateOptions = [.synchronousAlert, .synchronousNonAlert]
    let isWrong =
      creation.disposition > 5 || creation.share & ~7 != 0
      || options.isSuperset(of: synchronous)
      || options.isSuperset(of: [.directory, .nonDirectory])
      // SYNCHRONIZE and DELETE.
      || (options.isSynchronous && creation.access.rawValue & 0x10_0000 == 0)
      || (options.contains(.deleteOnClose) && creation.access.rawValue & 0x1_0000 == 0)
      || (options.contains(.directory) && ![1, 2, 3].contains(creation.disposition))
    return isWrong ? .invalidParameter : nil
  }

  private func target(
    of attributes: CapturedAttributes,
    _ routine: String
  ) throws -> Attempt<Target> {
    if let directory = attributes.directory, directory.kind == .file {
      guard case .file(let open) = directory.payload else {
        throw Unmodelled("\(routine): a name relative to a file that was not opened")
      }
      guard !attributes.name.isAbsolutePath else { return .failed(.objectNameInvalid) }
      let device = try memory[open.file].deviceObject
      return .done(Target(device: device, name: attributes.name, related: open.file))
    }
    let lookup = try objects.object(at: attributes.name, from: attributes.directory)
    guard let object = lookup.object else { return .failed(lookup.status) }
    guard object.kind == .device else { return .failed(.objectTypeMismatch) }
    let device = GuestPointer<DeviceObject>(object.body)
    guard object.body != .null,
      try io.devices.contains(where: { $0 === object })
        || io.hostedDrivers[memory[device].driverObject] != nil
    else { throw Unmodelled("\(routine): a device that is deleted, or one of the system's") }
    let flags = try memory[device].flags
    guard !flags.contains(.initializing) else { return .failed(.noSuchDevice) }
    let driverFlags = try memory[memory[device].driverObject].flags
    guard driverFlags & DriverServices.unloadInvoked == 0 else {
      throw Unmodelled("\(routine): a device whose driver waits to be unloaded")
    }
    guard try !flags.contains(.exclusive) || memory[device].referenceCount == 0 else {
      return .failed(.accessDenied)
    }
    return .done(Target(device: device, name: lookup.remainder))
  }

  /// Makes a file object, which is not known as an object before its driver agrees.
  private func makeFile(
    _ target: Target,
    _ creation: Creation,
    _ attributes: ObjectAttributeFlags
  ) throws -> GuestPointer<FileObject> {
    let options = CreateOptions(rawValue: creation.options)
    let access = (creation.access.mapped(for: .file) ?? creation.access).rawValue
    let file = try io.makeFile(for: target.device)
    // FO_SYNCHRONOUS_IO, FO_ALERTABLE_IO, FO_NO_INTERMEDIATE_BUFFERING, FO_WRITE_THROUGH,
    // FO_SEQUENTIAL_ONLY, FO_OPENED_CASE_SENSITIVE, FO_RANDOM_ACCESS.
    var flags: UInt32 = options.isSynchronous ? 2 : 0
    if options.contains(.synchronousAlert) { flags |= 4 }
    if options.contains(.noIntermediateBuffering) { flags |= 8 }
    if options.contains(.writeThrough) { flags |= 0x10 }
    if options.contains(.sequentialOnly) { flags |= 0x20 }
    if !attributes.contains(.caseInsensitive) { flags |= 0x2_0000 }
    if options.contains(.randomAccess) { flags |= 0x10_0000 }
    let vpb: GuestPointer<VolumeParameterBlock>
    if target.related.isNull {
      vpb = GuestPointer(try memory[target.device].vpb)
    } else {
      vpb = try memory[target.related].vpb
    }
    let related = target.related
    let isMounted = try !vpb.isNull && memory[vpb].flags & 1 != 0
    try memory.modify(file) { file in
      file.flags = flags
      // A file system says itself what the file is open for.
      file.readAccess = access & 1 != 0
      file.writeAccess = access & 6 != 0
      file.relatedFileObject = related
      if isMounted { file.vpb = vpb }
    }
    let headerSize = DispatcherHeader.size(on: memory.architecture)
    for (place, type, state) in [
      (memory[file].address(of: \.lock), DispatcherObjectType.synchronizationEvent, Int32(0)),
      (memory[file].address(of: \.event), .notificationEvent, 0),
    ] {
      try io.dispatcher.initialize(place, type, byteCount: headerSize, signalState: state)
    }
    let bytes = target.name.littleEndianUTF16
    guard !bytes.isEmpty else { return file }
    // File systems may write a terminator behind the name, and so there is room for one.
    let buffer = try io.allocate(bytes.count + 2, tag: "IoNm")
    try memory.store(bytes: bytes, at: buffer)
    try memory.set(
      GuestPointer(memory[file].address(of: \.fileName)),
      buffer: buffer,
      length: bytes.count,
      maximumLength: bytes.count + 2
    )
    return file
  }

  /// Sends a create request to a device that lies below the highest of its stack.
  private func redirect(_ packet: Packet, to hint: GuestPointer<DeviceObject>) throws -> Packet {
    var device = try memory[packet.file].deviceObject
    let vpb = try memory[packet.file].vpb
    if !vpb.isNull { device = try memory[vpb].deviceObject }
    for _ in 0..<256 where !device.isNull {
      if device == hint {
        return Packet(
          irp: packet.irp,
          location: packet.location,
          device: hint,
          file: packet.file,
          operation: packet.operation
        )
      }
      device = try memory[device].attachedDevice
    }
    try io.manager.freePool(packet.irp.address)
    // STATUS_INVALID_DEVICE_OBJECT_PARAMETER.
    throw RaisedStatus(NTStatus(0xC000_0369))
  }

  /// Makes the `IO_SECURITY_CONTEXT` of a create request, and the `ACCESS_STATE` behind it.
  private func makeSecurityContext(_ creation: Creation) throws -> VirtualAddress {
    let width = memory.architecture.pointerSize
    let context = try io.allocate(0x100, tag: "IoSc")
    let state = context + 0x20
    let access = creation.access.mapped(for: .file) ?? creation.access
    try memory.store(state, at: context + width)
    try memory.store(access.rawValue, at: context + 2 * width)
    try memory.store(creation.options, at: context + 2 * width + 4)
    // RemainingDesiredAccess, PreviouslyGrantedAccess and OriginalDesiredAccess: kernel mode is granted
    // what it asks for when a driver asks.
    try memory.store(access.rawValue, at: state + 0x10)
    try memory.store(UInt32(0), at: state + 0x14)
    try memory.store(access.rawValue, at: state + 0x18)
    return context
  }

  /// Opens a file, opens a handle to it, and stores the handle and the driver's answer.
  func createHandle(
    _ handle: VirtualAddress,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ statusBlock: GuestPointer<IOStatusBlock>,
    _ creation: Creation,
    for routine: String
  ) throws -> Completion {
    let captured: CapturedAttributes
    switch try objects.capture(attributes, for: routine, modelled: [.forceAccessCheck, .openIf]) {
    case .failed(let status): return .returned(status)
    case .done(let found): captured = found
    }
    return try open(captured, creation, for: routine) { [self] result in
      switch result {
      case .failed(let status):
        return .returned(status)
      case .done(let opened):
        let new = try objects.makeHandle(
          for: opened.object,
          access: creation.access,
          attributes: captured.flags
        )
        // FO_HANDLE_CREATED.
        let file = memory[GuestPointer<FileObject>(opened.object.body)]
        try file.store(file.flags | 0x4_0000, in: \.flags)
        // The handle keeps the file now.
        try objects.dereference(opened.object)
        try memory.store(new, at: handle)
        try memory.modify(statusBlock) { block in
          block.status = .success
          block.information = GuestWord(rawValue: opened.information)
        }
        return .returned(NTStatus.success)
      }
    }
  }

  /// Opens a device by name, and keeps only a reference to its file object.
  ///
  /// The corresponding kernel routine is `IoGetDeviceObjectPointer`: the handle with which it opens the
  /// device is closed before it returns, so the driver gets a cleanup request.
  func openDevice(
    _ name: GuestPointer<CountedString>,
    _ access: AccessMask,
    _ fileSlot: VirtualAddress,
    _ deviceSlot: VirtualAddress
  ) throws -> Completion {
    let routine = "IoGetDeviceObjectPointer"
    let attributes = CapturedAttributes(
      directory: nil,
      name: try memory.text(of: name),
      flags: [],
      securityDescriptor: .null
    )
    // FILE_NON_DIRECTORY_FILE.
    let creation = Creation.opening(access, share: 0, options: 0x40)
    return try open(attributes, creation, for: routine) { [self] result in
      switch result {
      case .failed(let status): return .returned(status)
      case .done(let opened):
        let file = GuestPointer<FileObject>(opened.object.body)
        if case .file(let open) = opened.object.payload { open.isCleanedUp = true }
        return try send(.cleanup, for: file).followed { [self] _ in
          try memory.store(file, at: fileSlot)
          try memory.store(io.relatedDevice(of: file), at: deviceSlot)
          return .returned(NTStatus.success)
        }
      }
    }
  }
}
