import NTReleases
import Testing

@Suite struct AddressLimitsTests {
  @Test(arguments: Release.allCases)
  func `x86 splits its 4 GB in the middle, or at 3 GB since NT 4 SP3`(release: Release) throws {
    guard release.runs(on: .x86) else {
      #expect(release.addressLimits(for: .x86) == nil)
      return
    }
    let limits = try #require(release.addressLimits(for: .x86))
    #expect(limits.pageSize == 4096 && limits.systemRangeStart == 0x8000_0000)
    #expect(limits.userProbeAddress == 0x7FFF_0000 && limits.confidence == .high)
    let large = release.addressLimits(for: .x86, largeUserSpace: true)
    #expect((large?.systemRangeStart == 0xC000_0000) == (release >= .nt400sp3))
    #expect((large == nil) == (release < .nt400sp3))
    #expect(release.exportsAddressLimits == (release >= .nt400sp3))
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x64) })
  func `x64 has 8 TB for users before Windows 8_1 and 128 TB from there`(release: Release) throws {
    let limits = try #require(release.addressLimits(for: .x64))
    let expected: UInt64 = release >= .win81 ? 0x7FFF_FFFE_FFFF : 0x7FF_FFFE_FFFF
    #expect(limits.highestUserAddress == expected)
    #expect(limits.systemRangeStart >> 47 != 0)
  }

  @Test(arguments: Release.allCases)
  func `every release's limits agree with each other`(release: Release) throws {
    #expect(!release.platforms.isEmpty)
    for platform in release.platforms {
      let limits = try #require(release.addressLimits(for: platform))
      #expect(limits.highestUserAddress + 1 == limits.userProbeAddress)
      #expect(limits.userProbeAddress < limits.systemRangeStart)
      #expect(limits.pageSize == (platform == .alpha || platform == .ia64 ? 8192 : 4096))
      #expect(limits.confidence == .high || limits.confidence == .medium)
    }
  }

  @Test func `processors come and go`() {
    #expect(Release.nt310.platforms == [.x86, .mips, .alpha])
    #expect(Release.nt400sp3.platforms == [.x86, .alpha])
    #expect(Release.allCases.first { $0.runs(on: .x64) } == .ws03sp1)
    #expect(Release.allCases.last { $0.runs(on: .x86) } == .win10_22h2)
    #expect(Release.win11_24h2.platforms == [.x64, .arm64])
  }
}
