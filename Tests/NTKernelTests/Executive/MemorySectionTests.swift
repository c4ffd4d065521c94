import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MemorySectionTests {
  private struct Fixture {
    let kernel: KernelFixture
    let current: VirtualAddress
    private let slot: VirtualAddress

    init(_ host: Host) throws {
      kernel = try host.fixture()
      current = VirtualAddress(rawValue: host.architecture == .x86 ? 0xFFFF_FFFF : .max)
      slot = try kernel.allocate(32)
    }

    var memory: AddressSpace { kernel.memory }

    func create(
      _ byteCount: Int64,
      protection: UInt32 = 4
    ) throws -> (status: NTStatus, handle: VirtualAddress) {
      try memory.store(byteCount, at: slot)
      let null = VirtualAddress.null
      let status = try kernel.status(
        "ZwCreateSection",
        slot + 8,
        UInt32(0xF_001F),
        null,
        slot,
        protection,
        UInt32(0x0800_0000),
        null
      )
      return (status, try memory.load(at: slot + 8))
    }

    func map(
      _ section: VirtualAddress,
      offset: UInt64 = 0,
      size: UInt64 = 0,
      protection: UInt32 = 4
    ) throws -> (status: NTStatus, view: VirtualAddress, size: UInt64) {
      try memory.store(VirtualAddress.null, at: slot)
      try memory.store(offset, at: slot + 8)
      try memory.store(GuestWord(size), at: slot + 16)
      let status = try kernel.status(
        "ZwMapViewOfSection",
        section,
        current,
        slot,
        GuestWord(0),
        GuestWord(0),
        slot + 8,
        slot + 16,
        UInt32(2),
        UInt32(0),
        protection
      )
      return try (
        status, memory.load(at: slot), memory.load(GuestWord.self, at: slot + 16).rawValue
      )
    }

    func unmap(_ view: VirtualAddress) throws -> NTStatus {
      try kernel.status("ZwUnmapViewOfSection", current, view)
    }
  }

  @Test(arguments: Host.few)
  func `views in processes and in the system show the same memory`(host: Host) throws {
    let fixture = try Fixture(host)
    let processes = fixture.kernel.kernel.processes
    let free = fixture.kernel.manager.frames.freeCount
    let (status, handle) = try fixture.create(0x1_2345)
    #expect(status == .success)
    let object = try #require(fixture.kernel.kernel.objects.object(for: handle))
    let body = try #require(try fixture.kernel.kernel.objects.body(of: object))
    let place = try fixture.kernel.allocate(16)
    try fixture.memory.store(GuestWord(0), at: place + 8)
    #expect(try fixture.kernel.status("MmMapViewInSystemSpace", body, place, place + 8) == .success)
    let system = try fixture.memory.load(VirtualAddress.self, at: place)
    #expect(try fixture.memory.load(GuestWord.self, at: place + 8).rawValue == 0x1_3000)
    try fixture.memory.store(bytes: [1, 2, 3], at: system + 0x1_0000)
    // The handle is the system process's, in which the view is mapped.
    let (mapped, view, size) = try fixture.map(handle, offset: 0x1_0000)
    #expect(mapped == .success)
    #expect(size == 0x3000)
    #expect(try fixture.memory.bytes(at: view, count: 3) == [1, 2, 3])
    try fixture.memory.store(UInt8(9), at: view + 1)
    #expect(try fixture.memory.load(UInt8.self, at: system + 0x1_0001) == 9)
    #expect(try fixture.kernel.status("ZwClose", handle) == .success)
    #expect(try fixture.unmap(view + 0x2000) == .success)
    #expect(throws: GuestFault.self) { try fixture.memory.load(UInt8.self, at: view) }
    #expect(try fixture.memory.load(UInt8.self, at: system + 0x1_0001) == 9)
    #expect(try fixture.kernel.status("MmUnmapViewInSystemSpace", system) == .success)
    #expect(try fixture.kernel.status("MmUnmapViewInSystemSpace", system) == .notMappedView)
    // The section went with its last view; some frames may have become tables.
    #expect(fixture.kernel.manager.frames.freeCount > free - 16)
    #expect(!processes.system.hasExited)
  }

  @Test(arguments: Host.few)
  func `views that the section does not allow are refused`(host: Host) throws {
    let fixture = try Fixture(host)
    #expect(try fixture.create(0).status == NTStatus(0xC000_00F2))
    #expect(try fixture.create(.max).status == NTStatus(0xC000_0040))
    #expect(try fixture.create(1 << 38).status == NTStatus(0xC000_012D))
    #expect(try fixture.create(4096, protection: 3).status == .invalidPageProtection)
    let section = try fixture.create(4096, protection: 2).handle
    #expect(try fixture.map(section).status == NTStatus(0xC000_004E))
    #expect(try fixture.map(section, size: 4097, protection: 2).status == NTStatus(0xC000_001F))
    #expect(
      try fixture.map(section, offset: 4096, protection: 2).status == NTStatus(0xC000_0220)
    )
    #expect(
      try fixture.map(section, offset: 0x1_0000, protection: 2).status == NTStatus(0xC000_001F)
    )
    let view = try fixture.map(section, protection: 2).view
    #expect(throws: GuestFault.self) { try fixture.memory.store(UInt8(1), at: view) }
    #expect(try fixture.unmap(view) == .success)
    #expect(try fixture.unmap(view) == .notMappedView)
  }

  @Test(arguments: Host.few)
  func `a process that ends leaves its views`(host: Host) throws {
    let fixture = try Fixture(host)
    let processes = fixture.kernel.kernel.processes
    let process = try processes.requester(1)
    try processes.enter(process)
    let (_, handle) = try fixture.create(8192)
    let object = try #require(fixture.kernel.kernel.objects.object(for: handle))
    #expect(try fixture.map(handle).status == .success)
    #expect(try fixture.map(handle).status == .success)
    #expect(object.referenceCount == 3)
    try processes.exit(process)
    #expect(object.isDeleted)
  }
}
