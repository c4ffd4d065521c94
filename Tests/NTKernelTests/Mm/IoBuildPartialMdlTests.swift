import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct IoBuildPartialMdlTests {
  @Test(arguments: Host.all)
  func `MDL_IO_SPACE was not copied by Windows XP before SP2 (KD-026)`(host: Host) throws {
    let fixture = try host.fixture()
    let device = try fixture.manager.mapIOSpace(
      PhysicalAddress(rawValue: 0xE000_0000),
      byteCount: 3 * 4096,
      isCached: false
    )
    let source = try #require(try fixture.manager.allocateMDL(for: device, byteCount: 3 * 4096))
    try fixture.call("MmBuildMdlForNonPagedPool", source)
    #expect(try fixture.memory[source].flags.contains([.ioSpace, .sourceIsNonpagedPool]))
    let part = device + 4096
    let target = try #require(try fixture.manager.allocateMDL(for: part, byteCount: 4096))
    try fixture.call("IoBuildPartialMdl", source, target, part, UInt32(4096))
    let isXP = host.release >= .wxp && host.release < .wxpsp2
    let flags = try fixture.memory[target].flags
    #expect(flags.contains(.ioSpace) == !isXP)
    #expect(flags.contains([.partial, .sourceIsNonpagedPool]))
    #expect(try fixture.memory[target].mappedSystemVA == part)
  }

  /// The first size at which an MDL's `Size` is negative, and the first at which it loses bits.
  @Test(arguments: Host.few + [Host(release: .win10_22h2, architecture: .x64)])
  func `a part of a large buffer has room, whatever Size says (KD-021)`(host: Host) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 64 << 20)
    let width = host.architecture.pointerSize
    for pages in [0x8000 / width, 0x1_0000 / width] {
      let byteCount = pages * 4096
      let buffer = VirtualAddress(rawValue: 0x1000_0000)
      guard let source = try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount) else {
        #expect(host.release < .vista && pages == 0x1_0000 / width)
        continue
      }
      let size = fixture.manager.mdlSize(for: buffer, byteCount: byteCount)
      #expect(try fixture.memory[source].size == Int16(truncatingIfNeeded: size))
      // As if its pages were locked.
      try fixture.memory.modify(source) { $0.flags = .pagesLocked }
      let target = try #require(
        try fixture.manager.allocateMDL(for: buffer, byteCount: byteCount)
      )
      try fixture.call("IoBuildPartialMdl", source, target, buffer, UInt32(0))
      #expect(try fixture.memory[target].byteCount == UInt32(byteCount))
    }
  }

  @Test(arguments: Host.few)
  func `MmPrepareMdlForReuse's unmapping makes a part ready to be built again`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.manager.allocateUserBuffer(0x3000, byteOffset: 0x80)
    let source = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x3000))
    try fixture.call("MmProbeAndLockPages", source, ProcessorMode.user, LockOperation.write)
    let part = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x1000))
    for index in 0..<3 {
      let start = buffer + index * 0x1000
      try fixture.call("IoBuildPartialMdl", source, part, start, UInt32(0x1000))
      let address = try fixture.pointer("MmMapLockedPages", part, ProcessorMode.kernel)
      #expect(fixture.frames(at: address, 2) == fixture.frames(at: start, 2))
      #expect(try fixture.memory[part].flags.contains(.partialHasBeenMapped))
      // The macro: WDK 22621 wdm.h.
      try fixture.call("MmUnmapLockedPages", try fixture.memory[part].mappedSystemVA, part)
      let both: MDL.Flags = [.mappedToSystemVA, .partialHasBeenMapped]
      #expect(try fixture.memory[part].flags.isDisjoint(with: both))
    }
    #expect(fixture.violations.isEmpty)
    #expect(fixture.manager.liveMappings.isEmpty)
  }

  @Test(arguments: Host.few)
  func `a chain of MDLs is unlocked and freed one by one`(host: Host) throws {
    let fixture = try host.fixture()
    var mdls: [GuestPointer<MDL>] = []
    for _ in 0..<3 {
      let buffer = try fixture.manager.allocateUserBuffer(4096, byteOffset: 0)
      let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 4096))
      try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.read)
      if let last = mdls.last { try fixture.memory[last].store(mdl, in: \.next) }
      mdls.append(mdl)
    }
    try fixture.call("MmUnlockPages", mdls[0])
    try fixture.call("IoFreeMdl", mdls[0])
    #expect(Set(fixture.manager.lockedMDLs.map(\.mdl)) == Set(mdls.dropFirst().map(\.address)))
    #expect(try fixture.memory[mdls[1]].flags.contains(.pagesLocked))
  }
}
