internal import GuestABI
internal import NTStructures

extension Registry {
  /// Where the keys of services are, within `\REGISTRY`.
  private static var services: String { #"MACHINE\SYSTEM\ControlSet001\Services\"# }

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

  /// Whether a service has a key.
  public func hasServiceKey(_ service: String) -> Bool {
    (try? find(Self.services + service, in: root))?.missing.isEmpty == true
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
