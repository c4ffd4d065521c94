public import GuestABI
internal import NTStructures

extension ObjectManager {
  /// The routines that drivers import to make and open directories and symbolic links.
  public var namespaceExports: [Export] {
    [
      export("ZwCreateDirectoryObject") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>
        ) in
        try create(
          KernelObject(.directory, payload: .directory([:])),
          handle,
          access,
          attributes,
          "ZwCreateDirectoryObject"
        )
      },
      export("ZwOpenDirectoryObject") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>
        ) in
        try openHandle(
          handle,
          .directory,
          access: access,
          attributes: attributes,
          for: "ZwOpenDirectoryObject"
        )
      },
      export("ZwCreateSymbolicLinkObject") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          target: GuestPointer<CountedString>
        ) in
        let routine = "ZwCreateSymbolicLinkObject"
        let maximumLength = Int(try memory[target].maximumLength)
        let text = try memory.text(of: target)
        guard text.isAbsolutePath else { throw Unmodelled("\(routine): a target without root") }
        let link = SymbolicLink(text, maximumLength: maximumLength)
        let object = KernelObject(.symbolicLink, payload: .symbolicLink(link))
        return try create(object, handle, access, attributes, routine)
      },
      export("ZwOpenSymbolicLinkObject") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>
        ) in
        // ReactOS's ObSymbolicLink test sees null where the link does not exist.
        try memory.store(VirtualAddress.null, at: handle.address)
        return try openHandle(
          handle,
          .symbolicLink,
          access: access,
          attributes: attributes,
          for: "ZwOpenSymbolicLinkObject"
        )
      },
      export("ZwQuerySymbolicLinkObject", to: querySymbolicLink(_:_:_:)),
      export("ZwMakeTemporaryObject") { [self] (handle: VirtualAddress) in
        guard let object = object(for: handle) else { return NTStatus.invalidHandle }
        try remove(object)
        return .success
      },
    ]
  }

  /// Gives a new object the name that was asked for, and opens a handle to it.
  ///
  /// - Returns: The status of the routine. On failure the object has no handle, and its creator's reference
  ///   is left.
  /// - Throws: A ``GuestFault`` or ``Unmodelled``.
  func create(
    _ new: KernelObject,
    _ handle: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ routine: String
  ) throws -> NTStatus {
    var captured = CapturedAttributes(
      directory: nil,
      name: "",
      flags: [],
      securityDescriptor: .null
    )
    // An object without attributes has no name, and a handle of the current process.
    if !attributes.isNull {
      switch try capture(attributes, for: routine, modelled: [.openIf, .permanent]) {
      case .failed(let status): return status
      case .done(let value): captured = value
      }
    }
    guard captured.securityDescriptor == .null else {
      throw Unmodelled("\(routine): a security descriptor")
    }
    var status = NTStatus.success
    var object = new
    if !captured.name.isEmpty {
      status = try insert(
        new,
        at: captured.name,
        from: captured.directory,
        isPermanent: captured.flags.contains(.permanent)
      )
    }
    if status == .objectNameCollision, captured.flags.contains(.openIf) {
      switch try open(captured, new.kind, for: routine) {
      case .failed(let failure): return failure
      case .done(let found): object = found
      }
      status = .objectNameExists
    }
    guard status.isSuccess else { return status }
    let value = try makeHandle(for: object, access: access, attributes: captured.flags)
    // The handle, and the name if there is one, keep the object from now on.
    if object === new { try dereference(new) }
    try memory.store(value, at: handle.address)
    return status
  }

  /// Returns where a symbolic link leads.
  ///
  /// ReactOS's `ObSymbolicLink` test shows what fits: the text alone if its length is not asked for,
  /// and otherwise all that the link was made with, which is more by a terminator.
  private func querySymbolicLink(
    _ handle: VirtualAddress,
    _ target: GuestPointer<CountedString>,
    _ resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard let object = object(for: handle) else { return .invalidHandle }
    guard case .symbolicLink(let link) = object.payload else { return .objectTypeMismatch }
    var bytes = link.target.littleEndianUTF16
    let length = bytes.count
    if !resultLength.isNull {
      guard link.maximumLength <= length + 2 else {
        throw Unmodelled("ZwQuerySymbolicLinkObject: a link with room after its terminator")
      }
      bytes += [0, 0].prefix(link.maximumLength - length)
      try memory.store(UInt32(truncatingIfNeeded: bytes.count), at: resultLength.address)
    }
    guard try Int(memory[target].maximumLength) >= bytes.count else { return .bufferTooSmall }
    try memory.store(bytes: bytes, at: memory[target].buffer)
    try memory[target].store(UInt16(truncatingIfNeeded: length), in: \.length)
    return .success
  }
}
