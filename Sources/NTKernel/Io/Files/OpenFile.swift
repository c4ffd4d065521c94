internal import GuestABI
internal import NTStructures

/// What the I/O manager knows of a file object beside its body.
public final class OpenFile {
  let file: GuestPointer<FileObject>
  /// Whether requests for it are done one after the other: `FO_SYNCHRONOUS_IO`.
  let isSynchronous: Bool
  /// Whether the driver has been told that the last handle is closed.
  var isCleanedUp = false
  /// Whether the driver has been told that the last reference is gone.
  var isClosed = false

  init(_ file: GuestPointer<FileObject>, isSynchronous: Bool) {
    self.file = file
    self.isSynchronous = isSynchronous
  }
}

/// The system services for files, and the file objects that they make.
///
/// Each becomes a request to the driver of the device that the file is on: the file system in memory,
/// or a driver of the guest's.
final class FileServices {
  let io: IoManager
  /// The system's volume.
  let systemVolume: SystemVolume

  /// Creates the services, and watches over the deletion of file objects.
  init(_ io: IoManager, systemVolume: SystemVolume) {
    self.io = io
    self.systemVolume = systemVolume
    io.objects.deletionRoutines[.file] = { [weak self] object in try self?.delete(object) }
  }

  var memory: AddressSpace { io.memory }
  var objects: ObjectManager { io.objects }

  /// Returns the file that a handle stands for.
  func file(
    for handle: VirtualAddress,
    _ mode: ProcessorMode,
    access: AccessMask = []
  ) throws -> Attempt<(object: KernelObject, open: OpenFile, access: AccessMask)> {
    guard let entry = objects.entry(for: handle, mode: mode) else { return .failed(.invalidHandle) }
    guard entry.object.kind == .file else { return .failed(.objectTypeMismatch) }
    guard case .file(let open) = entry.object.payload else {
      throw Unmodelled("a handle to a file object that was made without opening a file")
    }
    if mode == .user, !access.isEmpty, access.isDisjoint(with: entry.access) {
      return .failed(.accessDenied)
    }
    return .done((entry.object, open, entry.access))
  }

  // Closing

  /// Closes a handle, and tells the driver when it was the file's last.
  func closeHandle(_ handle: VirtualAddress, _ routine: String, _ mode: ProcessorMode) throws
    -> Completion
  {
    guard let entry = objects.entry(for: handle, mode: mode),
      case .file = entry.object.payload
    else {
      if mode == .user { return .returned(try objects.close(handle, mode: .user)) }
      return .returned(try objects.closeForKernel(handle, routine))
    }
    objects.reference(entry.object)
    let status = try objects.close(handle, mode: mode)
    return try cleanUpIfUnused(entry.object).followed { [self] _ in
      try dereference(entry.object).followed { _ in .returned(status) }
    }
  }

  /// Tells the driver that a file has no handles any more.
  private func cleanUpIfUnused(_ object: KernelObject) throws -> Completion {
    guard object.handleCount == 0, case .file(let open) = object.payload, !open.isCleanedUp else {
      return .done
    }
    open.isCleanedUp = true
    guard try memory[open.file].lockOperation else { return try send(.cleanup, for: open.file) }
    // Ranges were locked: IRP_MN_UNLOCK_ALL.
    let packet = try begin(
      .lockControl,
      minor: 3,
      for: open.file,
      flags: PacketFlags.synchronousAPI
    )
    return try submit(packet, waits: true) { [self] _ in try send(.cleanup, for: open.file) }
  }

  /// Counts a reference less; the last to a file object tells the driver that it is closed.
  ///
  /// - Returns: The count that is left.
  func dereference(_ object: KernelObject) throws -> Completion {
    guard case .file(let open) = object.payload, object.referenceCount == 1, !open.isClosed else {
      try objects.dereference(object)
      return .returned(GuestWord(object.referenceCount))
    }
    open.isClosed = true
    return try send(.close, for: open.file).followed { [self] _ in
      try objects.dereference(object)
      return .returned(GuestWord(0))
    }
  }

  private func delete(_ object: KernelObject) throws {
    guard case .file(let open) = object.payload else { return }
    if !open.isClosed {
      // What is not told by a request can be told to the system's own file system alone.
      let device = try io.relatedDevice(of: open.file)
      guard let volume = io.hostedDrivers[try memory[device].driverObject] as? MemoryVolume else {
        throw Unmodelled("a file object whose last reference is given back by the system")
      }
      try volume.close(open.file)
    }
    try remove(open.file)
  }

  /// Frees a file object and its name.
  func remove(_ file: GuestPointer<FileObject>) throws {
    let name = GuestPointer<CountedString>(memory[file].address(of: \.fileName))
    let buffer = try memory[name].buffer
    if buffer != .null { try io.manager.freePool(buffer) }
    try io.removeFile(file)
  }

  /// Closes the files that a process has open, before it ends.
  func closeFiles(ofProcess process: VirtualAddress) throws -> Completion {
    try close(objects.fileHandles(ofProcess: process).map(\.0)[...])
  }

  private func close(_ handles: ArraySlice<VirtualAddress>) throws -> Completion {
    for index in handles.indices {
      let completion = try closeHandle(handles[index], "NtClose", .kernel)
      if case .value = completion { continue }
      return try completion.followed { [self] _ in try close(handles[(index + 1)...]) }
    }
    return .done
  }

  /// The routines that drivers import.
  var closingExports: [Export] {
    [
      export("ObfDereferenceObject", .fastcall) { [self] (body: VirtualAddress) in
        try dereference(objects.knownObject(body, "ObfDereferenceObject"))
      },
      export("ObDereferenceObject") { [self] (body: VirtualAddress) in
        try dereference(objects.knownObject(body, "ObDereferenceObject"))
      },
      export("ObCloseHandle") { [self] (handle: VirtualAddress, mode: ProcessorMode) in
        try closeHandle(handle, "ObCloseHandle", mode)
      },
      export("ZwClose") { [self] (handle: VirtualAddress) in
        try closeHandle(handle, "ZwClose", .kernel)
      },
      export("NtClose") { [self] (handle: VirtualAddress) in
        try closeHandle(handle, "NtClose", objects.previousMode)
      },
    ]
  }
}
