internal import GuestABI
internal import NTStructures

extension Registry {
  /// Returns a terminated string of a driver's.
  ///
  /// - Throws: A ``GuestFault`` if its terminator cannot be read, or ``Unmodelled`` if it is longer
  ///   than a counted string can be.
  func terminatedText(at address: VirtualAddress) throws -> String {
    var units: [UInt16] = []
    var address = address
    while true {
      let unit: UInt16 = try memory.load(at: address)
      if unit == 0 { return String(decoding: units, as: UTF16.self) }
      guard units.count < 0x7FFE else { throw Unmodelled("Registry: a string of more than 64 KiB") }
      units.append(unit)
      address = address + 2
    }
  }

  /// Finds the key that a `RelativeTo` and a `Path` name, which the `Rtl` routines take.
  ///
  /// - Parameters:
  ///   - relativeTo: `RTL_REGISTRY_…`.
  ///   - path: The path's terminated string, or a handle.
  ///   - routine: The routine that was called with them.
  /// - Returns: The last key that exists and the path within it that does not, or a status.
  /// - Throws: A ``GuestFault``, or ``Unmodelled``.
  func key(
    relativeTo: UInt32,
    _ path: VirtualAddress,
    _ routine: String
  ) throws -> Attempt<(key: RegistryKey, missing: Substring)> {
    try callbacks.registryIsUsed()
    let isHandle = relativeTo & 0x4000_0000 != 0
    // RTL_REGISTRY_OPTIONAL: no document says what changes if the key does not exist.
    guard relativeTo & 0x8000_0000 == 0 else {
      let found = try self.key(relativeTo: relativeTo & 0x7FFF_FFFF, path, routine)
      if case .done(let key) = found, key.missing.isEmpty { return found }
      throw Unmodelled("\(routine): RTL_REGISTRY_OPTIONAL, and a key that does not exist")
    }
    if isHandle {
      switch key(for: path) {
      case .failed(let status): return .failed(status)
      case .done(let key): return .done((key, ""))
      }
    }
    let controlSet = "\\Registry\\Machine\\System\\CurrentControlSet"
    let base: String
    switch relativeTo {
    case 0: base = ""
    case 1: base = controlSet + "\\Services\\"
    case 2: base = controlSet + "\\Control\\"
    case 3: base = "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\"
    case 4: base = "\\Registry\\Machine\\Hardware\\DeviceMap\\"
    case 5: throw Unmodelled("\(routine): RTL_REGISTRY_USER")
    default: return .failed(.invalidParameter)
    }
    guard path != .null else { throw Unmodelled("\(routine): no Path") }
    let lookup = try objects.object(at: base + terminatedText(at: path))
    guard let object = lookup.object else { return .failed(lookup.status) }
    guard case .key(let key) = object.payload else { return .failed(.objectTypeMismatch) }
    return .done(try find(lookup.remainder, in: key))
  }

  /// Does something with the key that a `RelativeTo` and a `Path` name.
  ///
  /// - Parameters:
  ///   - relativeTo: `RTL_REGISTRY_…`.
  ///   - path: The path's terminated string, or a handle.
  ///   - creates: Whether the key is made if only its last component does not exist.
  ///   - routine: The routine that was called with them.
  ///   - body: What to do with the key.
  /// - Returns: What the closure returns, or why there is no key.
  /// - Throws: What ``key(relativeTo:_:_:)`` and the closure throw.
  func withKey(
    relativeTo: UInt32,
    _ path: VirtualAddress,
    creates: Bool = false,
    _ routine: String,
    _ body: (RegistryKey) throws -> NTStatus
  ) throws -> NTStatus {
    switch try key(relativeTo: relativeTo, path, routine) {
    case .failed(let status): return status
    case .done(let found):
      if found.missing.isEmpty { return try body(found.key) }
      guard creates, let name = trimmed(found.missing) else { return .objectNameNotFound }
      guard !found.key.isVolatile else { return .childMustBeVolatile }
      return try body(makeSubkey(name, in: found.key))
    }
  }
}
