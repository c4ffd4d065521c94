import NTReleases
import Testing

@Suite struct KnownDifferenceTests {
  @Test func `all differences are there`() {
    let expected = (1...73).map { "KD-" + ($0 < 10 ? "00" : "0") + "\($0)" }
    #expect(KnownDifference.allCases.map(\.id) == expected)
  }

  @Test(arguments: KnownDifference.allCases)
  func `every difference says what it is and where it was learned`(difference: KnownDifference) {
    #expect(!difference.routine.isEmpty && !difference.newBehaviour.isEmpty)
    #expect(!difference.source.isEmpty && !difference.confidenceNote.isEmpty)
    switch difference.scope {
    case .releases: #expect(difference.phases.count > 1 && !difference.boundaries.isEmpty)
    case .everywhere: #expect(difference.phases.count == 1)
    case .platform, .variant: #expect(difference.phases.isEmpty)
    }
  }

  @Test(arguments: ["KD-001", "kd-001", "KD-1", "kd1", "1"])
  func `identifiers may be written as people write them`(id: String) {
    #expect(KnownDifference(id: id)?.routine == "MmMapLockedPages")
  }

  @Test(arguments: ["KD-074", "KD-000", "KD", "", "KB199311"])
  func `other identifiers find nothing`(id: String) {
    #expect(KnownDifference(id: id) == nil)
  }

  @Test func `KD-001 lies between SP3 and SP4`() throws {
    let difference = try #require(KnownDifference(id: "KD-001"))
    #expect(difference.boundaries == [.init(from: .nt400sp3, to: .nt400sp4)])
    #expect(difference.confidence == .high && difference.isExact)
    #expect(KnownDifference.between(.nt400sp3, .w2k).contains(difference))
    #expect(KnownDifference.between(.w2k, .nt400sp3).contains(difference))
    #expect(!KnownDifference.between(.nt400sp4, .w2k).contains(difference))
    #expect(KnownDifference(id: "KD-002")?.confidence == .disputed)
    #expect(KnownDifference(id: "KD-069")?.confidence == .unknown)
  }

  @Test func `SP3 and SP4 differ in what is known`() {
    let ids = KnownDifference.between(.nt400sp3, .nt400sp4).map(\.id)
    #expect(ids == ["KD-001", "KD-002", "KD-007", "KD-042", "KD-069"])
  }

  @Test func `a defect that two code lines fixed apart separates only who has it`() throws {
    let difference = try #require(KnownDifference(id: "KD-071"))
    #expect(difference.separates(.wxpsp2, .wxpsp3) && difference.separates(.wxpsp3, .ws03))
    #expect(!difference.separates(.wxpsp2, .ws03) && !difference.separates(.wxpsp3, .vista))
    #expect(!difference.separates(.nt400, .w2k), "the routine did not exist")
  }

  @Test func `a withdrawn export separates, and its return reunites`() throws {
    let difference = try #require(KnownDifference(id: "KD-059"))
    #expect(difference.separates(.nt310, .nt400) && !difference.separates(.nt310, .w2k))
  }

  @Test(arguments: Release.allCases)
  func `no release differs from itself`(release: Release) {
    #expect(KnownDifference.between(release, release).isEmpty)
  }

  @Test func `traps of every release are listed apart`() {
    let ids = KnownDifference.everywhere(in: .wxp).map(\.id)
    #expect(ids.contains("KD-005") && ids.contains("KD-018") && !ids.contains("KD-045"))
    #expect(!KnownDifference.everywhere(in: .w2k).map(\.id).contains("KD-005"))
  }
}
