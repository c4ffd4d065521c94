import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmReservedMappingTests {
  private static let tag: UInt32 = 0x4B6D_524D

  /// The hosts whose release exports the routines.
  static let hosts = Host.all.filter { $0.release >= .wxp }

  /// A buffer of the user process, locked.
  private func lock(
    _ fixture: KernelFixture,
    _ byteCount: Int,
    offset: Int = 0
  ) throws -> (mdl: GuestPointer<MDL>, buffer: VirtualAddress) {
    let buffer = try fixture.manager.allocateUserBuffer(byteCount, byteOffset: offset)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.modify)
    return (mdl, buffer)
  }

  private func reserve(_ fixture: KernelFixture, _ byteCount: Int) throws -> VirtualAddress {
    try fixture.pointer("MmAllocateMappingAddress", GuestWord(byteCount), Self.tag)
  }

  private func map(
    _ fixture: KernelFixture,
    _ range: VirtualAddress,
    _ mdl: GuestPointer<MDL>,
    tag: UInt32 = Self.tag
  ) throws -> VirtualAddress {
    try fixture.pointer("MmMapLockedPagesWithReservedMapping", range, tag, mdl, UInt32(1))
  }

  @Test(arguments: hosts)
  func `the caller gets the buffer, and the MDL the page (KD-005)`(host: Host) throws {
    let fixture = try host.fixture()
    let range = try reserve(fixture, 10 * 4096)
    #expect(range.offsetInPage == 0)
    #expect(fixture.frames(at: range, 10).allSatisfy { $0 == nil })
    let (mdl, buffer) = try lock(fixture, 0x2000, offset: 0x123)
    let address = try map(fixture, range, mdl)
    #expect(address == range + 0x123)
    let view = fixture.memory[mdl]
    #expect(try view.mappedSystemVA == range)
    #expect(try view.flags.contains(.mappedToSystemVA))
    #expect(fixture.frames(at: range, 3) == fixture.frames(at: buffer, 3))
    #expect(fixture.frames(at: range + 3 * 4096, 1) == [nil])
    try fixture.memory.store(UInt32(0xFEED), at: address)
    #expect(try fixture.memory.load(UInt32.self, at: buffer) == 0xFEED)

    try fixture.call("MmUnmapReservedMapping", address, Self.tag, mdl)
    #expect(try !view.flags.contains(.mappedToSystemVA))
    #expect(fixture.frames(at: range, 3) == [nil, nil, nil])
    // The range stays, for as many mappings as the driver likes.
    #expect(try map(fixture, range, mdl) == address)
    try fixture.call("MmUnmapReservedMapping", address, Self.tag, mdl)
    try fixture.call("MmFreeMappingAddress", range, Self.tag)
    #expect(fixture.violations.isEmpty)
    #expect(fixture.manager.reservedMappings.isEmpty)
    #expect(fixture.manager.liveMappings.isEmpty)
  }

  @Test(arguments: hosts)
  func `the low bits of an unaligned address are kept, or dropped since Windows 8 (KD-006)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let range = try reserve(fixture, 4096)
    let (mdl, _) = try lock(fixture, 4096)
    let address = try map(fixture, range + 4, mdl)
    #expect(address == (host.release >= .win8 ? range : range + 4))
    try fixture.call("MmUnmapReservedMapping", address, Self.tag, mdl)
    // MmFreeMappingAddress takes such an address, too.
    try fixture.call("MmFreeMappingAddress", range + 4, Self.tag)
  }

  @Test(arguments: hosts)
  func `two PTEs before the range hold its size and its tag`(host: Host) throws {
    let fixture = try host.fixture()
    let tables = fixture.memory.tables
    let range = try reserve(fixture, 10 * 4096)
    let entries = (1...2).map { index in
      tables.entry(for: range + -index * 4096).map { tables.load($0).rawValue } ?? 0
    }
    let tag = UInt64(Self.tag & ~1)
    switch (host.release, host.architecture) {
    case (..<Release.vista, _): #expect(entries == [tag, 12 * 2])
    case (..<Release.win8, .x86):
      // Four bytes cannot hold what PAE's entries do: what is there is not known.
      #expect(tables.format == .twoLevel)
      #expect(entries == [0, 0])
    case (..<Release.win8, _), (_, .x86): #expect(entries == [(tag + 1) << 32, 12 << 32])
    default: #expect(entries == [(tag + 1) << 28, 12 << 28])
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a tag of 0 gets nothing, and no bytes stop the machine`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.ws03sp1, architecture)
    let none = try fixture.pointer("MmAllocateMappingAddress", GuestWord(1), UInt32(0))
    #expect(none == .null)
    let error = #expect(throws: BugCheck.self) { try reserve(fixture, 0) }
    #expect(error?.code.rawValue == 0xDA)
    #expect(error?.parameters[0] == 0x100)
    // More than there is.
    let much = GuestWord(UInt64(architecture == .x86 ? 0xF000_0000 : 1 << 62))
    #expect(try fixture.pointer("MmAllocateMappingAddress", much, Self.tag) == .null)
  }

  @Test(arguments: Architecture.allCases)
  func `an MDL that is longer than the range is not mapped`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.win7, architecture)
    let range = try reserve(fixture, 2 * 4096)
    let (mdl, _) = try lock(fixture, 2 * 4096, offset: 1)
    #expect(try map(fixture, range, mdl) == .null)
    #expect(fixture.violations.isEmpty)
  }

  /// What a driver may do wrong with a range, and the first parameter of its stop.
  enum Misuse: UInt64, CaseIterable {
    case freeWithOtherTag = 0x101
    case freeMapped = 0x103
    case mapWithOtherTag = 0x104
    case mapTwice = 0x107
    case unmapWithOtherTag = 0x108
    case unmapEmpty = 0x109
    case unmapMoreThanReserved = 0x10A
    case unmapMoreThanMapped = 0x10B
    case unmapLess = 0x10C
  }

  @Test(arguments: Architecture.allCases, Misuse.allCases)
  func `misuse stops the machine`(architecture: Architecture, misuse: Misuse) throws {
    let fixture = try KernelFixture(.ws03sp1, architecture)
    let range = try reserve(fixture, 4 * 4096)
    let (mdl, _) = try lock(fixture, 2 * 4096)
    let (small, _) = try lock(fixture, 4096)
    let (large, _) = try lock(fixture, 4 * 4096)
    let (larger, _) = try lock(fixture, 5 * 4096)
    let other: UInt32 = 0x7265_6874
    if misuse != .mapWithOtherTag, misuse != .unmapEmpty { _ = try map(fixture, range, mdl) }
    let error = #expect(throws: BugCheck.self) {
      switch misuse {
      case .freeWithOtherTag: try fixture.call("MmFreeMappingAddress", range, other)
      case .freeMapped: try fixture.call("MmFreeMappingAddress", range, Self.tag)
      case .mapWithOtherTag: _ = try map(fixture, range, mdl, tag: other)
      case .mapTwice: _ = try map(fixture, range, small)
      case .unmapWithOtherTag: try fixture.call("MmUnmapReservedMapping", range, other, mdl)
      case .unmapEmpty: try fixture.call("MmUnmapReservedMapping", range, Self.tag, mdl)
      case .unmapMoreThanReserved:
        try fixture.call("MmUnmapReservedMapping", range, Self.tag, larger)
      case .unmapMoreThanMapped:
        try fixture.call("MmUnmapReservedMapping", range, Self.tag, large)
      case .unmapLess: try fixture.call("MmUnmapReservedMapping", range, Self.tag, small)
      }
    }
    #expect(error?.code.rawValue == 0xDA)
    #expect(error?.parameters[0] == misuse.rawValue)
    #expect(fixture.violations == [.reservedMappingMisuse])
  }

  @Test(arguments: Host.few.filter { $0.release >= .wxp })
  func `other routines do not take reserved mappings, and these no other addresses`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let range = try reserve(fixture, 4 * 4096)
    let (mdl, _) = try lock(fixture, 2 * 4096)
    let address = try map(fixture, range, mdl)
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnmapLockedPages", address, mdl) }
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnlockPages", mdl) }
    #expect(throws: Unmodelled.self) { try map(fixture, range + 4096, mdl) }
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmFreeMappingAddress", range + 0x10_0000, Self.tag)
    }
    #expect(fixture.violations == Array(repeating: .reservedMappingMisuse, count: 4))
  }

  @Test(arguments: Architecture.allCases)
  func `addresses that are given back can be used again`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.win7, architecture)
    _ = try reserve(fixture, 4096)
    for _ in 0..<1000 {
      // Of 256 MiB at most, a thousand times 1 MiB.
      let range = try reserve(fixture, 1 << 20)
      #expect(range != .null)
      try fixture.call("MmFreeMappingAddress", range, Self.tag)
    }
    #expect(fixture.manager.reservedMappings.map(\.pageCount) == [1])
  }
}
