public import GuestABI
internal import NTStructures

/// The configuration manager: the registry, in memory.
///
/// The registry holds what a run needs: the driver's own service key, no device class, and no other
/// vendor's software. Where a real machine's key holds more, the key is *partial*, and asking for
/// what is missing in it ends the run instead of telling the driver that it is not there.
public final class Registry {
  let memory: AddressSpace
  let pool: any PoolAllocator
  let objects: ObjectManager

  /// What the release does differently from others.
  public let behaviour: RegistryBehaviour

  /// Returns the system's time, in units of 100 ns since 1601.
  let systemTime: () -> Int64

  /// The routines that drivers want called when the registry is used.
  let callbacks: RegistryCallbacks

  /// The key `\REGISTRY`.
  public let root: RegistryKey

  /// The most that a value's data may be: 1 MiB, Windows 2000's documented limit.
  static var longestValue: Int { 1 << 20 }

  /// The documented limits of names, in UTF-16 units, and of keys within each other.
  static var limits: (keyName: Int, valueName: Int, depth: Int) { (255, 16_383, 512) }

  /// What a run took for granted because a key that some machines have is not there.
  public internal(set) var assumptions: [String] = []

  /// Creates a registry and puts it into the object manager's namespace.
  ///
  /// - Parameters:
  ///   - objects: The object manager.
  ///   - memory: The memory of the drivers that use the registry.
  ///   - pool: Where strings for drivers come from.
  ///   - behaviour: What the release does differently from others.
  ///   - systemTime: Returns the system's time, in units of 100 ns since 1601.
  public init(
    objects: ObjectManager,
    memory: AddressSpace,
    pool: any PoolAllocator,
    behaviour: RegistryBehaviour = RegistryBehaviour(),
    systemTime: @escaping () -> Int64
  ) {
    self.objects = objects
    self.memory = memory
    self.pool = pool
    self.behaviour = behaviour
    self.systemTime = systemTime
    callbacks = RegistryCallbacks(memory: memory)
    root = RegistryKey("REGISTRY", lastWriteTime: systemTime())
    objects.adopt(KernelObject(.key, payload: .key(root)), "REGISTRY", in: objects.root)
    makeStandardKeys()
  }

  private func makeStandardKeys() {
    let standard: [(path: String, isPartial: Bool)] = [
      ("", true),
      ("MACHINE", true),
      ("MACHINE\\HARDWARE", true),
      ("MACHINE\\HARDWARE\\DESCRIPTION", true),
      ("MACHINE\\HARDWARE\\DESCRIPTION\\System", true),
      ("MACHINE\\HARDWARE\\DEVICEMAP", true),
      // The machine has no serial ports of its own.
      ("MACHINE\\HARDWARE\\DEVICEMAP\\SERIALCOMM", false),
      ("MACHINE\\HARDWARE\\RESOURCEMAP", true),
      ("MACHINE\\SOFTWARE", false),
      ("MACHINE\\SOFTWARE\\Classes", true),
      ("MACHINE\\SOFTWARE\\Policies", true),
      ("MACHINE\\SOFTWARE\\Microsoft", true),
      ("MACHINE\\SOFTWARE\\Microsoft\\Windows NT", true),
      ("MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", true),
      ("MACHINE\\SYSTEM", true),
      ("MACHINE\\SYSTEM\\ControlSet001", true),
      ("MACHINE\\SYSTEM\\ControlSet001\\Control", true),
      ("MACHINE\\SYSTEM\\ControlSet001\\Control\\Class", false),
      ("MACHINE\\SYSTEM\\ControlSet001\\Enum", true),
      ("MACHINE\\SYSTEM\\ControlSet001\\Services", true),
      ("USER", true),
    ]
    for (path, isPartial) in standard { makeKey(path).isPartial = isPartial }
    for key in Self.optionalKeys { makeKey(key.parent).note(absent: key.name) }
    // The control set that the machine started with is reached through a link.
    let link = RegistryKey("CurrentControlSet", isVolatile: true, lastWriteTime: systemTime())
    link.target = makeKey("MACHINE\\SYSTEM\\ControlSet001")
    makeKey("MACHINE\\SYSTEM").add(link)
  }

  /// Returns the key at a path within `\REGISTRY`, having made those keys that do not exist.
  ///
  /// A scenario uses this to prepare the registry.
  @discardableResult
  public func makeKey(_ path: String) -> RegistryKey {
    var key = root
    for name in path.split(separator: "\\") {
      if let next = key.subkey(name) {
        key = next.target ?? next
      } else {
        let new = RegistryKey(String(name), lastWriteTime: systemTime())
        key.add(new)
        key = new
      }
    }
    return key
  }

  /// Makes a driver's service key, as an installer does; what it holds already stays.
  ///
  /// - Parameters:
  ///   - name: The driver's name.
  ///   - imagePath: Where its image is.
  /// - Returns: The key. Its ``RegistryKey/path`` is the `RegistryPath` that `DriverEntry` gets.
  public func makeServiceKey(_ name: String, imagePath: String) -> RegistryKey {
    let key = makeKey("MACHINE\\SYSTEM\\ControlSet001\\Services\\\(name)")
    let values = [
      RegistryValue("Type", 1), RegistryValue("Start", 3), RegistryValue("ErrorControl", 1),
      RegistryValue("ImagePath", imagePath, type: .expandableString),
    ]
    for value in values where key.value(value.name) == nil { key.setValue(value) }
    return key
  }

  /// Finds a key.
  ///
  /// - Parameters:
  ///   - path: A path within a key, with or without a separator before it.
  ///   - key: The key that it starts at.
  /// - Returns: The key, or else the last key that exists and the path within it that does not.
  /// - Throws: ``Unmodelled`` if a real machine may have the key.
  func find(
    _ path: String,
    in key: RegistryKey
  ) throws -> (key: RegistryKey, missing: Substring) {
    var key = key
    var rest = path[...]
    while !rest.isEmpty {
      if rest.isAbsolutePath { rest = rest[rest.utf16.index(after: rest.startIndex)...] }
      let (name, next) = rest.firstComponent
      if name.isEmpty { rest = next; continue }
      guard let subkey = key.subkey(name) else {
        if key.mayHold(name) { throw Unmodelled("Registry: \(key.path)\\\(name)") }
        noteAbsence(of: name, in: key)
        return (key, rest)
      }
      key = subkey.target ?? subkey
      rest = next
    }
    return (key, "")
  }

  /// Makes a key within another.
  ///
  /// - Throws: ``Unmodelled`` if the key would be beyond the documented limits.
  func makeSubkey(
    _ name: some StringProtocol,
    in parent: RegistryKey,
    className: String = "",
    isVolatile: Bool = false
  ) throws -> RegistryKey {
    guard name.utf16.count <= Self.limits.keyName, parent.depth < Self.limits.depth else {
      throw Unmodelled("Registry: a key beyond the documented limits")
    }
    let now = systemTime()
    let key = RegistryKey(
      String(name),
      className: className,
      isVolatile: isVolatile,
      lastWriteTime: now
    )
    parent.add(key)
    parent.lastWriteTime = now
    return key
  }

  /// Deletes a key.
  ///
  /// ReactOS's `NtDeleteKey` test shows that deleting a key twice succeeds.
  ///
  /// - Returns: `STATUS_CANNOT_DELETE` if the key holds others.
  func delete(_ key: RegistryKey) -> NTStatus {
    if key.isDeleted { return .success }
    guard key.subkeyCount == 0, let parent = key.parent, !key.isPartial else {
      return .cannotDelete
    }
    parent.remove(key)
    parent.lastWriteTime = systemTime()
    key.isDeleted = true
    return .success
  }

  /// Returns a value.
  ///
  /// - Throws: ``Unmodelled`` if a real machine may have it.
  func value(_ name: String, of key: RegistryKey) throws -> RegistryValue? {
    if let value = key.value(name) { return value }
    if key.mayHold(name) { throw Unmodelled("Registry: the value \(name) of \(key.path)") }
    return nil
  }

  /// Checks that what a key holds is known in full.
  ///
  /// - Throws: ``Unmodelled`` if a real machine's key holds more.
  func requireAll(of key: RegistryKey) throws {
    if key.isPartial { throw Unmodelled("Registry: all that \(key.path) holds") }
  }
}
