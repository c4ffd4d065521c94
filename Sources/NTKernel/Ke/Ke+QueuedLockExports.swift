internal import GuestABI
internal import NTStructures

/// A spin lock that a thread holds, and where it keeps the IRQL.
///
/// The corresponding C type is `KLOCK_QUEUE_HANDLE`.
struct LockQueueHandle: GuestStructure {
  let next = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  let lock = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  let oldIRQL = Field<IRQL>(x86: 0x08, x64: 0x10)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 12 : 24 }
}

extension Dispatcher {
  /// The routines that drivers import to take spin locks in other ways.
  var queuedLockExports: [Export] {
    let raising = ["", "ForDpc"].flatMap { suffix in
      [
        export("KeAcquireInStackQueuedSpinLock\(suffix)", .fastcall) {
          [self] (lock: VirtualAddress, handle: GuestPointer<LockQueueHandle>) in
          let old = irql
          if old < .dispatch { try setIRQL(.dispatch) }
          try acquire(lock, handle)
          try memory[handle].store(old, in: \.oldIRQL)
        },
        export("KeReleaseInStackQueuedSpinLock\(suffix)", .fastcall) {
          [self] (handle: GuestPointer<LockQueueHandle>) in
          try releaseSpinLock(memory[handle].lock)
          try setIRQL(memory[handle].oldIRQL)
        },
      ]
    }
    return raising + [
      export("KeAcquireInStackQueuedSpinLockAtDpcLevel", .fastcall) {
        [self] (lock: VirtualAddress, handle: GuestPointer<LockQueueHandle>) in
        try acquire(lock, handle)
      },
      export("KeReleaseInStackQueuedSpinLockFromDpcLevel", .fastcall) {
        [self] (handle: GuestPointer<LockQueueHandle>) in
        try releaseSpinLock(memory[handle].lock)
      },
      export("KeTestSpinLock", .fastcall) { [self] (lock: VirtualAddress) in
        try memory.load(GuestWord.self, at: lock).rawValue == 0
      },
      export("KeTryToAcquireSpinLockAtDpcLevel", .fastcall) { [self] (lock: VirtualAddress) in
        guard try memory.load(GuestWord.self, at: lock).rawValue == 0 else { return false }
        try acquireSpinLock(lock)
        return true
      },
    ]
  }

  private func acquire(_ lock: VirtualAddress, _ handle: GuestPointer<LockQueueHandle>) throws {
    try acquireSpinLock(lock)
    try memory[handle].store(.null, in: \.next)
    try memory[handle].store(lock, in: \.lock)
  }

  /// The routines that drivers import to learn of processors, stacks and precise times.
  ///
  /// The machine has one processor, no sockets for more, and never sleeps; its time zone is UTC.
  var machineExports: [Export] {
    [
      export("KeGetCurrentProcessorNumberEx") { [self] (number: VirtualAddress) in
        // PROCESSOR_NUMBER: the group, the number in it and a reserved byte.
        if number != .null { try memory.store(UInt32(0), at: number) }
        return UInt32(0)
      },
      export("KeQueryActiveProcessorCount") { [self] (affinity: VirtualAddress) in
        if affinity != .null { try memory.store(GuestWord(1), at: affinity) }
        return UInt32(1)
      },
      export("KeQueryMaximumProcessorCount") { () in UInt32(1) },
      // Group 0 is the only one; ALL_PROCESSOR_GROUPS stands for all.
      export("KeQueryActiveProcessorCountEx") { (group: UInt16) in
        UInt32(group == 0 || group == .max ? 1 : 0)
      },
      export("KeQueryMaximumProcessorCountEx") { (group: UInt16) in
        UInt32(group == 0 || group == .max ? 1 : 0)
      },
      export("KeQueryActiveGroupCount") { () in UInt16(1) },
      export("KeQueryMaximumGroupCount") { () in UInt16(1) },
      export("KeQueryUnbiasedInterruptTime") { [self] () in interruptTime },
      export("KeQuerySystemTimePrecise") { [self] (time: VirtualAddress) in
        try memory.store(systemTime, at: time)
      },
      export("KeQueryInterruptTimePrecise") { [self] (counter: VirtualAddress) in
        // The performance counter counts the same units of 100 ns.
        try memory.store(interruptTime, at: counter)
        return interruptTime
      },
      export("ExSystemTimeToLocalTime") {
        [self] (system: VirtualAddress, local: VirtualAddress) in
        try memory.store(memory.load(UInt64.self, at: system), at: local)
      },
      export("ExLocalTimeToSystemTime") {
        [self] (local: VirtualAddress, system: VirtualAddress) in
        try memory.store(memory.load(UInt64.self, at: local), at: system)
      },
      export("IoGetStackLimits") { [self] (low: VirtualAddress, high: VirtualAddress) in
        try memory.store(current.stack.lowerBound, at: low)
        try memory.store(current.stack.upperBound, at: high)
      },
    ]
  }
}
