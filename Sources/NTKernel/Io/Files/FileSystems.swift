internal import GuestABI
internal import NTStructures

/// What file systems that drivers bring tell the I/O manager, and ask it.
final class FileSystems {
  private let io: IoManager
  private let systemVolume: SystemVolume
  /// Whether the same routine cannot be registered twice in a row.
  private let refusesRepetition: Bool
  /// Whether who asks to be told of file systems is told at once of those that there are.
  private let tellsOfPresent: Bool
  /// The file systems' devices that are registered, the latest first.
  private var registered: [GuestPointer<DeviceObject>] = []
  /// The routines that are told of registrations, with their drivers.
  private var watchers: [Watcher] = []
  private var genericMapping = VirtualAddress.null

  private struct Watcher: Equatable {
    let driver: VirtualAddress
    let routine: VirtualAddress
  }

  /// Creates a table in which only the system's own file system is registered.
  init(_ io: IoManager, _ systemVolume: SystemVolume, tellsOfPresent: Bool, refusesRepetition: Bool)
  {
    self.io = io
    self.systemVolume = systemVolume
    self.tellsOfPresent = tellsOfPresent
    self.refusesRepetition = refusesRepetition
  }

  private var memory: AddressSpace { io.memory }

  /// The routines that drivers import.
  var exports: [Export] { registrationExports + threadExports + fileExports }

  private var registrationExports: [Export] {
    [
      export("IoRegisterFileSystem") { [self] (device: GuestPointer<DeviceObject>) in
        guard registered.count < 1024 else { throw Unmodelled("more than 1,024 file systems") }
        registered.insert(device, at: 0)
        // The reference keeps the device from being deleted.
        try memory[device].store(memory[device].referenceCount &+ 1, in: \.referenceCount)
        return try tell(watchers[...], device, isActive: true)
      },
      export("IoUnregisterFileSystem") { [self] (device: GuestPointer<DeviceObject>) in
        guard let index = registered.firstIndex(of: device) else {
          throw Unmodelled("IoUnregisterFileSystem: a device that is not registered")
        }
        registered.remove(at: index)
        try memory[device].store(memory[device].referenceCount &- 1, in: \.referenceCount)
        return try tell(watchers[...], device, isActive: false)
      },
      export("IoRegisterFsRegistrationChange") {
        [self] (driver: VirtualAddress, routine: VirtualAddress) in
        let watcher = Watcher(driver: driver, routine: routine)
        guard !refusesRepetition || watchers.last != watcher else {
          // STATUS_DEVICE_ALREADY_ATTACHED.
          return Completion.returned(NTStatus(0xC000_0038))
        }
        guard watchers.count < 1024 else { throw Unmodelled("more than 1,024 watchers") }
        watchers.append(watcher)
        guard tellsOfPresent else { return .returned(NTStatus.success) }
        let own = try systemVolume.controlDevice()
        return try tell(watcher, [own] + registered.reversed()).followed { _ in
          .returned(NTStatus.success)
        }
      },
      export("IoUnregisterFsRegistrationChange") {
        [self] (driver: VirtualAddress, routine: VirtualAddress) in
        watchers.removeAll { $0 == Watcher(driver: driver, routine: routine) }
      },
    ]
  }

  private typealias Notification = GuestFunction<Void, GuestPointer<DeviceObject>, Bool>

  private func tell(
    _ watchers: ArraySlice<Watcher>,
    _ device: GuestPointer<DeviceObject>,
    isActive: Bool
  ) throws -> Completion {
    guard let watcher = watchers.first else { return .done }
    return .call(Notification(watcher.routine).call(device, isActive)) { [self] _ in
      try tell(watchers.dropFirst(), device, isActive: isActive)
    }
  }

  private func tell(
    _ watcher: Watcher,
    _ devices: [GuestPointer<DeviceObject>]
  ) throws -> Completion {
    guard let device = devices.first else { return .done }
    return .call(Notification(watcher.routine).call(device, true)) { [self] _ in
      try tell(watcher, Array(devices.dropFirst()))
    }
  }

  private var threadExports: [Export] {
    [
      export("IoGetTopLevelIrp") { [self] () in io.dispatcher.current.topLevelIRP },
      export("IoSetTopLevelIrp") { [self] (irp: VirtualAddress) in
        io.dispatcher.current.topLevelIRP = irp
      },
      // A box that nobody sees: no user is logged on.
      export("IoRaiseInformationalHardError") {
        (status: NTStatus, text: GuestPointer<CountedString>, thread: VirtualAddress) in
        true
      },
    ]
  }

  private var fileExports: [Export] {
    [
      export("IoGetFileObjectGenericMapping") { [self] () in
        if genericMapping == .null {
          // FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS.
          let rights: [UInt32] = [0x12_0089, 0x12_0116, 0x12_00A0, 0x1F_01FF]
          let place = try io.allocate(16, tag: "IoGm")
          for (index, right) in rights.enumerated() {
            try memory.store(right, at: place + index * 4)
          }
          genericMapping = place
        }
        return genericMapping
      },
      export("IoGetBaseFileSystemDeviceObject") { [self] (file: GuestPointer<FileObject>) in
        let own = try memory[file].vpb
        if !own.isNull, try !memory[own].deviceObject.isNull { return try memory[own].deviceObject }
        let device = try memory[file].deviceObject
        let vpb = GuestPointer<VolumeParameterBlock>(try memory[device].vpb)
        // FO_DIRECT_DEVICE_OPEN.
        if try !vpb.isNull && memory[file].flags & 0x800 == 0 && !memory[vpb].deviceObject.isNull {
          return try memory[vpb].deviceObject
        }
        return device
      },
      export("IoReplaceFileObjectName") {
        [self] (file: GuestPointer<FileObject>, name: VirtualAddress, length: UInt16) in
        try replaceName(of: file, name, Int(length))
      },
      export("IoCheckEaBufferValidity") {
        [self] (buffer: VirtualAddress, length: UInt32, offset: GuestPointer<UInt32>) in
        let wrong = try offsetOfInvalidEntry(buffer, Int(length))
        guard let wrong else { return NTStatus.success }
        try memory.store(UInt32(wrong), at: offset.address)
        return .eaListInconsistent
      },
      export("RtlVolumeDeviceToDosName") {
        [self] (device: VirtualAddress, name: GuestPointer<CountedString>) in
        try dosName(of: device, name, "RtlVolumeDeviceToDosName")
      },
      export("IoVolumeDeviceToDosName") {
        [self] (device: VirtualAddress, name: GuestPointer<CountedString>) in
        try dosName(of: device, name, "IoVolumeDeviceToDosName")
      },
    ]
  }

  /// Gives a file object another name.
  ///
  /// The corresponding kernel routine is `IoReplaceFileObjectName`, which keeps the buffer if the name
  /// fits.
  private func replaceName(
    of file: GuestPointer<FileObject>,
    _ name: VirtualAddress,
    _ length: Int
  ) throws -> NTStatus {
    let string = GuestPointer<CountedString>(memory[file].address(of: \.fileName))
    let bytes = try memory.bytes(at: name, count: length)
    var buffer = try memory[string].buffer
    var room = Int(try memory[string].maximumLength)
    if buffer == .null || room < length {
      let tag: UInt32 = 0x6D4E_6F49  // "IoNm"
      let old = buffer
      guard let new = try io.manager.allocatePool(max(length, 1), .paged, tag: tag) else {
        return .insufficientResources
      }
      (buffer, room) = (new, length)
      if old != .null { try io.manager.freePool(old) }
    }
    try memory.store(bytes: bytes, at: buffer)
    try memory.set(string, buffer: buffer, length: length, maximumLength: room)
    return .success
  }

  /// Looks through a list of `FILE_FULL_EA_INFORMATION`.
  ///
  /// Each entry lies within the buffer, has a name that ends in a zero, and says where the next begins:
  /// at the next multiple of four bytes (WDK, `IoCheckEaBufferValidity`).
  ///
  /// - Returns: Where the first entry is that is not valid, or nil.
  private func offsetOfInvalidEntry(_ buffer: VirtualAddress, _ length: Int) throws -> Int? {
    var offset = 0
    while true {
      guard length - offset >= 8 else { return offset }
      let entry = buffer + offset
      let next = Int(try memory.load(UInt32.self, at: entry))
      let nameLength = Int(try memory.load(UInt8.self, at: entry + 5))
      let valueLength = Int(try memory.load(UInt16.self, at: entry + 6))
      let size = 8 + nameLength + 1 + valueLength
      guard size <= length - offset,
        try memory.load(UInt8.self, at: entry + (8 + nameLength)) == 0
      else { return offset }
      guard next != 0 else { return nil }
      guard next == (size + 3) & ~3, next <= length - offset else { return offset }
      offset += next
    }
  }

  private func dosName(
    of device: VirtualAddress,
    _ name: GuestPointer<CountedString>,
    _ routine: String
  ) throws -> NTStatus {
    guard try systemVolume.isDevice(device) else {
      throw Unmodelled("\(routine): a device that is not the system's volume")
    }
    let bytes = "C:".littleEndianUTF16
    let tag: UInt32 = 0x6E44_6F49  // "IoDn"
    let caller = io.manager.context.caller
    guard
      let buffer = try io.manager.allocatePool(
        bytes.count + 2,
        .paged,
        tag: tag,
        caller: caller
      )
    else { return .noMemory }
    try memory.store(bytes: bytes + [0, 0], at: buffer)
    try memory.set(name, buffer: buffer, length: bytes.count, maximumLength: bytes.count + 2)
    return .success
  }
}
