import GuestABI

/// A security identifier: `SID`.
///
/// Its sub-authorities, 32 bits each, follow.
struct SID: GuestStructure {
  let revision = Field<UInt8>(x86: 0, x64: 0)
  let subAuthorityCount = Field<UInt8>(x86: 1, x64: 1)

  /// The bytes before the sub-authorities.
  static func size(on architecture: Architecture) -> Int { 8 }
  static var revision: UInt8 { 1 }
  static var maximumSubAuthorityCount: UInt8 { 15 }
}

/// An access-control list: `ACL`.
///
/// Its entries follow.
struct ACL: GuestStructure {
  let revision = Field<UInt8>(x86: 0, x64: 0)
  let sbz1 = Field<UInt8>(x86: 1, x64: 1)
  let aclSize = Field<UInt16>(x86: 2, x64: 2)
  let aceCount = Field<UInt16>(x86: 4, x64: 4)
  let sbz2 = Field<UInt16>(x86: 6, x64: 6)

  static func size(on architecture: Architecture) -> Int { 8 }
}

/// An entry of a list that names one SID: `ACCESS_ALLOWED_ACE` and its like.
///
/// The SID follows.
struct ACE: GuestStructure {
  let type = Field<UInt8>(x86: 0, x64: 0)
  let flags = Field<UInt8>(x86: 1, x64: 1)
  let aceSize = Field<UInt16>(x86: 2, x64: 2)
  let mask = Field<UInt32>(x86: 4, x64: 4)

  static func size(on architecture: Architecture) -> Int { 8 }
  /// The bytes that an entry of any type begins with: `ACE_HEADER`.
  static var headerSize: Int { 4 }
}

/// A security descriptor that points at its parts: `SECURITY_DESCRIPTOR`.
struct SecurityDescriptor: GuestStructure {
  let revision = Field<UInt8>(x86: 0, x64: 0)
  let sbz1 = Field<UInt8>(x86: 1, x64: 1)
  let control = Field<SecurityControl>(x86: 2, x64: 2)
  let owner = Field<VirtualAddress>(x86: 4, x64: 8)
  let group = Field<VirtualAddress>(x86: 8, x64: 0x10)
  let sacl = Field<VirtualAddress>(x86: 0xC, x64: 0x18)
  let dacl = Field<VirtualAddress>(x86: 0x10, x64: 0x20)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x14 : 0x28 }
  static var revision: UInt8 { 1 }
}

/// A security descriptor that its parts follow, with the bytes from its start to each:
/// `SECURITY_DESCRIPTOR_RELATIVE`.
struct RelativeSecurityDescriptor: GuestStructure {
  let revision = Field<UInt8>(x86: 0, x64: 0)
  let sbz1 = Field<UInt8>(x86: 1, x64: 1)
  let control = Field<SecurityControl>(x86: 2, x64: 2)
  let owner = Field<UInt32>(x86: 4, x64: 4)
  let group = Field<UInt32>(x86: 8, x64: 8)
  let sacl = Field<UInt32>(x86: 0xC, x64: 0xC)
  let dacl = Field<UInt32>(x86: 0x10, x64: 0x10)

  static func size(on architecture: Architecture) -> Int { 0x14 }
}

/// What a security descriptor says of its parts: `SECURITY_DESCRIPTOR_CONTROL`.
struct SecurityControl: OptionSet, GuestScalar {
  let rawValue: UInt16

  static var ownerDefaulted: Self { Self(rawValue: 1) }
  static var groupDefaulted: Self { Self(rawValue: 2) }
  static var daclPresent: Self { Self(rawValue: 4) }
  static var daclDefaulted: Self { Self(rawValue: 8) }
  static var saclPresent: Self { Self(rawValue: 0x10) }
  static var saclDefaulted: Self { Self(rawValue: 0x20) }
  static var selfRelative: Self { Self(rawValue: 0x8000) }
}
