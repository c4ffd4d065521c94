import GuestABI
import NTKernel
import NTReleases
import Testing

/// `KUSER_SHARED_DATA`, release by release.
@Suite struct SharedDataTests {
  @Test(arguments: Host.all)
  func `each release has the fields that its structure has room for`(host: Host) throws {
    let fixture = try host.fixture()
    let (memory, release) = (fixture.memory, host.release)
    let shared = fixture.manager.layout.userSharedData
    guard release >= .nt350 else {
      #expect(throws: GuestFault.self) { try memory.load(UInt32.self, at: shared) }
      return
    }
    func word(_ offset: Int) throws -> UInt32 { try memory.load(at: shared + offset) }
    #expect(try word(0x04) == 0x0A00_0000)
    let root = try memory.bytes(at: shared + 0x30, count: 6)
    #expect(root == (release >= .nt351 ? [0x43, 0, 0x3A, 0, 0x5C, 0] : [0, 0, 0, 0, 0, 0]))
    let hasVersion = release >= .nt400
    #expect(try word(0x26C) == (hasVersion ? UInt32(release.majorVersion) : 0))
    #expect(try word(0x270) == (hasVersion ? UInt32(release.minorVersion) : 0))
    #expect(try word(0x260) == (release >= .win10_1507 ? UInt32(release.build) : 0))
    #expect(try word(0x2D0) == (release >= .wxp ? 0x110 : 0))
    try fixture.dispatcher.advance(by: 3 * Dispatcher.clockTick + 5)
    let (now, time) = (fixture.dispatcher.interruptTime, fixture.dispatcher.systemTime)
    #expect(try memory.load(UInt64.self, at: shared + 0x08) == now)
    #expect(try memory.load(UInt64.self, at: shared + 0x14) == time)
    #expect(try word(0) == (release < .ws03 ? 3 : 0))
    let hasWholeCount = release >= .wxpsp2
    #expect(try word(0x320) == (hasWholeCount ? 3 : 0))
  }

  @Test(arguments: Host.all)
  func `the processor's maker is where each release's KPRCB has it`(host: Host) throws {
    let fixture = try host.fixture()
    let isX86 = host.architecture == .x86
    let block: VirtualAddress = try fixture.memory.load(
      at: fixture.manager.layout.processorControlRegion + 0x20
    )
    #expect(block == fixture.manager.layout.processorControlRegion + (isX86 ? 0x120 : 0x180))
    let offset = Behaviour(of: host.release).processorVendorOffset(pointerSize: isX86 ? 4 : 8)
    #expect((offset == nil) == (host.release < .nt350))
    guard let offset else { return }
    let bytes = try fixture.memory.bytes(at: block + offset, count: 13)
    #expect(bytes == Array("GenuineIntel".utf8) + [0])
  }

  @Test(arguments: Host.all)
  func `a process has its identifier where each release's EPROCESS has it`(host: Host) throws {
    let fixture = try host.fixture()
    let pointerSize = host.architecture.pointerSize
    guard let place = Behaviour(of: host.release).processIDOffset(pointerSize: pointerSize) else {
      #expect(host.release == .win11_24h2)
      return
    }
    let process = fixture.kernel.processes.system
    let id: GuestWord = try fixture.memory.load(at: process.body + place)
    #expect(id.rawValue == process.id)
  }
}
