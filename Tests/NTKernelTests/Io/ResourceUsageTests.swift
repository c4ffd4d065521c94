import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `IoReportResourceUsage` and `IoReportResourceForDetection`.
@Suite struct ResourceUsageTests {
  /// A list of one range of ports.
  private func list(
    _ fixture: KernelFixture,
    _ first: UInt64,
    _ count: UInt32,
    isShared: Bool = false,
    descriptorCount: UInt32 = 1
  ) throws -> VirtualAddress {
    let list = try fixture.allocate(64)
    let memory = fixture.memory
    try memory.store(UInt32(1), at: list)
    try memory.store(descriptorCount, at: list + 16)
    try memory.store(UInt16(isShared ? 0x301 : 0x101), at: list + 20)
    try memory.store(first, at: list + 24)
    try memory.store(count, at: list + 32)
    return list
  }

  private func detect(
    _ fixture: KernelFixture,
    driver: UInt64,
    _ list: VirtualAddress
  ) throws -> (status: NTStatus, isConflict: Bool) {
    let conflict = try fixture.allocate(1)
    let status = try fixture.status(
      "IoReportResourceForDetection",
      VirtualAddress(rawValue: driver),
      list,
      UInt32(list == .null ? 0 : 40),
      VirtualAddress.null,
      VirtualAddress.null,
      UInt32(0),
      conflict
    )
    return (status, try fixture.memory.load(UInt8.self, at: conflict) != 0)
  }

  @Test(arguments: Host.few)
  func `ranges that overlap conflict, unless both are shared or they are the driver's own`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let ports = try list(fixture, 0x300, 8)
    #expect(try detect(fixture, driver: 1, ports).status == .success)
    #expect(try detect(fixture, driver: 1, ports).status == .success)
    let overlapping = try list(fixture, 0x307, 1)
    let other = try detect(fixture, driver: 2, overlapping)
    #expect(other.status == .conflictingAddresses && other.isConflict)
    let beside = try detect(fixture, driver: 2, list(fixture, 0x308, 8))
    #expect(beside.status == .success && !beside.isConflict)
    // Who reports no list any more has given its resources back.
    #expect(try detect(fixture, driver: 1, .null).status == .success)
    #expect(try detect(fixture, driver: 2, overlapping).status == .success)
    #expect(
      try detect(fixture, driver: 3, list(fixture, 0x400, 4, isShared: true)).status == .success
    )
    #expect(
      try detect(fixture, driver: 4, list(fixture, 0x400, 4, isShared: true)).status == .success
    )
    #expect(try detect(fixture, driver: 5, list(fixture, 0x400, 4)).isConflict)
  }

  @Test(arguments: Host.few)
  func `lists that lie about their length are read as far as they go`(host: Host) throws {
    let fixture = try host.fixture()
    let long = try list(fixture, 0x300, 8, descriptorCount: .max)
    #expect(try detect(fixture, driver: 1, long).status == .success)
    let wide = try list(fixture, .max, .max)
    #expect(try detect(fixture, driver: 2, wide).status == .success)
    let conflict = try fixture.allocate(1)
    let null = VirtualAddress.null
    let status = try fixture.status(
      "IoReportResourceUsage",
      null,
      VirtualAddress(rawValue: 9),
      try list(fixture, 0x300, 1),
      UInt32(40),
      null,
      null,
      UInt32(0),
      true,
      conflict
    )
    #expect(status == .success)
    #expect(try fixture.memory.load(UInt8.self, at: conflict) == 1)
  }
}
