internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Routines that say who called whom.
///
/// A trace goes from the innermost frame outwards, up to where the kernel began the thread's work. On
/// x86 it follows EBP, on x64 the images' function tables. A frame of the kernel's own counts as one.
extension ExceptionDispatcher {
  var stackTraceExports: [Export] {
    [
      export("RtlCaptureStackBackTrace", to: captureTrace(skipping:count:to:hash:)),
      export("RtlWalkFrameChain") {
        [self] (callers: VirtualAddress, count: UInt32, flags: UInt32) in
        // RTL_WALK_USER_MODE_STACK, and the frames to skip from bit 8 on.
        guard flags & 1 == 0 else { throw Unmodelled("RtlWalkFrameChain of the user stack") }
        let skipped = Int(flags >> 8)
        let trace = try self.trace(atMost: Int(count)).dropFirst(skipped)
        try store(trace, at: callers)
        return UInt32(trace.count)
      },
      export("RtlGetCallersAddress") {
        [self] (caller: VirtualAddress, callersCaller: VirtualAddress) in
        // The first address is where this routine returns to; the next is where its caller does.
        let trace = try self.trace(atMost: 3)
        for (index, place) in [(1, caller), (2, callersCaller)] where place != .null {
          try memory.store(index < trace.count ? trace[index] : .null, at: place)
        }
      },
    ]
  }

  /// Captures a trace that begins in the routine's caller.
  ///
  /// The corresponding kernel routine is `RtlCaptureStackBackTrace`. How the hash is made is not
  /// documented, but that equal traces have equal hashes: it is the sum of the addresses.
  private func captureTrace(
    skipping skipped: UInt32,
    count: UInt32,
    to buffer: VirtualAddress,
    hash: VirtualAddress
  ) throws -> UInt16 {
    let limit = dispatcher.manager.behaviour.stackTraceLimit
    let (sum, overflow) = skipped.addingReportingOverflow(count)
    guard !overflow, limit == 0 || Int(sum) < limit else {
      throw Unmodelled("RtlCaptureStackBackTrace: more frames than the release documents")
    }
    let trace = try self.trace(atMost: Int(sum)).dropFirst(Int(skipped)).prefix(0xFFFF)
    try store(trace, at: buffer)
    if hash != .null {
      let sum = trace.reduce(UInt32(0)) { $0 &+ UInt32(truncatingIfNeeded: $1.rawValue) }
      try memory.store(sum, at: hash)
    }
    return UInt16(trace.count)
  }

  private func store(_ trace: some Collection<VirtualAddress>, at buffer: VirtualAddress) throws {
    var place = buffer
    for address in trace {
      try memory.store(address, at: place)
      place = place + memory.architecture.pointerSize
    }
  }

  /// Returns the addresses at which the routine's callers go on, innermost first.
  ///
  /// The walk ends at the end of the thread's stack, so that it is bounded.
  private func trace(atMost limit: Int) throws -> [VirtualAddress] {
    guard limit > 0 else { return [] }
    let context = try machine().threadContext
    return memory.architecture == .x86
      ? try traceByFramePointer(context, limit) : try traceByTables(context, limit)
  }

  private func traceByFramePointer(
    _ context: ProcessorContext,
    _ limit: Int
  ) throws -> [VirtualAddress] {
    var trace = [try memory.load(VirtualAddress.self, at: VirtualAddress(rawValue: context.rsp))]
    var frame = VirtualAddress(rawValue: context.rbp)
    while trace.count < limit, isOnStack(frame, byteCount: 8) {
      let address = try memory.load(VirtualAddress.self, at: frame + 4)
      guard address != .null else { break }
      trace.append(address)
      let next = try memory.load(VirtualAddress.self, at: frame)
      guard next > frame else { break }
      frame = next
    }
    return trace
  }

  private func traceByTables(
    _ start: ProcessorContext,
    _ limit: Int
  ) throws -> [VirtualAddress] {
    var context = start
    try FrameUnwinder.popReturnAddress(&context, memory)
    var cursor = StackCursor(context)
    var trace: [VirtualAddress] = []
    while trace.count < limit, cursor.pc != .null {
      trace.append(cursor.pc)
      switch try cursor.step(self, for: []) {
      case .routine(_, let frame): cursor.context = frame.context
      case .passed, .handler: break
      case .end: return trace
      }
    }
    return trace
  }
}

/// The routines that compilers call where a frame is larger than a page.
extension ExceptionDispatcher {
  var stackProbeExports: [Export] {
    if memory.architecture == .x64 {
      // The routine keeps every register and leaves the allocation to its caller. A kernel stack is
      // there in full, or what lies beyond it faults when the frame is used.
      return [export("__chkstk") { () -> Void in }]
    }
    return [
      stackProbe("_chkstk", alignment: 1), stackProbe("_alloca_probe", alignment: 1),
      stackProbe("_alloca_probe_8", alignment: 8), stackProbe("_alloca_probe_16", alignment: 16),
      division("_alldvrm") {
        try RuntimeLibrary.divided(Int64(bitPattern: $0), Int64(bitPattern: $1))
      },
      division("_aulldvrm") {
        let divisor = try RuntimeLibrary.divisor($1)
        return ($0 / divisor, $0 % divisor)
      },
    ]
  }

  /// Declares a division that leaves its remainder in EBX:ECX.
  private func division(
    _ name: String,
    _ divide: @escaping (UInt64, UInt64) throws -> (quotient: UInt64, remainder: UInt64)
  ) -> Export {
    export(raw: name, .cdecl, stackSize: 16) { [self] frame in
      let dividend = try frame.next(UInt64.self, .cdecl)
      let result = try divide(dividend, frame.next(UInt64.self, .cdecl))
      var context = try machine().threadContext
      let place = VirtualAddress(rawValue: context.rsp)
      context.general[0] = result.quotient & 0xFFFF_FFFF
      context.general[2] = result.quotient >> 32
      context.general[1] = result.remainder & 0xFFFF_FFFF
      context.general[3] = result.remainder >> 32
      context.rip = try UInt64(memory.load(UInt32.self, at: place))
      context.rsp = (place + 20).rawValue
      frame.completion = .resume(context)
    }
  }

  /// Declares a routine that makes room on the x86 stack: as many bytes as EAX says, and as many more
  /// as align them.
  ///
  /// The corresponding kernel routine is `_chkstk`. It touches each page that it goes over, so that a
  /// frame beyond the stack faults there.
  private func stackProbe(_ name: String, alignment: UInt32) -> Export {
    export(name, .cdecl) { [self] () in
      var context = try machine().threadContext
      let place = VirtualAddress(rawValue: context.rsp)
      let returnAddress = try memory.load(UInt32.self, at: place)
      let top = UInt32(truncatingIfNeeded: context.rsp) &+ 4
      let size = UInt32(truncatingIfNeeded: context.rax)
      // A frame that is larger than the address space ends below the stack too.
      let bottom = size > top ? 0 : (top - size) & ~(alignment - 1)
      var page = top
      while page - bottom > 0x1000 {
        page -= 0x1000
        _ = try memory.load(UInt32.self, at: VirtualAddress(rawValue: UInt64(page)))
      }
      context.rsp = UInt64(bottom)
      context.rip = UInt64(returnAddress)
      return Completion.resume(context)
    }
  }
}
