import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct UserMemoryTests {
  private static let hosts = [
    Host(release: .win8, architecture: .x86), Host(release: .win7, architecture: .x64),
  ]

  private struct Fixture {
    let kernel: KernelFixture
    let current: VirtualAddress
    let base: VirtualAddress
    let size: VirtualAddress
    let old: VirtualAddress

    init(_ host: Host) throws {
      kernel = try host.fixture()
      try kernel.kernel.processes.enter(kernel.kernel.processes.requester(1))
      current = VirtualAddress(rawValue: host.architecture == .x86 ? 0xFFFF_FFFF : .max)
      base = try kernel.allocate(8)
      size = try kernel.allocate(8)
      old = try kernel.allocate(8)
    }

    func set(_ address: VirtualAddress, _ byteCount: UInt64) throws {
      try kernel.memory.store(address, at: base)
      try kernel.memory.store(GuestWord(byteCount), at: size)
    }

    func allocate(
      _ byteCount: UInt64,
      type: UInt32 = 0x3000,
      protection: UInt32 = 4
    ) throws -> NTStatus {
      try set(.null, byteCount)
      let none = GuestWord(0)
      return try kernel.status(
        "ZwAllocateVirtualMemory",
        current,
        base,
        none,
        size,
        type,
        protection
      )
    }

    func free(_ address: VirtualAddress, _ byteCount: UInt64 = 0) throws -> NTStatus {
      try set(address, byteCount)
      return try kernel.status("ZwFreeVirtualMemory", current, base, size, UInt32(0x8000))
    }
  }

  @Test(arguments: hosts)
  func `memory is allocated in pages, and freed from its start`(host: Host) throws {
    let fixture = try Fixture(host)
    let memory = fixture.kernel.memory
    #expect(try fixture.allocate(5000) == .success)
    let place = try memory.load(VirtualAddress.self, at: fixture.base)
    #expect(try memory.load(GuestWord.self, at: fixture.size).rawValue == 8192)
    try memory.store(bytes: Array(repeating: 7, count: 8192), at: place)
    #expect(try fixture.free(place + 4096) == NTStatus(0xC000_009F))
    #expect(try fixture.free(place, 4096) == NTStatus(0xC000_001A))
    #expect(try fixture.free(place) == .success)
    #expect(throws: GuestFault.self) { try memory.load(UInt8.self, at: place) }
    #expect(try fixture.free(place) == NTStatus(0xC000_00A0))
  }

  @Test(arguments: hosts)
  func `what cannot be allocated is refused`(host: Host) throws {
    let fixture = try Fixture(host)
    #expect(try fixture.allocate(0) == NTStatus(0xC000_00F2))
    #expect(try fixture.allocate(1, type: 0) == NTStatus(0xC000_00F3))
    #expect(try fixture.allocate(1, protection: 3) == .invalidPageProtection)
    #expect(try fixture.allocate(.max) == .noMemory)
    #expect(try fixture.allocate(0x0800_0000) == .noMemory)
    #expect(throws: Unmodelled.self) { try fixture.allocate(1, type: 0x2000) }
  }

  @Test(arguments: hosts)
  func `pages are made read-only and writable again`(host: Host) throws {
    let fixture = try Fixture(host)
    let memory = fixture.kernel.memory
    #expect(try fixture.allocate(8192) == .success)
    let place = try memory.load(VirtualAddress.self, at: fixture.base)
    func protect(_ address: VirtualAddress, _ count: UInt64, _ new: UInt32) throws -> NTStatus {
      try fixture.set(address, count)
      return try fixture.kernel.status(
        "ZwProtectVirtualMemory",
        fixture.current,
        fixture.base,
        fixture.size,
        new,
        fixture.old
      )
    }
    #expect(try protect(place + 4096, 1, 2) == .success)
    #expect(try memory.load(UInt32.self, at: fixture.old) == 4)
    try memory.store(UInt8(1), at: place)
    #expect(throws: GuestFault.self) { try memory.store(UInt8(1), at: place + 4096) }
    #expect(try protect(place + 4096, 4096, 4) == .success)
    #expect(try memory.load(UInt32.self, at: fixture.old) == 2)
    try memory.store(UInt8(1), at: place + 4096)
    // STATUS_NOT_COMMITTED.
    #expect(try protect(place, 3 * 4096, 2) == NTStatus(0xC000_002D))
  }
}
