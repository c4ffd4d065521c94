internal import GuestABI
internal import NTStructures

/// NDIS's timers: those that drivers keep, `NDIS_TIMER` and `NDIS_MINIPORT_TIMER`, and the timer objects
/// of NDIS 6.
///
/// All of them begin with a `KTIMER`, and a `KDPC` whose routine is the driver's: what NDIS calls it with
/// is what a DPC's routine is called with.
final class NDISTimers {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let dispatcher: Dispatcher
  /// The timer objects that are allocated.
  private var timers: Set<VirtualAddress> = []

  init(_ manager: MemoryManager, _ dispatcher: Dispatcher) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] { timerExports + objectExports }

  private func dpc(of timer: VirtualAddress) -> GuestPointer<KDPC> {
    GuestPointer(timer + KTimer.size(on: memory.architecture))
  }

  /// Sets up a timer.
  private func initialize(
    _ timer: VirtualAddress,
    _ routine: VirtualAddress,
    _ context: VirtualAddress
  ) throws {
    try dispatcher.initialize(
      timer,
      .notificationTimer,
      byteCount: KTimer.size(on: memory.architecture),
      signalState: 0
    )
    try memory.modify(GuestPointer<KTimer>(timer)) { timer in
      timer.dueTime = 0
      timer.period = 0
    }
    try memory.modify(dpc(of: timer)) { dpc in
      dpc.type = 0x13
      dpc.importance = 1
      dpc.number = 0
      dpc.deferredRoutine = GuestFunction(routine)
      dpc.deferredContext = context
      dpc.dpcData = .null
    }
  }

  private func set(
    _ timer: VirtualAddress,
    milliseconds: UInt32,
    period: UInt32 = 0
  ) throws {
    _ = try dispatcher.setTimer(
      GuestPointer(timer),
      dueTime: -Int64(milliseconds) * 10_000,
      period: period,
      dpc: dpc(of: timer)
    )
  }

  private var timerExports: [Export] {
    [
      export("NdisInitializeTimer", to: initialize(_:_:_:)),
      export("NdisMInitializeTimer") {
        [self]
        (
          timer: VirtualAddress,
          handle: VirtualAddress,
          routine: VirtualAddress,
          context: VirtualAddress
        ) in
        try initialize(timer, routine, context)
      },
      export("NdisSetTimer") { [self] (timer: VirtualAddress, milliseconds: UInt32) in
        try set(timer, milliseconds: milliseconds)
      },
      export("NdisMSetTimer") { [self] (timer: VirtualAddress, milliseconds: UInt32) in
        try set(timer, milliseconds: milliseconds)
      },
      export("NdisMSetPeriodicTimer") { [self] (timer: VirtualAddress, milliseconds: UInt32) in
        try set(timer, milliseconds: milliseconds, period: milliseconds)
      },
      export("NdisCancelTimer") { [self] (timer: VirtualAddress, result: VirtualAddress) in
        try memory.store(dispatcher.cancelTimer(GuestPointer(timer)), at: result)
      },
      export("NdisMCancelTimer") { [self] (timer: VirtualAddress, result: VirtualAddress) in
        try memory.store(dispatcher.cancelTimer(GuestPointer(timer)), at: result)
      },
    ]
  }

  /// Returns a timer object.
  private func timer(_ address: VirtualAddress, _ routine: String) throws -> VirtualAddress {
    guard timers.contains(address) else {
      throw Unmodelled("\(routine) with \(address), which is not a timer object")
    }
    return address
  }

  private var objectExports: [Export] {
    [
      export("NdisAllocateTimerObject") {
        [self]
        (handle: VirtualAddress, characteristics: VirtualAddress, result: VirtualAddress) in
        // NDIS_TIMER_CHARACTERISTICS: the header, the tag, the routine and its context.
        let width = memory.architecture.pointerSize
        let tag: UInt32 = try memory.load(at: characteristics + 4)
        let routine: VirtualAddress = try memory.load(at: characteristics + 8)
        let context: VirtualAddress = try memory.load(at: characteristics + (8 + width))
        let architecture = memory.architecture
        let size = KTimer.size(on: architecture) + KDPC.size(on: architecture)
        let caller = manager.context.caller
        let block = try manager.allocatePool(size, .nonpaged, tag: tag, caller: caller)
        guard let block else { return NTStatus.insufficientResources }
        try memory.fill(at: block, count: size)
        try initialize(block, routine, context)
        timers.insert(block)
        try memory.store(block, at: result)
        return NTStatus.success
      },
      export("NdisSetTimerObject") {
        [self]
        (address: VirtualAddress, dueTime: Int64, period: Int32, context: VirtualAddress) in
        let timer = try timer(address, "NdisSetTimerObject")
        // A context that is given replaces the one of the allocation.
        if context != .null { try memory[dpc(of: timer)].store(context, in: \.deferredContext) }
        return try dispatcher.setTimer(
          GuestPointer(timer),
          dueTime: dueTime,
          period: UInt32(clamping: period),
          dpc: dpc(of: timer)
        )
      },
      export("NdisCancelTimerObject") { [self] (address: VirtualAddress) in
        dispatcher.cancelTimer(GuestPointer(try timer(address, "NdisCancelTimerObject")))
      },
      export("NdisFreeTimerObject") { [self] (address: VirtualAddress) in
        let timer = try timer(address, "NdisFreeTimerObject")
        guard !dispatcher.cancelTimer(GuestPointer(timer)) else {
          throw Unmodelled("NdisFreeTimerObject of a timer that is set")
        }
        timers.remove(timer)
        try manager.freePool(timer, caller: manager.context.caller)
      },
    ]
  }
}
