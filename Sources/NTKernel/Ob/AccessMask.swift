public import GuestABI

/// What a handle's owner may do, or asks to do: `ACCESS_MASK`.
public struct AccessMask: OptionSet, Hashable, Sendable, GuestScalar, GuestArgument {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `GENERIC_READ`, `GENERIC_WRITE`, `GENERIC_EXECUTE` and `GENERIC_ALL`.
  static var generic: Self { Self(rawValue: 0xF000_0000) }
  /// `MAXIMUM_ALLOWED`.
  static var maximumAllowed: Self { Self(rawValue: 0x0200_0000) }

  /// Returns the rights that this mask means for a kind of object, or nil if that is not known.
  ///
  /// The values are those of `winnt.h` and `wdm.h`, such as `KEY_READ` and `FILE_GENERIC_READ`.
  func mapped(for kind: ObjectKind) -> Self? {
    guard !isDisjoint(with: [.generic, .maximumAllowed]) else { return self }
    let rights: (read: UInt32, write: UInt32, execute: UInt32, all: UInt32)
    switch kind {
    case .device, .file: rights = (0x12_0089, 0x12_0116, 0x12_00A0, 0x1F_01FF)
    case .directory: rights = (0x2_0003, 0x2_000C, 0x2_0003, 0xF_000F)
    case .event: rights = (0x2_0001, 0x2_0002, 0x12_0000, 0x1F_0003)
    case .key: rights = (0x2_0019, 0x2_0006, 0x2_0019, 0xF_003F)
    case .section: rights = (0x2_0005, 0x2_0002, 0x2_0008, 0xF_001F)
    case .symbolicLink: rights = (0x2_0001, 0x2_0000, 0x2_0001, 0xF_0001)
    default: return nil
    }
    var mapped = rawValue & ~(Self.generic.rawValue | Self.maximumAllowed.rawValue)
    if rawValue & 0x8000_0000 != 0 { mapped |= rights.read }
    if rawValue & 0x4000_0000 != 0 { mapped |= rights.write }
    if rawValue & 0x2000_0000 != 0 { mapped |= rights.execute }
    if rawValue & 0x1200_0000 != 0 { mapped |= rights.all }
    return Self(rawValue: mapped)
  }
}
