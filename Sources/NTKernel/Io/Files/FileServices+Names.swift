internal import GuestABI
internal import NTStructures

/// The names of files that are open.
extension FileServices {
  /// The routines that drivers import.
  var nameExports: [Export] {
    [
      export("ObQueryNameString") {
        [self]
        (
          body: VirtualAddress,
          information: GuestPointer<CountedString>,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        let object = try objects.knownObject(body, "ObQueryNameString")
        guard case .file(let open) = object.payload else {
          return Completion.returned(
            try objects.queryName(body, information, Int(length), resultLength)
          )
        }
        let device = try memory[open.file].deviceObject
        guard let named = objects.object(withBody: device.address) else {
          throw Unmodelled("ObQueryNameString: a file on a device that is deleted")
        }
        return try withName(of: open) { [self] name in
          .returned(
            try objects.storeName(
              objects.fullName(of: named) + name,
              information,
              Int(length),
              resultLength
            )
          )
        }
      },
      export("IoQueryFileDosDeviceName") {
        [self] (body: VirtualAddress, result: VirtualAddress) in
        let open = try openFile(body, "IoQueryFileDosDeviceName")
        let device = try memory[open.file].deviceObject
        guard try systemVolume.isDevice(device.address) else {
          throw Unmodelled("IoQueryFileDosDeviceName: a file that is not on the system's volume")
        }
        return try withName(of: open) { [self] name in
          let bytes = ("C:" + name).littleEndianUTF16 + [0, 0]
          let header = CountedString.size(on: memory.architecture)
          let tag: UInt32 = 0x6E44_6F49  // "IoDn"
          let size = header + bytes.count
          guard
            let block = try io.manager.allocatePool(
              size,
              .paged,
              tag: tag,
              caller: io.manager.context.caller
            )
          else { return .returned(NTStatus.insufficientResources) }
          try memory.store(bytes: bytes, at: block + header)
          try memory.set(
            GuestPointer(block),
            buffer: block + header,
            length: bytes.count - 2,
            maximumLength: bytes.count
          )
          try memory.store(block, at: result)
          return .returned(NTStatus.success)
        }
      },
    ]
  }

  /// Asks the driver of a file for its name within the device; a driver that does not know the question
  /// has files without names.
  private func withName(
    of open: OpenFile,
    then body: @escaping (String) throws -> Completion
  ) throws -> Completion {
    // FILE_NAME_INFORMATION, with the longest name that there is.
    let room = 4 + 0x1_0000
    let buffer = try io.allocate(room, tag: "IoNq")
    let output = IOOperation.Buffer(address: buffer, byteCount: room)
    return try queryInformation(
      of: open,
      [],
      output,
      FileInformationClass.name.rawValue,
      mode: .kernel
    ) { [self] status, _ in
      var name = ""
      if status.isSuccess {
        let length = min(Int(try memory.load(UInt32.self, at: buffer)), room - 4)
        let bytes = try memory.bytes(at: buffer + 4, count: length)
        let units = stride(from: 0, to: length & ~1, by: 2).map {
          UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        name = String(decoding: units, as: UTF16.self)
      } else if ![.invalidParameter, .invalidDeviceRequest, .notImplemented].contains(status) {
        try io.manager.freePool(buffer)
        return .returned(status)
      }
      try io.manager.freePool(buffer)
      return try body(name)
    }
  }
}
