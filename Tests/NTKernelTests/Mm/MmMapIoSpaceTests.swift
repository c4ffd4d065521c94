import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `MmMapIoSpace`, `MmMapIoSpaceEx`, `MmUnmapIoSpace`, and their like for video memory.
@Suite struct MmMapIoSpaceTests {
  /// Where no memory is.
  private static let device = PhysicalAddress(rawValue: 0xF000_0123)

  private func entry(_ fixture: KernelFixture, _ address: VirtualAddress) throws -> HardwarePTE {
    let place = try #require(fixture.memory.tables.entry(for: address))
    return fixture.memory.tables.load(place)
  }

  @Test(arguments: Host.all)
  func `the third argument is a BOOLEAN up to NT 4 and a cache type since 2000 (KD-047)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    func map(_ cacheType: UInt32) throws -> HardwarePTE {
      let size = GuestWord(0x2000)
      let address = try fixture.pointer("MmMapIoSpace", Self.device, size, cacheType)
      #expect(address.offsetInPage == 0x123)
      let first = try entry(fixture, address)
      #expect(first.frame == 0xF0000)
      #expect(try entry(fixture, address + 0x2000).frame == 0xF0002)
      try fixture.call("MmUnmapIoSpace", address, size)
      #expect(fixture.memory.tables.translate(address) == nil)
      return first
    }
    let caching: HardwarePTE = [.cacheDisabled, .writeThrough]
    #expect(try map(0).intersection(caching) == caching)
    #expect(try map(1).intersection(caching) == [])
    if host.release < .w2k {
      #expect(try map(2).intersection(caching) == [], "TRUE: cached")
      #expect(try map(0x100).intersection(caching) == caching, "the low byte is FALSE")
    } else {
      #expect(try map(2).intersection(caching) == .writeThrough)
      #expect(throws: Unmodelled.self) { try map(6) }
    }
  }

  @Test(arguments: Host.all)
  func `page tables are refused since Windows 10 1803 (KD-051)`(host: Host) throws {
    let fixture = try host.fixture()
    let tables = PhysicalAddress(frame: fixture.memory.tables.root.frame)
    let address = try fixture.pointer("MmMapIoSpace", tables, GuestWord(0x1000), UInt32(1))
    #expect((address == .null) == (host.release >= .win10_1803))
  }

  @Test(arguments: Host.all)
  func `DISPATCH_LEVEL is allowed since Windows 2000 (KD-048)`(host: Host) throws {
    let fixture = try host.fixture()
    fixture.kernel.processor.taskPriority = 2
    defer { fixture.kernel.processor.taskPriority = 0 }
    func map() throws -> VirtualAddress {
      try fixture.pointer("MmMapIoSpace", Self.device, GuestWord(8), UInt32(0))
    }
    func allocate() throws -> VirtualAddress {
      let highest = PhysicalAddress(rawValue: .max)
      return try fixture.pointer("MmAllocateContiguousMemory", GuestWord(8), highest)
    }
    guard host.release < .w2k else {
      #expect(try map() != .null && allocate() != .null)
      return
    }
    #expect(throws: Unmodelled.self) { try map() }
    #expect(throws: Unmodelled.self) { try allocate() }
  }

  @Test(arguments: Host.all)
  func `unmapping what is not mapped stops with 0xDA from Windows XP on`(host: Host) throws {
    let fixture = try host.fixture()
    let size = GuestWord(0x3000)
    let address = try fixture.pointer("MmMapIoSpace", Self.device, size, UInt32(0))
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmUnmapIoSpace", address, GuestWord(0x1000))
    }
    try fixture.call("MmUnmapIoSpace", address, size)
    if host.release >= .wxp {
      #expect(throws: BugCheck(.systemPTEMisuse, 0x400, address.rawValue, 4)) {
        try fixture.call("MmUnmapIoSpace", address, size)
      }
    } else {
      #expect(throws: Unmodelled.self) { try fixture.call("MmUnmapIoSpace", address, size) }
    }
  }

  @Test(arguments: Host.few)
  func `MmMapIoSpaceEx protects as it is told (KD-053)`(host: Host) throws {
    let fixture = try host.fixture()
    let hasNoExecute = fixture.memory.tables.format != .twoLevel
    func map(_ protection: UInt32) throws -> HardwarePTE {
      let size = GuestWord(16)
      let address = try fixture.pointer("MmMapIoSpaceEx", Self.device, size, protection)
      let found = try entry(fixture, address)
      try fixture.call("MmUnmapIoSpace", address, size)
      return found
    }
    for (protection, isWritable, isExecutable) in [
      (UInt32(2), false, false), (4, true, false), (0x10, false, true), (0x20, false, true),
      (0x40, true, true),
    ] {
      let entry = try map(protection | 0x200)
      #expect(entry.contains(.writable) == isWritable, "\(protection)")
      if hasNoExecute { #expect(entry.contains(.noExecute) == !isExecutable, "\(protection)") }
      #expect(entry.contains(.cacheDisabled))
      #expect(try !map(protection).contains(.cacheDisabled))
    }
    for protection in [UInt32(0), 6, 0x200, 0x604, 0x800] {
      #expect(throws: Unmodelled.self) { try map(protection) }
    }
  }

  @Test(arguments: Host.few)
  func `sizes and addresses that nothing can have are survived`(host: Host) throws {
    let fixture = try host.fixture()
    let most = GuestWord(UInt64.max)
    #expect(try fixture.pointer("MmMapIoSpace", Self.device, most, UInt32(0)) == .null)
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmMapIoSpace", Self.device, GuestWord(0), UInt32(0))
    }
    let last = PhysicalAddress(rawValue: .max)
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmMapIoSpace", last, GuestWord(0x2000), UInt32(0))
    }
    #expect(throws: (any Error).self) {
      try fixture.call("MmUnmapIoSpace", VirtualAddress(rawValue: .max), most)
    }
  }

  @Test(arguments: Host.few)
  func `mappings are told apart from those of video memory, and when they are left`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let size = GuestWord(0x1000)
    let video = try fixture.pointer("MmMapVideoDisplay", Self.device, size, UInt32(0))
    #expect(throws: (any Error).self) { try fixture.call("MmUnmapIoSpace", video, size) }
    let caller = VirtualAddress(rawValue: 0x1234)
    func left() -> Int {
      fixture.manager.otherAllocations(madeIn: caller..<caller + 1).count
    }
    #expect(left() == 1)
    let io = try fixture.pointer("MmMapIoSpace", Self.device, size, UInt32(0))
    #expect(left() == 2)
    try fixture.call("MmUnmapIoSpace", io, size)
    try fixture.call("MmUnmapVideoDisplay", video, size)
    #expect(left() == 0)
  }
}
