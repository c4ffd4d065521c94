internal import GuestABI
internal import NTStructures

/// The locked ranges of files whose file systems are the guest's: `FILE_LOCK`.
///
/// The host keeps the locks, by the address of the structure, of which drivers see
/// `FastIoIsQuestionable`: whether there are any.
final class FileLocks {
  /// A `FILE_LOCK` that has been set up.
  private struct State {
    let complete: VirtualAddress
    let unlock: VirtualAddress
    var ranges = RangeLocks()
    /// Where `FsRtlGetNextFileLock` goes on.
    var next = 0
  }

  private let io: IoManager
  private var states: [VirtualAddress: State] = [:]

  /// Creates a table without locks.
  init(_ io: IoManager) { self.io = io }

  private var memory: AddressSpace { io.memory }
  private var width: Int { memory.architecture.pointerSize }
  /// `sizeof(FILE_LOCK)`: two routines, the mark, what is known to the kernel alone, and the lock that
  /// was returned last.
  private var structureSize: Int { memory.architecture == .x86 ? 0x40 : 0x60 }

  /// A range of a file, and who wants it.
  private struct Claim {
    let start: UInt64
    let byteCount: UInt64
    let key: UInt32
    let file: VirtualAddress
    let process: VirtualAddress
  }

  /// The routines that drivers import.
  var exports: [Export] { lifeExports + requestExports + checkExports + unlockExports }

  private var lifeExports: [Export] {
    [
      export("FsRtlInitializeFileLock") {
        [self] (lock: VirtualAddress, complete: VirtualAddress, unlock: VirtualAddress) in
        try initialize(lock, complete, unlock)
      },
      export("FsRtlUninitializeFileLock") { [self] (lock: VirtualAddress) in
        _ = try state(of: lock, "FsRtlUninitializeFileLock")
        states[lock] = nil
      },
      export("FsRtlAllocateFileLock") {
        [self] (complete: VirtualAddress, unlock: VirtualAddress) in
        let manager = io.manager
        let tag: UInt32 = 0x6C46_7346  // "FsFl"
        let caller = manager.context.caller
        let size = structureSize
        guard let lock = try manager.allocatePool(size, .nonpaged, tag: tag, caller: caller) else {
          return VirtualAddress.null
        }
        try initialize(lock, complete, unlock)
        return lock
      },
      export("FsRtlFreeFileLock") { [self] (lock: VirtualAddress) in
        _ = try state(of: lock, "FsRtlFreeFileLock")
        states[lock] = nil
        try io.manager.freePool(lock)
      },
    ]
  }

  private func initialize(
    _ lock: VirtualAddress,
    _ complete: VirtualAddress,
    _ unlock: VirtualAddress
  ) throws {
    try memory.fill(at: lock, count: structureSize)
    try memory.store(complete, at: lock)
    try memory.store(unlock, at: lock + width)
    states[lock] = State(complete: complete, unlock: unlock)
  }

  private func state(of lock: VirtualAddress, _ routine: String) throws -> State {
    guard let state = states[lock] else {
      throw Unmodelled("\(routine): a FILE_LOCK that is not initialized")
    }
    return state
  }

  /// Changes the ranges of a lock, and says in the structure whether there are any.
  private func change<Result>(
    _ lock: VirtualAddress,
    _ body: (inout RangeLocks) throws -> Result
  ) throws -> Result? {
    guard var state = states[lock] else { return nil }
    let result = try body(&state.ranges)
    states[lock] = state
    try memory.store(!state.ranges.isEmpty, at: lock + 2 * width)
    return result
  }

  // Requests

  private var requestExports: [Export] {
    [
      export("FsRtlProcessFileLock") {
        [self] (lock: VirtualAddress, irp: GuestPointer<IRP>, context: VirtualAddress) in
        try process(irp, lock, context)
      }
    ]
  }

  /// Carries out an `IRP_MJ_LOCK_CONTROL`.
  private func process(
    _ irp: GuestPointer<IRP>,
    _ lock: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> Completion {
    let routine = "FsRtlProcessFileLock"
    let state = try state(of: lock, routine)
    let view = memory[try memory[irp].currentStackLocation]
    let minor = try view.minorFunction
    let claim = Claim(
      start: UInt64(bitPattern: try view.byteOffset),
      byteCount: minor > 2
        ? 0 : UInt64(bitPattern: try memory.load(Int64.self, at: view.lockLength.address)),
      key: try view.key,
      file: try view.fileObject.address,
      process: try io.requestor(of: irp)
    )
    // SL_FAIL_IMMEDIATELY and SL_EXCLUSIVE_LOCK.
    let flags = try view.flags
    switch minor {
    case 1:
      let range = range(claim, isExclusive: flags & 2 != 0)
      guard state.ranges.allows(range) else {
        guard flags & 1 != 0 else {
          throw Unmodelled("\(routine): a request that waits for a range to be unlocked")
        }
        return try finish(irp, state, context, .lockNotGranted)
      }
      _ = try change(lock) { try $0.add(range) }
      return try finish(irp, state, context, .success)
    case 2:
      return try unlockOne(claim, lock, context).followed { [self] bits in
        try finish(irp, state, context, NTStatus(guestBits: bits))
      }
    case 3, 4:
      let key = minor == 4 ? claim.key : nil
      return try unlockAll(claim.file, claim.process, key, lock, context).followed { [self] bits in
        try finish(irp, state, context, NTStatus(guestBits: bits))
      }
    default: return try finish(irp, state, context, .invalidDeviceRequest)
    }
  }

  private func range(_ claim: Claim, isExclusive: Bool) -> RangeLocks.Lock {
    RangeLocks.Lock(
      start: claim.start,
      byteCount: claim.byteCount,
      isExclusive: isExclusive,
      key: claim.key,
      file: claim.file.rawValue,
      process: claim.process.rawValue
    )
  }

  /// Completes a request, by the driver's routine if it has one.
  private func finish(
    _ irp: GuestPointer<IRP>,
    _ state: State,
    _ context: VirtualAddress,
    _ status: NTStatus
  ) throws -> Completion {
    try memory[irp].store(status, in: \.status)
    guard state.complete != .null else {
      return try io.completeRequest(irp).followed { _ in .returned(status) }
    }
    let routine = GuestFunction<NTStatus, VirtualAddress, GuestPointer<IRP>>(state.complete)
    return routine.call(context, irp) { result in .returned(result) }
  }

  // Unlocking

  private var unlockExports: [Export] {
    [
      export("FsRtlFastUnlockSingle") {
        [self]
        (
          lock: VirtualAddress,
          file: VirtualAddress,
          offset: GuestPointer<UInt64>,
          length: GuestPointer<UInt64>,
          process: VirtualAddress,
          key: UInt32,
          context: VirtualAddress,
          isSynchronized: Bool
        ) in
        let claim = Claim(
          start: try memory.load(at: offset.address),
          byteCount: try memory.load(at: length.address),
          key: key,
          file: file,
          process: process
        )
        return try unlockOne(claim, lock, context)
      },
      export("FsRtlFastUnlockAll") {
        [self]
        (
          lock: VirtualAddress,
          file: VirtualAddress,
          process: VirtualAddress,
          context: VirtualAddress
        ) in
        try unlockAll(file, process, nil, lock, context)
      },
      export("FsRtlFastUnlockAllByKey") {
        [self]
        (
          lock: VirtualAddress,
          file: VirtualAddress,
          process: VirtualAddress,
          key: UInt32,
          context: VirtualAddress
        ) in
        try unlockAll(file, process, key, lock, context)
      },
    ]
  }

  private func unlockOne(
    _ claim: Claim,
    _ lock: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> Completion {
    let state = try state(of: lock, "FsRtlFastUnlockSingle")
    let removed = try change(lock) {
      $0.remove(
        claim.start,
        claim.byteCount,
        file: claim.file.rawValue,
        process: claim.process.rawValue,
        key: claim.key
      )
    }
    guard let removed, let range = removed else { return .returned(NTStatus.rangeNotLocked) }
    return try tell([range][...], state, context)
  }

  private func unlockAll(
    _ file: VirtualAddress,
    _ process: VirtualAddress,
    _ key: UInt32?,
    _ lock: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> Completion {
    let state = try state(of: lock, "FsRtlFastUnlockAll")
    let removed = try change(lock) {
      $0.removeAll(file: file.rawValue, process: process.rawValue, key: key)
    }
    guard let removed, !removed.isEmpty else { return .returned(NTStatus.rangeNotLocked) }
    return try tell(removed[...], state, context)
  }

  /// Calls the driver's routine for each range that is unlocked, if it has one.
  private func tell(
    _ ranges: ArraySlice<RangeLocks.Lock>,
    _ state: State,
    _ context: VirtualAddress
  ) throws -> Completion {
    guard state.unlock != .null, let range = ranges.first else {
      return .returned(NTStatus.success)
    }
    let information = try io.allocate(informationSize, tag: "FsLi")
    try store(range, at: information)
    let routine = GuestFunction<Void, VirtualAddress, VirtualAddress>(state.unlock)
    return .call(routine.call(context, information)) { [self] _ in
      try io.manager.freePool(information)
      return try tell(ranges.dropFirst(), state, context)
    }
  }

  /// `sizeof(FILE_LOCK_INFO)`.
  private var informationSize: Int { memory.architecture == .x86 ? 0x28 : 0x30 }

  private func store(_ range: RangeLocks.Lock, at place: VirtualAddress) throws {
    try memory.store(range.start, at: place)
    try memory.store(range.byteCount, at: place + 8)
    try memory.store(range.isExclusive, at: place + 0x10)
    try memory.store(range.key, at: place + 0x14)
    try memory.store(VirtualAddress(rawValue: range.file), at: place + 0x18)
    try memory.store(VirtualAddress(rawValue: range.process), at: place + 0x18 + width)
    let end = range.byteCount == 0 ? range.start : range.start &+ (range.byteCount - 1)
    try memory.store(end, at: place + (0x18 + 2 * width))
  }

  // Checks

  private var checkExports: [Export] {
    [("FsRtlCheckLockForReadAccess", false), ("FsRtlCheckLockForWriteAccess", true)].map {
      name,
      isWrite in
      export(name) { [self] (lock: VirtualAddress, irp: GuestPointer<IRP>) in
        let view = memory[try memory[irp].currentStackLocation]
        let claim = Claim(
          start: UInt64(bitPattern: try view.byteOffset),
          byteCount: UInt64(try view.length),
          key: try view.key,
          file: try view.fileObject.address,
          process: try io.requestor(of: irp)
        )
        return try isAllowed(claim, lock, isWrite, name)
      }
    }
      + [("FsRtlFastCheckLockForRead", false), ("FsRtlFastCheckLockForWrite", true)].map {
        name,
        isWrite in
        export(name) {
          [self]
          (
            lock: VirtualAddress,
            start: GuestPointer<UInt64>,
            length: GuestPointer<UInt64>,
            key: UInt32,
            file: VirtualAddress,
            process: VirtualAddress
          ) in
          let claim = Claim(
            start: try memory.load(at: start.address),
            byteCount: try memory.load(at: length.address),
            key: key,
            file: file,
            process: process
          )
          return try isAllowed(claim, lock, isWrite, name)
        }
      }
      + [
        export("FsRtlAreThereCurrentOrInProgressFileLocks") { [self] (lock: VirtualAddress) in
          try !state(of: lock, "FsRtlAreThereCurrentOrInProgressFileLocks").ranges.isEmpty
        },
        export("FsRtlGetNextFileLock") { [self] (lock: VirtualAddress, restarts: Bool) in
          guard var state = states[lock] else { return VirtualAddress.null }
          if restarts { state.next = 0 }
          guard state.next < state.ranges.locks.count else { return .null }
          let place = lock + (memory.architecture == .x86 ? 0x10 : 0x20)
          try store(state.ranges.locks[state.next], at: place)
          state.next += 1
          states[lock] = state
          return place
        },
      ]
  }

  private func isAllowed(
    _ claim: Claim,
    _ lock: VirtualAddress,
    _ isWrite: Bool,
    _ routine: String
  ) throws -> Bool {
    let ranges = try state(of: lock, routine).ranges
    let (file, process) = (claim.file.rawValue, claim.process.rawValue)
    return isWrite
      ? ranges.allowsWrite(
        claim.start,
        claim.byteCount,
        file: file,
        process: process,
        key: claim.key
      )
      : ranges.allowsRead(
        claim.start,
        claim.byteCount,
        file: file,
        process: process,
        key: claim.key
      )
  }
}

extension IoManager {
  /// Returns the process whose thread made a request.
  ///
  /// The corresponding kernel routine is `IoGetRequestorProcess`.
  func requestor(of irp: GuestPointer<IRP>) throws -> VirtualAddress {
    let thread = try memory[irp].thread
    if let space = dispatcher.threads.first(where: { $0.body == thread })?.ownSpace {
      return space.process
    }
    return manager.currentProcess
  }
}
