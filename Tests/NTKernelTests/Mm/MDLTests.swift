import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MDLTests {
  @Test(arguments: Host.few)
  func `an MDL has room for the pages that a range touches`(host: Host) throws {
    let fixture = try host.fixture()
    let (header, entry) = host.architecture == .x86 ? (28, 4) : (48, 8)
    for (offset, count, pages) in [
      (0, 0, 0), (0, 1, 1), (0, 4096, 1), (0, 4097, 2), (0xFFF, 1, 1), (0xFFF, 2, 2),
      (0x123, 4096, 2), (1, 0, 1), (0x123, 3 * 4096 - 0x123, 3), (0x123, 3 * 4096 - 0x122, 4),
    ] {
      let size = try fixture.call(
        "MmSizeOfMdl",
        VirtualAddress(rawValue: 0x8000_0000) + offset,
        GuestWord(count)
      )
      #expect(size == UInt64(header + entry * pages), "\(offset) \(count)")
    }
  }

  @Test(arguments: Host.all)
  func `a new MDL describes its range`(host: Host) throws {
    let fixture = try host.fixture()
    let address = VirtualAddress(rawValue: 0x8123_4567)
    let (header, entry) = host.architecture == .x86 ? (28, 4) : (48, 8)
    // Sixteen pages, and one more.
    for (byteCount, pages) in [(0x10_000 - 0x567, 16), (0x10_001 - 0x567, 17)] {
      let block = try fixture.pointer(
        "IoAllocateMdl",
        address,
        UInt32(byteCount),
        false,
        false,
        GuestPointer<IRP>(.null)
      )
      let mdl = fixture.memory[GuestPointer<MDL>(block)]
      #expect(try mdl.startVA.rawValue == 0x8123_4000)
      #expect(try mdl.byteOffset == 0x567)
      #expect(try mdl.byteCount == UInt32(byteCount))
      #expect(try mdl.next.isNull)
      #expect(try Int(mdl.size) == header + entry * pages)
      let isFixed = pages <= Behaviour(of: host.release).fixedSizeMDLPages
      #expect(try mdl.flags == (isFixed ? .allocatedFixedSize : []))
      try fixture.call("IoFreeMdl", block)
    }
  }

  @Test(arguments: Host.few)
  func `MmCreateMdl fills in what it is given`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(256)
    try fixture.memory.fill(at: block, count: 256, with: 0x55)
    let address = VirtualAddress(rawValue: 0x8123_4567)
    let mdl = try fixture.pointer("MmCreateMdl", block, address, GuestWord(5000))
    #expect(mdl == block)
    let view = fixture.memory[GuestPointer<MDL>(mdl)]
    #expect(try view.flags == [])
    #expect(try view.next.isNull)
    #expect(try view.byteOffset == 0x567)
    // MmInitializeMdl sets neither of these.
    #expect(try view.process.rawValue & 0xFFFF_FFFF == 0x5555_5555)
    #expect(try view.mappedSystemVA.rawValue & 0xFFFF_FFFF == 0x5555_5555)
    let new = try fixture.pointer("MmCreateMdl", VirtualAddress.null, address, GuestWord(5000))
    #expect(new != .null)
    try fixture.call("IoFreeMdl", new)
  }

  @Test(arguments: Host.few)
  func `IoAllocateMdl attaches an MDL to its request`(host: Host) throws {
    let fixture = try host.fixture()
    let irp = GuestPointer<IRP>(try fixture.pointer("IoAllocateIrp", Int8(1), false))
    var mdls: [VirtualAddress] = []
    for isSecondary in [false, true, true] {
      let buffer = VirtualAddress(rawValue: 0x8123_4000)
      mdls.append(
        try fixture.pointer("IoAllocateMdl", buffer, UInt32(8), isSecondary, false, irp)
      )
    }
    let first = try fixture.memory[irp].mdlAddress
    #expect(first.address == mdls[0])
    #expect(try fixture.memory[first].next.address == mdls[1])
    #expect(try fixture.memory[GuestPointer<MDL>(mdls[1])].next.address == mdls[2])
    // One that is not secondary takes the place of the first.
    let other = try fixture.pointer("IoAllocateMdl", mdls[0], UInt32(8), false, false, irp)
    #expect(try fixture.memory[irp].mdlAddress.address == other)
  }

  @Test(arguments: Host.few)
  func `an MDL for nonpaged pool needs no lock`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(3 * 4096) + 0x321
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 5000))
    try fixture.memory[mdl].store(VirtualAddress(rawValue: 0x1234), in: \.process)
    try fixture.call("MmBuildMdlForNonPagedPool", mdl)
    let view = fixture.memory[mdl]
    #expect(try view.flags == [.allocatedFixedSize, .sourceIsNonpagedPool])
    #expect(try view.mappedSystemVA == buffer)
    #expect(try view.process == .null)
    let array = MDL.pageFrames(of: mdl, on: host.architecture)
    for page in 0..<2 {
      let place = array + page * host.architecture.pointerSize
      let frame = try fixture.memory.load(GuestWord.self, at: place)
      #expect(fixture.frames(at: buffer + page * 4096, 1) == [FrameNumber(frame.rawValue)])
    }
    // It may be mapped for the process, but neither locked nor unlocked.
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.user)
    #expect(fixture.frames(at: address, 2) == fixture.frames(at: buffer, 2))
    #expect(try view.mappedSystemVA == buffer)
    try fixture.call("MmUnmapLockedPages", address, mdl)
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.read)
    }
    #expect(fixture.violations == [.lockInvalid])
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnlockPages", mdl) }
  }

  @Test(arguments: Host.all)
  func `a partial MDL describes a part of another`(host: Host) throws {
    let fixture = try host.fixture()
    let memory = fixture.memory
    let buffer = try fixture.manager.allocateUserBuffer(0x3000, byteOffset: 0x123)
    let source = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x3000))
    try fixture.call("MmProbeAndLockPages", source, ProcessorMode.user, LockOperation.write)
    let mapped = try fixture.pointer("MmMapLockedPages", source, ProcessorMode.kernel)
    let part = buffer + 0x1700
    let target = try #require(try fixture.manager.allocateMDL(for: part, byteCount: 0x800))
    try fixture.call("IoBuildPartialMdl", source, target, part, UInt32(0x800))
    let view = memory[target]
    #expect(try view.startVA == part + -part.offsetInPage)
    #expect(try view.byteOffset == UInt32(part.offsetInPage))
    #expect(try view.byteCount == 0x800)
    #expect(try view.process == memory[source].process)
    #expect(try view.mappedSystemVA == mapped + 0x1700)
    #expect(try view.flags == [.allocatedFixedSize, .partial, .mappedToSystemVA])
    let frame: GuestWord = try memory.load(at: MDL.pageFrames(of: target, on: host.architecture))
    #expect(fixture.frames(at: part, 1) == [FrameNumber(frame.rawValue)])
    // A length of 0 is what is left.
    let rest = try #require(try fixture.manager.allocateMDL(for: part, byteCount: 0x1900))
    try fixture.call("IoBuildPartialMdl", source, rest, part, UInt32(0))
    #expect(try memory[rest].byteCount == 0x1900)
    for mdl in [target, rest] { try fixture.call("IoFreeMdl", mdl) }
    // One that is too small stops the machine.
    let small = try #require(try fixture.manager.allocateMDL(for: part, byteCount: 0x10))
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("IoBuildPartialMdl", source, small, part, UInt32(0x1900))
    }
    #expect(error?.code.rawValue == (host.release >= .win8 ? 0x12E : 0x40))
    if host.release >= .win8 {
      let expected: [UInt64?] = [
        source.address.rawValue, small.address.rawValue, part.rawValue, 0x1900,
      ]
      #expect(error?.parameters == expected)
    }
    #expect(fixture.violations.isEmpty)
  }

  @Test(arguments: Host.few)
  func `a part that was mapped by itself is unmapped when it is freed`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.manager.allocateUserBuffer(0x3000, byteOffset: 0)
    let source = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x3000))
    try fixture.call("MmProbeAndLockPages", source, ProcessorMode.user, LockOperation.write)
    let part = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x1000))
    try fixture.call("IoBuildPartialMdl", source, part, buffer + 0x1000, UInt32(0x1000))
    let address = try fixture.pointer("MmMapLockedPages", part, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 1) == fixture.frames(at: buffer + 0x1000, 1))
    let flags = try fixture.memory[part].flags
    #expect(flags.contains([.partial, .mappedToSystemVA, .partialHasBeenMapped]))
    #expect(try !fixture.memory[source].flags.contains(.mappedToSystemVA))
    try fixture.call("IoFreeMdl", part)
    #expect(fixture.frames(at: address, 1) == [nil])
    #expect(fixture.manager.liveMappings.isEmpty)
    #expect(fixture.violations.isEmpty)
  }
}
