internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

extension Machine {
  /// What a page fault comes to, of a driver's code or of a routine of the kernel that it called.
  func trap(
    _ fault: GuestFault,
    at place: VirtualAddress,
    inKernel isInKernel: Bool = false
  ) -> Outcome {
    lastFault = fault
    faultPlace = isInKernel ? context.caller : place
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
      // Bit 3 tells of an execution where the processor does, as those of x64 do.
      let isExecution = fault.access == .execute && memory.architecture == .x64
      let access = isExecution ? 8 : isWrite
      return .bugCheck(BugCheck(code, fault.address.rawValue, level, access, rip), at: place)
    }
    guard manager.layout.isSystem(fault.address) || !memory.tables.isCanonical(fault.address) else {
      return unhandled(.accessViolation, at: place, isWrite, fault.address.rawValue)
    }
    guard memory.tables.isCanonical(fault.address) else {
      // A processor raises #GP, which NT turns into an access violation at -1.
      return unhandled(.accessViolation, at: place, 0, .max)
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
  func trap(_ vector: UInt32, at place: VirtualAddress) -> Outcome {
    switch vector {
    case 0: unhandled(.integerDivideByZero, at: place)
    case 3: unhandled(.breakpoint, at: place)
    case 6: unhandled(.illegalInstruction, at: place)
    case 13: unhandled(.accessViolation, at: place, 0, .max)
    default: .unmodelled("interrupt \(hex(vector))", at: place)
    }
  }

  /// What an exception comes to that only a handler of the driver could handle.
  func unhandled(
    _ status: NTStatus,
    at place: VirtualAddress,
    _ first: UInt64 = 0,
    _ second: UInt64 = 0
  ) -> Outcome {
    guard !mayHaveHandler else {
      return .unmodelled("structured exception handling, for \(status.name)", at: place)
    }
    let isSystemThread = dispatcher.current.ownSpace === manager.systemSpace
    let code =
      isSystemThread
      ? behaviour.unhandledSystemThreadExceptionBugCheck
      : behaviour.unhandledExceptionBugCheck(pointerSize: memory.architecture.pointerSize)
    let details = details(of: BugCheck.Code(rawValue: code), first, second)
    return .bugCheck(
      BugCheck(.init(rawValue: code), status.guestBits, place.rawValue, details.0, details.1),
      at: place
    )
  }

  /// The last two parameters of a bug check for an exception: what the exception says, or where its
  /// records and its trap frame are, which this machine does not make.
  private func details(
    of code: BugCheck.Code,
    _ first: UInt64,
    _ second: UInt64
  ) -> (UInt64?, UInt64?) {
    switch code {
    case .systemServiceException, .kernelModeExceptionNotHandled: (nil, 0)
    case .systemThreadExceptionNotHandled: (nil, nil)
    default: (first, second)
    }
  }

  /// Whether a routine of the driver that runs might handle an exception.
  private var mayHaveHandler: Bool {
    switch memory.architecture {
    case .x86:
      // fs:[0] is the list of handlers, which ends with -1.
      let region = manager.layout.processorControlRegion
      let head = memory.tables.translate(region).map {
        memory.ram.host($0.frame).load(as: UInt32.self)
      }
      return head != .max
    case .x64:
      return images.contains(where: \.hasExceptionHandlers)
    }
  }
}
