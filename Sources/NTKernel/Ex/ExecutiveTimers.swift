internal import GuestABI
internal import NTStructures

/// Timers that the system allocates: `EX_TIMER`.
///
/// One is a `KTIMER`, for which threads may wait, and the DPC that calls the driver back. The clock of
/// this machine has one resolution, so high-resolution timers and those that do not wake a processor
/// expire as others do.
final class ExecutiveTimers {
  private struct Timer {
    let dpc: GuestPointer<KDPC>
    let hasCallback: Bool
  }

  private let memory: AddressSpace
  private let manager: MemoryManager
  private let dispatcher: Dispatcher
  private var timers: [GuestPointer<KTimer>: Timer] = [:]

  private static var tag: UInt32 { 0x6D69_5445 }  // ETim
  private static var limit: Int { 100_000 }

  /// Creates a table without timers.
  init(_ dispatcher: Dispatcher, manager: MemoryManager) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
    self.manager = manager
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ExAllocateTimer") {
        [self] (callback: VirtualAddress, context: VirtualAddress, attributes: UInt32) in
        try allocate(callback, context, attributes)
      },
      export("ExSetTimer") {
        [self]
        (timer: GuestPointer<KTimer>, dueTime: Int64, period: Int64, parameters: VirtualAddress) in
        let known = try known(timer, "ExSetTimer")
        guard period >= 0 else { throw Unmodelled("ExSetTimer with a negative period") }
        return try dispatcher.setTimer(
          timer,
          dueTime: dueTime,
          period: UInt32(clamping: (period &+ 9_999) / 10_000),
          dpc: known.hasCallback ? known.dpc : GuestPointer(.null)
        )
      },
      export("ExCancelTimer") {
        [self] (timer: GuestPointer<KTimer>, parameters: VirtualAddress) in
        _ = try known(timer, "ExCancelTimer")
        return dispatcher.cancelTimer(timer)
      },
      export("ExDeleteTimer") {
        [self]
        (timer: GuestPointer<KTimer>, cancels: Bool, waits: Bool, parameters: VirtualAddress) in
        try delete(timer, cancels: cancels, waits: waits, parameters)
      },
      export("ExSetTimerResolution") { (desired: UInt32, isSet: Bool) in
        // The clock has one resolution, which is what is granted.
        UInt32(Dispatcher.clockTick)
      },
      export("ExQueryTimerResolution") {
        [self] (longest: VirtualAddress, shortest: VirtualAddress, current: VirtualAddress) in
        for place in [longest, shortest, current] {
          try memory.store(UInt32(Dispatcher.clockTick), at: place)
        }
      },
    ]
  }

  private func known(_ timer: GuestPointer<KTimer>, _ routine: String) throws -> Timer {
    guard let known = timers[timer] else {
      throw Unmodelled("\(routine): \(timer.address) is no timer of ExAllocateTimer")
    }
    return known
  }

  /// Makes a timer.
  ///
  /// The corresponding kernel routine is `ExAllocateTimer`. The attributes are
  /// `EX_TIMER_HIGH_RESOLUTION` (4), `EX_TIMER_NO_WAKE` (8) and, for a timer that lets one thread through
  /// each time, `EX_TIMER_NOTIFICATION` (bit 31) not set.
  private func allocate(
    _ callback: VirtualAddress,
    _ context: VirtualAddress,
    _ attributes: UInt32
  ) throws -> VirtualAddress {
    guard timers.count < Self.limit else {
      throw Unmodelled("ExAllocateTimer: more than \(Self.limit) timers")
    }
    let size = KTimer.size(on: memory.architecture)
    let total = size + KDPC.size(on: memory.architecture)
    let caller = manager.context.caller
    let block = try manager.allocatePool(total, .nonpaged, tag: Self.tag, caller: caller)
    guard let block else { return .null }
    try memory.fill(at: block, count: total)
    let timer = GuestPointer<KTimer>(block)
    let dpc = GuestPointer<KDPC>(block + size)
    let isNotification = attributes & 0x8000_0000 != 0
    try dispatcher.initialize(
      block,
      isNotification ? .notificationTimer : .synchronizationTimer,
      byteCount: size,
      signalState: 0
    )
    try memory.modify(dpc) { dpc in
      dpc.type = 0x13
      dpc.deferredRoutine = GuestFunction(callback)
      dpc.deferredContext = context
    }
    timers[timer] = Timer(dpc: dpc, hasCallback: callback != .null)
    // The driver's routine gets the timer and its context.
    dispatcher.ownCalls[dpc] = GuestCall(callback, block.rawValue, context.rawValue)
    return block
  }

  /// Removes a timer.
  ///
  /// The corresponding kernel routine is `ExDeleteTimer`. `EXT_DELETE_PARAMETERS` has a routine that is
  /// called when the timer is gone, at 8, and its context behind it.
  private func delete(
    _ timer: GuestPointer<KTimer>,
    cancels: Bool,
    waits: Bool,
    _ parameters: VirtualAddress
  ) throws -> Completion {
    let routine = "ExDeleteTimer"
    let known = try known(timer, routine)
    guard cancels || !waits else {
      throw Unmodelled("\(routine) that waits without cancelling (a bug check)")
    }
    guard cancels || !dispatcher.timers.contains(where: { $0.timer == timer }) else {
      throw Unmodelled("\(routine): a timer that is set and not cancelled")
    }
    let wasSet = cancels && dispatcher.cancelTimer(timer)
    let isQueued = dispatcher.queuedDPCs.contains(known.dpc)
    guard !isQueued || waits && dispatcher.irql < .dispatch else {
      throw Unmodelled("\(routine): a timer whose routine is yet to be called")
    }
    if isQueued {
      // The routine is called before the caller goes on, as it would be while it waits.
      return try dispatcher.flush { [self] in
        try finish(timer, known, parameters, wasSet)
      }
    }
    return try finish(timer, known, parameters, wasSet)
  }

  private func finish(
    _ timer: GuestPointer<KTimer>,
    _ known: Timer,
    _ parameters: VirtualAddress,
    _ wasSet: Bool
  ) throws -> Completion {
    timers[timer] = nil
    dispatcher.ownCalls[known.dpc] = nil
    let width = memory.architecture.pointerSize
    var call: GuestCall?
    if parameters != .null {
      let callback = try memory.load(VirtualAddress.self, at: parameters + 8)
      let context = try memory.load(GuestWord.self, at: parameters + (8 + width))
      if callback != .null { call = GuestCall(callback, context.rawValue) }
    }
    try manager.freePool(timer.address)
    guard let call else { return .returned(wasSet) }
    return .call(call) { _ in .returned(wasSet) }
  }
}
