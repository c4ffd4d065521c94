internal import GuestABI
internal import NTStructures

extension Registry {
  /// Makes a driver's service key, as an installer does; what it holds already stays.
  ///
  /// - Parameters:
  ///   - service: The name of the service.
  ///   - file: The name of the driver's file.
  /// - Returns: The key.
  @discardableResult
  public func makeServiceKey(_ service: String, file: String) -> RegistryKey {
    makeServiceKey(service, imagePath: #"System32\drivers\"# + file)
  }

  /// Removes a key with all that is in it, if it exists, and takes note that there is none.
  ///
  /// - Parameter path: The path within `\REGISTRY`.
  public func removeKey(_ path: String) {
    let names = path.split(separator: "\\")
    guard let name = names.last else { return }
    let parent = makeKey(names.dropLast().joined(separator: "\\"))
    if let key = parent.subkey(name) {
      key.isDeleted = true
      parent.remove(key)
    }
    parent.note(absent: String(name))
  }

  /// Removes a value, if it exists, and takes note that there is none.
  ///
  /// - Parameters:
  ///   - name: The value.
  ///   - path: The path of its key within `\REGISTRY`.
  public func removeValue(_ name: String, ofKey path: String) {
    let key = makeKey(path)
    _ = key.removeValue(name)
    key.note(absent: name)
  }

  /// Finds the key at a full path, such as `\Registry\Machine\System`.
  ///
  /// - Returns: The key, or the status with which opening it fails.
  /// - Throws: ``Unmodelled`` if a real machine may have the key.
  func key(at path: String) throws -> Attempt<RegistryKey> {
    let lookup = try objects.object(at: path)
    guard let object = lookup.object else { return .failed(lookup.status) }
    guard case .key(let key) = object.payload else { return .failed(.objectTypeMismatch) }
    let found = try find(lookup.remainder, in: key)
    return found.missing.isEmpty ? .done(found.key) : .failed(.objectNameNotFound)
  }
}

extension RegistryKey {
  /// The name of the file in a service key's `ImagePath`, or that which NT takes without one: the
  /// service's name with `.sys`.
  var serviceFile: String {
    guard let value = value("ImagePath"), value.type.isText else { return name + ".sys" }
    let path = value.text
    let file = path.split(separator: "\\").last.map(String.init) ?? path
    return file.isEmpty ? name + ".sys" : file
  }

  /// Whether the service's `Type` is that of a file system or of a recogniser: 2 and 8.
  var isFileSystemService: Bool { [2, 8].contains(value("Type")?.number ?? 0) }
}

extension RegistryValue {
  /// The number of a `REG_DWORD` value, or nil if it is none.
  var number: UInt32? {
    guard type == .dword, data.count == 4 else { return nil }
    return data.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The text before the first terminator.
  var text: String {
    let units = stride(from: 0, to: data.count - data.count % 2, by: 2).map {
      UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8
    }
    return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
  }
}
