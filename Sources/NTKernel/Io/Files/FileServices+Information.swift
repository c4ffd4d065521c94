internal import GuestABI
internal import NTStructures

extension FileServices {
  /// Asks about a file.
  ///
  /// The corresponding kernel routines are `NtQueryInformationFile` and `IoQueryFileInformation`.
  func queryInformation(
    of open: OpenFile,
    _ access: AccessMask,
    _ buffer: IOOperation.Buffer,
    _ number: UInt32,
    mode: ProcessorMode,
    then body: @escaping (NTStatus, UInt64) throws -> Completion
  ) throws -> Completion {
    let file = memory[open.file]
    func answer(_ value: some FixedWidthInteger & GuestScalar) throws -> Completion {
      let size = value.bitWidth / 8
      guard buffer.byteCount >= size else { return try body(.infoLengthMismatch, 0) }
      try memory.store(value, at: buffer.address)
      return try body(.success, UInt64(size))
    }
    // What the I/O manager knows itself.
    switch number {
    case 8: return try answer(access.rawValue)  // FileAccessInformation
    case 14 where open.isSynchronous: return try answer(file.currentByteOffset)
    case 16: return try answer(self.mode(of: open))  // FileModeInformation
    case 17: return try answer(alignment(of: open))  // FileAlignmentInformation
    default: break
    }
    if let kind = FileInformationClass(rawValue: number) {
      guard buffer.byteCount >= kind.minimumSize else { return try body(.infoLengthMismatch, 0) }
    } else if number == 0 || number > 76 {
      return try body(.invalidInfoClass, 0)
    }
    var packet = try begin(
      .queryInformation,
      for: open.file,
      flags: PacketFlags.synchronousAPI,
      mode: mode
    )
    try memory.modify(packet.location) { location in
      location.length = UInt32(buffer.byteCount)
      location.informationClass = number
    }
    if let failure = try failureToAttach(&packet, .buffered, output: buffer) {
      return try body(failure, 0)
    }
    if number == FileInformationClass.all.rawValue {
      let place = packet.systemBuffer
      try memory.store(access.rawValue, at: place + 76)
      try memory.store(try self.mode(of: open), at: place + 88)
      try memory.store(try alignment(of: open), at: place + 92)
    }
    return try submit(packet, waits: true) {
      try body($0.status ?? .unsuccessful, $0.information)
    }
  }

  /// `FILE_MODE_INFORMATION`: the create options that a file was opened with, as far as they last.
  private func mode(of open: OpenFile) throws -> UInt32 {
    let flags = try memory[open.file].flags
    var mode: UInt32 = 0
    if flags & 0x10 != 0 { mode |= 0x02 }
    if flags & 0x20 != 0 { mode |= 0x04 }
    if flags & 0x08 != 0 { mode |= 0x08 }
    if flags & 0x02 != 0 { mode |= flags & 0x04 != 0 ? 0x10 : 0x20 }
    return mode
  }

  private func alignment(of open: OpenFile) throws -> UInt32 {
    try memory[io.relatedDevice(of: open.file)].alignmentRequirement
  }

  /// Changes what is known of a file.
  ///
  /// The corresponding kernel routines are `NtSetInformationFile` and `IoSetInformation`.
  func setInformation(
    of open: OpenFile,
    _ buffer: IOOperation.Buffer,
    _ number: UInt32,
    mode: ProcessorMode,
    statusBlock: GuestPointer<IOStatusBlock>,
    _ routine: String
  ) throws -> Completion {
    if number == 14, open.isSynchronous {
      // FilePositionInformation.
      guard buffer.byteCount >= 8 else { return .returned(NTStatus.infoLengthMismatch) }
      let position: Int64 = try memory.load(at: buffer.address)
      guard position >= 0 else { return .returned(NTStatus.invalidParameter) }
      try memory[open.file].store(position, in: \.currentByteOffset)
      return try finish(.success, 0, statusBlock)
    }
    if number == 16 || number == 30 {
      throw Unmodelled("\(routine): FileModeInformation or FileCompletionInformation")
    }
    guard Self.settable.contains(number) else { return .returned(NTStatus.invalidInfoClass) }
    var packet = try begin(
      .setInformation,
      for: open.file,
      flags: PacketFlags.synchronousAPI,
      mode: mode
    )
    let isRename = number == 10 || number == 11
    let replaces =
      isRename && buffer.byteCount > 0
      ? try memory.load(Bool.self, at: buffer.address) : false
    try memory.modify(packet.location) { location in
      location.length = UInt32(buffer.byteCount)
      location.informationClass = number
      location.replaceIfExists = replaces
    }
    if let failure = try failureToAttach(&packet, .buffered, input: buffer) {
      return .returned(failure)
    }
    return try submit(packet, waits: true) { [self] request in
      try finish(request.status ?? .unsuccessful, request.information, statusBlock)
    }
  }

  /// The classes that can be set, but for those that only the I/O manager knows.
  private static let settable: Set<UInt32> = [
    4, 10, 11, 13, 14, 15, 19, 20, 23, 26, 27, 29, 31, 36, 39, 40, 41, 43, 44, 60, 61, 62, 64, 65,
    66, 67, 70, 71, 72, 75,
  ]

  /// Stores a status block, unless the service failed.
  func finish(
    _ status: NTStatus,
    _ information: UInt64,
    _ statusBlock: GuestPointer<IOStatusBlock>
  ) throws -> Completion {
    if UInt32(bitPattern: status.rawValue) >> 30 != 3 {
      try memory.modify(statusBlock) { block in
        block.status = status
        block.information = GuestWord(rawValue: information)
      }
    }
    return .returned(status)
  }

  /// Asks about the volume that a file is on.
  ///
  /// The corresponding kernel routines are `NtQueryVolumeInformationFile` and
  /// `IoQueryVolumeInformation`.
  func queryVolume(
    of open: OpenFile,
    _ buffer: IOOperation.Buffer,
    _ number: UInt32,
    mode: ProcessorMode,
    then body: @escaping (NTStatus, UInt64) throws -> Completion
  ) throws -> Completion {
    if number == 4 {
      // FileFsDeviceInformation is about the storage device.
      guard buffer.byteCount >= 8 else { return try body(.infoLengthMismatch, 0) }
      let device = memory[try memory[open.file].deviceObject]
      // FILE_DEVICE_IS_MOUNTED.
      let isMounted = try !memory[open.file].vpb.isNull
      try memory.store(device.deviceType, at: buffer.address)
      let characteristics = try device.characteristics | (isMounted ? 0x20 : 0)
      try memory.store(characteristics, at: buffer.address + 4)
      return try body(.success, 8)
    }
    guard 1...14 ~= number else { return try body(.invalidInfoClass, 0) }
    var packet = try begin(
      .queryVolumeInformation,
      for: open.file,
      flags: PacketFlags.synchronousAPI,
      mode: mode
    )
    try memory.modify(packet.location) { location in
      location.length = UInt32(buffer.byteCount)
      location.informationClass = number
    }
    if let failure = try failureToAttach(&packet, .buffered, output: buffer) {
      return try body(failure, 0)
    }
    return try submit(packet, waits: true) {
      try body($0.status ?? .unsuccessful, $0.information)
    }
  }

  /// Lists a directory.
  ///
  /// The corresponding kernel routine is `NtQueryDirectoryFile`.
  func queryDirectory(
    _ handle: VirtualAddress,
    _ caller: Caller,
    _ buffer: IOOperation.Buffer,
    _ number: UInt32,
    _ pattern: GuestPointer<CountedString>,
    _ flags: UInt8,
    _ routine: String
  ) throws -> Completion {
    let (open, event): (OpenFile, VirtualAddress)
    // FILE_LIST_DIRECTORY.
    switch try prepare(handle, caller, access: AccessMask(rawValue: 1), routine) {
    case .failed(let status): return .returned(status)
    case .done(let prepared): (open, event) = (prepared.open, prepared.event)
    }
    // The pattern lies behind the request, as a string of the kernel's own.
    var copy = GuestPointer<CountedString>(.null)
    if !pattern.isNull, try memory[pattern].length > 0 {
      copy = try io.makeString(try memory.text(of: pattern))
    }
    let ownCopy = copy
    var packet = try begin(.directoryControl, minor: 1, for: open.file, mode: caller.mode)
    try memory.modify(packet.location) { location in
      location.flags = flags
      location.length = UInt32(buffer.byteCount)
      location.directoryPattern = ownCopy
      location.directoryClass = number
    }
    let method = try method(of: packet, isWritten: true)
    if let failure = try failureToAttach(&packet, method, output: buffer) {
      if !ownCopy.isNull { try io.manager.freePool(ownCopy.address) }
      return .returned(failure)
    }
    packet.event = event
    packet.statusBlock = caller.statusBlock.address
    return try submit(packet, waits: open.isSynchronous || !ownCopy.isNull) { [self] request in
      if !ownCopy.isNull { try io.manager.freePool(ownCopy.address) }
      return .returned(request.status ?? .unsuccessful)
    }
  }
}
