import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmMapMdlTests {
  /// The hosts whose release exports the routine.
  static let hosts = Host.all.filter { $0.release >= .win10_1709 }

  @Test(arguments: hosts)
  func `the pages are mapped for the time of the driver's routine`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.manager.allocateUserBuffer(0x2000, byteOffset: 0x10)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x2000))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.modify)
    for (protection, canWrite) in [(UInt32(4), true), (2, false)] {
      var seen = VirtualAddress.null
      let routine = fixture.routine { call in
        #expect(call.arguments[0].bits == 0xC0DE)
        seen = VirtualAddress(rawValue: call.arguments[1].bits)
        #expect(fixture.memory.tables.translate(seen)?.isWritable == canWrite)
        #expect(fixture.frames(at: seen, 3) == fixture.frames(at: buffer, 3))
        return 0
      }
      let context = VirtualAddress(rawValue: 0xC0DE)
      #expect(try fixture.status("MmMapMdl", mdl, protection, routine, context) == .success)
      #expect(seen.offsetInPage == 0x10)
      #expect(fixture.frames(at: seen, 3) == [nil, nil, nil])
      #expect(fixture.manager.liveMappings.isEmpty)
    }
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmMapMdl", mdl, UInt32(1), VirtualAddress.null, VirtualAddress.null)
    }
  }

  @Test(arguments: hosts)
  func `an MDL that is mapped stays as it is`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(4096)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 4096))
    try fixture.call("MmBuildMdlForNonPagedPool", mdl)
    let routine = fixture.routine { call in
      #expect(call.arguments[1].bits == buffer.rawValue)
      return 0
    }
    #expect(try fixture.status("MmMapMdl", mdl, UInt32(4), routine, routine) == .success)
    #expect(fixture.frames(at: buffer, 1) != [nil])
    #expect(fixture.manager.liveMappings.isEmpty)
  }
}
