import NTReleases
import Testing

@Suite struct BehaviourTests {
  @Test(arguments: Release.allCases, MappingAccessMode.allCases)
  func `mapped addresses include the byte offset since NT 4 SP4`(
    release: Release,
    mode: MappingAccessMode
  ) {
    let behaviour = Behaviour(of: release)
    let fixed = release >= .nt400sp4
    #expect(behaviour.mappedAddressIncludesByteOffset(mode) == fixed)
    #expect(behaviour.mappedAddressIncludesByteOffset(mode, .literal) == fixed)
    #expect(
      behaviour.mappedAddressIncludesByteOffset(mode, .consistent) == (fixed || mode == .kernel)
    )
    #expect(behaviour.mappedAddressDependsOnReading(mode) == (!fixed && mode == .kernel))
  }

  @Test func `every property says how its value in NT 3_1 is known`() {
    let properties = Set(Mirror(reflecting: Behaviour(of: .nt310)).children.compactMap(\.label))
    let described = Behaviour.history.filter { $0.release == .nt310 }.map(\.property)
    #expect(Set(described) == properties)
    #expect(described.count == properties.count)
    #expect(properties.count >= 55)
  }

  @Test(arguments: Behaviour.history.indices)
  func `every change has evidence and comes in order`(index: Int) {
    let change = Behaviour.history[index]
    #expect(!change.evidence.citation.isEmpty)
    #expect(change.confidence != .unknown)
    #expect(change.evidence.isConfirmed || change.confidence == .low)
    let earlier = Behaviour.history[..<index].last { $0.property == change.property }
    #expect((earlier?.release ?? .nt310) <= change.release)
    #expect((earlier == nil) == (change.release == .nt310))
    #expect(change.previousValue == earlier?.value)
  }

  @Test(arguments: Behaviour.history.indices)
  func `every change agrees with its known difference`(index: Int) throws {
    let change = Behaviour.history[index]
    guard let id = change.differenceID else { return }
    let difference = try #require(change.difference, "\(id)")
    guard change.release > .nt310, change.value != change.previousValue,
      difference.scope == .releases
    else { return }
    #expect(
      difference.phases.contains { $0.first == change.release },
      "\(change.property) changes in \(change.release), \(id) does not"
    )
  }

  @Test func `the fault in MmGetSystemRoutineAddress left two code lines at different times`() {
    let faulty = Release.allCases.filter { Behaviour(of: $0).routineLookupFaultsBelowFirstExport }
    #expect(faulty == [.w2k, .w2ksp1, .w2ksp2, .w2ksp3, .w2ksp4, .wxp, .wxpsp1, .wxpsp2, .ws03])
    let changes = Behaviour.changes(from: .wxpsp3, to: .vista).map(\.property)
    #expect(!changes.contains("routineLookupFaultsBelowFirstExport"), "undone in between")
  }

  @Test func `moving from SP3 to SP4 changes the mapped address and brings special pool`() {
    let changes = Behaviour.changes(from: .nt400sp3, to: .nt400sp4)
    // And the shared page grows.
    #expect(
      changes.map(\.property) == [
        "everyMappedAddressIncludesByteOffset", "specialPoolIsAvailable", "sharedDataSize",
      ]
    )
    #expect(changes.map(\.differenceID) == ["KD-001", "KD-042", nil])
    #expect(changes[0].previousValue == "false" && changes[0].value == "true")
    #expect(Behaviour.changes(from: .nt400sp4, to: .nt400sp3).count == changes.count)
    #expect(Behaviour.changes(from: .win10_1909, to: .win10_1909).isEmpty)
  }

  @Test(arguments: Release.allCases)
  func `no change means equal behaviour`(release: Release) throws {
    guard let before = release.predecessor else { return }
    let changes = Behaviour.changes(from: before, to: release)
    #expect(changes.isEmpty == (Behaviour(of: before) == Behaviour(of: release)))
  }

  @Test func `what was assumed is marked so`() throws {
    let granularity = try #require(Behaviour.evidence(of: \.poolGranularity32, in: .nt400sp6a))
    #expect(!granularity.evidence.isConfirmed && granularity.confidence == .low)
    let known = try #require(Behaviour.evidence(of: \.poolGranularity32, in: .w2ksp4))
    #expect(known.evidence.isConfirmed && known.value == "32")
  }
}
