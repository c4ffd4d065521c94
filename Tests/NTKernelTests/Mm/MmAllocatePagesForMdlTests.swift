import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `MmAllocatePagesForMdl`, `MmAllocatePagesForMdlEx` and `MmFreePagesFromMdl`.
@Suite struct MmAllocatePagesForMdlTests {
  private static let everywhere = PhysicalAddress(rawValue: .max)
  private static let nowhere = PhysicalAddress(rawValue: 0)

  private func allocate(
    _ fixture: KernelFixture,
    _ byteCount: UInt64,
    low: UInt64 = 0,
    high: UInt64 = .max,
    skip: UInt64 = 0,
    flags: UInt32? = nil
  ) throws -> GuestPointer<MDL> {
    let low = PhysicalAddress(rawValue: low)
    let high = PhysicalAddress(rawValue: high)
    let skip = PhysicalAddress(rawValue: skip)
    let size = GuestWord(byteCount)
    guard let flags else {
      return GuestPointer(try fixture.pointer("MmAllocatePagesForMdl", low, high, skip, size))
    }
    return GuestPointer(
      try fixture.pointer("MmAllocatePagesForMdlEx", low, high, skip, size, UInt32(1), flags)
    )
  }

  private func frames(_ fixture: KernelFixture, _ mdl: GuestPointer<MDL>) throws -> [FrameNumber] {
    let count = try Int(fixture.memory[mdl].byteCount) / 4096
    let array = MDL.pageFrames(of: mdl, on: fixture.architecture)
    return try (0..<count).map { index in
      let place = array + index * fixture.architecture.pointerSize
      return FrameNumber(try fixture.memory.load(GuestWord.self, at: place).rawValue)
    }
  }

  private static let hosts = Host.all.filter { $0.release >= .w2k }

  @Test(arguments: hosts)
  func `the MDL describes locked, zeroed pages that are not mapped and not contiguous`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let dirty = try fixture.allocate(0x10000)
    try fixture.memory.fill(at: dirty, count: 0x10000, with: 0xA5)
    try fixture.call("ExFreePool", dirty)
    let free = fixture.manager.frames.freeCount

    let mdl = try allocate(fixture, 0x10000)
    let view = fixture.memory[mdl]
    #expect(try view.flags == .pagesLocked)
    #expect(try view.startVA == .null && view.byteOffset == 0 && view.byteCount == 0x10000)
    let pages = try frames(fixture, mdl)
    #expect(Set(pages).count == 16)
    #expect(!zip(pages, pages.dropFirst()).contains { $1 == $0 + 1 })

    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 16) == pages)
    #expect(try fixture.memory.bytes(at: address, count: 0x10000).allSatisfy { $0 == 0 })
    try fixture.call("MmUnmapLockedPages", address, mdl)
    try fixture.call("MmFreePagesFromMdl", mdl)
    #expect(try !fixture.memory[mdl].flags.contains(.pagesLocked))
    try fixture.call("ExFreePool", mdl)
    #expect(fixture.manager.livePageAllocations.isEmpty)
    // What stays are the page tables of the mapping.
    #expect(free - fixture.manager.frames.freeCount <= 4)
    #expect(fixture.violations.isEmpty)
  }

  @Test(arguments: Host.few)
  func `fewer pages than were asked for are a success, and none is not (KD-033)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    // 16 MiB of memory, of which the ranges below have 16 pages each, and none.
    let short = try allocate(fixture, 0x10_0000, low: 0x40_0000, high: 0x40_FFFF)
    #expect(try fixture.memory[short].byteCount <= 0x1_0000)
    #expect(try frames(fixture, short).allSatisfy { (0x400...0x40F).contains($0) })
    #expect(try allocate(fixture, 0x1000, low: 0x4000_0000).isNull)
    #expect(try allocate(fixture, 0x1000, low: 0x50_0000, high: 0x40_0000).isNull)

    let all = try allocate(fixture, 0x4000_0000)
    let got = try Int(fixture.memory[all].byteCount)
    #expect(got > 0x80_0000 && got < 0x100_0000)
    #expect(fixture.manager.frames.freeCount >= 32)
    try fixture.call("MmFreePagesFromMdl", all)
    try fixture.call("MmFreePagesFromMdl", short)
  }

  @Test(arguments: Host.few)
  func `further ranges follow at the distance of SkipBytes`(host: Host) throws {
    let fixture = try host.fixture()
    let mdl = try allocate(
      fixture,
      0x20_0000,
      low: 0x40_0000,
      high: 0x40_3FFF,
      skip: 0x10_0000
    )
    let pages = try frames(fixture, mdl)
    #expect(pages.count > 20)
    #expect(pages.allSatisfy { $0 >= 0x400 && $0 % 0x100 < 4 })
    // Ranges in the order of their addresses.
    #expect(zip(pages, pages.dropFirst()).allSatisfy { $0 / 0x100 <= $1 / 0x100 })

    let overlapping = try allocate(
      fixture,
      0x8000,
      low: 0x80_0000,
      high: 0x80_1FFF,
      skip: 0x1000
    )
    #expect(try frames(fixture, overlapping).count == 8)
  }

  @Test(arguments: Host.all.filter { $0.release >= .ws03sp1 })
  func `flags count since Windows 7, and are not documented before (KD-032)`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(try !allocate(fixture, 0x2000, flags: 3).isNull)
    for flags: UInt32 in [0x04, 0x08, 0x10, 0x20] {
      guard host.release >= .win7 else {
        #expect(throws: Unmodelled.self) { try allocate(fixture, 0x2000, flags: flags) }
        continue
      }
      let mdl = try allocate(fixture, 0x2000, flags: flags)
      #expect(try fixture.memory[mdl].byteCount == 0x2000)
    }
    #expect(throws: Unmodelled.self) { try allocate(fixture, 0x20_0000, flags: 0x60) }
    guard host.release >= .win7 else { return }
    let free = fixture.manager.frames.freeCount
    let short: (low: UInt64, high: UInt64) = (0x40_0000, 0x40_FFFF)
    #expect(try allocate(fixture, 0x2_0000, low: short.low, high: short.high, flags: 4).isNull)
    #expect(try allocate(fixture, 0x2_0000, low: short.low, high: short.high, flags: 0x20).isNull)
    #expect(fixture.manager.frames.freeCount == free)
  }

  @Test(arguments: Host.few.filter { $0.release >= .win7 })
  func `chunks are contiguous and aligned`(host: Host) throws {
    let fixture = try host.fixture()
    let one = try frames(fixture, allocate(fixture, 0x8000, flags: 0x20))
    #expect(zip(one, one.dropFirst()).allSatisfy { $1 == $0 + 1 } && one.count == 8)

    let chunks = try frames(fixture, allocate(fixture, 0x1_0000, skip: 0x4000, flags: 0x20))
    #expect(chunks.count == 16)
    for start in stride(from: 0, to: 16, by: 4) {
      #expect(chunks[start] % 4 == 0)
      #expect((0..<4).allSatisfy { chunks[start + $0] == chunks[start] + FrameNumber($0) })
    }
    #expect(throws: Unmodelled.self) { try allocate(fixture, 0x9000, skip: 0x3000, flags: 0x20) }
    // Hostile: as many chunks as there are pages.
    #expect(try !allocate(fixture, 0x4000_0000, skip: 0x1000, flags: 0x20).isNull)
  }

  @Test(arguments: hosts)
  func `freeing pages that are mapped unmaps them since Windows 7 only (KD-030)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let mdl = try allocate(fixture, 0x2000)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    try fixture.call("MmFreePagesFromMdl", mdl)
    if host.release >= .win7 {
      #expect(fixture.manager.liveMappings.isEmpty && fixture.violations.isEmpty)
      #expect(fixture.memory.tables.translate(address) == nil)
    } else {
      #expect(fixture.manager.liveMappings.count == 1)
      #expect(fixture.violations == [.freeMapped])
      #expect(fixture.memory.tables.translate(address) != nil)
    }
    #expect(throws: Unmodelled.self) { try fixture.call("MmFreePagesFromMdl", mdl) }
    #expect(fixture.violations.last == .freePagesInvalid)
  }

  @Test(arguments: hosts)
  func `DISPATCH_LEVEL is allowed since Server 2008 (KD-031)`(host: Host) throws {
    let fixture = try host.fixture()
    let mdl = try allocate(fixture, 0x1000)
    let memory = try fixture.pointer(
      "MmAllocateContiguousMemory",
      GuestWord(0x1000),
      Self.everywhere
    )
    fixture.kernel.processor.taskPriority = 2
    defer { fixture.kernel.processor.taskPriority = 0 }
    if host.release >= .vistasp1 {
      #expect(try !allocate(fixture, 0x1000).isNull)
      try fixture.call("MmFreePagesFromMdl", mdl)
      try fixture.call("MmFreeContiguousMemory", memory)
    } else {
      #expect(throws: Unmodelled.self) { try allocate(fixture, 0x1000) }
      #expect(throws: Unmodelled.self) { try fixture.call("MmFreePagesFromMdl", mdl) }
      #expect(throws: Unmodelled.self) { try fixture.call("MmFreeContiguousMemory", memory) }
      fixture.kernel.processor.taskPriority = 1
      #expect(try !allocate(fixture, 0x1000).isNull)
    }
  }

  @Test(arguments: Host.few)
  func `requests that no document answers are said to be so`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(throws: Unmodelled.self) { try allocate(fixture, 0) }
    #expect(throws: Unmodelled.self) { try allocate(fixture, UInt64(UInt32.max)) }
    #expect(throws: Unmodelled.self) { try allocate(fixture, 0x1000, skip: 0x800) }
    #expect(throws: Unmodelled.self) { try allocate(fixture, 0x1000, flags: 0x8000_0000) }
    // No arithmetic overflows.
    _ = try allocate(fixture, 0x1000, low: .max, high: .max, skip: .max & ~0xFFF)
    _ = try allocate(fixture, 0x1000, low: 0, high: 0, skip: .max & ~0xFFF)
  }

  @Test(arguments: Host.few)
  func `other nodes and partitions are not modelled, the machine's own are`(host: Host) throws {
    let fixture = try host.fixture()
    let (low, high, skip) = (Self.nowhere, Self.everywhere, Self.nowhere)
    let size = GuestWord(0x1000)
    func allocate(node: UInt32) throws -> VirtualAddress {
      try fixture.pointer(
        "MmAllocateNodePagesForMdlEx",
        low,
        high,
        skip,
        size,
        UInt32(1),
        node,
        UInt32(0)
      )
    }
    #expect(try allocate(node: 0) != .null && allocate(node: 0x8000_0000) != .null)
    #expect(throws: Unmodelled.self) { try allocate(node: 1) }
    func allocate(partition: VirtualAddress) throws -> VirtualAddress {
      try fixture.pointer(
        "MmAllocatePartitionNodePagesForMdlEx",
        low,
        high,
        skip,
        size,
        UInt32(1),
        UInt32(0),
        UInt32(0),
        partition
      )
    }
    let mdl = try allocate(partition: .null)
    #expect(mdl != .null)
    #expect(throws: Unmodelled.self) { try allocate(partition: mdl) }
    #expect(throws: Unmodelled.self) { try fixture.call("MmFreePagesFromMdlEx", mdl, UInt32(2)) }
    try fixture.call("MmFreePagesFromMdlEx", mdl, UInt32(1))
  }
}
