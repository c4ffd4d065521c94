import GuestABI

/// The head of a sequenced list on x86: `SLIST_HEADER`.
struct SListHeader86: GuestStructure {
  let next = Field<VirtualAddress>(x86: 0, x64: 0)
  let depth = Field<UInt16>(x86: 4, x64: 4)
  let sequence = Field<UInt16>(x86: 6, x64: 6)

  static func size(on architecture: Architecture) -> Int { 8 }
}

/// The head of a sequenced list on x64: `SLIST_HEADER`.
///
/// The fields are those that the headers of the Windows 11 kit declare. Before Windows 8.1 there was
/// a second format, for processors that cannot compare and exchange 16 bytes. The documents call the
/// structure opaque, so drivers that keep to them cannot see the difference.
struct SListHeader64: GuestStructure {
  /// The depth in the low 16 bits, and the sequence number above.
  let depthAndSequence = Field<UInt64>(x86: 0, x64: 0)
  /// The first entry, whose low 4 bits are zero, and as many reserved bits in their place.
  let next = Field<UInt64>(x86: 8, x64: 8)

  static func size(on architecture: Architecture) -> Int { 16 }
}
