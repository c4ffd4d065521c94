/// The information that a routine of the registry returns in a buffer of the caller's.
struct KeyInformation {
  /// All bytes of the structure, with what follows its fixed part.
  var bytes: [UInt8]

  /// The bytes that must fit, or else nothing is stored.
  let fixedSize: Int
}

/// What `ZwQueryKey` and `ZwEnumerateKey` return: `KEY_INFORMATION_CLASS`.
enum KeyInformationClass: UInt32 {
  case basic = 0
  case node = 1
  case full = 2
  case name = 3
}

/// What `ZwQueryValueKey` and `ZwEnumerateValueKey` return: `KEY_VALUE_INFORMATION_CLASS`.
enum KeyValueInformationClass: UInt32 {
  case basic = 0
  case full = 1
  case partial = 2
}

extension RegistryKey {
  /// Returns what is known of the key, as `KEY_BASIC_INFORMATION` and its kin lay it out.
  func information(_ kind: KeyInformationClass) -> KeyInformation {
    let name = name.littleEndianUTF16
    let className = className.littleEndianUTF16
    var bytes: [UInt8] = []
    bytes.append(littleEndian: lastWriteTime)
    // Titles are not used, and 0.
    bytes.append(littleEndian: UInt32(0))
    switch kind {
    case .basic:
      bytes.append(littleEndian: UInt32(name.count))
      return KeyInformation(bytes: bytes + name, fixedSize: 16)
    case .node:
      let classStart = (24 + name.count + 3) & ~3
      bytes.append(littleEndian: className.isEmpty ? UInt32.max : UInt32(classStart))
      bytes.append(littleEndian: UInt32(className.count))
      bytes.append(littleEndian: UInt32(name.count))
      bytes += name
      if !className.isEmpty {
        bytes += repeatElement(0, count: classStart - bytes.count)
        bytes += className
      }
      return KeyInformation(bytes: bytes, fixedSize: 24)
    case .full:
      let subkeys = subkeys
      bytes.append(littleEndian: className.isEmpty ? UInt32.max : 44)
      bytes.append(littleEndian: UInt32(className.count))
      bytes.append(littleEndian: UInt32(subkeys.count))
      bytes.append(littleEndian: Self.longest(subkeys.map { $0.name.utf16.count * 2 }))
      bytes.append(littleEndian: Self.longest(subkeys.map { $0.className.utf16.count * 2 }))
      bytes.append(littleEndian: UInt32(values.count))
      bytes.append(littleEndian: Self.longest(values.map { $0.name.utf16.count * 2 }))
      bytes.append(littleEndian: Self.longest(values.map(\.data.count)))
      return KeyInformation(bytes: bytes + className, fixedSize: 44)
    case .name:
      let path = path.littleEndianUTF16
      bytes = []
      bytes.append(littleEndian: UInt32(path.count))
      return KeyInformation(bytes: bytes + path, fixedSize: 4)
    }
  }

  private static func longest(_ counts: [Int]) -> UInt32 {
    UInt32(truncatingIfNeeded: counts.max() ?? 0)
  }
}

extension RegistryValue {
  /// Returns the value as `KEY_VALUE_BASIC_INFORMATION` and its kin lay it out.
  ///
  /// - Throws: ``Unmodelled`` for the full information of a value without data.
  func information(_ kind: KeyValueInformationClass) throws -> KeyInformation {
    let name = name.littleEndianUTF16
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: type.rawValue)
    switch kind {
    case .basic:
      bytes.append(littleEndian: UInt32(name.count))
      return KeyInformation(bytes: bytes + name, fixedSize: 12)
    case .full:
      guard !data.isEmpty else {
        throw Unmodelled("ZwQueryValueKey: KeyValueFullInformation of a value without data")
      }
      let dataStart = (20 + name.count + 3) & ~3
      bytes.append(littleEndian: UInt32(dataStart))
      bytes.append(littleEndian: UInt32(data.count))
      bytes.append(littleEndian: UInt32(name.count))
      bytes += name
      bytes += repeatElement(0, count: dataStart - bytes.count)
      return KeyInformation(bytes: bytes + data, fixedSize: 20)
    case .partial:
      bytes.append(littleEndian: UInt32(data.count))
      return KeyInformation(bytes: bytes + data, fixedSize: 12)
    }
  }
}
