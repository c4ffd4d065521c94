internal import GuestABI
internal import NTStructures

/// Devices that a driver opens by name, and the file objects that keep them open.
final class DeviceReferences {
  private let io: IoManager
  /// The file object whose device has been told that it is closed.
  private var closedFile: KernelObject?

  /// Creates a table, and watches over the deletion of file objects.
  init(_ io: IoManager) {
    self.io = io
    io.objects.deletionRoutines[.file] = { [weak self] object in try self?.delete(object) }
  }

  private var memory: AddressSpace { io.memory }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("IoGetDeviceObjectPointer") {
        [self]
        (
          name: GuestPointer<CountedString>,
          access: UInt32,
          file: VirtualAddress,
          device: VirtualAddress
        ) in
        try open(name, AccessMask(rawValue: access), file, device)
      },
      export("ObfDereferenceObject", .fastcall) { [self] (body: VirtualAddress) in
        try dereference(body, "ObfDereferenceObject")
      },
      export("ObDereferenceObject") { [self] (body: VirtualAddress) in
        try dereference(body, "ObDereferenceObject")
      },
      export("ObfDereferenceObjectWithTag", .fastcall) {
        [self] (body: VirtualAddress, tag: UInt32) in
        try dereference(body, "ObfDereferenceObjectWithTag")
      },
      export("ObDereferenceObjectDeferDelete") { [self] (body: VirtualAddress) in
        try dereferenceLater(body, "ObDereferenceObjectDeferDelete")
      },
      export("ObDereferenceObjectDeferDeleteWithTag") {
        [self] (body: VirtualAddress, tag: UInt32) in
        try dereferenceLater(body, "ObDereferenceObjectDeferDeleteWithTag")
      },
    ]
  }

  /// Opens a device, as `ZwOpenFile` does, and closes the handle again.
  ///
  /// The driver of the device gets a create request and a cleanup request, and a close request once
  /// the file object is dereferenced.
  private func open(
    _ name: GuestPointer<CountedString>,
    _ access: AccessMask,
    _ fileSlot: VirtualAddress,
    _ deviceSlot: VirtualAddress
  ) throws -> Completion {
    let routine = "IoGetDeviceObjectPointer"
    let found = try io.objects.object(at: memory.text(of: name))
    guard let object = found.object else { return .returned(found.status) }
    guard object.kind == .device else { return .returned(NTStatus.objectTypeMismatch) }
    guard found.remainder.isEmpty, io.devices.contains(where: { $0 === object }) else {
      throw Unmodelled("\(routine): a name within a device, or a device of the system's")
    }
    let device = GuestPointer<DeviceObject>(object.body)
    let flags = try memory[device].flags
    guard !flags.contains(.initializing) else { return .returned(NTStatus.noSuchDevice) }
    guard try !flags.contains(.exclusive) || memory[device].referenceCount == 0 else {
      return .returned(NTStatus.accessDenied)
    }
    let file = try io.makeFile(for: device)
    let access = access.mapped(for: .file) ?? access
    try memory.modify(file) { file in
      file.flags = 0
      // FILE_READ_DATA; FILE_WRITE_DATA and FILE_APPEND_DATA.
      file.readAccess = access.rawValue & 1 != 0
      file.writeAccess = access.rawValue & 6 != 0
    }
    return try send(.create, to: device, file, routine, access) { [self] status in
      guard status.isSuccess else {
        try io.removeFile(file)
        return .returned(status)
      }
      let object = KernelObject(.file, body: file.address)
      io.objects.register(object)
      return try send(.cleanup, to: device, file, routine) { [self] _ in
        try memory.store(file, at: fileSlot)
        try memory.store(io.relatedDevice(of: file), at: deviceSlot)
        return .returned(status)
      }
    }
  }

  /// Makes a request of the kernel's own, and goes on when it is completed.
  private func send(
    _ function: MajorFunction,
    to device: GuestPointer<DeviceObject>,
    _ file: GuestPointer<FileObject>,
    _ routine: String,
    _ access: AccessMask = [],
    then body: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    let (request, completion) = try io.makeRequest(IOOperation(function), on: device, file)
    try memory[request.irp].store(.kernel, in: \.requestorMode)
    if function == .create {
      let location = try memory[request.irp].currentStackLocation
      let context = try memory[location].securityContext
      try memory.modify(location) { location in
        // FILE_OPEN and FILE_NON_DIRECTORY_FILE.
        location.createOptions = 0x0100_0040
        location.shareAccess = 0
      }
      let place = context + 2 * memory.architecture.pointerSize
      try memory.store(access.rawValue, at: place)
    }
    return try follow(completion, of: request, routine, then: body)
  }

  private func follow(
    _ completion: Completion,
    of request: IORequest,
    _ routine: String,
    then body: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    switch completion {
    case .call(let call, let then):
      return .call(call) { [self] value in
        try follow(then(value), of: request, routine, then: body)
      }
    case .value:
      guard let status = request.status else {
        throw Unmodelled("\(routine): a request that the driver leaves pending")
      }
      return try body(status)
    case .wait, .exitThread, .resume:
      throw Unmodelled("\(routine): a request that waits")
    }
  }

  /// Counts a reference less; the last to a file object tells the driver that it is closed.
  private func dereference(_ body: VirtualAddress, _ routine: String) throws -> Completion {
    let object = try io.objects.knownObject(body, routine)
    guard object.kind == .file, object.referenceCount == 1, object !== closedFile else {
      try io.objects.dereference(object)
      return .returned(GuestWord(object.referenceCount))
    }
    let file = GuestPointer<FileObject>(body)
    let device = try memory[file].deviceObject
    return try send(.close, to: device, file, routine) { [self] _ in
      closedFile = object
      try io.objects.dereference(object)
      closedFile = nil
      return .returned(GuestWord(0))
    }
  }

  /// Counts a reference less, where a worker thread deletes the object if it was the last.
  private func dereferenceLater(_ body: VirtualAddress, _ routine: String) throws {
    let object = try io.objects.knownObject(body, routine)
    guard object.kind != .file || object.referenceCount > 1 else {
      throw Unmodelled("\(routine): the last reference to a file object")
    }
    try io.objects.dereference(object)
  }

  private func delete(_ object: KernelObject) throws {
    guard object === closedFile else {
      throw Unmodelled("a file object whose last reference is a handle")
    }
    try io.removeFile(GuestPointer(object.body))
  }
}
