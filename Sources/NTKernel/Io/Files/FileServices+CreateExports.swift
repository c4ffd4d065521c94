internal import GuestABI
internal import NTStructures

extension FileServices {
  /// The routines that drivers import to open files.
  var createExports: [Export] {
    serviceCreateExports + ioCreateExports + [
      export("IoGetDeviceObjectPointer") {
        [self]
        (
          name: GuestPointer<CountedString>,
          access: AccessMask,
          file: VirtualAddress,
          device: VirtualAddress
        ) in
        try openDevice(name, access, file, device)
      },
      export("ZwDeleteFile") { [self] (attributes: GuestPointer<ObjectAttributes>) in
        try deleteFile(attributes)
      },
      export("ZwQueryFullAttributesFile") {
        [self] (attributes: GuestPointer<ObjectAttributes>, buffer: VirtualAddress) in
        try queryAttributes(attributes, buffer, .networkOpen, "ZwQueryFullAttributesFile")
      },
    ]
  }

  /// The mode on whose behalf a service works: a `Zw` routine's caller is the kernel.
  func mode(of routine: String) -> ProcessorMode {
    routine.hasPrefix("Nt") ? objects.previousMode : .kernel
  }

  private var serviceCreateExports: [Export] {
    ["ZwCreateFile", "NtCreateFile"].map { routine in
      export(routine) {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          statusBlock: GuestPointer<IOStatusBlock>,
          allocationSize: GuestPointer<Int64>,
          fileAttributes: UInt32,
          share: UInt32,
          disposition: UInt32,
          options: UInt32,
          extended: VirtualAddress,
          extendedLength: UInt32
        ) in
        var creation = Creation(
          access: access,
          fileAttributes: fileAttributes,
          share: share,
          disposition: disposition,
          options: options,
          mode: mode(of: routine)
        )
        if !allocationSize.isNull {
          creation.allocationSize = try memory.load(at: allocationSize.address)
        }
        if extended != .null {
          creation.extendedAttributes = .init(address: extended, byteCount: Int(extendedLength))
        }
        return try createHandle(handle, attributes, statusBlock, creation, for: routine)
      }
    }
      + ["ZwOpenFile", "NtOpenFile"].map { routine in
        export(routine) {
          [self]
          (
            handle: VirtualAddress,
            access: AccessMask,
            attributes: GuestPointer<ObjectAttributes>,
            statusBlock: GuestPointer<IOStatusBlock>,
            share: UInt32,
            options: UInt32
          ) in
          var creation = Creation.opening(access, share: share, options: options)
          creation.mode = mode(of: routine)
          return try createHandle(handle, attributes, statusBlock, creation, for: routine)
        }
      }
  }

  private var ioCreateExports: [Export] {
    [
      export("IoCreateFile") {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          statusBlock: GuestPointer<IOStatusBlock>,
          allocationSize: GuestPointer<Int64>,
          fileAttributes: UInt32,
          share: UInt32,
          disposition: UInt32,
          createOptions: UInt32,
          extended: VirtualAddress,
          extendedLength: UInt32,
          type: UInt32,
          parameters: VirtualAddress,
          options: UInt32
        ) in
        var creation = Creation(
          access: access,
          fileAttributes: fileAttributes,
          share: share,
          disposition: disposition,
          options: createOptions
        )
        try fill(&creation, allocationSize, extended, extendedLength)
        return try create(
          handle,
          attributes,
          statusBlock,
          creation,
          type,
          options,
          for: "IoCreateFile"
        )
      }
    ]
      + ["IoCreateFileSpecifyDeviceObjectHint", "IoCreateFileEx"].map { routine in
        export(routine) {
          [self]
          (
            handle: VirtualAddress,
            access: AccessMask,
            attributes: GuestPointer<ObjectAttributes>,
            statusBlock: GuestPointer<IOStatusBlock>,
            allocationSize: GuestPointer<Int64>,
            fileAttributes: UInt32,
            share: UInt32,
            disposition: UInt32,
            createOptions: UInt32,
            extended: VirtualAddress,
            extendedLength: UInt32,
            type: UInt32,
            parameters: VirtualAddress,
            options: UInt32,
            last: VirtualAddress
          ) in
          var creation = Creation(
            access: access,
            fileAttributes: fileAttributes,
            share: share,
            disposition: disposition,
            options: createOptions
          )
          creation.hint = try hint(last, routine)
          try fill(&creation, allocationSize, extended, extendedLength)
          return try create(handle, attributes, statusBlock, creation, type, options, for: routine)
        }
      }
  }

  /// The device that the last argument of a routine names: itself, or in an
  /// `IO_DRIVER_CREATE_CONTEXT`.
  private func hint(
    _ last: VirtualAddress,
    _ routine: String
  ) throws -> GuestPointer<DeviceObject> {
    guard last != .null, routine == "IoCreateFileEx" else { return GuestPointer(last) }
    // Size; ExtraCreateParameter, DeviceObjectHint, TxnParameters.
    let width = memory.architecture.pointerSize
    let fields = try (1...3).map { try memory.load(VirtualAddress.self, at: last + $0 * width) }
    guard fields[0] == .null, fields[2] == .null else {
      throw Unmodelled("\(routine): extra create parameters or a transaction")
    }
    return GuestPointer(fields[1])
  }

  private func fill(
    _ creation: inout Creation,
    _ allocationSize: GuestPointer<Int64>,
    _ extended: VirtualAddress,
    _ extendedLength: UInt32
  ) throws {
    if !allocationSize.isNull {
      creation.allocationSize = try memory.load(at: allocationSize.address)
    }
    if extended != .null {
      creation.extendedAttributes = .init(address: extended, byteCount: Int(extendedLength))
    }
  }

  /// What `IoCreateFile` and its younger forms have in common; the type is `CreateFileTypeNone`, or that
  /// of a named pipe or mailslot, and the options are `IO_…`.
  private func create(
    _ handle: VirtualAddress,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ statusBlock: GuestPointer<IOStatusBlock>,
    _ creation: Creation,
    _ type: UInt32,
    _ options: UInt32,
    for routine: String
  ) throws -> Completion {
    guard type == 0 else { throw Unmodelled("\(routine): a named pipe or mailslot") }
    // IO_FORCE_ACCESS_CHECK, IO_CHECK_CREATE_PARAMETERS, IO_NO_PARAMETER_CHECKING,
    // IO_IGNORE_SHARE_ACCESS_CHECK: the caller is an administrator in any case.
    let known: UInt32 = 0x0001 | 0x0200 | 0x0100 | 0x0800
    guard options & ~known == 0, options & 0x0800 == 0 else {
      throw Unmodelled("\(routine): options 0x\(String(options, radix: 16))")
    }
    if options & 0x0200 != 0, let status = Self.failure(of: creation) { return .returned(status) }
    return try createHandle(handle, attributes, statusBlock, creation, for: routine)
  }

  /// Opens what attributes name, does something with it, and closes it again.
  private func withFile(
    _ attributes: GuestPointer<ObjectAttributes>,
    _ creation: Creation,
    _ routine: String,
    then body: @escaping (OpenFile) throws -> Completion
  ) throws -> Completion {
    switch try objects.capture(attributes, for: routine) {
    case .failed(let status): return .returned(status)
    case .done(let captured):
      return try open(captured, creation, for: routine) { [self] result in
        switch result {
        case .failed(let status): return .returned(status)
        case .done(let opened):
          guard case .file(let file) = opened.object.payload else { return .done }
          return try body(file).followed { [self] bits in
            file.isCleanedUp = true
            return try send(.cleanup, for: file.file).followed { [self] _ in
              try dereference(opened.object).followed { _ in .value(bits) }
            }
          }
        }
      }
    }
  }

  /// Deletes a file.
  ///
  /// The corresponding kernel routine is `ZwDeleteFile`, which opens the file to be deleted when it is
  /// closed.
  private func deleteFile(_ attributes: GuestPointer<ObjectAttributes>) throws -> Completion {
    // DELETE; all may share; FILE_DELETE_ON_CLOSE.
    let creation = Creation.opening(AccessMask(rawValue: 0x1_0000), share: 7, options: 0x1000)
    return try withFile(attributes, creation, "ZwDeleteFile") { _ in .returned(NTStatus.success) }
  }

  private func queryAttributes(
    _ attributes: GuestPointer<ObjectAttributes>,
    _ buffer: VirtualAddress,
    _ kind: FileInformationClass,
    _ routine: String
  ) throws -> Completion {
    // FILE_READ_ATTRIBUTES; all may share.
    let creation = Creation.opening(AccessMask(rawValue: 0x80), share: 7, options: 0)
    return try withFile(attributes, creation, routine) { [self] file in
      let output = IOOperation.Buffer(address: buffer, byteCount: kind.minimumSize)
      return try queryInformation(of: file, [], output, kind.rawValue, mode: .kernel) { status, _ in
        .returned(status)
      }
    }
  }
}
