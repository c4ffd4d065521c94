import GuestABI
import NTStructures
import Testing

@Suite struct NTStatusTests {
  @Test func `severity decides success`() {
    #expect(NTStatus.success.isSuccess)
    #expect(NTStatus.pending.isSuccess)
    #expect(!NTStatus.bufferOverflow.isSuccess)
    #expect(!NTStatus.accessViolation.isSuccess)
  }

  @Test func `a status is its 32 bits on both architectures`() {
    for architecture in Architecture.allCases { #expect(NTStatus.size(on: architecture) == 4) }
    #expect(NTStatus.accessViolation.guestBits == 0xC000_0005)
    #expect(NTStatus(guestBits: 0xFFFF_FFFF_C000_0005) == .accessViolation)
  }

  @Test func `the names of constants are their C names`() {
    #expect(NTStatus.success.name == "STATUS_SUCCESS")
    #expect(NTStatus.accessViolation.name == "STATUS_ACCESS_VIOLATION")
  }

  @Test func `no two constants have one name`() {
    let bases: [UInt32] = [0, 0x4000_0000, 0x8000_0000, 0xC000_0000]
    let names = bases.flatMap { base in (0..<0x1000).map { NTStatus(base + $0).name } }
      .filter { $0.hasPrefix("STATUS_") }
    #expect(names.count > 40)
    #expect(Set(names).count == names.count)
  }
}
