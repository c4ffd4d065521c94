import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmProtectMdlSystemAddressTests {
  private func mapped(
    _ fixture: KernelFixture
  ) throws -> (mdl: GuestPointer<MDL>, address: VirtualAddress) {
    let buffer = try fixture.manager.allocateUserBuffer(0x2000, byteOffset: 0x10)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x2000))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.modify)
    #expect(
      try fixture.status("MmProtectMdlSystemAddress", mdl, UInt32(4)) == .notMappedView
    )
    return (mdl, try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel))
  }

  @Test(
    arguments: hostsSinceXP,
    [(2, false, false), (4, true, false), (0x20, false, true), (0x40, true, true)]
      as [(UInt32, Bool, Bool)]
  )
  func `each page of the mapping gets the protection`(
    host: Host,
    expected: (protection: UInt32, canWrite: Bool, canExecute: Bool)
  ) throws {
    let fixture = try host.fixture()
    let (mdl, address) = try mapped(fixture)
    #expect(
      try fixture.status("MmProtectMdlSystemAddress", mdl, expected.protection) == .success
    )
    // Entries of four bytes cannot forbid execution.
    let canExecute = expected.canExecute || fixture.memory.tables.format == .twoLevel
    for index in 0..<3 {
      let page = try #require(fixture.memory.tables.translate(address + index * 4096))
      #expect(page.isWritable == expected.canWrite)
      #expect(page.isExecutable == canExecute)
    }
    if !expected.canWrite {
      #expect(throws: GuestFault.self) { try fixture.memory.store(UInt8(1), at: address) }
    }
    _ = try fixture.memory.load(UInt8.self, at: address)
    // Back again, and gone.
    #expect(try fixture.status("MmProtectMdlSystemAddress", mdl, UInt32(4)) == .success)
    try fixture.memory.store(UInt8(1), at: address)
    try fixture.call("MmUnmapLockedPages", address, mdl)
    #expect(
      try fixture.status("MmProtectMdlSystemAddress", mdl, UInt32(4)) == .notMappedView
    )
  }

  @Test(arguments: hostsSinceXP)
  func `pages without access fault until they have it again`(host: Host) throws {
    let fixture = try host.fixture()
    let (mdl, address) = try mapped(fixture)
    try fixture.memory.store(UInt32(0x1234), at: address)
    #expect(try fixture.status("MmProtectMdlSystemAddress", mdl, UInt32(1)) == .success)
    #expect(throws: GuestFault.self) { try fixture.memory.load(UInt8.self, at: address) }
    #expect(try fixture.status("MmProtectMdlSystemAddress", mdl, UInt32(2)) == .success)
    #expect(try fixture.memory.load(UInt32.self, at: address) == 0x1234)
  }

  @Test(arguments: Host.few.filter { $0.release >= .wxp })
  func `other protections are refused`(host: Host) throws {
    let fixture = try host.fixture()
    let (mdl, address) = try mapped(fixture)
    for protection in [0, 3, 6, 8, 0x80, 0x24] as [UInt32] {
      let status = try fixture.status("MmProtectMdlSystemAddress", mdl, protection)
      #expect(status == .invalidPageProtection)
      #expect(status.name == "STATUS_INVALID_PAGE_PROTECTION")
    }
    // What the routine makes of PAGE_GUARD and the like is not documented.
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmProtectMdlSystemAddress", mdl, UInt32(0x104))
    }
    // A flag that lies.
    let lying = try #require(try fixture.manager.allocateMDL(for: address, byteCount: 1))
    try fixture.memory.modify(lying) {
      $0.flags = .mappedToSystemVA
      $0.mappedSystemVA = address + 0x100_0000
    }
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmProtectMdlSystemAddress", lying, UInt32(4))
    }
    #expect(error?.code.rawValue == 0x1A)
    #expect(error?.parameters[0] == 0x1235)
  }
}
