import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct IoAllocateMdlTests {
  private func allocate(_ fixture: KernelFixture, _ byteCount: Int) throws -> VirtualAddress {
    let mdl = try fixture.pointer(
      "IoAllocateMdl",
      VirtualAddress(rawValue: 0x1000_0000),
      UInt32(truncatingIfNeeded: byteCount),
      false,
      false,
      GuestPointer<IRP>(.null)
    )
    if mdl != .null { try fixture.call("IoFreeMdl", mdl) }
    return mdl
  }

  @Test(arguments: Host.all)
  func `the longest buffer is the release's (KD-019, KD-020)`(host: Host) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 64 << 20)
    let longest: Int
    switch host.release {
    case ..<Release.vista:
      // The MDL's size must fit 16 bits: about 64 MiB on x86, 32 MiB on x64.
      let header = host.architecture == .x86 ? 28 : 48
      longest = (0xFFFF - header) / host.architecture.pointerSize * 4096
    case ..<Release.win7: longest = 2 << 30 - 4096
    default: longest = 4 << 30 - 4096
    }
    #expect(try allocate(fixture, longest) != .null)
    #expect(try allocate(fixture, longest + 1) == .null)
  }

  @Test(arguments: Host.few)
  func `MmCreateMdl knows no such limit`(host: Host) throws {
    let fixture = try KernelFixture(host.release, host.architecture, memorySize: 64 << 20)
    let address = VirtualAddress(rawValue: 0x1000_0000)
    let count = GuestWord(0xFFFF_F000 as UInt64)
    let mdl = try fixture.pointer("MmCreateMdl", VirtualAddress.null, address, count)
    #expect(mdl != .null)
    #expect(try fixture.memory[GuestPointer<MDL>(mdl)].byteCount == 0xFFFF_F000)
    #expect(try fixture.memory[GuestPointer<MDL>(mdl)].flags == [])
    try fixture.call("IoFreeMdl", mdl)
    guard host.architecture == .x64 else { return }
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmCreateMdl", VirtualAddress.null, address, GuestWord(1 << 32 as UInt64))
    }
  }
}
