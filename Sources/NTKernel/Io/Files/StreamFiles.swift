internal import GuestABI
internal import NTStructures

/// File objects that file systems make for streams of their own, such as a volume's metadata.
extension FileServices {
  /// The routines that drivers import.
  var streamExports: [Export] {
    ["IoCreateStreamFileObject", "IoCreateStreamFileObjectLite"].map { name in
      export(name) {
        [self] (file: GuestPointer<FileObject>, device: GuestPointer<DeviceObject>) in
        let object = try makeStream(file, device)
        guard name == "IoCreateStreamFileObject" else {
          return Completion.returned(object.body)
        }
        return try cleanUpStream(object)
      }
    } + [
      export("IoCreateStreamFileObjectEx") {
        [self]
        (
          file: GuestPointer<FileObject>,
          device: GuestPointer<DeviceObject>,
          handle: VirtualAddress
        ) in
        let object = try makeStream(file, device)
        guard handle != .null else { return try cleanUpStream(object) }
        // FILE_READ_DATA and SYNCHRONIZE, for kernel mode alone.
        let new = try objects.makeHandle(
          for: object,
          access: AccessMask(rawValue: 0x10_0001),
          attributes: .kernelHandle
        )
        try memory.store(new, at: handle)
        return .returned(object.body)
      }
    ]
  }

  /// Makes a file object on the device of another, or on a device that is given.
  private func makeStream(
    _ file: GuestPointer<FileObject>,
    _ device: GuestPointer<DeviceObject>
  ) throws -> KernelObject {
    let target = file.isNull ? device : try memory[file].deviceObject
    guard objects.object(withBody: target.address)?.kind == .device else {
      throw Unmodelled("IoCreateStreamFileObject: an address that is no device")
    }
    let vpb =
      file.isNull ? GuestPointer(try memory[target].vpb) : try memory[file].vpb
    let stream = try io.makeFile(for: target)
    try memory.modify(stream) { stream in
      // FO_STREAM_FILE.
      stream.flags = 0x100
      stream.vpb = vpb
      stream.readAccess = false
      stream.writeAccess = false
    }
    let headerSize = DispatcherHeader.size(on: memory.architecture)
    for (place, type) in [
      (memory[stream].address(of: \.lock), DispatcherObjectType.synchronizationEvent),
      (memory[stream].address(of: \.event), .notificationEvent),
    ] {
      try io.dispatcher.initialize(place, type, byteCount: headerSize, signalState: 0)
    }
    let open = OpenFile(stream, isSynchronous: false)
    let object = KernelObject(.file, body: stream.address, payload: .file(open))
    objects.register(object)
    return object
  }

  /// Tells the driver that a stream has no handle: the routine opens one, and closes it again.
  private func cleanUpStream(_ object: KernelObject) throws -> Completion {
    guard case .file(let open) = object.payload else { return .done }
    open.isCleanedUp = true
    // FO_HANDLE_CREATED.
    try memory[open.file].store(memory[open.file].flags | 0x4_0000, in: \.flags)
    return try send(.cleanup, for: open.file).followed { _ in .returned(object.body) }
  }
}
