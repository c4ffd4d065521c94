import GuestABI
import NTReleases
import NTStructures
import Testing

@testable import NTKernel

@Suite struct MmProbeAndLockProcessPagesTests {
  /// The hosts whose release exports the routines.
  static let hosts = Host.all.filter { $0.release >= .w2k }

  @Test(arguments: hosts, [LockOperation.read, .write])
  func `pages of the current process are locked as by MmProbeAndLockPages`(
    host: Host,
    operation: LockOperation
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let process = manager.currentProcess
    let buffer = try manager.allocateUserBuffer(0x2000, byteOffset: 0x123)
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 0x2000))
    try fixture.call("MmProbeAndLockProcessPages", mdl, process, ProcessorMode.user, operation)
    let flags = try fixture.memory[mdl].flags
    #expect(flags.contains(.pagesLocked))
    #expect(flags.contains(.writeOperation) == (operation == .write))
    #expect(try fixture.memory[mdl].process == process)
    #expect(manager.lockedMDLs.map(\.mdl) == [mdl.address])
    try fixture.call("MmUnlockPages", mdl)
    let entry = try #require(fixture.memory.tables.entry(for: buffer))
    let pte = fixture.memory.tables.load(entry)
    fixture.memory.tables.store(pte.subtracting(.writable), at: entry)
    let lock = {
      try fixture.call("MmProbeAndLockProcessPages", mdl, process, ProcessorMode.user, operation)
    }
    if operation == .read {
      _ = try lock()
    } else {
      #expect(throws: RaisedStatus(.accessViolation)) { try lock() }
    }
  }

  @Test(arguments: hosts)
  func `pages of another process are locked, at an address that is not its own here`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let here = manager.currentSpace
    let there = try manager.makeAddressSpace()
    there.process = try fixture.allocate(16)
    manager.activate(there)
    let buffer = try manager.allocateUserBuffer(0x2000, byteOffset: 0x123)
    try fixture.memory.store(UInt32(0xFEED), at: buffer)
    let frames = fixture.frames(at: buffer, 3)
    manager.activate(here)
    #expect(fixture.frames(at: buffer, 3) != frames)
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 0x2000))
    let lock = { (process: VirtualAddress) in
      try fixture.call(
        "MmProbeAndLockProcessPages",
        mdl,
        process,
        ProcessorMode.user,
        LockOperation.read
      )
    }
    #expect(throws: Unmodelled.self) { try lock(there.process + 16) }
    _ = try lock(there.process)
    #expect(manager.currentSpace === here)
    #expect(try fixture.memory[mdl].process == there.process)
    #expect(there.lockedPageCount == 3)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 3) == frames)
    #expect(
      try fixture.memory.load(UInt32.self, at: address + (0x123 - address.offsetInPage)) == 0xFEED
    )
    try fixture.call("MmUnlockPages", mdl)
    #expect(there.lockedPageCount == 0)
  }

  /// Makes an array of segments.
  private func segments(
    _ fixture: KernelFixture,
    _ pages: [VirtualAddress]
  ) throws -> VirtualAddress {
    let array = try fixture.allocate(pages.count * 8)
    for (index, page) in pages.enumerated() {
      try fixture.memory.store(page.rawValue, at: array + index * 8)
    }
    return array
  }

  @Test(arguments: hosts)
  func `selected pages are locked in the order of the array`(host: Host) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let buffer = try manager.allocateUserBuffer(0x5000, byteOffset: 0)
    let pages = [4, 0, 2].map { buffer + $0 * 4096 }
    let array = try segments(fixture, pages)
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 3 * 4096))
    let lock = { (array: VirtualAddress) in
      try fixture.call(
        "MmProbeAndLockSelectedPages",
        mdl,
        array,
        ProcessorMode.user,
        LockOperation.write
      )
    }
    _ = try lock(array)
    #expect(try fixture.memory[mdl].flags.contains([.pagesLocked, .writeOperation]))
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 3) == pages.flatMap { fixture.frames(at: $0, 1) })
    try fixture.call("MmUnlockPages", mdl)
    #expect(fixture.frames(at: address, 3) == [nil, nil, nil])
    // A page that is not there, one of the system, and addresses that are no page.
    for bad in [buffer + 0x10_0000, try fixture.allocate(4096)] {
      let array = try segments(fixture, [pages[0], bad, pages[1]])
      #expect(throws: RaisedStatus(.accessViolation)) { try lock(array) }
    }
    let odd = try segments(fixture, [pages[0], pages[1] + 1, pages[2]])
    #expect(throws: Unmodelled.self) { try lock(odd) }
    #expect(throws: GuestFault.self) { try lock(manager.layout.systemPTEs.lowerBound) }
    #expect(manager.lockedMDLs.isEmpty)
    for page in pages {
      let frame = try #require(fixture.frames(at: page, 1)[0])
      #expect(manager.frames.referenceCount(of: frame) == 1)
    }
  }

  @Test(arguments: Host.few)
  func `device memory can be locked, and the MDL says that it is none of the machine's`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let device = try fixture.manager.mapIOSpace(
      PhysicalAddress(rawValue: 0xE000_0000),
      byteCount: 2 * 4096,
      isCached: false
    )
    let mdl = try #require(try fixture.manager.allocateMDL(for: device, byteCount: 2 * 4096))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.write)
    #expect(try fixture.memory[mdl].flags.contains([.pagesLocked, .ioSpace]))
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.user)
    #expect(fixture.frames(at: address, 2) == [0xE0000, 0xE0001])
    try fixture.call("MmUnmapLockedPages", address, mdl)
    try fixture.call("MmUnlockPages", mdl)
    #expect(fixture.manager.lockedMDLs.isEmpty)
  }
}
