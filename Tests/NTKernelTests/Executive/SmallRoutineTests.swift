import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct SmallRoutineTests {
  @Test(arguments: Architecture.allCases)
  func `a remove lock waits for who holds it`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let lock = try fixture.allocate(32)
    let size: UInt32 = architecture == .x86 ? 24 : 32
    let tag = VirtualAddress.null
    let zero: UInt32 = 0
    try fixture.call("IoInitializeRemoveLockEx", lock, zero, zero, zero, size)
    for _ in 0..<2 {
      let status = try fixture.call("IoAcquireRemoveLockEx", lock, tag, tag, zero, size)
      #expect(NTStatus(guestBits: status) == .success)
    }
    let first = fixture.dispatcher.current
    #expect(try fixture.start("IoReleaseRemoveLockAndWaitEx", lock, tag, size) == nil)
    _ = try fixture.switchToNewThread()
    let status = try fixture.call("IoAcquireRemoveLockEx", lock, tag, tag, zero, size)
    #expect(UInt32(truncatingIfNeeded: status) == 0xC000_0056)
    #expect(first.state == .waiting)
    try fixture.call("IoReleaseRemoveLockEx", lock, tag, size)
    #expect(first.state == .ready)
  }

  @Test(arguments: Architecture.allCases)
  func `run-down protection waits for its users`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let place = try fixture.allocate(8)
    func call(_ name: String) throws -> UInt64? {
      try fixture.start(name, place, convention: .fastcall)
    }
    _ = try call("ExInitializeRundownProtection")
    #expect(try call("ExAcquireRundownProtection") == 1)
    let first = fixture.dispatcher.current
    #expect(try call("ExWaitForRundownProtectionRelease") == nil)
    _ = try fixture.switchToNewThread()
    #expect(try call("ExAcquireRundownProtection") == 0)
    _ = try call("ExReleaseRundownProtection")
    #expect(first.state == .ready)
    _ = try call("ExReInitializeRundownProtection")
    #expect(try call("ExAcquireRundownProtection") == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `queued spin locks raise the IRQL and give it back`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let (lock, handle) = (try fixture.allocate(8), try fixture.allocate(24))
    let fast = CallingConvention.fastcall
    try fixture.call("KeAcquireInStackQueuedSpinLock", lock, handle, convention: fast)
    #expect(fixture.dispatcher.irql == .dispatch)
    #expect(try fixture.call("KeTestSpinLock", lock, convention: fast) & 0xFF == 0)
    let tries = "KeTryToAcquireSpinLockAtDpcLevel"
    #expect(try fixture.call(tries, lock, convention: fast) & 0xFF == 0)
    try fixture.call("KeReleaseInStackQueuedSpinLock", handle, convention: fast)
    #expect(fixture.dispatcher.irql == .passive)
    #expect(try fixture.call("KeTestSpinLock", lock, convention: fast) & 0xFF == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `regions, records, entries and numbers`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    #expect(try fixture.call("KeAreApcsDisabled") & 0xFF == 0)
    try fixture.call("KeEnterCriticalRegion")
    #expect(try fixture.call("KeAreApcsDisabled") & 0xFF == 1)
    #expect(try fixture.call("KeAreAllApcsDisabled") & 0xFF == 0)
    try fixture.call("KeLeaveCriticalRegion")
    #expect(fixture.unmodelled { try fixture.call("KeLeaveCriticalRegion") } != nil)

    let record = try fixture.allocate(64)
    let none = VirtualAddress.null
    let zero: UInt32 = 0
    for expected in [1, 0] as [UInt64] {
      let result = try fixture.call(
        "KeRegisterBugCheckCallback",
        record,
        none,
        none,
        zero,
        none
      )
      #expect(result & 0xFF == expected)
    }
    #expect(try fixture.call("KeDeregisterBugCheckCallback", record) & 0xFF == 1)

    let entry = VirtualAddress(
      rawValue: try fixture.call("IoAllocateErrorLogEntry", none, 64 as UInt8)
        & fixture.pointerMask
    )
    try fixture.call("IoWriteErrorLogEntry", entry)
    #expect(fixture.unmodelled { try fixture.call("IoFreeErrorLogEntry", entry) } != nil)

    #expect(try fixture.call("KeQueryActiveProcessorCount", none) & 0xFFFF_FFFF == 1)
    let slot = try fixture.allocate(8)
    for (number, expected) in [(4, .success), (8, .invalidParameter)] as [(Int, NTStatus)] {
      let status = try fixture.call("PsLookupProcessByProcessId", GuestWord(number), slot)
      #expect(NTStatus(guestBits: status) == expected)
    }
    let process: VirtualAddress = try fixture.memory.load(at: slot)
    #expect(try fixture.call("PsGetProcessId", process) & fixture.pointerMask == 4)
    try fixture.call("ObfDereferenceObject", process, convention: .fastcall)
    let thread = try fixture.switchToNewThread()
    let owner = try fixture.call("IoThreadToProcess", thread.body) & fixture.pointerMask
    #expect(owner == process.rawValue)
    #expect(try fixture.call("PsGetThreadId", thread.body) & fixture.pointerMask == 8)

    let routine = VirtualAddress(rawValue: 0x5000)
    let set = "PsSetCreateProcessNotifyRoutine"
    for (removes, expected) in [
      (true, .invalidParameter), (false, .success), (true, .success),
    ] as [(Bool, NTStatus)] {
      let status = try fixture.call(set, routine, removes)
      #expect(NTStatus(guestBits: status) == expected)
    }
  }
}
