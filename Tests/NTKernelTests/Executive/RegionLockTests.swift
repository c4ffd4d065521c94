import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct RegionLockTests {
  private static let hosts = [
    Host(release: .win81, architecture: .x86), Host(release: .win81, architecture: .x64),
  ]

  private func newThread(_ fixture: KernelFixture) throws -> KernelThread {
    try fixture.dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
  }

  @Test(arguments: hosts)
  func `a guarded mutex disables all APCs while it is owned`(host: Host) throws {
    let fixture = try host.fixture()
    let mutex = try fixture.allocate(0x38)
    try fixture.call("KeInitializeGuardedMutex", mutex)
    try fixture.call("KeAcquireGuardedMutex", mutex)
    #expect(try fixture.call("KeAreAllApcsDisabled") & 0xFF == 1)
    let owner = fixture.dispatcher.current
    let other = try newThread(fixture)
    #expect(try fixture.dispatcher.preempt() === other)
    #expect(try fixture.call("KeTryToAcquireGuardedMutex", mutex) & 0xFF == 0)
    #expect(throws: KernelFixture.Waits.self) { try fixture.call("KeAcquireGuardedMutex", mutex) }
    #expect(try fixture.dispatcher.schedule() === owner)
    try fixture.call("KeReleaseGuardedMutex", mutex)
    #expect(try fixture.call("KeAreAllApcsDisabled") & 0xFF == 0)
    #expect(other.state == .ready)
    #expect(try fixture.dispatcher.schedule() === other)
    #expect(try fixture.call("KeAreAllApcsDisabled") & 0xFF == 1)
  }

  @Test(arguments: hosts)
  func `a resource is acquired in a critical region, which releasing leaves`(host: Host) throws {
    let fixture = try host.fixture()
    let resource = try fixture.allocate(0x68)
    try fixture.call("ExInitializeResourceLite", resource)
    let enter = "ExEnterCriticalRegionAndAcquireResourceExclusive"
    #expect(try fixture.call(enter, resource) == 0)
    #expect(try fixture.call("KeAreApcsDisabled") & 0xFF == 1)
    let owner = fixture.dispatcher.current
    let other = try newThread(fixture)
    #expect(try fixture.dispatcher.preempt() === other)
    #expect(try fixture.call("ExTryToAcquireResourceExclusiveLite", resource) & 0xFF == 0)
    #expect(throws: KernelFixture.Waits.self) { try fixture.call(enter, resource) }
    #expect(try fixture.dispatcher.schedule() === owner)
    try fixture.call("ExReleaseResourceAndLeaveCriticalRegion", resource)
    #expect(try fixture.call("KeAreApcsDisabled") & 0xFF == 0)
    // The routine returns NULL also to who had to wait.
    #expect(other.state == .ready)
    #expect(other.waitStatus == 0)
    #expect(throws: Unmodelled.self) {
      try fixture.call("ExReleaseResourceAndLeaveCriticalRegion", resource)
    }
  }

  @Test(arguments: hosts)
  func `a push lock is shared, and handed on in the order of coming`(host: Host) throws {
    let fixture = try host.fixture()
    let lock = try fixture.allocate(8)
    try fixture.call("ExInitializePushLock", lock)
    try fixture.call("ExfAcquirePushLockShared", lock)
    #expect(try fixture.call("ExfTryAcquirePushLockShared", lock) & 0xFF == 1)
    try fixture.call("ExfReleasePushLockShared", lock)
    #expect(try fixture.call("ExTryAcquirePushLockExclusiveEx", lock, UInt32(0)) & 0xFF == 0)
    let owner = fixture.dispatcher.current
    let (writer, reader) = (try newThread(fixture), try newThread(fixture))
    #expect(try fixture.dispatcher.preempt() === writer)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.call("ExAcquirePushLockExclusiveEx", lock, UInt32(0))
    }
    #expect(try fixture.dispatcher.schedule() === reader)
    // Who comes later does not overtake the writer.
    #expect(try fixture.call("ExTryAcquirePushLockSharedEx", lock, UInt32(0)) & 0xFF == 0)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.call("ExfAcquirePushLockShared", lock)
    }
    #expect(try fixture.dispatcher.schedule() === owner)
    try fixture.call("ExfReleasePushLock", lock)
    #expect(writer.state == .ready)
    #expect(reader.state == .waiting)
    #expect(throws: Unmodelled.self) { try fixture.call("ExfReleasePushLockShared", lock) }
    try fixture.call("ExfReleasePushLockExclusive", lock)
    #expect(reader.state == .ready)
    try fixture.call("ExReleasePushLockSharedEx", lock, UInt32(0))
    #expect(try fixture.memory.load(GuestWord.self, at: lock).rawValue == 0)
  }

  @Test(arguments: hosts)
  func `a timer of the system's calls back with itself, and goes when it is deleted`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let routine = VirtualAddress(rawValue: 0x5000)
    let context = VirtualAddress(rawValue: 77)
    let null = VirtualAddress.null
    let timer = try fixture.pointer("ExAllocateTimer", routine, context, UInt32(0))
    #expect(try fixture.call("ExSetTimer", timer, Int64(-1000), Int64(20_000), null) & 0xFF == 0)
    for time: UInt64 in [1000, 20_000] {
      try fixture.dispatcher.advance(by: time)
      let next = try #require(try fixture.dispatcher.takeDPC())
      #expect(next.call.function == routine)
      #expect(next.call.arguments.map(\.bits) == [timer.rawValue, 77])
      try fixture.dispatcher.finishDPC(next.irql)
    }
    #expect(try fixture.call("ExCancelTimer", timer, null) & 0xFF == 1)
    #expect(try fixture.call("ExSetTimer", timer, Int64(-1000), Int64(0), null) & 0xFF == 0)
    var ended: [UInt64] = []
    let end = fixture.routine { call in
      ended.append(call.arguments[0].bits)
      return 0
    }
    let parameters = try fixture.allocate(24)
    try fixture.memory.store(end, at: parameters + 8)
    try fixture.memory.store(context, at: parameters + (8 + host.architecture.pointerSize))
    #expect(try fixture.call("ExDeleteTimer", timer, true, true, parameters) & 0xFF == 1)
    #expect(ended == [77])
    #expect(throws: Unmodelled.self) { try fixture.call("ExCancelTimer", timer, null) }
  }

  @Test(arguments: hosts)
  func `an extended list always has routines, which get the list`(host: Host) throws {
    let fixture = try host.fixture()
    let list = try fixture.allocate(0x70)
    let null = VirtualAddress.null
    let initialize = "ExInitializeLookasideListEx"
    func set(_ allocate: VirtualAddress, _ type: UInt32, _ flags: UInt32) throws -> NTStatus {
      try fixture.status(
        initialize,
        list,
        allocate,
        null,
        type,
        flags,
        GuestWord(64),
        UInt32(0x3154_6554),
        UInt16(0)
      )
    }
    #expect(try set(null, 7, 0) == NTStatus(0xC000_00F2))
    #expect(try set(null, 0, 3) == NTStatus(0xC000_00F3))
    #expect(try set(null, 1, 1) == .success)
    let place = list + (host.architecture == .x86 ? 0x1C : 0x24)
    #expect(try fixture.memory.load(UInt32.self, at: place) == 17)
    let allocate = list + (host.architecture == .x86 ? 0x28 : 0x30)
    #expect(try fixture.memory.load(VirtualAddress.self, at: allocate) != .null)
    try fixture.call("ExFlushLookasideListEx", list)
    try fixture.call("ExDeleteLookasideListEx", list)
    #expect(throws: Unmodelled.self) { try fixture.call("ExFlushLookasideListEx", list) }
  }
}
