import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmProbeAndLockPagesTests {
  @Test(arguments: Host.few, [LockOperation.read, .write, .modify])
  func `locking references each page and notes it`(host: Host, operation: LockOperation) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let buffer = try manager.allocateUserBuffer(0x2000, byteOffset: 0x123)
    let frames = fixture.frames(at: buffer, 3).compactMap { $0 }
    #expect(frames.count == 3)
    #expect(frames.map { manager.frames.referenceCount(of: $0) } == [1, 1, 1])
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 0x2000))
    // What an earlier lock may have left.
    try fixture.memory.modify(mdl) { $0.flags.formUnion(.writeOperation) }
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, operation)
    let written: MDL.Flags = operation == .read ? [] : .writeOperation
    #expect(try fixture.memory[mdl].flags == written.union([.pagesLocked, .allocatedFixedSize]))
    #expect(try fixture.memory[mdl].process == manager.currentProcess)
    let array = MDL.pageFrames(of: mdl, on: host.architecture)
    let noted = try (0..<3).map {
      try fixture.memory.load(GuestWord.self, at: array + $0 * host.architecture.pointerSize)
        .rawValue
    }
    #expect(noted == frames.map(UInt64.init))
    #expect(frames.map { manager.frames.referenceCount(of: $0) } == [2, 2, 2])
    #expect(manager.lockedMDLs.map(\.mdl) == [mdl.address])
    // Other MDLs may lock the same pages.
    let other = try #require(try manager.allocateMDL(for: buffer, byteCount: 0x1000))
    try fixture.call("MmProbeAndLockPages", other, ProcessorMode.user, operation)
    #expect(frames.map { manager.frames.referenceCount(of: $0) } == [3, 3, 2])
    try fixture.call("MmUnlockPages", other)
    try fixture.call("MmUnlockPages", mdl)
    #expect(try !fixture.memory[mdl].flags.contains(.pagesLocked))
    #expect(frames.map { manager.frames.referenceCount(of: $0) } == [1, 1, 1])
    #expect(manager.lockedMDLs.isEmpty)
  }

  @Test(arguments: Host.few)
  func `pages that are freed while they are locked stay until they are unlocked`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let buffer = try manager.allocateUserBuffer(0x2000, byteOffset: 0)
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 0x2000))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.write)
    let before = manager.frames.freeCount
    let frames = fixture.frames(at: buffer, 2)
    manager.freeUserBuffer(buffer)
    #expect(manager.frames.freeCount == before)
    let address = try fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
    #expect(fixture.frames(at: address, 2) == frames)
    // The mapping may have needed page tables. Unlocking unmaps.
    let mapped = manager.frames.freeCount
    try fixture.call("MmUnlockPages", mdl)
    #expect(fixture.frames(at: address, 2) == [nil, nil])
    #expect(manager.frames.freeCount == mapped + 2)
  }

  /// Why a lock fails.
  enum Failure: CaseIterable {
    case lastPageMissing, readOnly, kernelAddress, wrapsAround, notUser
  }

  @Test(arguments: Host.few, Failure.allCases)
  func `a lock that fails raises an exception and locks nothing`(
    host: Host,
    failure: Failure
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    var buffer = try manager.allocateUserBuffer(0x3000, byteOffset: 0x10)
    var byteCount = 0x2000
    let page = buffer + -0x10
    let frame = try #require(fixture.frames(at: page, 1)[0])
    var operation = LockOperation.write
    let entry = try #require(fixture.memory.tables.entry(for: page + 0x1000))
    let pte = fixture.memory.tables.load(entry)
    switch failure {
    case .lastPageMissing:
      byteCount = 0x5000
      operation = .read
    case .readOnly:
      fixture.memory.tables.store(pte.subtracting(.writable), at: entry)
    case .notUser:
      fixture.memory.tables.store(pte.subtracting(.user), at: entry)
    case .kernelAddress:
      buffer = try fixture.allocate(0x3000)
    case .wrapsAround:
      byteCount = 0x7FFF_0000
    }
    let block = try fixture.allocate(manager.mdlSize(for: buffer, byteCount: 0x10_000))
    let mdl = GuestPointer<MDL>(block)
    try manager.initializeMDL(mdl, for: buffer, byteCount: byteCount)
    #expect(throws: RaisedStatus(.accessViolation)) {
      try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, operation)
    }
    #expect(try fixture.memory[mdl].flags == [])
    #expect(manager.frames.referenceCount(of: frame) == 1)
    #expect(manager.lockedMDLs.isEmpty)
    // What cannot be written can be read.
    guard failure == .readOnly else { return }
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.user, LockOperation.read)
    #expect(manager.frames.referenceCount(of: frame) == 2)
  }

  @Test(arguments: Host.few)
  func `an MDL cannot be locked twice, nor unlocked twice`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(0x2000)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x2000))
    let lock = {
      try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.read)
    }
    _ = try lock()
    // System addresses belong to no process.
    #expect(try fixture.memory[mdl].process == .null)
    #expect(throws: Unmodelled.self) { try lock() }
    try fixture.call("MmUnlockPages", mdl)
    #expect(throws: Unmodelled.self) { try fixture.call("MmUnlockPages", mdl) }
    #expect(fixture.violations == [.lockInvalid, .unlockUnlocked])
  }

  @Test(arguments: Host.few)
  func `an MDL that is freed while it is locked or mapped is a violation`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.allocate(0x2000)
    let mdl = try #require(try fixture.manager.allocateMDL(for: buffer, byteCount: 0x2000))
    try fixture.call("MmProbeAndLockPages", mdl, ProcessorMode.kernel, LockOperation.read)
    try fixture.call("MmMapLockedPages", mdl, ProcessorMode.kernel)
    try fixture.call("IoFreeMdl", mdl)
    #expect(fixture.violations == [.freeMapped, .freeLocked])
  }
}
