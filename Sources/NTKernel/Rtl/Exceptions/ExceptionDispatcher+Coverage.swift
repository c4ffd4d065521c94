internal import GuestABI
internal import NTStructures

extension ExceptionDispatcher {
  /// The most registrations and scopes that are looked at.
  private static var limit: Int { 4096 }

  /// Whether an exception that the running routine of the kernel raises might be handled: whether any
  /// frame of the driver lies within a `__try` with an `__except`, or has another kind of handler.
  ///
  /// What cannot be told counts as handled.
  func mayHandleException() -> Bool {
    do {
      return try memory.architecture == .x86 ? listMayHandle() : framesMayHandle()
    } catch {
      return true
    }
  }

  private func listMayHandle() throws -> Bool {
    var place = try machine().exceptionList()
    let scoped = try addressOfRoutine("_except_handler3")
    for _ in 0..<Self.limit {
      guard place != ExceptionRegistration.end, isOnStack(place, byteCount: 8) else { return false }
      let registration = GuestPointer<ExceptionRegistration>(place)
      let handler = try memory[registration].handler
      // Drivers call the kernel's handler through a jump of their own.
      let target = try isJump(handler, to: scoped)
      if try !target || hasFilter(registration) { return true }
      place = try memory[registration].next
    }
    return true
  }

  /// Whether the instruction at an address is `jmp [import]`, and the import is a routine.
  private func isJump(_ place: VirtualAddress, to routine: VirtualAddress) throws -> Bool {
    if place == routine { return true }
    guard try memory.load(UInt16.self, at: place) == 0x25FF else { return false }
    let slot = try VirtualAddress(rawValue: UInt64(memory.load(UInt32.self, at: place + 2)))
    return try memory.load(VirtualAddress.self, at: slot) == routine
  }

  /// Whether a routine is within a scope of `__except`: each has the scope around it, a filter, which is
  /// null for `__finally`, and a handler.
  private func hasFilter(_ registration: GuestPointer<ExceptionRegistration>) throws -> Bool {
    var level = try memory[registration].tryLevel
    let table = try memory[registration].scopeTable
    for _ in 0..<Self.limit {
      guard level >= 0 else { return false }
      let scope = table + Int(level) * 12
      if try memory.load(UInt32.self, at: scope + 4) != 0 { return true }
      level = try memory.load(Int32.self, at: scope)
    }
    return true
  }

  private func framesMayHandle() throws -> Bool {
    var cursor = StackCursor(try machine().threadContext)
    while true {
      switch try cursor.step(self, for: .exceptionHandler) {
      case .end: return false
      case .passed, .handler: continue
      case .routine(let entry, let frame):
        if let handler = frame.handler {
          let offset = cursor.pc.rawValue &- entry.imageBase.rawValue
          if try scopesMayHandle(offset, handler.data) { return true }
        }
        cursor.context = frame.context
      }
    }
  }

  /// Whether a `SCOPE_TABLE` has a scope of `__except` at an offset; what is no such table may handle
  /// anything.
  private func scopesMayHandle(_ offset: UInt64, _ table: VirtualAddress) throws -> Bool {
    let count = try memory.load(UInt32.self, at: table)
    guard (1...UInt32(Self.limit)).contains(count) else { return true }
    for index in 0..<Int(count) {
      let scope = table + (4 + index * 16)
      let begin = try memory.load(UInt32.self, at: scope)
      let end = try memory.load(UInt32.self, at: scope + 4)
      guard begin < end else { return true }
      let isExcept = try memory.load(UInt32.self, at: scope + 12) != 0
      if isExcept, UInt64(begin) <= offset, offset < UInt64(end) { return true }
    }
    return false
  }
}
