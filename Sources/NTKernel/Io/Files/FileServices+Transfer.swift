internal import GuestABI
internal import NTStructures

extension FileServices {
  /// What the caller of a service wants to be told, and how.
  struct Caller {
    var event: VirtualAddress
    var routine: VirtualAddress
    var statusBlock: GuestPointer<IOStatusBlock>
    var mode: ProcessorMode
  }

  /// Finds what a service needs: the file, and the event that is to be set.
  func prepare(
    _ handle: VirtualAddress,
    _ caller: Caller,
    access: AccessMask,
    _ routine: String
  ) throws -> Attempt<(open: OpenFile, access: AccessMask, event: VirtualAddress)> {
    guard caller.routine == .null else { throw Unmodelled("\(routine): ApcRoutine") }
    switch try file(for: handle, caller.mode, access: access) {
    case .failed(let status): return .failed(status)
    case .done(let found):
      var event = VirtualAddress.null
      if caller.event != .null {
        guard let object = objects.object(for: caller.event, mode: caller.mode) else {
          return .failed(.invalidHandle)
        }
        guard object.kind == .event else { return .failed(.objectTypeMismatch) }
        event = object.body
        _ = try io.dispatcher.setEvent(event, to: 0)
      }
      let own = memory[found.open.file].address(of: \.event)
      _ = try io.dispatcher.setEvent(own, to: 0)
      return .done((found.open, found.access, event))
    }
  }

  /// Submits a request of a service that may go on while the caller does.
  private func submit(
    _ packet: Packet,
    _ open: OpenFile,
    _ caller: Caller,
    _ event: VirtualAddress
  ) throws -> Completion {
    var packet = packet
    packet.event = event
    packet.statusBlock = caller.statusBlock.address
    return try submit(packet, waits: open.isSynchronous) { request in
      .returned(request.status ?? .unsuccessful)
    }
  }

  /// Reads or writes a file.
  ///
  /// The corresponding kernel routines are `NtReadFile` and `NtWriteFile`.
  func transfer(
    _ function: MajorFunction,
    _ handle: VirtualAddress,
    _ caller: Caller,
    _ buffer: IOOperation.Buffer,
    _ offsetPointer: GuestPointer<Int64>,
    _ keyPointer: GuestPointer<UInt32>,
    _ routine: String
  ) throws -> Completion {
    let isWrite = function == .write
    // FILE_READ_DATA; FILE_WRITE_DATA and FILE_APPEND_DATA.
    let access = AccessMask(rawValue: isWrite ? 6 : 1)
    let found: (open: OpenFile, access: AccessMask, event: VirtualAddress)
    switch try prepare(handle, caller, access: access, routine) {
    case .failed(let status): return .returned(status)
    case .done(let prepared): found = prepared
    }
    let file = found.open.file
    var offset: Int64
    // FILE_USE_FILE_POINTER_POSITION is -2.
    if offsetPointer.isNull {
      offset = -2
    } else {
      offset = try memory.load(at: offsetPointer.address)
    }
    if offset == -2 {
      guard found.open.isSynchronous else { return .returned(NTStatus.invalidParameter) }
      offset = try memory[file].currentByteOffset
    }
    // A handle that may only append writes at the end.
    if isWrite, found.access.rawValue & 6 == 4 { offset = -1 }
    guard offset >= 0 || (isWrite && offset == -1) else {
      return .returned(NTStatus.invalidParameter)
    }
    let key = keyPointer.isNull ? 0 : try memory.load(UInt32.self, at: keyPointer.address)
    var flags = isWrite ? PacketFlags.write : PacketFlags.read
    if try memory[file].flags & 8 != 0 { flags |= PacketFlags.noCache }
    do {
      var packet = try begin(function, for: file, flags: flags, mode: caller.mode)
      try memory.modify(packet.location) { location in
        location.length = UInt32(buffer.byteCount)
        location.byteOffset = offset
        location.key = key
      }
      let method = try method(of: packet, isWritten: !isWrite)
      try attach(
        &packet,
        method,
        input: isWrite ? buffer : .none,
        output: isWrite ? .none : buffer
      )
      return try submit(packet, found.open, caller, found.event)
    } catch let raised as RaisedStatus {
      return .returned(raised.status)
    }
  }

  /// Sends a control code to a device or to a file system.
  ///
  /// The corresponding kernel routines are `NtDeviceIoControlFile` and `NtFsControlFile`.
  func control(
    _ function: MajorFunction,
    _ handle: VirtualAddress,
    _ caller: Caller,
    _ code: UInt32,
    input: IOOperation.Buffer,
    output: IOOperation.Buffer,
    _ routine: String
  ) throws -> Completion {
    let found: (open: OpenFile, access: AccessMask, event: VirtualAddress)
    switch try prepare(handle, caller, access: [], routine) {
    case .failed(let status): return .returned(status)
    case .done(let prepared): found = prepared
    }
    // FILE_READ_ACCESS and FILE_WRITE_ACCESS in the code are FILE_READ_DATA and FILE_WRITE_DATA.
    let wanted = AccessMask(rawValue: code >> 14 & 3)
    guard caller.mode == .kernel || wanted.isSubset(of: found.access) else {
      return .returned(NTStatus.accessDenied)
    }
    do {
      // A file system control of minor function IRP_MN_USER_FS_REQUEST is 0, as a device control.
      var packet = try begin(function, for: found.open.file, mode: caller.mode)
      let method: Method =
        switch code & 3 {
        case 0: .buffered
        case 1: .direct(isWritten: false)
        case 2: .direct(isWritten: true)
        default: .neither
        }
      try memory.modify(packet.location) { location in
        location.outputBufferLength = UInt32(output.byteCount)
        location.inputBufferLength = UInt32(input.byteCount)
        location.ioControlCode = code
        if code & 3 == 3 { location.type3InputBuffer = input.address }
      }
      packet.operation.controlCode = code
      try attach(&packet, method, input: input, output: output)
      return try submit(packet, found.open, caller, found.event)
    } catch let raised as RaisedStatus {
      return .returned(raised.status)
    }
  }

  /// Writes what is cached to the medium.
  ///
  /// The corresponding kernel routine is `NtFlushBuffersFile`.
  func flush(
    _ handle: VirtualAddress,
    _ statusBlock: GuestPointer<IOStatusBlock>,
    _ mode: ProcessorMode
  ) throws -> Completion {
    // FILE_WRITE_DATA and FILE_APPEND_DATA.
    switch try file(for: handle, mode, access: AccessMask(rawValue: 6)) {
    case .failed(let status): return .returned(status)
    case .done(let found):
      var packet = try begin(
        .flushBuffers,
        for: found.open.file,
        flags: PacketFlags.synchronousAPI,
        mode: mode
      )
      packet.statusBlock = statusBlock.address
      return try submit(packet, waits: true) { .returned($0.status ?? .unsuccessful) }
    }
  }

  /// Locks a range of a file, or unlocks it.
  ///
  /// The corresponding kernel routines are `NtLockFile` and `NtUnlockFile`. The flags are
  /// `SL_FAIL_IMMEDIATELY` and `SL_EXCLUSIVE_LOCK`, or nil to unlock.
  func lock(
    _ handle: VirtualAddress,
    _ caller: Caller,
    offset: GuestPointer<Int64>,
    length: GuestPointer<Int64>,
    key: UInt32,
    flags: UInt8?,
    _ routine: String
  ) throws -> Completion {
    let found: (open: OpenFile, access: AccessMask, event: VirtualAddress)
    switch try prepare(handle, caller, access: AccessMask(rawValue: 3), routine) {
    case .failed(let status): return .returned(status)
    case .done(let prepared): found = prepared
    }
    let start: Int64 = try memory.load(at: offset.address)
    let count: Int64 = try memory.load(at: length.address)
    // The length lies in memory of the request's own, for as long as the request does.
    let block = try io.allocate(8, tag: "IoLk")
    try memory.store(count, at: block)
    var packet = try begin(
      .lockControl,
      minor: flags == nil ? 2 : 1,
      for: found.open.file,
      flags: PacketFlags.synchronousAPI,
      mode: caller.mode
    )
    try memory.modify(packet.location) { location in
      location.flags = flags ?? 0
      location.lockLength = GuestPointer(block)
      location.key = key
      location.byteOffset = start
    }
    packet.event = found.event
    packet.statusBlock = caller.statusBlock.address
    try memory[found.open.file].store(true, in: \.lockOperation)
    return try submit(packet, waits: true) { [self] request in
      try io.manager.freePool(block)
      return .returned(request.status ?? .unsuccessful)
    }
  }
}
