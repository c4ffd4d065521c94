/// A key of the registry.
public final class RegistryKey {
  /// The name, as its creator wrote it, or who renamed it.
  public internal(set) var name: String

  /// The key that holds this one, or nil for `\REGISTRY`.
  public internal(set) weak var parent: RegistryKey?

  /// The class that the key was made with.
  public let className: String

  /// Whether the key is gone when the machine restarts: `REG_OPTION_VOLATILE`.
  public let isVolatile: Bool

  /// Whether a real machine's key holds more than this one, so that what is missing here says nothing.
  public internal(set) var isPartial = false

  /// Whether the key has been deleted, while handles to it are still open.
  public internal(set) var isDeleted = false

  /// When the key was last changed, in units of 100 ns since 1601.
  public internal(set) var lastWriteTime: Int64

  /// The values, in the order in which they were made.
  public internal(set) var values: [RegistryValue] = []

  /// The security that has been set on the key.
  var security = ObjectSecurity()

  /// The key that this one leads to, if it is a link.
  weak var target: RegistryKey?

  private var children: [ObjectName: RegistryKey] = [:]

  /// The names that a partial key is known to lack.
  private var absentNames: Set<ObjectName> = []

  init(_ name: String, className: String = "", isVolatile: Bool = false, lastWriteTime: Int64) {
    self.name = name
    self.className = className
    self.isVolatile = isVolatile
    self.lastWriteTime = lastWriteTime
  }

  /// The full path, such as `\REGISTRY\MACHINE\SYSTEM`.
  public var path: String { (parent?.path ?? "") + "\\" + name }

  /// The number of keys that this one lies within.
  var depth: Int { parent.map { $0.depth + 1 } ?? 0 }

  /// The keys within this one in the order of their names, those that stay before those that do not.
  public var subkeys: [RegistryKey] {
    children.sorted { first, second in
      if first.value.isVolatile != second.value.isVolatile { return second.value.isVolatile }
      return first.key < second.key
    }.map(\.value)
  }

  /// The number of keys within this one.
  public var subkeyCount: Int { children.count }

  /// Returns the key of a name within this one.
  func subkey(_ name: some StringProtocol) -> RegistryKey? { children[ObjectName(name)] }

  func add(_ key: RegistryKey) {
    key.parent = self
    children[ObjectName(key.name)] = key
  }

  func remove(_ key: RegistryKey) { children[ObjectName(key.name)] = nil }

  /// Returns a value, or nil if there is none of that name.
  public func value(_ name: some StringProtocol) -> RegistryValue? {
    let name = ObjectName(name)
    return values.first { ObjectName($0.name) == name }
  }

  /// Takes note that a partial key is known to have no value and no key of a name.
  func note(absent name: String) { absentNames.insert(ObjectName(name)) }

  /// Whether it is not known if a real machine's key holds something of a name.
  func mayHold(_ name: some StringProtocol) -> Bool {
    isPartial && !absentNames.contains(ObjectName(name))
  }

  /// Sets a value, which keeps its place and its name's case if it exists.
  public func setValue(_ value: RegistryValue) {
    let name = ObjectName(value.name)
    if let index = values.firstIndex(where: { ObjectName($0.name) == name }) {
      values[index] = RegistryValue(values[index].name, value.type, value.data)
    } else {
      values.append(value)
    }
  }

  /// Removes a value.
  ///
  /// - Returns: Whether there was one of that name.
  public func removeValue(_ name: some StringProtocol) -> Bool {
    let name = ObjectName(name)
    guard let index = values.firstIndex(where: { ObjectName($0.name) == name }) else {
      return false
    }
    values.remove(at: index)
    return true
  }
}

/// A value of a registry key.
public struct RegistryValue: Hashable, Sendable {
  /// What a value's data are: `REG_…`.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Nothing in particular: `REG_NONE`.
    public static var none: Self { Self(rawValue: 0) }
    /// A terminated string: `REG_SZ`.
    public static var string: Self { Self(rawValue: 1) }
    /// A terminated string with names of environment variables: `REG_EXPAND_SZ`.
    public static var expandableString: Self { Self(rawValue: 2) }
    /// Bytes: `REG_BINARY`.
    public static var binary: Self { Self(rawValue: 3) }
    /// A 32-bit number: `REG_DWORD`.
    public static var dword: Self { Self(rawValue: 4) }
    /// Terminated strings, and a terminator after the last: `REG_MULTI_SZ`.
    public static var multiString: Self { Self(rawValue: 7) }

    /// Whether the data are text.
    var isText: Bool { self == .string || self == .expandableString || self == .multiString }
  }

  /// The name, which is empty for the key's default value.
  public let name: String
  public let type: Kind
  public let data: [UInt8]

  /// Creates a value.
  public init(_ name: String, _ type: Kind, _ data: [UInt8]) {
    self.name = name
    self.type = type
    self.data = data
  }

  /// Creates a `REG_SZ` or `REG_EXPAND_SZ` value.
  public init(_ name: String, _ text: String, type: Kind = .string) {
    self.init(name, type, text.littleEndianUTF16 + [0, 0])
  }

  /// Creates a `REG_DWORD` value.
  public init(_ name: String, _ number: UInt32) {
    var data: [UInt8] = []
    data.append(littleEndian: number)
    self.init(name, .dword, data)
  }
}
