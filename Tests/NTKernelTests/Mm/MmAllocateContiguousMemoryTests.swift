import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// Contiguous memory, and memory that is not cached.
@Suite struct MmAllocateContiguousMemoryTests {
  private static let highest = PhysicalAddress(rawValue: .max)
  private static let zero = PhysicalAddress(rawValue: 0)

  private func entry(_ fixture: KernelFixture, _ address: VirtualAddress) throws -> HardwarePTE {
    let place = try #require(fixture.memory.tables.entry(for: address))
    return fixture.memory.tables.load(place)
  }

  @Test(arguments: Host.all)
  func `pages follow each other, begin a page, and come back`(host: Host) throws {
    let fixture = try host.fixture()
    let free = fixture.manager.frames.freeCount
    let memory = try fixture.pointer(
      "MmAllocateContiguousMemory",
      GuestWord(0x5001),
      Self.highest
    )
    #expect(memory.offsetInPage == 0)
    let frames = fixture.frames(at: memory, 6).compactMap { $0 }
    #expect(frames.count == 6 && zip(frames, frames.dropFirst()).allSatisfy { $1 == $0 + 1 })
    try fixture.call("MmFreeContiguousMemory", memory)
    #expect(free - fixture.manager.frames.freeCount <= 4)
    if host.release >= .w2k {
      #expect(throws: BugCheck(.badPoolCaller, 0x60, memory.rawValue)) {
        try fixture.call("MmFreeContiguousMemory", memory)
      }
    } else {
      #expect(throws: Unmodelled.self) { try fixture.call("MmFreeContiguousMemory", memory) }
    }
  }

  @Test(arguments: Host.few)
  func `bounds and boundaries are kept`(host: Host) throws {
    let fixture = try host.fixture()
    func allocate(_ size: UInt64, _ low: UInt64, _ high: UInt64, _ boundary: UInt64) throws
      -> UInt64
    {
      let memory = try fixture.pointer(
        "MmAllocateContiguousMemorySpecifyCache",
        GuestWord(size),
        PhysicalAddress(rawValue: low),
        PhysicalAddress(rawValue: high),
        PhysicalAddress(rawValue: boundary),
        UInt32(0)
      )
      guard memory != .null else { return 0 }
      #expect(try entry(fixture, memory).contains(.cacheDisabled))
      return fixture.manager.physicalAddress(of: memory).rawValue
    }
    let first = try allocate(0x3000, 0x60_0000, 0x7F_FFFF, 0x4000)
    #expect(first >= 0x60_0000 && first + 0x3000 <= 0x80_0000)
    #expect(first / 0x4000 == (first + 0x2FFF) / 0x4000)
    #expect(try allocate(0x5000, 0, .max, 0x4000) == 0)
    #expect(try allocate(0x1000, 0x4000_0000, .max, 0) == 0)
    #expect(try allocate(0x1000, 0x2000, 0x1000, 0) == 0)
    #expect(try allocate(0x4000_0000, 0, .max, 0) == 0)
    #expect(try allocate(.max, .max, .max, 0) == 0)
    #expect(throws: Unmodelled.self) { try allocate(0x1000, 0, .max, 0x3000) }
    #expect(throws: Unmodelled.self) { try allocate(0, 0, .max, 0) }
  }

  @Test(arguments: Host.few)
  func `only MmAllocateContiguousNodeMemory gives memory that cannot be executed (KD-050)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let size = GuestWord(0x1000)
    func allocate(_ protection: UInt32, node: UInt32 = 0x8000_0000) throws -> HardwarePTE {
      let memory = try fixture.pointer(
        "MmAllocateContiguousNodeMemory",
        size,
        Self.zero,
        Self.highest,
        Self.zero,
        protection,
        node
      )
      return try entry(fixture, memory)
    }
    let old = try entry(
      fixture,
      fixture.pointer("MmAllocateContiguousMemory", size, Self.highest)
    )
    #expect(!old.contains(.noExecute))
    let isNoExecute = fixture.memory.tables.format != .twoLevel
    #expect(try allocate(4).contains(.noExecute) == isNoExecute)
    #expect(try !allocate(0x40).contains(.noExecute))
    #expect(try allocate(0x204).contains(.cacheDisabled))
    for protection in [UInt32(2), 0x20, 0x44] {
      #expect(throws: Unmodelled.self) { try allocate(protection) }
    }
    #expect(throws: Unmodelled.self) { try allocate(4, node: 7) }
    #expect(
      try fixture.pointer(
        "MmAllocateContiguousMemorySpecifyCacheNode",
        size,
        Self.zero,
        Self.highest,
        Self.zero,
        UInt32(1),
        UInt32(0)
      ) != .null
    )
  }

  @Test(arguments: Host.few)
  func `the size must be the one that was allocated`(host: Host) throws {
    let fixture = try host.fixture()
    let memory = try fixture.pointer(
      "MmAllocateContiguousMemory",
      GuestWord(0x2000),
      Self.highest
    )
    func free(_ size: UInt64) throws {
      try fixture.call(
        "MmFreeContiguousMemorySpecifyCache",
        memory,
        GuestWord(size),
        UInt32(1)
      )
    }
    #expect(throws: Unmodelled.self) { try free(0x1000) }
    #expect(throws: Unmodelled.self) { try free(.max) }
    try free(0x2000)

    let noncached = try fixture.pointer("MmAllocateNonCachedMemory", GuestWord(0x2800))
    #expect(noncached.offsetInPage == 0)
    #expect(try entry(fixture, noncached + 0x2000).contains(.cacheDisabled))
    let frames = fixture.frames(at: noncached, 3).compactMap { $0 }
    #expect(frames.count == 3 && frames[1] != frames[0] + 1)
    for size in [UInt64(0x1000), .max] {
      #expect(throws: Unmodelled.self) {
        try fixture.call("MmFreeNonCachedMemory", noncached, GuestWord(size))
      }
    }
    #expect(throws: (any Error).self) { try fixture.call("MmFreeContiguousMemory", noncached) }
    try fixture.call("MmFreeNonCachedMemory", noncached, GuestWord(0x2800))
    #expect(fixture.memory.tables.translate(noncached) == nil)
    #expect(try fixture.pointer("MmAllocateNonCachedMemory", GuestWord(UInt64.max)) == .null)
  }
}
