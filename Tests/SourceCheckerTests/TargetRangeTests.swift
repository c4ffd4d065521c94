import NTReleases
import Testing

@testable import SourceChecker

@Suite struct TargetRangeTests {
  @Test func `a range holds its ends and what lies between`() {
    let range = TargetRange(.win7, .nt400sp3, isExplicit: true)
    #expect(range.releases().first == .nt400sp3)
    #expect(range.releases().last == .win7)
    #expect(range.releases(through: .nt400sp3) == [.nt400sp3])
    #expect(range.releases(from: .win8).isEmpty)
  }
}
