internal import GuestABI
internal import NTStructures

extension Dispatcher {
  /// The level of interrupts between processors: `IPI_LEVEL` of `wdm.h`.
  private var interprocessorLevel: IRQL {
    IRQL(rawValue: memory.architecture == .x86 ? 29 : 14)
  }

  /// The routines that drivers import to have something done on every processor, of which there is one.
  var crossProcessorExports: [Export] {
    [
      export("KeIpiGenericCall") { [self] (routine: VirtualAddress, context: GuestWord) in
        let old = irql
        try setIRQL(max(old, interprocessorLevel))
        var call = GuestCall(routine, context.rawValue)
        call.role = .boundary
        return Completion.call(call) { [self] result in
          try setIRQL(old)
          return .returned(GuestWord(result))
        }
      },
      export("KeGenericCallDpc") { [self] (routine: VirtualAddress, context: GuestWord) in
        try callOnEveryProcessor(routine, context)
      },
      export("KeSignalCallDpcDone") { [self] (countdown: VirtualAddress) in
        let left = try memory.load(UInt32.self, at: countdown)
        try memory.store(left &- 1, at: countdown)
      },
      export("KeSignalCallDpcSynchronize") { (barrier: VirtualAddress) in
        // The one processor is the last to come, which the routine tells.
        UInt32(1)
      },
    ]
  }

  /// Calls a routine at `DISPATCH_LEVEL` as a DPC on each processor, and waits for all.
  ///
  /// The corresponding kernel routine is `KeGenericCallDpc`. The routine gets a DPC, its context, and
  /// what it gives to `KeSignalCallDpcDone` and to `KeSignalCallDpcSynchronize`.
  private func callOnEveryProcessor(
    _ routine: VirtualAddress,
    _ context: GuestWord
  ) throws -> Completion {
    guard irql < .dispatch else {
      throw Unmodelled("KeGenericCallDpc at IRQL \(irql.rawValue)")
    }
    let size = KDPC.size(on: memory.architecture)
    guard let dpc = try manager.allocatePool(size + 16, .nonpaged, tag: 0x4364_704B) else {
      throw Unmodelled("KeGenericCallDpc: running out of memory")
    }
    try memory.fill(at: dpc, count: size + 16)
    let countdown = dpc + size
    try memory.store(UInt32(1), at: countdown)
    try memory.modify(GuestPointer<KDPC>(dpc)) { dpc in
      dpc.type = 0x13
      dpc.deferredRoutine = GuestFunction(routine)
    }
    let old = irql
    interruptions.append((isInterrupt: false, wasRunningDPC: isRunningDPC))
    try setIRQL(.dispatch)
    isRunningDPC = true
    var call = GuestCall(
      routine,
      dpc.rawValue,
      context.rawValue,
      countdown.rawValue,
      (countdown + 8).rawValue
    )
    call.role = .boundary
    return .call(call) { [self] _ in
      try finishDPC(old)
      guard try memory.load(UInt32.self, at: countdown) == 0 else {
        throw Unmodelled(
          "KeGenericCallDpc: a routine without KeSignalCallDpcDone (the system hangs)"
        )
      }
      try manager.freePool(dpc)
      return .done
    }
  }
}
