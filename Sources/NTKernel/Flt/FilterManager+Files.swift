internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// A file that a mini-filter opens.
  private struct FileRequest {
    let handle: VirtualAddress
    let file: VirtualAddress
    let access: UInt32
    let attributes: VirtualAddress
    let statusBlock: VirtualAddress
    let allocationSize: VirtualAddress
    let fileAttributes: UInt32
    let shareAccess: UInt32
    let disposition: UInt32
    let options: UInt32
    let extendedAttributes: VirtualAddress
    let extendedAttributeLength: UInt32
    let flags: UInt32
  }

  /// The routines with which mini-filters open files.
  ///
  /// They are `IoCreateFile` with a file object in addition. The request goes to instances below the
  /// one that is named, or to all if none is.
  var fileExports: [Export] {
    [
      export("FltCreateFile") {
        [self]
        (
          filter: VirtualAddress,
          instance: VirtualAddress,
          handle: VirtualAddress,
          access: UInt32,
          attributes: VirtualAddress,
          statusBlock: VirtualAddress,
          allocationSize: VirtualAddress,
          fileAttributes: UInt32,
          shareAccess: UInt32,
          disposition: UInt32,
          options: UInt32,
          extendedAttributes: VirtualAddress,
          extendedAttributeLength: UInt32,
          flags: UInt32
        ) in
        let request = FileRequest(
          handle: handle,
          file: .null,
          access: access,
          attributes: attributes,
          statusBlock: statusBlock,
          allocationSize: allocationSize,
          fileAttributes: fileAttributes,
          shareAccess: shareAccess,
          disposition: disposition,
          options: options,
          extendedAttributes: extendedAttributes,
          extendedAttributeLength: extendedAttributeLength,
          flags: flags
        )
        return try create(request)
      },
      export("FltCreateFileEx") {
        [self]
        (
          filter: VirtualAddress,
          instance: VirtualAddress,
          handle: VirtualAddress,
          file: VirtualAddress,
          access: UInt32,
          attributes: VirtualAddress,
          statusBlock: VirtualAddress,
          allocationSize: VirtualAddress,
          fileAttributes: UInt32,
          shareAccess: UInt32,
          disposition: UInt32,
          options: UInt32,
          extendedAttributes: VirtualAddress,
          extendedAttributeLength: UInt32,
          flags: UInt32
        ) in
        let request = FileRequest(
          handle: handle,
          file: file,
          access: access,
          attributes: attributes,
          statusBlock: statusBlock,
          allocationSize: allocationSize,
          fileAttributes: fileAttributes,
          shareAccess: shareAccess,
          disposition: disposition,
          options: options,
          extendedAttributes: extendedAttributes,
          extendedAttributeLength: extendedAttributeLength,
          flags: flags
        )
        return try create(request)
      },
      export("FltCreateFileEx2") {
        [self]
        (
          filter: VirtualAddress,
          instance: VirtualAddress,
          handle: VirtualAddress,
          file: VirtualAddress,
          access: UInt32,
          attributes: VirtualAddress,
          statusBlock: VirtualAddress,
          allocationSize: VirtualAddress,
          fileAttributes: UInt32,
          shareAccess: UInt32,
          disposition: UInt32,
          options: UInt32,
          extendedAttributes: VirtualAddress,
          extendedAttributeLength: UInt32,
          flags: UInt32,
          driverContext: VirtualAddress
        ) in
        guard driverContext == .null else {
          throw Unmodelled("FltCreateFileEx2 with an IO_DRIVER_CREATE_CONTEXT")
        }
        let request = FileRequest(
          handle: handle,
          file: file,
          access: access,
          attributes: attributes,
          statusBlock: statusBlock,
          allocationSize: allocationSize,
          fileAttributes: fileAttributes,
          shareAccess: shareAccess,
          disposition: disposition,
          options: options,
          extendedAttributes: extendedAttributes,
          extendedAttributeLength: extendedAttributeLength,
          flags: flags
        )
        return try create(request)
      },
    ]
  }

  /// Opens or creates a file, and gets its file object if that is wanted.
  private func create(_ request: FileRequest) throws -> Completion {
    let call = GuestCall(
      try addressOfRoutine("IoCreateFile"),
      request.handle.rawValue,
      UInt64(request.access),
      request.attributes.rawValue,
      request.statusBlock.rawValue,
      request.allocationSize.rawValue,
      UInt64(request.fileAttributes),
      UInt64(request.shareAccess),
      UInt64(request.disposition),
      UInt64(request.options),
      request.extendedAttributes.rawValue,
      UInt64(request.extendedAttributeLength),
      // CreateFileTypeNone, without parameters.
      0,
      0,
      UInt64(request.flags)
    )
    return .call(call) { [self] result in
      let status = NTStatus(guestBits: result)
      guard status.isSuccess, request.file != .null else { return .returned(status) }
      let handle: GuestWord = try memory.load(at: request.handle)
      // Any access and type, in kernel mode.
      let reference = GuestCall(
        try addressOfRoutine("ObReferenceObjectByHandle"),
        handle.rawValue,
        0,
        0,
        0,
        request.file.rawValue,
        0
      )
      return .call(reference) { .returned(NTStatus(guestBits: $0)) }
    }
  }
}
