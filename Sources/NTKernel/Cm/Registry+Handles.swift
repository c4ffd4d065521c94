internal import GuestABI
internal import NTStructures

extension Registry {
  /// Returns the key that a handle stands for.
  func key(for handle: VirtualAddress) -> Attempt<RegistryKey> {
    guard let object = objects.object(for: handle) else { return .failed(.invalidHandle) }
    guard case .key(let key) = object.payload else { return .failed(.objectTypeMismatch) }
    return key.isDeleted ? .failed(.keyDeleted) : .done(key)
  }

  /// Does something with the key that a handle stands for.
  func withKey(
    _ handle: VirtualAddress,
    _ body: (RegistryKey) throws -> NTStatus
  ) throws -> NTStatus {
    try callbacks.registryIsUsed()
    return switch key(for: handle) {
    case .failed(let status): status
    case .done(let key): try body(key)
    }
  }

  /// Finds the key that an `OBJECT_ATTRIBUTES` names.
  ///
  /// - Returns: The last key that exists and the path within it that does not, or the status with
  ///   which opening it fails.
  func resolve(
    _ attributes: CapturedAttributes
  ) throws -> Attempt<(key: RegistryKey, missing: Substring)> {
    var start = attributes.directory
    var path = attributes.name
    if case .key? = start?.payload {
      guard !path.isAbsolutePath else { return .failed(.objectPathSyntaxBad) }
    } else {
      let lookup = try objects.object(at: path, from: start)
      guard let object = lookup.object else { return .failed(lookup.status) }
      start = object
      path = lookup.remainder
    }
    guard case .key(let key)? = start?.payload else { return .failed(.objectTypeMismatch) }
    guard !key.isDeleted else { return .failed(.keyDeleted) }
    return .done(try find(path, in: key))
  }

  /// Opens a handle to a key, and stores it.
  private func openHandle(
    to key: RegistryKey,
    _ handle: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ flags: ObjectAttributeFlags
  ) throws {
    let object = KernelObject(.key, payload: .key(key))
    let value = try objects.makeHandle(for: object, access: access, attributes: flags)
    try objects.dereference(object)
    try memory.store(value, at: handle.address)
  }

  /// Opens a key.
  ///
  /// The corresponding kernel routine is `ZwOpenKey`.
  func openKey(
    _ handle: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>
  ) throws -> NTStatus {
    try callbacks.registryIsUsed()
    let captured: CapturedAttributes
    switch try objects.capture(attributes, for: "ZwOpenKey", modelled: .openIf) {
    case .failed(let status): return status
    case .done(let value): captured = value
    }
    switch try resolve(captured) {
    case .failed(let status): return status
    case .done(let found):
      guard found.missing.isEmpty else { return .objectNameNotFound }
      try openHandle(to: found.key, handle, access, captured.flags)
      return .success
    }
  }

  /// Makes a key, or opens it if it exists.
  ///
  /// The corresponding kernel routine is `ZwCreateKey`.
  func createKey(
    _ handle: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ className: GuestPointer<CountedString>,
    _ options: UInt32,
    _ disposition: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard options & ~1 == 0 else {
      throw Unmodelled("ZwCreateKey: options 0x\(String(options, radix: 16))")
    }
    try callbacks.registryIsUsed()
    let captured: CapturedAttributes
    switch try objects.capture(attributes, for: "ZwCreateKey", modelled: .openIf) {
    case .failed(let status): return status
    case .done(let value): captured = value
    }
    var key: RegistryKey
    var isNew = false
    switch try resolve(captured) {
    case .failed(let status): return status
    case .done(let found):
      key = found.key
      if !found.missing.isEmpty {
        let name = trimmed(found.missing)
        guard let name else { return .objectNameNotFound }
        guard options & 1 == 1 || !key.isVolatile else { return .childMustBeVolatile }
        var security = ObjectSecurity()
        if captured.securityDescriptor != .null {
          switch try CapturedSecurityDescriptor.read(at: captured.securityDescriptor, in: memory) {
          case .failed(let status): return status
          case .done(let descriptor): security.set(descriptor, descriptor.presentComponents)
          }
        }
        let text = className.isNull ? "" : try memory.text(of: className)
        key = try makeSubkey(name, in: key, className: text, isVolatile: options & 1 == 1)
        key.security = security
        isNew = true
      }
    }
    try openHandle(to: key, handle, access, captured.flags)
    if !disposition.isNull {
      let created: UInt32 = 1
      let opened: UInt32 = 2
      try memory.store(isNew ? created : opened, at: disposition.address)
    }
    return .success
  }

  /// Returns the one name that a path holds, or nil if it holds more.
  func trimmed(_ path: Substring) -> Substring? {
    let (name, rest) = path.firstComponent
    guard rest.isEmpty || rest == "\\" else { return nil }
    return name
  }
}
