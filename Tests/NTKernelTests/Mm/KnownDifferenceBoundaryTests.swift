import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// Both sides of differences that have no routine's tests of their own.
@Suite struct KnownDifferenceBoundaryTests {
  @Test(arguments: Host.all)
  func `user addresses end where the release says, also with 128 TB (KD-008, KD-009)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let variable = try #require(
      fixture.kernel.dataExports.first { $0.name == "MmHighestUserAddress" }
    )
    let place = try fixture.allocate(8)
    try variable.initialise(place, fixture.memory)
    let highest = try fixture.memory.load(VirtualAddress.self, at: place).rawValue
    switch host.architecture {
    case .x86: #expect(highest == 0x7FFE_FFFF)
    case .x64: #expect(highest == (host.release < .win81 ? 0x7FF_FFFE_FFFF : 0x7FFF_FFFE_FFFF))
    }
  }

  @Test(arguments: Host.all)
  func `the length of an MDL ends where the release says (KD-019, KD-020, KD-021)`(
    host: Host
  ) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 64 << 20)
    func allocate(_ byteCount: UInt32) throws -> GuestPointer<MDL> {
      GuestPointer(
        try fixture.pointer(
          "IoAllocateMdl",
          VirtualAddress.null,
          byteCount,
          false,
          false,
          0 as UInt32
        )
      )
    }
    // The most pages for which the size fits 16 bits.
    let (header, width) = host.architecture == .x86 ? (28, 4) : (48, 8)
    let most = (0xFFFF - header) / width
    #expect(try !allocate(UInt32(most * 4096)).isNull)
    let next = try allocate(UInt32((most + 1) * 4096))
    if host.release < .vista {
      #expect(next.isNull)
    } else {
      let size = try UInt16(bitPattern: fixture.memory[next].size)
      #expect(Int(size) == (header + (most + 1) * width) & 0xFFFF)
      #expect(Int(size) < header + width, "truncated")
    }
    // 2 GB less a page, and a page more: the pool ends only for lengths that are allowed.
    let limit = Behaviour(of: host.release).mdlLengthLimit
    #expect((limit == .twoGigabytes) == (host.release >= .vista && host.release < .win7))
  }

  @Test(arguments: Host.all)
  func `page frame numbers are as wide as a pointer (KD-022)`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(0x3000)
    let mdl = GuestPointer<MDL>(
      try fixture.pointer("IoAllocateMdl", block, UInt32(0x3000), false, false, VirtualAddress.null)
    )
    try fixture.call("MmBuildMdlForNonPagedPool", mdl)
    let frames = fixture.frames(at: block, 3).compactMap { $0 }
    for (index, frame) in frames.enumerated() {
      let found: UInt64 =
        switch host.architecture {
        case .x86: UInt64(try fixture.memory.load(UInt32.self, at: mdl.address + (28 + index * 4)))
        case .x64: try fixture.memory.load(UInt64.self, at: mdl.address + (48 + index * 8))
        }
      #expect(found == UInt64(frame))
    }
  }

  @Test(arguments: Host.all)
  func `a part of device memory is known as such but in XP before SP2 (KD-026)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let physical = PhysicalAddress(rawValue: 0xF000_0000)
    let size = GuestWord(0x2000)
    let device = try fixture.pointer("MmMapIoSpace", physical, size, UInt32(0))
    func allocate() throws -> GuestPointer<MDL> {
      GuestPointer(
        try fixture.pointer(
          "IoAllocateMdl",
          device,
          UInt32(0x2000),
          false,
          false,
          VirtualAddress.null
        )
      )
    }
    let (source, target) = (try allocate(), try allocate())
    try fixture.call("MmBuildMdlForNonPagedPool", source)
    #expect(try fixture.memory[source].flags.contains(.ioSpace))
    try fixture.call("IoBuildPartialMdl", source, target, device, UInt32(0x1000))
    let isLost = host.release == .wxp || host.release == .wxpsp1
    #expect(try fixture.memory[target].flags.contains(.ioSpace) == !isLost)
  }

  @Test(arguments: Host.all)
  func `a partial MDL that is too small is 0x40 before Windows 8 and 0x12E from there (KD-027)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(0x4000)
    func allocate(_ byteCount: UInt32) throws -> GuestPointer<MDL> {
      GuestPointer(
        try fixture.pointer("IoAllocateMdl", block, byteCount, false, false, VirtualAddress.null)
      )
    }
    let (source, target) = (try allocate(0x4000), try allocate(0x1000))
    try fixture.call("MmBuildMdlForNonPagedPool", source)
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("IoBuildPartialMdl", source, target, block, UInt32(0x3000))
    }
    #expect(error?.code.rawValue == (host.release < .win8 ? 0x40 : 0x12E))
  }

  @Test(arguments: Host.all)
  func `a DPC's importance is where the release keeps it (KD-061)`(host: Host) throws {
    let fixture = try host.fixture()
    let dpc = try fixture.allocate(64)
    let routine = fixture.routine { _ in 0 }
    try fixture.call("KeInitializeDpc", dpc, routine, VirtualAddress.null)
    try fixture.call("KeSetImportanceDpc", dpc, UInt32(2))
    let offset = host.release < .ws03 ? 3 : 1
    let bytes = try fixture.memory.bytes(at: dpc, count: 4)
    var expected: [UInt8] = [0x13, 0, 0, 0]
    expected[offset] = 2
    #expect(bytes == expected)
  }

  @Test(arguments: Host.all)
  func `a name below the first export is looked up in vain or faults (KD-071)`(host: Host) throws {
    let fixture = try host.fixture()
    let text = Array("AaNoSuchName".utf16)
    let width = host.architecture.pointerSize
    let name = try fixture.allocate(64)
    try fixture.memory.store(UInt16(text.count * 2), at: name)
    try fixture.memory.store(UInt16(text.count * 2), at: name + 2)
    try fixture.memory.store(name + 32, at: name + width)
    for (index, unit) in text.enumerated() {
      try fixture.memory.store(unit, at: name + (32 + index * 2))
    }
    let faulty: [Release] = [
      .w2k, .w2ksp1, .w2ksp2, .w2ksp3, .w2ksp4, .wxp, .wxpsp1, .wxpsp2, .ws03,
    ]
    if faulty.contains(host.release) {
      #expect(throws: Unmodelled.self) { try fixture.call("MmGetSystemRoutineAddress", name) }
    } else if host.release <= .win10_2004 {
      #expect(try fixture.pointer("MmGetSystemRoutineAddress", name) == .null)
    }
  }

  @Test(arguments: Host.all)
  func `page-table entries are as wide, and where, as the release has them (KD-072, KD-073)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(0x1000)
    let frame = try #require(fixture.frames(at: block, 1)[0])
    func frameSeen(at base: UInt64, width: Int, bits: UInt64) throws -> UInt64 {
      let page = (block.rawValue & (1 << bits - 1)) >> 12
      let place = VirtualAddress(rawValue: base + page * UInt64(width))
      let entry = try fixture.memory.bytes(at: place, count: width)
      return entry.reversed().reduce(0) { $0 << 8 | UInt64($1) } >> 12 & 0xF_FFFF
    }
    switch host.architecture {
    case .x86:
      let width = host.release < .win8 ? 4 : 8
      #expect(try frameSeen(at: 0xC000_0000, width: width, bits: 32) == UInt64(frame))
    case .x64:
      let fixed: UInt64 = 0xFFFF_F680_0000_0000
      let base = fixture.manager.layout.pageTableBase.rawValue
      #expect(try frameSeen(at: base, width: 8, bits: 48) == UInt64(frame))
      #expect((base == fixed) == (host.release < .win10_1607))
      if host.release >= .win10_1607 {
        #expect(throws: GuestFault.self) { try frameSeen(at: fixed, width: 8, bits: 48) }
        let other = try host.fixture(seed: 2).manager.layout.pageTableBase.rawValue
        #expect(other != base)
      }
    }
  }

  @Test(arguments: Host.all)
  func `MdlMappingNoExecute counts since Windows 8 (KD-015)`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(0x1000)
    let mdl = try fixture.pointer(
      "IoAllocateMdl",
      block,
      UInt32(0x1000),
      false,
      false,
      VirtualAddress.null
    )
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.modify)
    func map(_ priority: UInt32) throws -> Bool {
      let address = try fixture.pointer(
        "MmMapLockedPagesSpecifyCache",
        mdl,
        ProcessorMode.kernel,
        UInt32(1),
        VirtualAddress.null,
        UInt32(0),
        priority
      )
      let page = try #require(fixture.memory.tables.translate(address))
      try fixture.call("MmUnmapLockedPages", address, mdl)
      return page.isExecutable
    }
    #expect(try map(16))
    if host.release < .win8 {
      #expect(throws: Unmodelled.self) { try map(16 | 0x4000_0000) }
    } else {
      #expect(try !map(16 | 0x4000_0000))
    }
  }

  @Test(arguments: [Release.nt400sp6a, .w2k, .wxp, .ws03sp2])
  func `a failed mapping returns NULL, whatever the byte offset (KD-068)`(release: Release) throws {
    let fixture = try KernelFixture(release, .x86, memorySize: 64 << 20)
    let block = try fixture.allocate(0x1000)
    let buffer = block + 0x123
    let mdl = try fixture.pointer(
      "IoAllocateMdl",
      buffer,
      UInt32(8),
      false,
      false,
      VirtualAddress.null
    )
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.modify)
    // All system PTEs.
    var size = 512 << 20
    while size >= 4096 {
      let device = PhysicalAddress(rawValue: 0x1_0000_0000)
      let address = try fixture.pointer("MmMapIoSpace", device, GuestWord(size), UInt32(0))
      if address == .null { size /= 2 }
    }
    let address = try fixture.pointer(
      "MmMapLockedPagesSpecifyCache",
      mdl,
      ProcessorMode.kernel,
      UInt32(1),
      VirtualAddress.null,
      UInt32(0),
      UInt32(16)
    )
    #expect(address == .null)
    // What the article's idiom makes of it.
    let offset = try fixture.memory[GuestPointer<MDL>(mdl)].byteOffset
    #expect(address.rawValue | UInt64(offset) == 0x123)
  }

  @Test(arguments: Host.all)
  func `BAD_POOL_CALLER is a bug check of Windows 2000 and later (KD-043)`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(24))
    try fixture.call("ExFreePool", block)
    let error = #expect(throws: (any Error).self) { try fixture.call("ExFreePool", block) }
    #expect((error is BugCheck) == (host.release >= .w2k))
  }

  @Test(arguments: Release.allCases)
  func `x86 ends with Windows 10 (KD-067)`(release: Release) throws {
    guard release < .ws2022 else {
      #expect(throws: Unmodelled.self) { try KernelFixture(release, .x86) }
      return
    }
    _ = try KernelFixture(release, .x86, memorySize: 4 << 20)
  }
}
