import NTReleases
import Testing

@Suite struct ExportHistoryTests {
  private func availability(_ name: String, _ release: Release, _ platform: Platform = .x86)
    -> Availability
  {
    ExportHistory.availability(of: name, by: release, on: platform)
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `MmMapLockedPagesSpecifyCache came with NT 4 SP4`(release: Release) {
    let found = availability("MmMapLockedPagesSpecifyCache", release)
    #expect(found.isExported == (release >= .nt400sp4))
    #expect(found.isNotExported == (release < .nt400sp4))
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `ProbeForRead was withdrawn in NT 3_5 and restored in Windows 2000`(release: Release) {
    let found = availability("ProbeForRead", release)
    #expect(found.isExported == (release < .nt350 || release >= .w2k))
    guard case .notExported(let first, _, let gap) = found else { return }
    #expect(first == .nt310 && gap?.from == .nt350 && gap?.until == .w2k)
  }

  @Test func `NT 3_1 has no IofCallDriver`() {
    #expect(
      availability("IofCallDriver", .nt310sp3) == .notExported(first: .nt350, last: nil, gap: nil)
    )
    #expect(availability("IofCallDriver", .nt350).isExported)
    #expect(availability("IoCallDriver", .nt310).isExported)
  }

  @Test(arguments: [Release.nt310, .w2ksp4, .wxpsp3, .ws03])
  func `x64 has nothing before Server 2003 SP1`(release: Release) {
    #expect(availability("MmMapLockedPages", release, .x64) == .unknown(.noSuchPlatform(.x64)))
  }

  @Test func `names that only x64 has are absent from x86`() {
    #expect(availability("__C_specific_handler", .ws03sp1, .x64).isExported)
    #expect(
      availability("__C_specific_handler", .ws03sp1)
        == .notExported(first: nil, last: nil, gap: nil)
    )
    #expect(availability("MmMapLockedPages", .ws03sp1, .x64).isExported)
    let found = availability("KeIsExecutingDpc", .ws03sp2, .x64)
    #expect(found == .notExported(first: .vista, last: nil, gap: nil))
    #expect(availability("KeIsExecutingDpc", .vista, .x64).isExported)
    #expect(availability("ExAllocateFromPagedLookasideList", .ws03sp2, .x64).isExported)
    #expect(availability("ExAllocateFromPagedLookasideList", .vista, .x64).isNotExported)
    #expect(availability("ExAllocateFromPagedLookasideList", .vista).isExported)
    #expect(availability("PsChargeProcessCpuCycles", .win7, .x64).isNotExported)
    #expect(availability("PsChargeProcessCpuCycles", .win7).isExported)
  }

  @Test func `an upper bound proves nothing about earlier releases`() {
    let name = "IoFastQueryNetworkAttributes"
    #expect(availability(name, .w2ksp3) == .unknown(.seenOnlySince(.w2ksp4)))
    #expect(availability(name, .w2ksp4).isExported)
  }

  @Test func `a misprinted name does not hide how old a routine is`() {
    #expect(availability("RtlGetDaclSecurityDescriptor", .nt310).isExported)
    #expect(availability("RtlGetDaclSecurityDescriptor", .w2k).isExported)
    #expect(availability("RtlGetDaclSecurityDescriptorriptor", .w2k).isNotExported)
  }

  @Test func `a name without a first release stays unknown`() {
    guard case .unknown(.undated) = availability("IoGetSymlinkSupportInformation", .win7) else {
      Issue.record("expected an undated name")
      return
    }
  }

  @Test func `a name that only headers declare is believed only after the last table`() {
    let name = "RtlCreateServiceSid"
    #expect(availability(name, .wxp).isNotExported)
    #expect(availability(name, .win7) == .unknown(.declaredOnly(since: .vista)))
    #expect(availability(name, .win11_22h2, .x64) == .unknown(.declaredOnly(since: .vista)))
    #expect(availability("MmAllocateContiguousMemoryEx", .win10_2004, .x64).isNotExported)
    #expect(availability("MmAllocateContiguousMemoryEx", .ws2022, .x64).isExported)
  }

  @Test func `an unheard name is absent where tables are complete, and unknown after`() {
    #expect(availability("MmNoSuchRoutine", .win7) == .notExported(first: nil, last: nil, gap: nil))
    let late = availability("MmNoSuchRoutine", .win11_24h2, .x64)
    #expect(late == .unknown(.noTableForRelease(.win11_24h2)))
    #expect(availability("MmNoSuchRoutine", .vistasp1, .ia64) == .unknown(.noTable(.ia64)))
  }

  @Test(arguments: [Platform.mips, .alpha, .powerPC, .arm32, .arm64])
  func `processors without tables stay unknown`(platform: Platform) throws {
    let release = try #require(Release.allCases.first { $0.runs(on: platform) })
    #expect(availability("MmMapLockedPages", release, platform) == .unknown(.noTable(platform)))
  }

  @Test func `releases after the last table inherit, less surely`() {
    let confidences = [Release.win10_2004, .win11_22h2, .win11_24h2].map { release in
      guard
        case .exported(.history(let source), let confidence) =
          availability("MmMapLockedPages", release, .x64)
      else { return Confidence.unknown }
      #expect(source.hasPrefix("inherited from Windows 10 2004") == (release > .win10_2004))
      return confidence
    }
    #expect(confidences == [.high, .medium, .low])
  }

  @Test func `NT 4 SP3 and SP4 added exactly what is known`() {
    func names(_ release: Release) -> Set<String> {
      Set(ExportHistory.names(in: .kernel, by: release, on: .x86))
    }
    let added = names(.nt400sp3).subtracting(names(.nt400sp2))
    #expect(added == ["MmHighestUserAddress", "MmSystemRangeStart", "MmUserProbeAddress"])
    #expect(names(.nt400sp2).isSubset(of: names(.nt400sp3)))
    let next = names(.nt400sp4).subtracting(names(.nt400sp3))
    #expect(next == ["MmMapLockedPagesSpecifyCache", "ExAllocatePoolWithTagPriority"])
    #expect(names(.nt400sp3).isSubset(of: names(.nt400sp4)))
    #expect(names(.nt400sp6a) == names(.nt400sp4))
  }
}
