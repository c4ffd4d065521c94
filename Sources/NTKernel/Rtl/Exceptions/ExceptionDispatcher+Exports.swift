internal import GuestABI
internal import NTStructures

extension ExceptionDispatcher {
  /// The routines that drivers and their compilers import, and the kernel's own handlers.
  var exceptionExports: [Export] {
    raisingExports + contextExports + stackTraceExports + stackProbeExports
      + (memory.architecture == .x64 ? frameExports : listExports)
  }

  private var raisingExports: [Export] {
    [
      export("RtlRaiseException") { (record: GuestPointer<ExceptionRecord>) -> Void in
        throw DriverException(record: record)
      },
      export("ExRaiseException") { (record: GuestPointer<ExceptionRecord>) -> Void in
        throw DriverException(record: record)
      },
      export("RtlRaiseStatus") { (status: NTStatus) -> Void in throw RaisedStatus(status) },
    ]
  }

  private var contextExports: [Export] {
    [
      export("RtlCaptureContext") { [self] (record: VirtualAddress) in
        try ContextRecord.store(callersContext(), at: record, in: memory)
      },
      export("RtlPcToFileHeader") { [self] (pc: VirtualAddress, result: VirtualAddress) in
        let base = functionTables.imageBase(of: pc) ?? .null
        try memory.store(base, at: result)
        return base
      },
    ]
  }

  /// The registers that `RtlCaptureContext` captures.
  ///
  /// On x86 those of the caller's caller, found by EBP, as in Wine, whose tests compare with Windows.
  private func callersContext() throws -> ProcessorContext {
    var context = try machine().threadContext
    guard memory.architecture == .x64 else {
      let frame = VirtualAddress(rawValue: context.rbp)
      context.rip = try UInt64(memory.load(UInt32.self, at: frame + 4))
      context.rsp = (frame + 8).rawValue
      context.rbp = try UInt64(memory.load(UInt32.self, at: frame))
      return context
    }
    try FrameUnwinder.popReturnAddress(&context, memory)
    return context
  }

  private var frameExports: [Export] {
    [
      export("__C_specific_handler") {
        [self]
        (
          record: GuestPointer<ExceptionRecord>,
          establisher: VirtualAddress,
          contextRecord: VirtualAddress,
          context: GuestPointer<DispatcherContext>
        ) in
        try ScopeHandler(dispatcher: self).handle(record, establisher, contextRecord, context)
      },
      export("RtlUnwindEx") {
        [self]
        (
          target: VirtualAddress,
          targetIP: VirtualAddress,
          record: GuestPointer<ExceptionRecord>,
          result: GuestWord,
          context: VirtualAddress,
          history: VirtualAddress
        ) in
        try unwindFrames(to: target, targetIP, record, result: result.rawValue)
      },
      export("RtlUnwind") {
        [self]
        (
          target: VirtualAddress,
          targetIP: VirtualAddress,
          record: GuestPointer<ExceptionRecord>,
          result: GuestWord
        ) in
        try unwindFrames(to: target, targetIP, record, result: result.rawValue)
      },
      export("_local_unwind") { [self] (target: VirtualAddress, targetIP: VirtualAddress) in
        try unwindFrames(to: target, targetIP, GuestPointer(.null), result: 0)
      },
      export("RtlRestoreContext") {
        [self]
        (record: VirtualAddress, exception: GuestPointer<ExceptionRecord>) in
        try restore(record, exception)
      },
      export("RtlLookupFunctionEntry", to: lookUp(_:_:_:)),
      export("RtlVirtualUnwind", to: unwindVirtually(_:_:_:_:_:_:_:_:)),
    ]
  }

  /// Goes on with the registers in a record.
  ///
  /// The corresponding kernel routine is `RtlRestoreContext`.
  private func restore(
    _ record: VirtualAddress,
    _ exception: GuestPointer<ExceptionRecord>
  ) throws -> Completion {
    if !exception.isNull {
      // STATUS_LONGJUMP and STATUS_UNWIND_CONSOLIDATE mean more.
      let code = try UInt32(bitPattern: memory[exception].code.rawValue)
      guard code != 0x8000_0026, code != 0x8000_0029 else {
        throw Unmodelled("RtlRestoreContext of a record with a code of its own")
      }
    }
    let start = try machine().threadContext
    return .resume(try ContextRecord.load(at: record, in: memory, onto: start))
  }

  /// Finds the entry of the routine that an address is in.
  ///
  /// The corresponding kernel routine is `RtlLookupFunctionEntry`.
  private func lookUp(
    _ pc: VirtualAddress,
    _ imageBase: VirtualAddress,
    _ history: VirtualAddress
  ) throws -> VirtualAddress {
    let machine = try machine()
    guard pc != machine.returnAddress, !machine.isRoutine(pc) else {
      throw Unmodelled("RtlLookupFunctionEntry of a routine of the kernel")
    }
    try memory.store(functionTables.imageBase(of: pc) ?? .null, at: imageBase)
    return try functionTables.entry(for: pc)?.address ?? .null
  }

  /// Unwinds one frame for a driver.
  ///
  /// The corresponding kernel routine is `RtlVirtualUnwind`.
  private func unwindVirtually(
    _ kind: UInt32,
    _ imageBase: VirtualAddress,
    _ pc: VirtualAddress,
    _ entry: VirtualAddress,
    _ record: VirtualAddress,
    _ handlerData: VirtualAddress,
    _ establisher: VirtualAddress,
    _ pointers: VirtualAddress
  ) throws -> VirtualAddress {
    let start = try machine().threadContext
    let context = try ContextRecord.load(at: record, in: memory, onto: start)
    let frame = try FrameUnwinder(memory: memory).unwind(
      FunctionEntry(at: entry, imageBase: imageBase, memory),
      at: pc,
      context,
      for: UnwindInformation.Flags(rawValue: UInt8(truncatingIfNeeded: kind & 3))
    )
    try ContextRecord.store(frame.context, at: record, in: memory)
    try memory.store(frame.establisher, at: establisher)
    if let handler = frame.handler { try memory.store(handler.data, at: handlerData) }
    if pointers != .null {
      // KNONVOLATILE_CONTEXT_POINTERS: sixteen for the vectors, then sixteen for the others.
      for (register, place) in frame.savedVectors {
        try memory.store(place, at: pointers + 8 * register)
      }
      for (register, place) in frame.savedGeneral {
        try memory.store(place, at: pointers + (0x80 + 8 * register))
      }
    }
    return frame.handler?.routine ?? .null
  }

  private var listExports: [Export] {
    let scopes = ScopeTableHandler(dispatcher: self)
    return [
      export("RtlUnwind") {
        [self]
        (
          target: VirtualAddress,
          targetIP: VirtualAddress,
          record: GuestPointer<ExceptionRecord>,
          result: UInt32
        ) in
        // x86 ignores the address: the routine returns to its caller.
        let top = try machine().threadContext.rsp
        return try unwindList(to: target, record, below: top) { .value(UInt64(result)) }
      },
      export("_global_unwind2", .cdecl) { [self] (target: VirtualAddress) in
        let top = try machine().threadContext.rsp
        return try unwindList(to: target, GuestPointer(.null), below: top) { .done }
      },
      export("_local_unwind2", .cdecl) {
        [self]
        (registration: GuestPointer<ExceptionRegistration>, level: Int32) in
        var space = try StackSpace(below: machine().threadContext.rsp)
        return try scopes.leaveScopes(of: registration, downTo: level, below: &space) { .done }
      },
      export("_abnormal_termination", .cdecl) { () in
        try UInt32(scopes.isAbnormal() ? 1 : 0)
      },
      export("_except_handler3", .cdecl) {
        (
          record: GuestPointer<ExceptionRecord>,
          registration: GuestPointer<ExceptionRegistration>,
          contextRecord: VirtualAddress,
          dispatcherContext: VirtualAddress
        ) in
        try scopes.handle(record, registration, contextRecord)
      },
      guardExport(.exception), guardExport(.unwind),
      export(ScopeTableHandler.guardName, .cdecl) {
        (
          record: GuestPointer<ExceptionRecord>,
          registration: GuestPointer<ExceptionRegistration>,
          contextRecord: VirtualAddress,
          dispatcherContext: VirtualAddress
        ) in
        try scopes.guardScopes(record, registration, dispatcherContext)
      },
    ]
  }

  private func guardExport(_ handler: GuardHandler) -> Export {
    export(handler.rawValue, .cdecl) {
      [self]
      (
        record: GuestPointer<ExceptionRecord>,
        registration: GuestPointer<ExceptionRegistration>,
        contextRecord: VirtualAddress,
        dispatcherContext: VirtualAddress
      ) in
      try guardFrame(handler, record, registration, dispatcherContext)
    }
  }
}
