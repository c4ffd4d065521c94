import NTReleases
import Testing

@Suite struct BehaviourValueTests {
  @Test func `the largest MDL is bounded by its size, then by 2 and 4 GB`() {
    func allows(_ release: Release, _ pages: Int, pointerSize: Int) -> Bool {
      Behaviour(of: release).allowsMDL(
        length: pages << 12,
        pages: pages,
        pageSize: 4096,
        pointerSize: pointerSize
      )
    }
    for release in Release.allCases where release < .vista {
      #expect(allows(release, 16376, pointerSize: 4) && !allows(release, 16377, pointerSize: 4))
      #expect(allows(release, 8185, pointerSize: 8) && !allows(release, 8186, pointerSize: 8))
    }
    for pointerSize in [4, 8] {
      #expect(allows(.vista, 0x7FFFF, pointerSize: pointerSize))
      #expect(!allows(.vistasp2, 0x80000, pointerSize: pointerSize))
      #expect(allows(.win7, 0xFFFFF, pointerSize: pointerSize))
      #expect(!allows(.win11_24h2, 0x100000, pointerSize: pointerSize))
    }
  }

  @Test(arguments: Release.allCases)
  func `bug checks follow the release`(release: Release) {
    let behaviour = Behaviour(of: release)
    #expect(behaviour.invalidSystemAddressBugCheck == (release >= .nt351 ? 0x50 : 0x1E))
    #expect(behaviour.driverIRQLFaultBugCheck == (release >= .w2k ? 0xD1 : 0x0A))
    #expect(behaviour.unhandledExceptionBugCheck(pointerSize: 4) == (release >= .wxp ? 0x8E : 0x1E))
    #expect(behaviour.unhandledExceptionBugCheck(pointerSize: 8) == 0x3B)
    #expect(behaviour.unhandledSystemThreadExceptionBugCheck == (release >= .wxp ? 0x7E : 0x1E))
    #expect(behaviour.partialMDLBugCheck == (release >= .win8 ? 0x12E : 0x40))
    #expect(behaviour.processExitChecksLockedPages == (release >= .w2k))
    #expect(behaviour.pageFaultParameter(for: .write) == (release >= .win10_1507 ? 2 : 1))
    #expect(behaviour.pageFaultParameter(for: .execute) == (release >= .win10_1507 ? 0x10 : nil))
    #expect(behaviour.pageFaultParameter(for: .read) == 0)
  }

  @Test(arguments: Release.allCases)
  func `page tables follow the kernel`(release: Release) {
    let behaviour = Behaviour(of: release)
    let formats: [PageTableFormat] =
      release >= .win8 ? [.pae] : release >= .w2k ? [.twoLevel, .pae] : [.twoLevel]
    #expect(behaviour.pageTableFormats(pointerSize: 4) == formats)
    #expect(behaviour.pageTableFormats(pointerSize: 8) == [.fourLevel])
    #expect(behaviour.pageTablesAreRelocated64 == (release >= .win10_1607))
  }

  @Test(arguments: Release.allCases)
  func `pool follows the kernel`(release: Release) {
    let behaviour = Behaviour(of: release)
    #expect(behaviour.poolGranularity(pointerSize: 4) == (release >= .wxp ? 8 : 32))
    #expect(behaviour.poolHeaderSize(pointerSize: 4) == 8)
    #expect(behaviour.poolGranularity(pointerSize: 8) == 16)
    #expect(behaviour.nonPagedPoolNxIsAvailable == (release >= .win8))
    #expect(behaviour.mustSucceedPoolIsSupported == (release < .wxp))
    #expect(behaviour.hasZeroingPoolAllocators == (release >= .win10_2004))
  }

  @Test(arguments: Release.allCases)
  func `zeroing allocators are known exactly where the tables export them`(release: Release) throws
  {
    let platform = try #require(release.platforms.first { $0 == .x64 || $0 == .x86 })
    let found = ExportHistory.availability(of: "ExAllocatePool2", by: release, on: platform)
    #expect(found.isExported == Behaviour(of: release).hasZeroingPoolAllocators)
  }

  @Test func `I/O-space flags were lost only in XP before SP2, as far as is known`() {
    let losing = Release.allCases.filter { !Behaviour(of: $0).partialMDLCopiesIOSpaceFlag }
    #expect(losing == [.wxp, .wxpsp1])
    let evidence = Behaviour.evidence(of: \.partialMDLCopiesIOSpaceFlag, in: .ws03)
    #expect(evidence?.evidence.isConfirmed == false)
  }

  @Test func `reserved mappings follow ReactOS's tests`() {
    let releases = [Release.ws03, .vista, .win8]
    #expect(releases.map { Behaviour(of: $0).reservedMappingTagShift } == [0, 32, 28])
    #expect(releases.map { Behaviour(of: $0).reservedMappingSizeShift } == [1, 32, 28])
    #expect(releases.map { Behaviour(of: $0).reservedMappingAlignment } == [1, 1, 16])
  }
}
