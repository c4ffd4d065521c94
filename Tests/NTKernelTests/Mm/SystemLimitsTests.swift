import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct SystemLimitsTests {
  private static let tag: UInt32 = 0x7473_6554

  /// What KB Q126402 and Microsoft's page of memory limits say of a machine with 32 MB, in pages.
  private static func nonpagedPages(_ host: Host) -> Int {
    let memory = 8192
    if host.architecture == .x64 {
      return switch host.release {
      case ..<Release.vista: memory * 3 / 4
      case ..<Release.vistasp1: memory * 2 / 5
      case ..<Release.win8: memory * 3 / 4
      default: memory
      }
    }
    return switch host.release {
    // 1 MB + 28 * 400 KB.
    case ..<Release.vista: 3056
    case ..<Release.vistasp1: memory
    case ..<Release.win81: memory * 3 / 4
    case ..<Release.win10_1507: memory
    default: memory * 3 / 4
    }
  }

  @Test(arguments: Host.all)
  func `nonpaged pool ends where the release's did`(host: Host) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 32 << 20)
    let limit = Self.nonpagedPages(host)
    let use = fixture.manager.nonpagedPoolUse
    #expect(use.limit == limit)
    let free = limit - use.used
    #expect(try allocate(free + 1, fixture) == .null)
    guard free < fixture.manager.frames.freeCount - 100 else {
      // Physical memory ends first.
      #expect(try allocate(free, fixture) == .null)
      return
    }
    let block = try allocate(free, fixture)
    #expect(block != .null)
    #expect(fixture.manager.nonpagedPoolUse == MemoryUse(used: limit, limit: limit))
    #expect(try allocate(1, fixture) == .null)
    // What the pool has in pages that are in use does not end with it.
    try fixture.call("ExFreePool", block)
    #expect(fixture.manager.nonpagedPoolUse == use)
    #expect(try allocate(1, fixture) != .null)
  }

  @Test(arguments: Host.few)
  func `single pages count as one each, whatever lies between them`(host: Host) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 16 << 20)
    let use = fixture.manager.nonpagedPoolUse
    var count = 0
    while try allocate(1, fixture) != .null { count += 1 }
    #expect(count > 1000)
    let after = fixture.manager.nonpagedPoolUse
    #expect(after == MemoryUse(used: use.used + count, limit: use.limit))
    let isNT4 = host.release < .vista
    // 1 MB + 12 * 400 KB on NT 4.0; 75 % of memory in Windows 7.
    #expect(use.limit == (isNT4 ? 1456 : 3072))
    #expect(after.used == after.limit)
  }

  @Test(arguments: Release.all(on: .x86).filter { $0 < .vista })
  func `paged pool of early releases ends at twice nonpaged pool, in whole page tables`(
    release: Release
  ) throws {
    // 64 MB: 2 * (1 MB + 60 * 400 KB) is 48.9 MB, or 12.2 page tables.
    let fixture = try KernelFixture(release, .x86, memorySize: 64 << 20)
    let use = fixture.manager.pagedPoolUse
    #expect(use.limit == 13 * 1024)
    let free = use.limit - use.used
    #expect(try allocate(free + 1, fixture, paged: true) == .null)
    #expect(try allocate(free, fixture, paged: true) != .null)
    #expect(try allocate(1, fixture, paged: true) == .null)
    #expect(fixture.manager.pagedPoolUse.used == use.limit)
  }

  @Test(arguments: Host.all.filter { $0.architecture == .x64 || $0.release >= .vista })
  func `paged pool that does not fit memory is not modelled where the release had more`(host: Host)
    throws
  {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 16 << 20)
    #expect(throws: Unmodelled.self) { try allocate(4096, fixture, paged: true) }
    var count = 0
    #expect(throws: Unmodelled.self) {
      while try allocate(1, fixture, paged: true) != .null { count += 1 }
    }
    #expect(count > 3000)
    // An amount that no release has is refused.
    let isX64 = host.architecture == .x64
    let most = isX64 ? GuestWord(UInt64.max) : GuestWord(UInt32.max)
    let block = try fixture.pointer("ExAllocatePoolWithTag", UInt32(1), most, Self.tag)
    #expect(block == .null)
  }

  @Test(arguments: Release.all(on: .x86).filter { $0 < .vista }, [16, 19, 32, 33, 256, 257])
  func `system PTEs of early releases are as many as the memory says`(
    release: Release,
    megabytes: Int
  ) {
    let counts = [16: 7_000, 19: 11_000, 32: 11_000, 33: 22_000, 256: 22_000, 257: 44_000]
    let count = Behaviour(of: release)
      .systemPTECount(memorySize: megabytes << 20, pointerSize: 4)
    #expect(count == counts[megabytes])
  }

  @Test(arguments: Release.all(on: .x86).filter { $0 < .vista })
  func `system PTEs end at their number, and the stop says how many were free`(release: Release)
    throws
  {
    let fixture = try KernelFixture(release, .x86, memorySize: 16 << 20)
    let manager = fixture.manager
    #expect(manager.systemPTEUse == MemoryUse(used: 0, limit: 7_000))
    // Single pages of a device: a guard page follows each, which is no system PTE of the release.
    var mappings: [VirtualAddress] = []
    while mappings.count <= 7_000 {
      let mapping = try map(1, fixture)
      if mapping == .null { break }
      mappings.append(mapping)
    }
    #expect(mappings.count == 7_000)
    try fixture.call("MmUnmapIoSpace", mappings[0], GuestWord(4096))
    #expect(manager.systemPTEUse == MemoryUse(used: 6_999, limit: 7_000))
    #expect(try map(2, fixture) == .null)

    let block = try fixture.allocate(8192)
    let mdl = try fixture.pointer(
      "IoAllocateMdl",
      block,
      UInt32(8192),
      UInt8(0),
      UInt8(0),
      VirtualAddress.null
    )
    try fixture.call("MmProbeAndLockPages", mdl, UInt8(0), UInt32(0))
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmMapLockedPages", mdl, UInt8(0))
    }
    #expect(error?.code == .noMoreSystemPTEs)
    let areZero = Behaviour(of: release).noMoreSystemPTEsParametersAreZero
    #expect(error?.parameters.map { $0 ?? 0 } == (areZero ? [0, 0, 0, 0] : [0, 2, 1, 7_000]))
    #expect(try map(1, fixture) != .null)
  }

  @Test(arguments: Host.all.filter { $0.architecture == .x64 || $0.release >= .vista })
  func `more addresses than the model has, but the release had, are not modelled`(host: Host) throws
  {
    guard host.release >= .wxp else { return }
    let fixture = try host.fixture()
    // The model has addresses for 512 MB on x86 and 2 GB on x64.
    let size = host.architecture == .x86 ? 0x3000_0000 : 0xC000_0000
    let error = #expect(throws: Unmodelled.self) {
      try fixture.call("MmAllocateMappingAddress", GuestWord(size), Self.tag)
    }
    #expect(error == Unmodelled("as many system addresses as the release has"))
  }

  @Test func `limits have their ceilings`() {
    func pages(_ release: Release, _ megabytes: Int, _ width: Int) -> [Int] {
      let behaviour = Behaviour(of: release)
      return [
        behaviour.nonpagedPoolPages(memorySize: megabytes << 20, pointerSize: width),
        behaviour.pagedPoolPages(memorySize: megabytes << 20, pointerSize: width),
      ].map { $0 >> 8 }
    }
    // MB of nonpaged and of paged pool, for MB of memory.
    #expect(pages(.nt351, 2, 4) == [1, 4])
    #expect(pages(.nt400sp3, 32, 4) == [11, 24])
    #expect(pages(.nt400sp3, 128, 4) == [49, 100])
    #expect(pages(.w2k, 329, 4) == [127, 192])
    #expect(pages(.w2k, 330, 4) == [128, 192])
    #expect(pages(.w2k, 4096, 4) == [128, 192])
    #expect(pages(.wxp, 4096, 4) == [256, 490])
    #expect(pages(.ws03sp2, 4096, 4) == [256, 512])
    #expect(pages(.win7, 4096, 4) == [2048, 2048])
    #expect(pages(.win7, 4096, 8) == [3072, 128 << 10])
    #expect(pages(.win10_1607, 1 << 20, 8) == [128 << 10, 384 << 10])
    #expect(pages(.win81, 1 << 20, 8) == [1 << 20, 15_872 << 10])
  }

  /// Allocates pages of a pool.
  private func allocate(
    _ pages: Int,
    _ fixture: KernelFixture,
    paged: Bool = false
  ) throws -> VirtualAddress {
    try fixture.pointer(
      "ExAllocatePoolWithTag",
      UInt32(paged ? 1 : 0),
      GuestWord(pages * 4096),
      Self.tag
    )
  }

  /// Maps pages of a device.
  private func map(_ pages: Int, _ fixture: KernelFixture) throws -> VirtualAddress {
    try fixture.pointer(
      "MmMapIoSpace",
      UInt64(0xE000_0000),
      GuestWord(pages * 4096),
      UInt32(0)
    )
  }
}
