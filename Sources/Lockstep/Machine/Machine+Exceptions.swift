package import GuestABI
internal import GuestEngine
package import NTKernel
internal import NTReleases
internal import NTStructures

/// An exception that the processor raised.
struct ProcessorException: Error {
  let code: NTStatus
  let information: [UInt64]
  let place: VirtualAddress
  var fault: GuestFault?
}

extension Machine {
  /// Begins to look for a handler of what the guest, or a routine that it called, raised.
  ///
  /// - Parameters:
  ///   - error: What was raised.
  ///   - place: Where the guest was.
  /// - Returns: What the guest does next.
  /// - Throws: The error, if it is no exception that could be handled.
  func raise(_ error: any Error, at place: VirtualAddress) throws -> Completion {
    var context = threadContext
    let record: RaisedException.Record
    var fault: GuestFault?
    var teller = self.context.caller
    switch error {
    case let exception as ProcessorException:
      // An exception of the guest's own: it goes on at the instruction itself.
      context.rip = exception.place.rawValue
      fault = exception.fault
      teller = exception.place
      record = .new(
        exception.code,
        [],
        address: exception.place,
        information: exception.information
      )
    case let memoryFault as GuestFault:
      guard
        case .exception(let information) = consequence(of: memoryFault, at: place, inKernel: true)
      else { throw error }
      fault = memoryFault
      record = .new(.accessViolation, [], address: place, information: information)
    case let raised as RaisedStatus:
      record = .new(raised.status, .noncontinuable, address: place, information: [])
    case let raised as DriverException:
      // It goes on behind the call.
      let stack = VirtualAddress(rawValue: context.rsp)
      context.rip = try memory.load(GuestWord.self, at: stack).rawValue
      // The return address and on x86 the parameter: eight bytes on both.
      context.rsp &+= 8
      let view = memory[raised.record]
      try view.store(VirtualAddress(rawValue: context.rip), in: \.exceptionAddress)
      record = .existing(raised.record)
    default: throw error
    }
    return try kernel.exceptions.raise(
      RaisedException(
        record,
        context: context,
        stackTop: registers.rsp,
        fault: fault,
        place: teller
      )
    )
  }

  /// What an exception comes to that no handler handled.
  func outcome(of unhandled: UnhandledException) -> Outcome {
    let exception = unhandled.exception
    if let fault = exception.fault {
      lastFault = fault
      faultPlace = exception.place
    }
    return stop(
      for: unhandled.code,
      unhandled.information,
      raisedAt: unhandled.address,
      leaving: unhandled.boundary,
      records: (unhandled.record.address, unhandled.contextRecord)
    )
    .at(exception.place)
  }

  /// The bug check for an exception that no handler handled.
  ///
  /// - Parameters:
  ///   - code: The exception's code.
  ///   - information: The first two words of what it says.
  ///   - place: Where it was raised.
  ///   - boundary: What it has left.
  ///   - records: Where its record and its context record are, if it has them.
  /// - Returns: The outcome of the run.
  func stop(
    for code: NTStatus,
    _ information: (UInt64, UInt64),
    raisedAt place: VirtualAddress,
    leaving boundary: ExceptionBoundary,
    records: (exception: VirtualAddress, context: VirtualAddress)? = nil
  ) -> Outcome {
    let pointerSize = memory.architecture.pointerSize
    let number =
      switch boundary {
      case .systemThread: behaviour.unhandledSystemThreadExceptionBugCheck
      case .systemService: behaviour.unhandledExceptionBugCheck(pointerSize: pointerSize)
      case .interrupt: behaviour.unhandledInterruptExceptionBugCheck(pointerSize: pointerSize)
      }
    let stop = BugCheck.Code(rawValue: number)
    let exception = records?.exception.rawValue
    let context = records?.context.rawValue
    // What the exception says, or where its records are; 0x8E shows a trap frame, which this machine
    // does not make.
    let details: (UInt64?, UInt64?) =
      switch stop {
      case .kernelModeExceptionNotHandled: (nil, 0)
      case .systemServiceException: (context, 0)
      case .systemThreadExceptionNotHandled: (exception, context)
      default: information
      }
    return .bugCheck(
      BugCheck(stop, code.guestBits, place.rawValue, details.0, details.1),
      at: place
    )
  }
}

extension Machine: ExceptionHost {
  /// The numbers of the registers that calls change: RAX, RCX, RDX, RSP, R8 and R9.
  private static let callRegisters: Set<Int> = [0, 1, 2, 4, 8, 9]

  package var threadContext: ProcessorContext {
    var context = ProcessorContext()
    for number in 0..<16 where !Self.callRegisters.contains(number) {
      context.general[number] = engine.generalRegister(number)
    }
    context.general[0] = registers.rax
    context.general[1] = registers.rcx
    context.general[2] = registers.rdx
    context.general[4] = registers.rsp
    context.general[8] = registers.r8
    context.general[9] = registers.r9
    context.rip = registers.rip
    context.rflags = engine[.rflags]
    context.mxcsr = UInt32(truncatingIfNeeded: engine[.mxcsr])
    for number in 0..<16 { context.vectors[number] = engine[vector: number] }
    return context
  }

  /// Lets the thread go on with other registers.
  func resume(_ context: ProcessorContext) {
    setPreservedRegisters(of: context)
    registers.rax = context.general[0]
    registers.rcx = context.general[1]
    registers.rdx = context.general[2]
    registers.rsp = context.general[4]
    registers.r8 = context.general[8]
    registers.r9 = context.general[9]
    registers.rip = context.rip
    engine[.rflags] = context.rflags
    engine[.mxcsr] = UInt64(context.mxcsr)
    for number in 0..<6 { engine[vector: number] = context.vectors[number] }
  }

  package func setPreservedRegisters(of context: ProcessorContext) {
    for number in 0..<16 where !Self.callRegisters.contains(number) {
      engine.setGeneralRegister(number, to: context.general[number])
    }
    for number in 6..<16 { engine[vector: number] = context.vectors[number] }
  }

  package var returnAddress: VirtualAddress { resolver.returnAddress }

  package func isRoutine(_ address: VirtualAddress) -> Bool { layout.exportSlots.contains(address) }

  package func kernelFrame(returningAt stackPointer: UInt64, before index: Int?) -> KernelFrame? {
    let end = index ?? frames.count
    guard let found = frameIndex(returningAt: stackPointer, before: end) else {
      return nil
    }
    let frame = frames[found]
    guard !frame.isBoundary, case .routine(let rip, let rsp, _) = frame.kind else {
      return KernelFrame(.boundary, index: found)
    }
    guard case .handler(let call) = frame.role else {
      return KernelFrame(.routine(rip: rip, rsp: rsp), index: found)
    }
    return KernelFrame(.handler(call), index: found)
  }

  package var boundary: ExceptionBoundary {
    let frame = frames.last(where: \.isBoundary)
    return switch frame?.kind {
    case .threadStart: .systemThread
    case .interrupt, .idle, .routine: .interrupt
    case .request, nil:
      dispatcher.current.ownSpace === manager.systemSpace ? .systemThread : .systemService
    }
  }

  package func exceptionList() throws(GuestFault) -> VirtualAddress {
    guard memory.architecture == .x86 else { return .null }
    return try memory.load(at: manager.layout.processorControlRegion)
  }

  package func setExceptionList(_ list: VirtualAddress) throws(GuestFault) {
    guard memory.architecture == .x86 else { return }
    try memory.store(list, at: manager.layout.processorControlRegion)
  }
}
