import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmMapLockedPagesSpecifyCacheTests {
  /// The hosts whose release exports the routine (KD-007).
  static let hosts = Host.all.filter { $0.release >= .nt400sp4 }

  private func lock(
    _ fixture: KernelFixture,
    _ buffer: VirtualAddress,
    _ byteCount: Int,
    _ mode: ProcessorMode = .kernel
  ) throws -> GuestPointer<MDL> {
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount))
    try fixture.call("MmProbeAndLockPages", mdl, mode, LockOperation.modify)
    return mdl
  }

  private func map(
    _ fixture: KernelFixture,
    _ mdl: GuestPointer<MDL>,
    _ mode: ProcessorMode = .kernel,
    cacheType: UInt32 = 1,
    at address: VirtualAddress = .null,
    stops: Bool = false,
    priority: UInt32 = 16
  ) throws -> VirtualAddress {
    try fixture.pointer(
      "MmMapLockedPagesSpecifyCache",
      mdl,
      mode,
      cacheType,
      address,
      UInt32(stops ? 1 : 0),
      priority
    )
  }

  private func pte(_ fixture: KernelFixture, _ address: VirtualAddress) throws -> HardwarePTE {
    let entry = try #require(fixture.memory.tables.entry(for: address))
    return fixture.memory.tables.load(entry)
  }

  @Test(arguments: hosts, [0, 2] as [UInt32])
  func `cached pages are mapped otherwise up to Windows 2000, and refused since XP (KD-014)`(
    host: Host,
    cacheType: UInt32
  ) throws {
    let fixture = try host.fixture()
    let mdl = try lock(fixture, try fixture.allocate(4096), 4096)
    guard host.release >= .wxp else {
      let address = try map(fixture, mdl, cacheType: cacheType)
      #expect(try pte(fixture, address).contains(.cacheDisabled) == (cacheType == 0))
      #expect(fixture.violations == [.cacheConflict])
      return
    }
    #expect(try map(fixture, mdl, cacheType: cacheType) == .null)
    let error = #expect(throws: BugCheck.self) {
      try map(fixture, mdl, cacheType: cacheType, stops: true)
    }
    #expect(error?.code.rawValue == 0x1A)
    #expect(error?.parameters[0] == 0x1000)
    #expect(throws: RaisedStatus(.conflictingAddresses)) {
      try map(fixture, mdl, .user, cacheType: cacheType)
    }
    #expect(fixture.violations == Array(repeating: .cacheConflict, count: 3))
    #expect(try !fixture.memory[mdl].flags.contains(.mappedToSystemVA))
    #expect(fixture.manager.liveMappings.isEmpty)
    // With the type that they have they are mapped.
    #expect(try map(fixture, mdl) != .null)
  }

  @Test(arguments: hosts)
  func `pages that are not cached stay so`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.pointer("MmAllocateNonCachedMemory", GuestWord(2 * 4096))
    let mdl = try lock(fixture, buffer, 2 * 4096)
    // As MmGetSystemAddressForMdlSafe does. The CachingType counts only for pages that have none.
    let address = try map(fixture, mdl, cacheType: 1)
    #expect(address != .null)
    #expect(try pte(fixture, address).contains(.cacheDisabled) == (host.release >= .wxp))
    try fixture.call("MmUnmapLockedPages", address, mdl)
    let uncached = try map(fixture, mdl, .user, cacheType: 0)
    #expect(try pte(fixture, uncached).contains(.cacheDisabled))
    #expect(fixture.violations.isEmpty)
    // Freed and allocated again, memory is cached.
    try fixture.call("MmUnmapLockedPages", uncached, mdl)
    try fixture.call("MmUnlockPages", mdl)
    let frames = fixture.frames(at: buffer, 2).compactMap { $0 }
    #expect(frames.map { fixture.manager.frames.cachingType(of: $0) } == [.noncached, .noncached])
    try fixture.call("MmFreeNonCachedMemory", buffer, GuestWord(2 * 4096))
    while let frame = fixture.manager.frames.allocate(.user) {
      #expect(fixture.manager.frames.cachingType(of: frame) == .cached)
    }
  }

  @Test(arguments: hosts)
  func `the bits of Priority are known since Windows 8 (KD-015)`(host: Host) throws {
    let fixture = try host.fixture()
    for (bits, canWrite, canExecute) in [
      (UInt32(0), true, true), (0x4000_0000, true, false), (0x8000_0000, false, true),
    ] {
      let mdl = try lock(fixture, try fixture.allocate(4096), 4096)
      guard bits == 0 || host.release >= .win8 else {
        #expect(throws: Unmodelled.self) { try map(fixture, mdl, priority: 16 | bits) }
        continue
      }
      let address = try map(fixture, mdl, priority: 16 | bits)
      let page = try #require(fixture.memory.tables.translate(address))
      #expect(page.isWritable == canWrite)
      #expect(page.isExecutable == canExecute)
    }
  }

  @Test(arguments: hosts)
  func `mappings for user mode cannot be executed (KD-017)`(host: Host) throws {
    let fixture = try host.fixture()
    let mdl = try lock(fixture, try fixture.allocate(4096), 4096)
    let address = try map(fixture, mdl, .user)
    let page = try #require(fixture.memory.tables.translate(address))
    // Entries of four bytes cannot say so.
    #expect(page.isExecutable == (fixture.memory.tables.format == .twoLevel))
    #expect(page.isUser && page.isWritable)
  }

  @Test(arguments: hosts)
  func `a driver may ask for an address in the process`(host: Host) throws {
    let fixture = try host.fixture()
    let region = fixture.manager.layout.userMappings
    let buffer = try fixture.allocate(3 * 4096)
    let mdl = try lock(fixture, buffer, 3 * 4096)
    let wanted = region.lowerBound + 0x12_3000
    #expect(try map(fixture, mdl, .user, at: wanted) == wanted)
    #expect(fixture.frames(at: wanted, 3) == fixture.frames(at: buffer, 3))
    // In system space the argument does not count.
    let other = try lock(fixture, buffer, 3 * 4096)
    #expect(try map(fixture, other, at: wanted) > fixture.manager.layout.systemRangeStart)
    // Where something is already, where no page begins, and too close to the system's addresses.
    let end = fixture.manager.layout.userProbeAddress
    for (address, status) in [
      (wanted + 4096, NTStatus.conflictingAddresses),
      (wanted + -4096, .conflictingAddresses),
      (wanted + 0x10_0800, .invalidAddress),
      (end + -0x1_2000, .invalidAddress),
      (end, .invalidAddress),
    ] {
      let third = try lock(fixture, buffer, 3 * 4096)
      #expect(throws: RaisedStatus(status)) { try map(fixture, third, .user, at: address) }
    }
    try fixture.call("MmUnmapLockedPages", wanted, mdl)
    #expect(try map(fixture, mdl, .user, at: wanted) == wanted)
    try fixture.call("MmUnmapLockedPages", wanted, mdl)
    #expect(fixture.violations.isEmpty)
  }

  @Test(arguments: Host.few.filter { $0.release >= .nt400sp4 })
  func `where another process's memory would be is not guessed`(host: Host) throws {
    let fixture = try host.fixture()
    let region = fixture.manager.layout.userMappings
    let mdl = try lock(fixture, try fixture.allocate(4096), 4096)
    let wanted = region.lowerBound + 0x10_0000
    #expect(try map(fixture, mdl, .user, at: wanted) == wanted)
    for address in [region.upperBound + 0x10_0000, wanted + 4096] {
      #expect(throws: Unmodelled.self) { try map(fixture, mdl, .user, at: address) }
    }
    // A buffer of the process is in the way.
    let buffer = try fixture.manager.allocateUserBuffer(4096, byteOffset: 0)
    #expect(throws: RaisedStatus(.conflictingAddresses)) {
      try map(fixture, mdl, .user, at: buffer)
    }
  }

  @Test(arguments: Host.few.filter { $0.release >= .nt400sp4 })
  func `cache types that x86 and x64 do not have are not guessed`(host: Host) throws {
    let fixture = try host.fixture()
    let mdl = try lock(fixture, try fixture.allocate(4096), 4096)
    for cacheType in [3, 4, 5, 6, UInt32.max] {
      #expect(throws: Unmodelled.self) { try map(fixture, mdl, cacheType: cacheType) }
    }
  }
}
