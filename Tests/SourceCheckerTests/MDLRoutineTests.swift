import NTReleases
import Testing

/// What the checker is told of releases is what the model of the kernel goes by.
@Suite struct MDLRoutineTests {
  @Test(arguments: MDLRoutine.firstReleases.keys.sorted())
  func `a routine's first release is that of the history of exports`(name: String) throws {
    // A macro is there as long as what it calls.
    let exported =
      name == "MmGetSystemAddressForMdlSafe" ? "MmMapLockedPagesSpecifyCache" : name
    let record = try #require(ExportHistory.record(of: exported, in: .kernel))
    #expect(MDLRoutine.firstReleases[name]?.first == record.first)
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
