import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmMapLockedPagesTests {
  /// Locks a buffer of three pages of the user process.
  private func lock(
    _ fixture: KernelFixture,
    offset: Int
  ) throws -> (mdl: GuestPointer<MDL>, buffer: VirtualAddress) {
    let byteCount = 3 * 4096 - offset - 0x10
    let buffer = try fixture.manager.allocateUserBuffer(byteCount, byteOffset: offset)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.modify)
    return (mdl, buffer)
  }

  @Test(arguments: Host.all, Reading.allCases)
  func `the address is the one that the release returned`(host: Host, reading: Reading) throws {
    let fixture = try host.fixture(reading)
    let memory = fixture.memory
    for mode in [ProcessorMode.kernel, .user] {
      for offset in [0, 0x123] {
        let (mdl, buffer) = try lock(fixture, offset: offset)
        let address = try fixture.pointer("MmMapLockedPages", mdl, mode)
        // KB199311, and for KernelMode the June 1998 DDK's page (KD-002).
        let includesOffset =
          host.release >= .nt400sp4 || mode == .kernel && reading == .consistent
        #expect(address.offsetInPage == (includesOffset ? offset : 0))
        #expect((address < fixture.manager.layout.userProbeAddress) == (mode == .user))
        let base = address + -address.offsetInPage
        let page = buffer + -buffer.offsetInPage
        #expect(fixture.frames(at: base, 3) == fixture.frames(at: page, 3))
        #expect(fixture.frames(at: base + -4096, 1) == [nil])
        #expect(fixture.frames(at: base + 3 * 4096, 1) == [nil])

        let isMapped = try memory[mdl].flags.contains(.mappedToSystemVA)
        #expect(isMapped == (mode == .kernel))
        if mode == .kernel { #expect(try memory[mdl].mappedSystemVA == address) }
        let mapping = try #require(fixture.manager.mapping(at: address))
        #expect(
          mapping.dependsOnReading
            == (host.release < .nt400sp4 && mode == .kernel && offset != 0)
        )
        // The pages are the buffer's own.
        try memory.store(UInt32(0xFEED_0001), at: base + (offset + 4094))
        #expect(try memory.load(UInt32.self, at: buffer + 4094) == 0xFEED_0001)
        try memory.store(UInt8(0x77), at: buffer)
        #expect(try memory.load(UInt8.self, at: base + offset) == 0x77)

        try fixture.call("MmUnmapLockedPages", address, mdl)
        #expect(fixture.frames(at: base, 3) == [nil, nil, nil])
        #expect(try memory[mdl].flags.isDisjoint(with: [.mappedToSystemVA, .partialHasBeenMapped]))
        try fixture.call("MmUnlockPages", mdl)
        try fixture.call("IoFreeMdl", mdl)
        fixture.manager.freeUserBuffer(buffer)
      }
    }
    #expect(fixture.violations.isEmpty)
    #expect(fixture.manager.liveMappings.isEmpty)
  }

  @Test(arguments: Host.few)
  func `the routine with a cache type returns the buffer`(host: Host) throws {
    let fixture = try host.fixture()
    for mode in [ProcessorMode.kernel, .user] {
      let (mdl, buffer) = try lock(fixture, offset: 0x123)
      let address = try fixture.pointer(
        "MmMapLockedPagesSpecifyCache",
        mdl,
        mode,
        UInt32(1),
        VirtualAddress.null,
        UInt32(0),
        UInt32(16)
      )
      #expect(address.offsetInPage == 0x123)
      try fixture.memory.store(UInt8(5), at: address)
      #expect(try fixture.memory.load(UInt8.self, at: buffer) == 5)
    }
  }

  /// Uses up the system PTEs.
  private func exhaust(_ fixture: KernelFixture) throws {
    var size = 16 << 20
    while size >= 4096 {
      let address = try fixture.manager.mapIOSpace(
        PhysicalAddress(rawValue: 0x1_0000_0000),
        byteCount: size,
        isCached: false
      )
      if address == .null { size /= 2 }
    }
  }

  @Test func `a machine without system PTEs stops, or returns NULL where it may (KD-011, KD-012)`()
    throws
  {
    let fixture = try KernelFixture(.ws03sp1, .x86, memorySize: 64 << 20)
    let (mdl, _) = try lock(fixture, offset: 0x123)
    try exhaust(fixture)
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmMapLockedPages", mdl, ProcessorMode.kernel)
    }
    #expect(error?.code.rawValue == 0x3F)
    #expect(error?.parameters[1] == 3)
    #expect(try !fixture.memory[mdl].flags.contains(.mappedToSystemVA))
    let specify = { (stops: UInt32) in
      try fixture.pointer(
        "MmMapLockedPagesSpecifyCache",
        mdl,
        ProcessorMode.kernel,
        UInt32(1),
        VirtualAddress.null,
        stops,
        UInt32(16)
      )
    }
    #expect(try specify(0) == .null)
    #expect(throws: BugCheck.self) { try specify(1) }
    try fixture.memory.modify(mdl) { $0.flags.formUnion(.mappingCanFail) }
    #expect(try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel) == .null)
    // The process has room of its own.
    #expect(try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.user) != .null)
  }

  @Test(arguments: [Release.nt310, .nt350, .nt351, .nt351sp2, .nt400sp3, .ws03sp2])
  func `early kernels stop without saying how many PTEs were needed (KD-036)`(release: Release)
    throws
  {
    let fixture = try KernelFixture(release, .x86, memorySize: 64 << 20)
    let (mdl, _) = try lock(fixture, offset: 0)
    try exhaust(fixture)
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmMapLockedPages", mdl, ProcessorMode.kernel)
    }
    // KB Q130783.
    let isSilent = release >= .nt350 && release < .nt351sp2
    #expect((error?.parameters == [0, 0, 0, 0]) == isSilent)
  }

  @Test(arguments: Architecture.allCases)
  func `a process without room raises an exception (KD-013)`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.ws03sp1, architecture, memorySize: 64 << 20)
    let (mdl, _) = try lock(fixture, offset: 0x123)
    var size = 64 << 20
    while size >= 4096 {
      let physical = PhysicalAddress(rawValue: 0x1_0000_0000)
      let view = try fixture.manager.mapPhysicalView(physical, byteCount: size, isWritable: false)
      if view == nil { size /= 2 }
    }
    #expect(throws: RaisedStatus.self) {
      try fixture.call("MmMapLockedPages", mdl, ProcessorMode.user)
    }
    #expect(fixture.manager.liveMappings.isEmpty)
  }

  @Test(arguments: Host.few)
  func `an MDL that is not locked cannot be mapped`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(100)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 100))
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmMapLockedPages", mdl, ProcessorMode.kernel)
    }
    #expect(fixture.violations == [.mapUnlocked])
  }

  @Test(arguments: Host.few)
  func `an address that is not the MDL's mapping cannot be unmapped`(host: Host) throws {
    let fixture = try host.fixture()
    let (first, _) = try lock(fixture, offset: 0)
    let (second, _) = try lock(fixture, offset: 0)
    let address = try fixture.pointer("MmMapLockedPages", first, ProcessorMode.kernel)
    for (wrong, mdl) in [(address, second), (address + 4096, first), (address + 0x10_0000, first)] {
      #expect(throws: Unmodelled.self) { try fixture.call("MmUnmapLockedPages", wrong, mdl) }
    }
    #expect(fixture.violations == [.unmapOther, .unmapUnknown, .unmapUnknown])
    try fixture.call("MmUnmapLockedPages", address, first)
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnmapLockedPages", address, first) }
  }
}
