import NTReleases
import Testing

/// What the checker is told of releases is what the model of the kernel goes by.
@Suite struct MDLRoutineTests {
  // Microsoft's reference pages and Geoff Chappell's tables, as they were put together for the rules.
  @Test(arguments: [
    ("MmMapLockedPagesSpecifyCache", Release.nt400sp4), ("MmGetSystemAddressForMdlSafe", .nt400sp4),
    ("MmAllocatePagesForMdl", .w2k), ("MmFreePagesFromMdl", .w2k),
    ("MmProbeAndLockProcessPages", .w2k), ("MmProbeAndLockSelectedPages", .w2k),
    ("MmAdvanceMdl", .wxp), ("MmMapLockedPagesWithReservedMapping", .wxp),
    ("MmUnmapReservedMapping", .wxp), ("MmProtectMdlSystemAddress", .wxp),
    ("MmAllocatePagesForMdlEx", .ws03sp1), ("MmAllocateNodePagesForMdlEx", .win8),
    ("MmAllocateMdlForIoSpace", .win8), ("MmAreMdlPagesCached", .win8),
    ("MmMdlPageContentsState", .win8), ("MmMdlPagesAreZero", .win81),
    ("MmFreePagesFromMdlEx", .win10_1607), ("MmMapMdl", .win10_1709),
  ])
  func `the history of exports says what the documents say`(name: String, first: Release) {
    #expect(MDLRoutine.firstReleases[name]?.first == first)
    #expect(MDLRoutine.firstReleases.count == 18)
  }

  @Test func `the byte offset is included from the release on that the model says`() {
    let first = Release.allCases.first {
      Behaviour(of: $0).mappedAddressIncludesByteOffset(.user, .literal)
    }
    #expect(first == MDLRoutine.firstWithOffset)
    #expect(MDLRoutine.lastWithoutOffset == MDLRoutine.firstWithOffset.predecessor)
  }

  @Test func `what takes the place of obsolete routines is there from the same release on`() {
    #expect(
      MDLRoutine.firstReleases["MmMapLockedPagesSpecifyCache"]?.first
        == MDLRoutine.firstWithSuccessors
    )
    #expect(
      MDLRoutine.firstReleases["MmAllocatePagesForMdl"]?.first
        == MDLRoutine.firstWithAllocatedPages
    )
  }
}
