internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to reference the tokens of processes and threads.
  var referenceExports: [Export] {
    [
      export("PsReferencePrimaryToken") { [self] (process: VirtualAddress) in
        let token = try primaryToken(of: process, "PsReferencePrimaryToken")
        objects.reference(token)
        return token.body
      },
      export("PsDereferencePrimaryToken") { [self] (body: VirtualAddress) in
        try dereference(body, "PsDereferencePrimaryToken")
      },
      export("PsReferenceImpersonationToken") {
        [self]
        (
          thread: VirtualAddress,
          copyOnOpen: VirtualAddress,
          effectiveOnly: VirtualAddress,
          level: VirtualAddress
        ) in
        _ = try self.thread(thread, "PsReferenceImpersonationToken")
        guard let impersonation = impersonation(of: thread) else { return VirtualAddress.null }
        try memory.store(impersonation.copyOnOpen, at: copyOnOpen)
        try memory.store(impersonation.effectiveOnly, at: effectiveOnly)
        try memory.store(impersonation.level.rawValue, at: level)
        objects.reference(impersonation.token)
        return impersonation.token.body
      },
      export("PsDereferenceImpersonationToken") { [self] (body: VirtualAddress) in
        // The result of PsReferenceImpersonationToken may be handed back, whatever it was.
        if body != .null { try dereference(body, "PsDereferenceImpersonationToken") }
      },
    ]
  }

  private func dereference(_ body: VirtualAddress, _ routine: String) throws {
    _ = try token(at: body, routine)
    try objects.dereference(objects.knownObject(body, routine))
  }

  /// The routines that drivers import to let threads act for others.
  var impersonationExports: [Export] {
    [
      export("PsImpersonateClient") {
        [self]
        (
          thread: VirtualAddress,
          token: VirtualAddress,
          copyOnOpen: Bool,
          effectiveOnly: Bool,
          level: UInt32
        ) in
        let routine = "PsImpersonateClient"
        _ = try self.thread(thread, routine)
        guard token != .null else {
          try setImpersonation(nil, of: thread)
          return NTStatus.success
        }
        guard let level = Token.Level(rawValue: level) else {
          throw Unmodelled("\(routine) at level \(level)")
        }
        try impersonate(token, thread, (copyOnOpen, effectiveOnly, level), routine)
        return .success
      },
      export("PsRevertToSelf") { [self] () in
        try setImpersonation(nil, of: dispatcher.current.body)
      },
      export("PsRevertThreadToSelf") { [self] (thread: VirtualAddress) in
        _ = try self.thread(thread, "PsRevertThreadToSelf")
        try setImpersonation(nil, of: thread)
      },
      export("PsIsThreadImpersonating") { [self] (thread: VirtualAddress) in
        _ = try self.thread(thread, "PsIsThreadImpersonating")
        return impersonation(of: thread) != nil
      },
      export("PsDisableImpersonation") {
        [self] (thread: VirtualAddress, state: VirtualAddress) in
        try disable(thread, state)
      },
      export("PsRestoreImpersonation") {
        [self] (thread: VirtualAddress, state: VirtualAddress) in
        try restore(thread, state)
      },
    ]
  }

  /// Lets a thread impersonate with a token, of which it gets a reference.
  func impersonate(
    _ body: VirtualAddress,
    _ thread: VirtualAddress,
    _ how: (copyOnOpen: Bool, effectiveOnly: Bool, level: Token.Level),
    _ routine: String
  ) throws {
    _ = try token(at: body, routine)
    let object = try objects.knownObject(body, routine)
    objects.reference(object)
    disabled.remove(thread)
    try setImpersonation(
      Impersonation(
        token: object,
        copyOnOpen: how.copyOnOpen,
        effectiveOnly: how.effectiveOnly,
        level: how.level
      ),
      of: thread
    )
  }

  /// Ends the impersonation of a thread for a while, and keeps what it was in an
  /// `SE_IMPERSONATION_STATE`: the token, two flags and the level.
  ///
  /// The corresponding kernel routine is `PsDisableImpersonation`.
  private func disable(_ thread: VirtualAddress, _ state: VirtualAddress) throws -> Bool {
    _ = try self.thread(thread, "PsDisableImpersonation")
    let width = memory.architecture.pointerSize
    let old = impersonation(of: thread)
    try memory.store(old?.token.body ?? .null, at: state)
    try memory.store(old?.copyOnOpen ?? false, at: state + width)
    try memory.store(old?.effectiveOnly ?? false, at: state + (width + 1))
    try memory.store(old?.level.rawValue ?? 0, at: state + (width + 4))
    guard let old else { return false }
    objects.reference(old.token)
    disabled.insert(thread)
    return true
  }

  /// Goes on with the impersonation that was ended for a while.
  ///
  /// The corresponding kernel routine is `PsRestoreImpersonation`.
  private func restore(_ thread: VirtualAddress, _ state: VirtualAddress) throws {
    let routine = "PsRestoreImpersonation"
    _ = try self.thread(thread, routine)
    let width = memory.architecture.pointerSize
    let body = try memory.load(VirtualAddress.self, at: state)
    guard let level = try Token.Level(rawValue: memory.load(UInt32.self, at: state + (width + 4)))
    else { throw Unmodelled("\(routine) with a state that PsDisableImpersonation did not make") }
    let flags = try (
      memory.load(Bool.self, at: state + width), memory.load(Bool.self, at: state + (width + 1)),
      level
    )
    try impersonate(body, thread, flags, routine)
    try dereference(body, routine)
  }
}
