internal import GuestABI
internal import NTStructures

extension FileServices {
  /// The routines that drivers import to use files.
  var exports: [Export] {
    ["Zw", "Nt"].flatMap { transferExports($0) + informationExports($0) } + objectExports + [
      export("ZwFlushBuffersFile") {
        [self] (handle: VirtualAddress, statusBlock: GuestPointer<IOStatusBlock>) in
        try flush(handle, statusBlock, .kernel)
      }
    ]
  }

  private func transferExports(_ prefix: String) -> [Export] {
    [("ReadFile", MajorFunction.read), ("WriteFile", .write)].map { name, function in
      let routine = prefix + name
      return export(routine) {
        [self]
        (
          handle: VirtualAddress,
          event: VirtualAddress,
          apc: VirtualAddress,
          context: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          buffer: VirtualAddress,
          length: UInt32,
          offset: GuestPointer<Int64>,
          key: GuestPointer<UInt32>
        ) in
        let caller = Caller(
          event: event,
          routine: apc,
          statusBlock: statusBlock,
          mode: mode(of: routine)
        )
        let bytes = IOOperation.Buffer(address: buffer, byteCount: Int(length))
        return try transfer(function, handle, caller, bytes, offset, key, routine)
      }
    }
      + [
        ("DeviceIoControlFile", MajorFunction.deviceControl), ("FsControlFile", .fileSystemControl),
      ].map { name, function in
        let routine = prefix + name
        return export(routine) {
          [self]
          (
            handle: VirtualAddress,
            event: VirtualAddress,
            apc: VirtualAddress,
            context: VirtualAddress,
            statusBlock: GuestPointer<IOStatusBlock>,
            code: UInt32,
            input: VirtualAddress,
            inputLength: UInt32,
            output: VirtualAddress,
            outputLength: UInt32
          ) in
          try control(
            function,
            handle,
            Caller(event: event, routine: apc, statusBlock: statusBlock, mode: mode(of: routine)),
            code,
            input: .init(address: input, byteCount: Int(inputLength)),
            output: .init(address: output, byteCount: Int(outputLength)),
            routine
          )
        }
      } + lockExports(prefix)
  }

  private func lockExports(_ prefix: String) -> [Export] {
    [
      export(prefix + "LockFile") {
        [self]
        (
          handle: VirtualAddress,
          event: VirtualAddress,
          apc: VirtualAddress,
          context: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          offset: GuestPointer<Int64>,
          length: GuestPointer<Int64>,
          key: UInt32,
          failsAtOnce: Bool,
          isExclusive: Bool
        ) in
        try lock(
          handle,
          Caller(event: event, routine: apc, statusBlock: statusBlock, mode: mode(of: prefix)),
          offset: offset,
          length: length,
          key: key,
          flags: (failsAtOnce ? 1 : 0) | (isExclusive ? 2 : 0),
          prefix + "LockFile"
        )
      },
      export(prefix + "UnlockFile") {
        [self]
        (
          handle: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          offset: GuestPointer<Int64>,
          length: GuestPointer<Int64>,
          key: UInt32
        ) in
        try lock(
          handle,
          Caller(event: .null, routine: .null, statusBlock: statusBlock, mode: mode(of: prefix)),
          offset: offset,
          length: length,
          key: key,
          flags: nil,
          prefix + "UnlockFile"
        )
      },
    ]
  }

  private func informationExports(_ prefix: String) -> [Export] {
    [
      export(prefix + "QueryInformationFile") {
        [self]
        (
          handle: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          buffer: VirtualAddress,
          length: UInt32,
          number: UInt32
        ) in
        let mode = mode(of: prefix)
        switch try file(for: handle, mode) {
        case .failed(let status): return Completion.returned(status)
        case .done(let found):
          let output = IOOperation.Buffer(address: buffer, byteCount: Int(length))
          return try queryInformation(of: found.open, found.access, output, number, mode: mode) {
            [self] in try finish($0, $1, statusBlock)
          }
        }
      },
      export(prefix + "SetInformationFile") {
        [self]
        (
          handle: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          buffer: VirtualAddress,
          length: UInt32,
          number: UInt32
        ) in
        let mode = mode(of: prefix)
        switch try file(for: handle, mode) {
        case .failed(let status): return Completion.returned(status)
        case .done(let found):
          return try setInformation(
            of: found.open,
            IOOperation.Buffer(address: buffer, byteCount: Int(length)),
            number,
            mode: mode,
            statusBlock: statusBlock,
            prefix + "SetInformationFile"
          )
        }
      },
      export(prefix + "QueryVolumeInformationFile") {
        [self]
        (
          handle: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          buffer: VirtualAddress,
          length: UInt32,
          number: UInt32
        ) in
        let mode = mode(of: prefix)
        switch try file(for: handle, mode) {
        case .failed(let status): return Completion.returned(status)
        case .done(let found):
          let output = IOOperation.Buffer(address: buffer, byteCount: Int(length))
          return try queryVolume(of: found.open, output, number, mode: mode) { [self] in
            try finish($0, $1, statusBlock)
          }
        }
      },
      export(prefix + "QueryDirectoryFile") {
        [self]
        (
          handle: VirtualAddress,
          event: VirtualAddress,
          apc: VirtualAddress,
          context: VirtualAddress,
          statusBlock: GuestPointer<IOStatusBlock>,
          buffer: VirtualAddress,
          length: UInt32,
          number: UInt32,
          returnsOne: Bool,
          pattern: GuestPointer<CountedString>,
          restarts: Bool
        ) in
        let caller = Caller(
          event: event,
          routine: apc,
          statusBlock: statusBlock,
          mode: mode(of: prefix)
        )
        // SL_RESTART_SCAN and SL_RETURN_SINGLE_ENTRY.
        let flags: UInt8 = (restarts ? 1 : 0) | (returnsOne ? 2 : 0)
        let output = IOOperation.Buffer(address: buffer, byteCount: Int(length))
        return try queryDirectory(
          handle,
          caller,
          output,
          number,
          pattern,
          flags,
          prefix + "QueryDirectoryFile"
        )
      },
    ]
  }

  private var objectExports: [Export] {
    [
      export("IoQueryFileInformation") {
        [self]
        (
          file: VirtualAddress,
          number: UInt32,
          length: UInt32,
          buffer: VirtualAddress,
          returned: GuestPointer<UInt32>
        ) in
        let open = try openFile(file, "IoQueryFileInformation")
        let output = IOOperation.Buffer(address: buffer, byteCount: Int(length))
        return try queryInformation(of: open, [], output, number, mode: .kernel) {
          [self] status, count in
          try memory.store(UInt32(truncatingIfNeeded: count), at: returned.address)
          return .returned(status)
        }
      },
      export("IoQueryVolumeInformation") {
        [self]
        (
          file: VirtualAddress,
          number: UInt32,
          length: UInt32,
          buffer: VirtualAddress,
          returned: GuestPointer<UInt32>
        ) in
        let open = try openFile(file, "IoQueryVolumeInformation")
        let output = IOOperation.Buffer(address: buffer, byteCount: Int(length))
        return try queryVolume(of: open, output, number, mode: .kernel) { [self] status, count in
          try memory.store(UInt32(truncatingIfNeeded: count), at: returned.address)
          return .returned(status)
        }
      },
      export("IoSetInformation") {
        [self]
        (file: VirtualAddress, number: UInt32, length: UInt32, buffer: VirtualAddress) in
        let open = try openFile(file, "IoSetInformation")
        let block = GuestPointer<IOStatusBlock>(try io.allocate(16, tag: "IoSb"))
        return try setInformation(
          of: open,
          IOOperation.Buffer(address: buffer, byteCount: Int(length)),
          number,
          mode: .kernel,
          statusBlock: block,
          "IoSetInformation"
        ).followed { [self] bits in
          try io.manager.freePool(block.address)
          return .value(bits)
        }
      },
    ]
  }

  /// Returns what is known of a file object that a driver supplied.
  func openFile(_ body: VirtualAddress, _ routine: String) throws -> OpenFile {
    guard case .file(let open) = try objects.knownObject(body, routine).payload else {
      throw Unmodelled("\(routine): a file object that no service opened")
    }
    return open
  }
}
