import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `MmAllocateMdlForIoSpace`, `MmCopyMemory` and what says where memory is.
@Suite struct PhysicalMemoryTests {
  @Test(arguments: Host.few)
  func `MmAllocateMdlForIoSpace describes what is not memory`(host: Host) throws {
    let fixture = try host.fixture()
    let list = try fixture.allocate(64)
    let result = try fixture.allocate(8)
    func allocate(_ ranges: [(UInt64, UInt64)]) throws -> NTStatus {
      for (index, range) in ranges.enumerated() {
        try fixture.memory.store(range.0, at: list + index * 16)
        try fixture.memory.store(GuestWord(range.1), at: list + (index * 16 + 8))
      }
      return try fixture.status(
        "MmAllocateMdlForIoSpace",
        list,
        GuestWord(ranges.count),
        result
      )
    }
    #expect(try allocate([(0xF000_0000, 0x2000), (0xE000_0000, 0x1000)]) == .success)
    let mdl = GuestPointer<MDL>(try fixture.memory.load(VirtualAddress.self, at: result))
    let view = fixture.memory[mdl]
    #expect(try view.flags.contains(.ioSpace))
    #expect(try view.startVA == .null && view.byteOffset == 0 && view.byteCount == 0x3000)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 3) == [0xF0000, 0xF0001, 0xE0000])
    try fixture.call("MmUnmapLockedPages", address, mdl)
    try fixture.call("IoFreeMdl", mdl)

    #expect(try allocate([(0xF000_0800, 0x1000)]) == .invalidParameter1)
    #expect(try allocate([(0xF000_0000, 0x1800)]) == .invalidParameter1)
    #expect(try allocate([(0xF000_0000, 0x1000), (0x20_0000, 0x1000)]) == .invalidParameter1)
    // The hole below 1 MiB is not memory.
    #expect(try allocate([(0xA_0000, 0x2_0000)]) == .success)
    let unanswered: [[(UInt64, UInt64)]] = [
      [], [(0xF000_0000, 0)], [(0xF000_0000, 0xFFFF_F000), (1 << 33, 0x1000)],
    ]
    for ranges in unanswered {
      #expect(throws: Unmodelled.self) { _ = try allocate(ranges) }
    }
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmAllocateMdlForIoSpace", list, GuestWord(UInt64.max), result)
    }
  }

  @Test(arguments: Host.few)
  func `MmCopyMemory copies what is there, by either address`(host: Host) throws {
    let fixture = try host.fixture()
    let source = try fixture.allocate(0x3000)
    for index in 0..<0x3000 {
      try fixture.memory.store(UInt8(truncatingIfNeeded: index &* 7), at: source + index)
    }
    let target = try fixture.allocate(0x3000)
    let transferred = try fixture.allocate(8)
    func copy(_ address: UInt64, _ count: Int, _ flags: UInt32) throws -> NTStatus {
      try fixture.status("MmCopyMemory", target, address, GuestWord(count), flags, transferred)
    }
    #expect(try copy(source.rawValue + 0xFF0, 0x1020, 2) == .success)
    #expect(try fixture.memory.load(GuestWord.self, at: transferred) == GuestWord(0x1020))
    #expect(
      try fixture.memory.bytes(at: target, count: 0x1020)
        == fixture.memory.bytes(at: source + 0xFF0, count: 0x1020)
    )
    let physical = fixture.manager.physicalAddress(of: source + 0x10).rawValue
    #expect(try copy(physical, 0x20, 1) == .success)
    #expect(
      try fixture.memory.bytes(at: target, count: 0x20)
        == fixture.memory.bytes(at: source + 0x10, count: 0x20)
    )
    for (address, flags) in [(UInt64(0xF000_0000), UInt32(1)), (0x10, 2), (0x10, 3), (.max, 1)] {
      #expect(throws: Unmodelled.self) { _ = try copy(address, 8, flags) }
    }
  }

  @Test(arguments: Host.few)
  func `the ranges of memory end with an empty one and have no hole of a PC`(host: Host) throws {
    let fixture = try host.fixture()
    for name in ["MmGetPhysicalMemoryRanges", "MmGetPhysicalMemoryRangesEx"] {
      let ranges =
        name.hasSuffix("Ex")
        ? try fixture.pointer(name, VirtualAddress.null) : try fixture.pointer(name)
      let numbers = try (0..<6).map { try fixture.memory.load(UInt64.self, at: ranges + $0 * 8) }
      #expect(numbers == [0x1000, 0x9E000, 0x10_0000, 0xF0_0000, 0, 0])
      try fixture.call("ExFreePool", ranges)
    }
  }

  @Test(arguments: Host.few)
  func `flushing for devices does nothing on machines whose caches follow them (KD-056)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    try fixture.call("KeFlushIoBuffers", VirtualAddress.null, true, true)
    #expect(fixture.events.isEmpty)
    #expect(try fixture.call("MmIsThisAnNtAsSystem") & 0xFF == 0)
  }
}
