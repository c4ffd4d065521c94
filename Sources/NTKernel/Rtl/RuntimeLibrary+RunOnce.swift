import GuestABI
import NTStructures

/// Initialisation that is done once: `RTL_RUN_ONCE`.
///
/// The structure is a pointer, whose two lowest bits are the state. While one thread initialises, another
/// waits; that is not modelled.
extension RuntimeLibrary {
  /// How far an initialisation is.
  private enum State: UInt64 {
    case untouched = 0
    case running = 1
    case done = 2
    case runningWithOthers = 3
  }

  var runOnceExports: [Export] {
    [
      export("RtlRunOnceInitialize") { [self] (once: VirtualAddress) in
        try memory.store(VirtualAddress.null, at: once)
      },
      export("RtlRunOnceExecuteOnce") {
        [self]
        (
          once: VirtualAddress,
          routine: VirtualAddress,
          parameter: VirtualAddress,
          context: VirtualAddress
        ) in
        try executeOnce(once, routine, parameter, context)
      },
      export("RtlRunOnceBeginInitialize") {
        [self] (once: VirtualAddress, flags: UInt32, context: VirtualAddress) in
        // RTL_RUN_ONCE_CHECK_ONLY and RTL_RUN_ONCE_ASYNC.
        guard flags & ~3 == 0, flags != 3 else { return NTStatus.invalidParameter }
        switch try state(of: once) {
        case .done:
          try storeContext(of: once, at: context)
          return .success
        case .untouched where flags == 1: return .unsuccessful
        case .untouched:
          let state: State = flags == 2 ? .runningWithOthers : .running
          try memory.store(GuestWord(state.rawValue), at: once)
          return .pending
        case .runningWithOthers where flags == 2: return .pending
        case .running, .runningWithOthers:
          throw Unmodelled("RtlRunOnceBeginInitialize while the initialisation runs")
        }
      },
      export("RtlRunOnceComplete") {
        [self] (once: VirtualAddress, flags: UInt32, context: GuestWord) in
        // RTL_RUN_ONCE_ASYNC and RTL_RUN_ONCE_INIT_FAILED; a context keeps two bits free.
        guard flags & ~6 == 0, flags != 6, context.rawValue & 3 == 0,
          flags & 4 == 0 || context.rawValue == 0
        else { return NTStatus.invalidParameter }
        let expected: State = flags & 2 != 0 ? .runningWithOthers : .running
        guard try state(of: once) == expected else { return .unsuccessful }
        let bits = flags & 4 != 0 ? 0 : context.rawValue | State.done.rawValue
        try memory.store(GuestWord(bits), at: once)
        return .success
      },
    ]
  }

  private func state(of once: VirtualAddress) throws -> State {
    let bits = try memory.load(GuestWord.self, at: once).rawValue
    return State(rawValue: bits & 3) ?? .untouched
  }

  private func storeContext(of once: VirtualAddress, at context: VirtualAddress) throws {
    guard context != .null else { return }
    let bits = try memory.load(GuestWord.self, at: once).rawValue
    try memory.store(GuestWord(bits & ~3), at: context)
  }

  /// Calls a routine that initialises something, unless that has been done.
  ///
  /// The corresponding kernel routine is `RtlRunOnceExecuteOnce`.
  private func executeOnce(
    _ once: VirtualAddress,
    _ routine: VirtualAddress,
    _ parameter: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> Completion {
    switch try state(of: once) {
    case .done:
      try storeContext(of: once, at: context)
      return .returned(NTStatus.success)
    case .running, .runningWithOthers:
      throw Unmodelled("RtlRunOnceExecuteOnce while the initialisation runs")
    case .untouched: break
    }
    try memory.store(GuestWord(State.running.rawValue), at: once)
    let call = GuestCall(routine, once.rawValue, parameter.rawValue, context.rawValue)
    return .call(call) { [self] result in
      guard UInt32(truncatingIfNeeded: result) != 0 else {
        try memory.store(GuestWord(0), at: once)
        return .returned(NTStatus.unsuccessful)
      }
      let bits =
        context == .null ? 0 : try memory.load(GuestWord.self, at: context).rawValue
      guard bits & 3 == 0 else {
        throw Unmodelled("RtlRunOnceExecuteOnce: a context with its lowest bits set")
      }
      try memory.store(GuestWord(bits | State.done.rawValue), at: once)
      return .returned(NTStatus.success)
    }
  }
}
