internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

extension Machine {
  /// What a page fault comes to.
  enum FaultConsequence {
    /// An access violation, which a handler can handle, with its information.
    case exception([UInt64])
    /// The end of the run.
    case outcome(Outcome)
  }

  /// What a page fault of the guest's own comes to.
  ///
  /// - Throws: ``ProcessorException`` if a handler may handle it.
  func trap(_ fault: GuestFault, at place: VirtualAddress) throws -> Outcome {
    switch consequence(of: fault, at: place) {
    case .outcome(let outcome):
      note(fault, of: place)
      return outcome
    case .exception(let information):
      throw ProcessorException(
        code: .accessViolation,
        information: information,
        place: place,
        fault: fault
      )
    }
  }

  /// What a page fault of a routine of the kernel comes to that no handler is asked about.
  func stop(for fault: GuestFault, at place: VirtualAddress) -> Outcome {
    note(fault, of: context.caller)
    switch consequence(of: fault, at: place, inKernel: true) {
    case .outcome(let outcome): return outcome
    case .exception(let information):
      let words = (information[0], information[1])
      return stop(for: .accessViolation, words, raisedAt: place, leaving: boundary)
    }
  }

  private func note(_ fault: GuestFault, of place: VirtualAddress) {
    lastFault = fault
    faultPlace = place
  }

  /// What a page fault comes to, of a driver's code or of a routine of the kernel that it called.
  func consequence(
    of fault: GuestFault,
    at place: VirtualAddress,
    inKernel isInKernel: Bool = false
  ) -> FaultConsequence {
    guard let outcome = outcomeOfUnhandleable(fault, at: place, isInKernel) else {
      // A processor raises #GP for what is not canonical, which NT turns into a violation at -1.
      guard memory.tables.isCanonical(fault.address) else { return .exception([0, .max]) }
      let access: UInt64 =
        switch fault.access {
        case .read: 0
        case .write: 1
        case .execute: executionBit
        }
      return .exception([access, fault.address.rawValue])
    }
    return .outcome(outcome)
  }

  /// What tells of an execution where the processor does, as those of x64 do.
  private var executionBit: UInt64 { memory.architecture == .x64 ? 8 : 0 }

  /// The end of the run for a page fault that no handler is asked about, or nil.
  private func outcomeOfUnhandleable(
    _ fault: GuestFault,
    at place: VirtualAddress,
    _ isInKernel: Bool
  ) -> Outcome? {
    if let name = variables.unmodelledName(at: fault.address) {
      return .unmodelled(name, at: fault.access == .execute ? callerOfRoutine : place)
    }
    if case .nothingAtPhysicalAddress(let physical) = fault.reason {
      return .unmodelled("device memory at physical address \(hex(physical.rawValue))", at: place)
    }
    let rip = place.rawValue
    let isWrite: UInt64 = fault.access == .write ? 1 : 0
    if isStackUsedUp(fault.address) {
      // EXCEPTION_DOUBLE_FAULT: the stack is used up, so that the page fault cannot be handled.
      return .bugCheck(BugCheck(.unexpectedKernelModeTrap, 8), at: place)
    }
    let irql = dispatcher.irql
    if irql >= .dispatch {
      let code =
        isInKernel
        ? .irqlNotLessOrEqual : BugCheck.Code(rawValue: behaviour.driverIRQLFaultBugCheck)
      let level = UInt64(irql.rawValue)
      let access = fault.access == .execute ? executionBit : isWrite
      return .bugCheck(BugCheck(code, fault.address.rawValue, level, access, rip), at: place)
    }
    guard manager.layout.isSystem(fault.address), memory.tables.isCanonical(fault.address) else {
      return nil
    }
    if fault.reason == .protection, fault.access == .write {
      let pte = memory.tables.entry(for: fault.address).map { memory.tables.load($0).rawValue } ?? 0
      return .bugCheck(
        BugCheck(.attemptedWriteToReadonlyMemory, fault.address.rawValue, pte),
        at: place
      )
    }
    let code = BugCheck.Code(rawValue: behaviour.invalidSystemAddressBugCheck)
    guard code == .pageFaultInNonpagedArea else {
      let status = NTStatus.accessViolation.guestBits
      return .bugCheck(BugCheck(code, status, rip, isWrite, fault.address.rawValue), at: place)
    }
    let kind: MemoryAccess =
      switch fault.access {
      case .read: .read
      case .write: .write
      case .execute: .execute
      }
    let access = behaviour.pageFaultParameter(for: kind) ?? isWrite
    return .bugCheck(BugCheck(code, fault.address.rawValue, access, rip), at: place)
  }

  /// Where the routine that was just called returns to.
  private var callerOfRoutine: VirtualAddress {
    let top = VirtualAddress(rawValue: registers.rsp)
    let page = memory.tables.translate(top)
    guard let page, memory.ram.contains(page.frame), top.offsetInPage <= 4088 else { return .null }
    let host = memory.ram.host(page.frame) + top.offsetInPage
    let bits = host.loadUnaligned(as: UInt64.self)
    return VirtualAddress(rawValue: memory.architecture == .x86 ? bits & 0xFFFF_FFFF : bits)
  }

  /// Whether an address is where the stack of the thread that runs would grow into.
  private func isStackUsedUp(_ address: VirtualAddress) -> Bool {
    let bottom = dispatcher.current.stack.lowerBound
    return bottom + -4096 <= address && address < bottom
  }

  /// What an exception of the processor comes to.
  ///
  /// - Throws: ``ProcessorException`` if a handler may handle it.
  func trap(_ vector: UInt32, at place: VirtualAddress) throws -> Outcome {
    func exception(
      _ code: NTStatus,
      _ information: [UInt64] = [],
      at place: VirtualAddress
    ) -> ProcessorException {
      ProcessorException(code: code, information: information, place: place)
    }
    switch vector {
    case 0: throw exception(.integerDivideByZero, at: place)
    // NT tells of the breakpoint itself, behind which the processor stands; 0 is BREAKPOINT_BREAK.
    case 3: throw exception(.breakpoint, [0], at: place + -1)
    case 6: throw exception(.illegalInstruction, at: place)
    case 13: throw exception(.accessViolation, [0, .max], at: place)
    case 0x29: return fastFail(at: place + -2)
    default: return .unmodelled("interrupt \(hex(vector))", at: place)
    }
  }

  /// What `__fastfail` comes to, whose code is in ECX.
  ///
  /// No handler is asked. Before Windows 8 there is only "typically" to read (Microsoft's compilers,
  /// "__fastfail": an access violation, or bug check 0x7F).
  private func fastFail(at place: VirtualAddress) -> Outcome {
    guard behaviour.handlesFastFail else {
      return .unmodelled("__fastfail before Windows 8", at: place)
    }
    // The second is a trap frame, which this machine does not make; the third the exception's record.
    let code = registers.rcx & 0xFFFF_FFFF
    return .bugCheck(BugCheck(.kernelSecurityCheckFailure, code, nil, nil, 0), at: place)
  }
}
