import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// ``MmAdvanceMdlTests`` and the like: hosts whose release has Windows XP's routines.
let hostsSinceXP = Host.all.filter { $0.release >= .wxp }

@Suite struct MmAdvanceMdlTests {
  private func lock(
    _ fixture: KernelFixture,
    _ byteCount: Int,
    offset: Int
  ) throws -> (mdl: GuestPointer<MDL>, buffer: VirtualAddress) {
    let buffer = try fixture.manager.allocateUserBuffer(byteCount, byteOffset: offset)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.modify)
    return (mdl, buffer)
  }

  private func frameNumbers(
    _ fixture: KernelFixture,
    _ mdl: GuestPointer<MDL>,
    _ count: Int
  ) throws -> [FrameNumber?] {
    let array = MDL.pageFrames(of: mdl, on: fixture.architecture)
    return try (0..<count).map {
      let place = array + $0 * fixture.architecture.pointerSize
      return FrameNumber(try fixture.memory.load(GuestWord.self, at: place).rawValue)
    }
  }

  @Test(arguments: hostsSinceXP)
  func `the pages that are passed are unlocked at once (KD-029)`(host: Host) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let (mdl, buffer) = try lock(fixture, 0x3000, offset: 0x800)
    let frames = fixture.frames(at: buffer, 4).compactMap { $0 }
    let references = { frames.map { manager.frames.referenceCount(of: $0) } }
    #expect(references() == [2, 2, 2, 2])
    let view = fixture.memory[mdl]

    #expect(try fixture.status("MmAdvanceMdl", mdl, UInt32(0x700)) == .success)
    #expect(references() == [2, 2, 2, 2])
    #expect(try view.byteOffset == 0xF00)
    #expect(try view.byteCount == 0x2900)
    #expect(try view.startVA == buffer + -0x800)

    #expect(try fixture.status("MmAdvanceMdl", mdl, UInt32(0x1234)) == .success)
    #expect(references() == [1, 1, 2, 2])
    #expect(try view.startVA == buffer + (-0x800 + 0x2000))
    #expect(try view.byteOffset == 0x134)
    #expect(try view.byteCount == 0x16CC)
    #expect(try frameNumbers(fixture, mdl, 2) == frames.suffix(2))

    // Past the end nothing changes.
    let past = try fixture.status("MmAdvanceMdl", mdl, UInt32(0x16CD))
    #expect(past == .invalidParameter2)
    #expect(past.name == "STATUS_INVALID_PARAMETER_2")
    #expect(try view.byteCount == 0x16CC)
    #expect(throws: Unmodelled.self) { try fixture.call("MmAdvanceMdl", mdl, UInt32(0x16CC)) }

    try fixture.call("MmUnlockPages", mdl)
    #expect(references() == [1, 1, 1, 1])
    #expect(manager.lockedMDLs.isEmpty)
  }

  @Test(arguments: hostsSinceXP)
  func `the system address moves along, and what is behind it is no longer the buffer`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let (mdl, buffer) = try lock(fixture, 0x3000, offset: 0x123)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    // So that the pages within are not watched any more.
    for offset in [0, 0x1000, 0x2000] { try fixture.memory.store(UInt8(1), at: address + offset) }
    #expect(try fixture.status("MmAdvanceMdl", mdl, UInt32(0x1800)) == .success)
    let now = address + 0x1800
    #expect(try fixture.memory[mdl].mappedSystemVA == now)
    let mapping = try #require(fixture.manager.mapping(at: now))
    #expect(mapping.remainder == now..<address + 0x3000)
    #expect(mapping.window == address..<address + 0x3000)
    try fixture.memory.store(UInt8(7), at: now)
    #expect(try fixture.memory.load(UInt8.self, at: buffer + 0x1800) == 7)
    #expect(fixture.violations.isEmpty)
    try fixture.memory.store(UInt8(7), at: address + 0x1000)
    #expect(fixture.violations == [.accessOutsideBuffer])
    // The whole mapping goes with it.
    try fixture.call("MmUnmapLockedPages", now, mdl)
    let base = address + -address.offsetInPage
    #expect(fixture.frames(at: base, 4) == [nil, nil, nil, nil])
    try fixture.call("MmUnlockPages", mdl)
  }

  @Test(arguments: Host.few.filter { $0.release >= .wxp })
  func `an MDL whose fields lie does no harm`(host: Host) throws {
    let fixture = try host.fixture()
    let (mdl, _) = try lock(fixture, 0x3000, offset: 0x123)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    try fixture.memory.modify(mdl) { $0.byteCount = 0x7FFF_FFFF }
    _ = try? fixture.call("MmAdvanceMdl", mdl, UInt32(0x7FFF_0000))
    try fixture.memory.modify(mdl) { $0.byteCount = 0x8000 }
    #expect(try fixture.status("MmAdvanceMdl", mdl, UInt32(0x7000)) == .success)
    let mapping = try #require(fixture.manager.mapping(at: address))
    #expect(mapping.remainder.isEmpty)
    _ = try? fixture.memory.store(UInt8(1), at: address)
    #expect(fixture.violations == [.accessOutsideBuffer])
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnmapLockedPages", address, mdl) }
  }

  @Test(arguments: hostsSinceXP)
  func `nonpaged pool is passed without a lock`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(3 * 4096)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 3 * 4096))
    #expect(throws: Unmodelled.self) { try fixture.call("MmAdvanceMdl", mdl, UInt32(1)) }
    try fixture.call("MmBuildMdlForNonPagedPool", mdl)
    #expect(try fixture.status("MmAdvanceMdl", mdl, UInt32(0x1001)) == .success)
    #expect(try fixture.memory[mdl].mappedSystemVA == buffer + 0x1001)
    #expect(try fixture.memory[mdl].byteOffset == 1)
    #expect(try frameNumbers(fixture, mdl, 2) == fixture.frames(at: buffer + 0x1000, 2))
  }
}
