internal import NTReleases

/// Since when the routines for MDLs are there.
enum MDLRoutine {
  /// A routine that not every release exports.
  struct Availability: Sendable {
    let first: Release
    /// What stands behind the name in a message, such as what a macro calls.
    let note: String

    init(_ first: Release, note: String = "") {
      self.first = first
      self.note = note
    }
  }

  /// The first release that exports a routine, for those that NT 3.1 did not: Geoff Chappell's history of
  /// the kernel's exports, and Microsoft's reference pages (flags, and releases since Windows 8).
  static let firstReleases: [String: Availability] = [
    "MmMapLockedPagesSpecifyCache": .init(.nt400sp4),
    "MmGetSystemAddressForMdlSafe": .init(
      .nt400sp4,
      note: " calls MmMapLockedPagesSpecifyCache, which"
    ),
    "MmAllocatePagesForMdl": .init(.w2k),
    "MmFreePagesFromMdl": .init(.w2k),
    "MmProbeAndLockProcessPages": .init(.w2k),
    "MmProbeAndLockSelectedPages": .init(.w2k),
    "MmAdvanceMdl": .init(.wxp),
    "MmMapLockedPagesWithReservedMapping": .init(.wxp),
    "MmUnmapReservedMapping": .init(.wxp),
    "MmProtectMdlSystemAddress": .init(.wxp),
    "MmAllocatePagesForMdlEx": .init(.ws03sp1),
    "MmAllocateNodePagesForMdlEx": .init(.win8),
    "MmAllocateMdlForIoSpace": .init(.win8),
    "MmAreMdlPagesCached": .init(.win8),
    "MmMdlPageContentsState": .init(.win8),
    "MmMdlPagesAreZero": .init(.win81),
    "MmFreePagesFromMdlEx": .init(.win10_1607),
    "MmMapMdl": .init(.win10_1709),
  ]

  /// The first release that knows `MdlMappingNoExecute` and `MdlMappingNoWrite`.
  static let firstMappingFlags = Release.win8
}
