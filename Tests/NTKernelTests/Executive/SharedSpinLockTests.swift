import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct SharedSpinLockTests {
  private static let hosts = [
    Host(release: .win8, architecture: .x86), Host(release: .win7, architecture: .x64),
  ]

  @Test(arguments: hosts)
  func `a lock is shared by many or held by one`(host: Host) throws {
    let fixture = try host.fixture()
    let lock = try fixture.allocate(4)
    #expect(try fixture.call("ExAcquireSpinLockShared", lock) & 0xFF == 0)
    #expect(fixture.dispatcher.irql == .dispatch)
    #expect(try fixture.call("ExTryConvertSharedSpinLockExclusive", lock) & 0xFFFF_FFFF == 1)
    #expect(try fixture.call("ExTryAcquireSpinLockSharedAtDpcLevel", lock) & 0xFF == 0)
    try fixture.call("ExReleaseSpinLockExclusiveFromDpcLevel", lock)
    try fixture.call("ExAcquireSpinLockSharedAtDpcLevel", lock)
    #expect(try fixture.call("ExTryAcquireSpinLockSharedAtDpcLevel", lock) & 0xFF == 1)
    #expect(try fixture.call("ExTryConvertSharedSpinLockExclusive", lock) & 0xFFFF_FFFF == 0)
    #expect(try fixture.call("ExTryAcquireSpinLockExclusiveAtDpcLevel", lock) & 0xFF == 0)
    #expect(throws: Unmodelled.self) { try fixture.call("ExAcquireSpinLockExclusive", lock) }
    try fixture.call("ExReleaseSpinLockSharedFromDpcLevel", lock)
    try fixture.call("ExReleaseSpinLockShared", lock, IRQL.passive)
    #expect(fixture.dispatcher.irql == .passive)
    #expect(try fixture.memory.load(UInt32.self, at: lock) == 0)
    #expect(try fixture.call("ExAcquireSpinLockExclusive", lock) & 0xFF == 0)
    #expect(throws: Unmodelled.self) {
      try fixture.call("ExReleaseSpinLockShared", lock, IRQL.passive)
    }
    try fixture.call("ExReleaseSpinLockExclusive", lock, IRQL.passive)
    #expect(fixture.dispatcher.irql == .passive)
  }
}
