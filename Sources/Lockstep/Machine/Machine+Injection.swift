internal import GuestABI
internal import NTKernel
internal import NTStructures

/// Which calls of a driver are to fail, and what came of it.
struct FaultInjection {
  enum Selection {
    /// None: the calls are counted.
    case none
    /// The call of this number, from 1.
    case one(Int)
    /// The call of this number and all later ones, in all later steps.
    case from(Int)
  }

  /// A call that failed.
  struct Call {
    let routine: Int
    let caller: VirtualAddress
    let failure: InjectedFailure
  }

  /// Whose calls count: those of the driver, not the kernel's own.
  let callers: Range<VirtualAddress>
  let selection: Selection
  /// The calls so far that could have failed, by the step in which they were made.
  var counts: [Int: Int] = [:]
  var total = 0
  /// The first call that failed.
  var firstFailed: Call?

  init(_ callers: Range<VirtualAddress>, _ selection: Selection) {
    self.callers = callers
    self.selection = selection
  }

  var failsNext: Bool {
    switch selection {
    case .none: false
    case .one(let number): total == number
    case .from(let number): total >= number
    }
  }
}

extension Machine {
  /// Returns how the call of a routine is to fail, or nil if it is to be carried out.
  func injectedFailure(_ routine: Int) throws -> InjectedFailure? {
    guard let mode = failureModes[routine], let injection,
      injection.callers.contains(context.caller)
    else { return nil }
    var frame = CallFrame(memory: memory, registers: registers)
    let failure: InjectedFailure?
    do {
      failure = try mode.failure(of: &frame)
    } catch is GuestFault {
      // The routine itself meets the fault.
      return nil
    }
    guard let failure else { return nil }
    self.injection?.total += 1
    self.injection?.counts[trace.step, default: 0] += 1
    guard self.injection?.failsNext == true else { return nil }
    if injection.firstFailed == nil {
      self.injection?.firstFailed = FaultInjection.Call(
        routine: routine,
        caller: context.caller,
        failure: failure
      )
    }
    return failure
  }

  /// Makes a routine that was called fail, and returns to its caller.
  ///
  /// - Throws: The exception or the stop, if that is how it fails.
  func fail(_ routine: Int, as failure: InjectedFailure, returningTo caller: VirtualAddress) throws
  {
    switch failure {
    case .null:
      setResult(0)
      lastNull = ReturnedNull(routine: routine, caller: context.caller.rawValue)
    case .status(let status): setResult(status.guestBits)
    case .raises(let status): throw RaisedStatus(status)
    case .stops(let bugCheck): throw bugCheck
    }
    let removed = memory.architecture == .x86 ? routines.exports[routine].stackSize : 0
    registers.rsp += UInt64(memory.architecture.pointerSize + removed)
    registers.rip = caller.rawValue
  }
}
