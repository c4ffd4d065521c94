import NTReleases
import Testing

@Suite struct ReleaseTests {
  static let identifiers = [
    "nt310", "nt310sp3", "nt350", "nt350sp3", "nt351", "nt351sp2", "nt351sp4", "nt351sp5", "nt400",
    "nt400sp1", "nt400sp2", "nt400sp3", "nt400sp4", "nt400sp5", "nt400sp6", "nt400sp6a", "w2k",
    "w2ksp1", "w2ksp2", "w2ksp3", "w2ksp4", "wxp", "wxpsp1", "wxpsp2", "wxpsp3", "ws03", "ws03sp1",
    "ws03sp2", "vista", "vistasp1", "vistasp2", "win7", "win7sp1", "win8", "win81", "win10_1507",
    "win10_1511", "win10_1607", "win10_1703", "win10_1709", "win10_1803", "win10_1809",
    "win10_1903", "win10_1909", "win10_2004", "win10_20h2", "win10_21h2", "win10_22h2", "ws2022",
    "win11_21h2", "win11_22h2", "win11_23h2", "ws_23h2", "win11_24h2",
  ]

  @Test func `releases are in the order of code lines`() {
    #expect(Release.allCases.map(\.id) == Self.identifiers)
    #expect(Release.allCases == Release.allCases.sorted())
    #expect(Release.wxpsp3 < .ws03, "2003 branches from XP")
    #expect(Release.nt400sp4.predecessor == .nt400sp3)
    #expect(Release.nt310.predecessor == nil)
  }

  @Test(arguments: Release.allCases)
  func `an identifier leads back to its release`(release: Release) {
    #expect(Release(id: release.id) == release)
    #expect(Release(id: release.id.uppercased()) == release)
    #expect(Release.named(release.name) == [release])
  }

  @Test func `static members are the releases that they are named for`() {
    #expect(Release.nt400sp3.id == "nt400sp3")
    #expect(Release.win10_2004.id == "win10_2004")
    #expect(Release.win11_24h2 == Release.allCases.last)
  }

  @Test(arguments: Release.allCases)
  func `build numbers carry the build and the kind of kernel`(release: Release) {
    #expect(release.ntBuildNumber() == 0xF000_0000 + UInt32(release.build))
    #expect(release.ntBuildNumber(checked: true) == 0xC000_0000 + UInt32(release.build))
    #expect(release.ntBuildNumber() & 0x3FFF == UInt32(release.build) & 0x3FFF)
    #expect(release.exportsNtBuildNumber == (release >= .nt351))
  }

  @Test func `NT 4 SP6a calls itself Service Pack 6`() {
    let release = Release.nt400sp6a
    #expect(release.csdVersion == "Service Pack 6" && release.servicePack == 6)
    #expect(release.build == 1381 && release.majorVersion == 4 && release.minorVersion == 0)
    #expect(release.kernelFileVersion == "4.0.1381.335")
    #expect(release.releaseDate == "1999-11-30")
    #expect(release.psGetVersion?.csdVersion == "Service Pack 6")
  }

  @Test(arguments: Release.allCases)
  func `version routines are exported since 4_0 and XP, and tell the truth`(release: Release) {
    #expect((release.psGetVersion != nil) == (release >= .nt400))
    #expect((release.rtlGetVersion != nil) == (release >= .wxp))
    for version in [release.psGetVersion, release.rtlGetVersion].compactMap(\.self) {
      #expect(version.majorVersion == release.majorVersion && version.build == release.build)
    }
    #expect(!release.source.isEmpty)
  }

  @Test(
    arguments: [
      ("nt4sp3", Release.nt400sp3), ("nt40sp3", .nt400sp3), ("xp", .wxp), ("win2k", .w2k),
      ("windows 7 sp2", .win7sp1), ("win10_1908", .win10_1909), ("vista sp3", .vistasp1),
    ]
  )
  func `a mistyped identifier finds what was meant`(text: String, release: Release) {
    #expect(Release(id: text) == nil)
    #expect(Release.suggestions(for: text).contains(release))
  }

  @Test func `nonsense suggests nothing`() {
    #expect(Release.suggestions(for: "macintosh").isEmpty)
    #expect(Release.suggestions(for: "").isEmpty)
    #expect(Release.named("Windows Server 2008") == [.vistasp1, .vistasp2])
    #expect(Release.named("server 2012 r2") == [.win81])
  }
}
