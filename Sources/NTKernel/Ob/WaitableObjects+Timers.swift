internal import GuestABI
internal import NTStructures

extension WaitableObjects {
  /// The routines that drivers import to work with timers through handles.
  var timerExports: [Export] {
    [
      export("ZwCreateTimer") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          type: UInt32
        ) in
        let name = "ZwCreateTimer"
        guard type <= 1 else { throw Unmodelled("\(name): TIMER_TYPE \(type)") }
        let size = KTimer.size(on: memory.architecture)
        guard let body = try manager.allocatePool(size, .nonpaged, tag: 0x656D_6954) else {
          return NTStatus.insufficientResources
        }
        try memory.fill(at: body, count: size)
        try dispatcher.initialize(
          body,
          type == 0 ? .notificationTimer : .synchronizationTimer,
          byteCount: size,
          signalState: 0
        )
        return try create(.timer, body, handle, access, attributes, name)
      },
      export("ZwSetTimer") {
        [self]
        (
          handle: VirtualAddress,
          dueTime: GuestPointer<Int64>,
          apcRoutine: VirtualAddress,
          context: VirtualAddress,
          resumes: Bool,
          period: Int32,
          previous: VirtualAddress
        ) in
        guard apcRoutine == .null, !resumes, period >= 0 else {
          throw Unmodelled("ZwSetTimer: an APC, ResumeTimer, or a negative period")
        }
        return try withTimer(handle) { timer in
          let dueTime = try memory.load(Int64.self, at: dueTime.address)
          let wasSignalled = try isSignalled(timer)
          _ = try dispatcher.setTimer(
            timer,
            dueTime: dueTime,
            period: UInt32(period),
            dpc: GuestPointer(.null)
          )
          if previous != .null { try memory.store(wasSignalled, at: previous) }
        }
      },
      export("ZwCancelTimer") { [self] (handle: VirtualAddress, state: VirtualAddress) in
        try withTimer(handle) { timer in
          _ = dispatcher.cancelTimer(timer)
          if state != .null { try memory.store(isSignalled(timer), at: state) }
        }
      },
    ]
  }

  private func isSignalled(_ timer: GuestPointer<KTimer>) throws -> Bool {
    try memory[GuestPointer<DispatcherHeader>(timer.address)].signalState > 0
  }

  private func withTimer(
    _ handle: VirtualAddress,
    _ body: (GuestPointer<KTimer>) throws -> Void
  ) throws -> NTStatus {
    switch object(handle, .timer) {
    case .failed(let status): return status
    case .done(let timer):
      try body(GuestPointer(timer.body))
      return .success
    }
  }
}
