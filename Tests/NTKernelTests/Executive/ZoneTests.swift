import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct ZoneTests {
  @Test(arguments: Host.few)
  func `a zone is divided into blocks, and extended`(host: Host) throws {
    let fixture = try host.fixture()
    let width = host.architecture.pointerSize
    let zone = try fixture.allocate(32)
    let segment = try fixture.allocate(256)
    func blocks() throws -> [VirtualAddress] {
      var result: [VirtualAddress] = []
      var next = try fixture.memory.load(VirtualAddress.self, at: zone)
      while next != .null {
        result.append(next)
        next = try fixture.memory.load(VirtualAddress.self, at: next)
      }
      return result
    }
    let initialize = "ExInitializeZone"
    let size = UInt32(2 * width + 100)
    #expect(
      try fixture.status(initialize, zone, UInt32(36), segment, size) == .invalidParameter
    )
    #expect(
      try fixture.status(initialize, zone, UInt32(32), segment + 4, size) == .invalidParameter
    )
    #expect(try fixture.status(initialize, zone, UInt32(32), segment, size) == .success)
    let first = segment + 2 * width
    #expect(try blocks() == [first + 64, first + 32, first])
    let other = try fixture.allocate(64)
    #expect(try fixture.status("ExExtendZone", zone, other, UInt32(12)) == .unsuccessful)
    #expect(try fixture.status("ExExtendZone", zone, other, UInt32(64)) == .success)
    #expect(try blocks().count == 4)
    #expect(try blocks().first == other + 2 * width)
    #expect(
      try fixture.memory.load(UInt32.self, at: zone + (2 * width + 4)) == size + 64
    )
  }
}

@Suite struct CacheAwareRundownTests {
  @Test(arguments: Host.few.filter { $0.release >= .win7 })
  func `protection with counts by processor runs down once`(host: Host) throws {
    let fixture = try host.fixture()
    let tag: UInt32 = 0x3154_6554
    let place = try fixture.pointer(
      "ExAllocateCacheAwareRundownProtection",
      PoolType.nonpaged,
      tag
    )
    let acquire = "ExAcquireRundownProtectionCacheAware"
    #expect(try fixture.call(acquire, place) & 0xFF == 1)
    try fixture.call("ExReleaseRundownProtectionCacheAware", place)
    try fixture.call("ExWaitForRundownProtectionReleaseCacheAware", place)
    #expect(try fixture.call(acquire, place) & 0xFF == 0)
    try fixture.call("ExReInitializeRundownProtectionCacheAware", place)
    #expect(try fixture.call(acquire, place) & 0xFF == 1)
    try fixture.call("ExFreeCacheAwareRundownProtection", place)
  }
}

@Suite struct DescribingTests {
  @Test(arguments: Host.few.filter { $0.release >= .vista })
  func `a program's path is returned in one block`(host: Host) throws {
    let fixture = try host.fixture()
    let process = try fixture.kernel.processes.requester(1)
    let result = try fixture.allocate(8)
    #expect(try fixture.status("SeLocateProcessImageName", process.body, result) == .success)
    let string = try fixture.memory.load(VirtualAddress.self, at: result)
    let text = try fixture.memory.text(of: GuestPointer<CountedString>(string))
    #expect(text == "\\Device\\HarddiskVolume1\\program.exe")
    try fixture.call("ExFreePool", string)
  }

  @Test(arguments: Host.few)
  func `parts of a descriptor are returned where there is room`(host: Host) throws {
    let fixture = try host.fixture()
    // A self-relative descriptor with an owner, S-1-5-18.
    let descriptor = try fixture.allocate(32)
    try fixture.memory.store(bytes: [1, 0, 0, 0x80, 20], at: descriptor)
    let owner: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]
    try fixture.memory.store(bytes: owner, at: descriptor + 20)
    let place = try fixture.allocate(8)
    try fixture.memory.store(descriptor, at: place)
    let wanted = try fixture.allocate(4)
    let length = try fixture.allocate(4)
    let buffer = try fixture.allocate(64)
    let query = "SeQuerySecurityDescriptorInfo"
    try fixture.memory.store(UInt32(1), at: wanted)
    #expect(try fixture.status(query, wanted, buffer, length, place) == .bufferTooSmall)
    #expect(try fixture.memory.load(UInt32.self, at: length) == 32)
    #expect(try fixture.status(query, wanted, buffer, length, place) == .success)
    #expect(try fixture.memory.bytes(at: buffer + 20, count: 12) == owner)
    // The group is not there.
    try fixture.memory.store(UInt32(2), at: wanted)
    #expect(try fixture.status(query, wanted, buffer, length, place) == .success)
    #expect(try fixture.memory.load(UInt32.self, at: length) == 20)
  }
}
