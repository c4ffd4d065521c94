/// Since when the routines for MDLs are there, and when what they do changed, for those who read sources.
public enum MDLRoutine {
  /// A routine that not every release exports.
  public struct Availability: Sendable {
    public let first: Release
    /// What stands behind the name in a message, such as what a macro calls.
    public let note: String

    init(_ first: Release, note: String = "") {
      self.first = first
      self.note = note
    }
  }

  /// The first release that exports a routine, for those that NT 3.1 did not: the history of exports.
  public static let firstReleases: [String: Availability] = {
    var all: [String: Availability] = [:]
    for name in names {
      guard let first = ExportHistory.record(of: name, in: .kernel)?.first else { continue }
      all[name] = Availability(first)
    }
    // A macro of the Windows 2000 headers is there as long as what it calls.
    let called = "MmMapLockedPagesSpecifyCache"
    all["MmGetSystemAddressForMdlSafe"] = all[called].map {
      Availability($0.first, note: " calls \(called), which")
    }
    return all
  }()

  private static let names = [
    "MmMapLockedPagesSpecifyCache", "MmAllocatePagesForMdl", "MmFreePagesFromMdl",
    "MmProbeAndLockProcessPages", "MmProbeAndLockSelectedPages", "MmAdvanceMdl",
    "MmMapLockedPagesWithReservedMapping", "MmUnmapReservedMapping", "MmProtectMdlSystemAddress",
    "MmAllocatePagesForMdlEx", "MmAllocateNodePagesForMdlEx", "MmAllocateMdlForIoSpace",
    "MmAreMdlPagesCached", "MmMdlPageContentsState", "MmMdlPagesAreZero", "MmFreePagesFromMdlEx",
    "MmMapMdl",
  ]

  /// The first release that knows `MdlMappingNoExecute` and `MdlMappingNoWrite`.
  public static let firstMappingFlags = Release.win8

  /// The first release whose `MmMapLockedPages` returns the address of the buffer: KB199311, KD-001.
  public static let firstWithOffset = Release.nt400sp4
  /// The last release whose `MmMapLockedPages` returns the start of the page: KB199311, KD-001.
  public static let lastWithoutOffset = Release.nt400sp3
  /// The first release that has what takes the place of `MmMapLockedPages` and `MmGetSystemAddressForMdl`.
  public static let firstWithSuccessors = Release.nt400sp4
  /// The first release whose headers call `MmCreateMdl` obsolete: the table of MDL routines.
  public static let firstWithoutCreateMdl = Release.wxp
  /// The first release with `MmAllocatePagesForMdl`, which may allocate less than is asked for: Microsoft Docs.
  public static let firstWithAllocatedPages = Release.w2k
  /// The last release whose `MmFreePagesFromMdl` leaves the system mapping: Microsoft Docs.
  public static let lastThatKeepsMappings = Release.vistasp2
  /// The last release that allocates and frees pages of MDLs only below `DISPATCH_LEVEL`: Microsoft Docs.
  public static let lastWithPagesBelowDispatch = Release.vista
  /// The first release whose headers are known to have `ULONG_PTR`; those of NT 4.0 were not seen.
  public static let firstWithPointerSizedIntegers = Release.w2k
}
