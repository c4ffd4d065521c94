internal import GuestABI
internal import NTStructures

/// A buffer of the caller's, and where it wants to know how much there is to put into it.
struct InformationBuffer {
  let address: VirtualAddress
  let length: UInt32
  let resultLength: GuestPointer<UInt32>
}

extension Registry {
  /// Stores what fits of a piece of information.
  ///
  /// ReactOS's `NtQueryKey` test shows the three cases byte by byte, on Windows.
  ///
  /// - Returns: `STATUS_BUFFER_TOO_SMALL` if not even the fixed part fits, and nothing was stored;
  ///   `STATUS_BUFFER_OVERFLOW` if not all does.
  private func deliver(
    _ information: KeyInformation,
    to buffer: InformationBuffer
  ) throws -> NTStatus {
    let needed = information.bytes.count
    try memory.store(UInt32(truncatingIfNeeded: needed), at: buffer.resultLength.address)
    guard buffer.length >= information.fixedSize else { return .bufferTooSmall }
    try memory.store(bytes: information.bytes.prefix(Int(buffer.length)), at: buffer.address)
    return Int(buffer.length) < needed ? .bufferOverflow : .success
  }

  /// The corresponding kernel routine is `ZwQueryKey`.
  func query(
    _ key: RegistryKey,
    _ kind: UInt32,
    _ buffer: InformationBuffer
  ) throws -> NTStatus {
    guard let kind = KeyInformationClass(rawValue: kind) else {
      throw Unmodelled("ZwQueryKey: KEY_INFORMATION_CLASS \(kind)")
    }
    switch kind {
    case .name: guard behaviour.hasKeyNameInformation else { return .invalidParameter }
    case .full: try requireAll(of: key)
    case .basic, .node: break
    }
    return try deliver(key.information(kind), to: buffer)
  }

  /// The corresponding kernel routine is `ZwEnumerateKey`.
  func enumerateKey(
    _ key: RegistryKey,
    _ index: UInt32,
    _ kind: UInt32,
    _ buffer: InformationBuffer
  ) throws -> NTStatus {
    guard let kind = KeyInformationClass(rawValue: kind), kind != .name else {
      throw Unmodelled("ZwEnumerateKey: KEY_INFORMATION_CLASS \(kind)")
    }
    try requireAll(of: key)
    let subkeys = key.subkeys
    guard index < subkeys.count else { return .noMoreEntries }
    let subkey = subkeys[Int(index)]
    if kind == .full { try requireAll(of: subkey) }
    return try deliver(subkey.information(kind), to: buffer)
  }

  /// The corresponding kernel routine is `ZwQueryValueKey`.
  func queryValue(
    _ key: RegistryKey,
    _ name: GuestPointer<CountedString>,
    _ kind: UInt32,
    _ buffer: InformationBuffer
  ) throws -> NTStatus {
    let name = try memory.text(of: name)
    let kind = try valueClass(kind, "ZwQueryValueKey")
    guard let value = try value(name, of: key) else { return .objectNameNotFound }
    return try deliver(value.information(kind), to: buffer)
  }

  /// The corresponding kernel routine is `ZwEnumerateValueKey`.
  func enumerateValue(
    _ key: RegistryKey,
    _ index: UInt32,
    _ kind: UInt32,
    _ buffer: InformationBuffer
  ) throws -> NTStatus {
    let kind = try valueClass(kind, "ZwEnumerateValueKey")
    try requireAll(of: key)
    guard index < key.values.count else { return .noMoreEntries }
    return try deliver(key.values[Int(index)].information(kind), to: buffer)
  }

  private func valueClass(
    _ kind: UInt32,
    _ routine: String
  ) throws -> KeyValueInformationClass {
    guard let kind = KeyValueInformationClass(rawValue: kind) else {
      throw Unmodelled("\(routine): KEY_VALUE_INFORMATION_CLASS \(kind)")
    }
    return kind
  }

  /// The corresponding kernel routine is `ZwSetValueKey`.
  func setValue(
    _ key: RegistryKey,
    _ name: GuestPointer<CountedString>,
    _ type: UInt32,
    _ data: VirtualAddress,
    _ length: UInt32
  ) throws -> NTStatus {
    let name = try memory.text(of: name)
    return try setValue(key, name, type, data, length, "ZwSetValueKey")
  }

  /// Sets a value to what a driver has in its memory.
  func setValue(
    _ key: RegistryKey,
    _ name: String,
    _ type: UInt32,
    _ data: VirtualAddress,
    _ length: UInt32,
    _ routine: String
  ) throws -> NTStatus {
    guard length <= Self.longestValue, name.utf16.count <= Self.limits.valueName else {
      throw Unmodelled("\(routine): a value beyond the documented limits")
    }
    let bytes = try memory.bytes(at: data, count: Int(length))
    key.setValue(RegistryValue(name, .init(rawValue: type), bytes))
    key.lastWriteTime = systemTime()
    return .success
  }

  /// Removes a value.
  func deleteValue(_ key: RegistryKey, _ name: String) throws -> NTStatus {
    guard try value(name, of: key) != nil else { return .objectNameNotFound }
    _ = key.removeValue(name)
    key.lastWriteTime = systemTime()
    return .success
  }
}
