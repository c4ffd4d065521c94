internal import GuestABI
internal import NTStructures

/// Who asks for access: the tokens of a thread and its process, as they were at a time.
///
/// The corresponding C type is `SECURITY_SUBJECT_CONTEXT`.
struct SubjectContext: GuestStructure {
  let clientToken = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  let impersonationLevel = Field<UInt32>(x86: 0x04, x64: 0x08)
  let primaryToken = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  let processAuditID = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x10 : 0x20 }
}

extension Tokens {
  typealias Subject = GuestPointer<SubjectContext>

  /// The routines that drivers import to capture who asks for access.
  var subjectExports: [Export] {
    [
      export("SeCaptureSubjectContext") { [self] (context: Subject) in
        let thread = dispatcher.current
        try capture(thread.body, thread.ownSpace.process, context, "SeCaptureSubjectContext")
      },
      export("SeCaptureSubjectContextEx") {
        [self] (thread: VirtualAddress, process: VirtualAddress, context: Subject) in
        try capture(thread, process, context, "SeCaptureSubjectContextEx")
      },
      export("SeReleaseSubjectContext") { [self] (context: Subject) in
        let routine = "SeReleaseSubjectContext"
        let view = memory[context]
        for body in try [view.primaryToken, view.clientToken] where body != .null {
          _ = try token(at: body, routine)
          try objects.dereference(objects.knownObject(body, routine))
        }
        try view.store(.null, in: \.primaryToken)
        try view.store(.null, in: \.clientToken)
      },
      // The lock keeps others from changing the tokens, of whom there are none meanwhile.
      export("SeLockSubjectContext") { [self] (context: Subject) in
        _ = try token(of: context, "SeLockSubjectContext")
      },
      export("SeUnlockSubjectContext") { [self] (context: Subject) in
        _ = try token(of: context, "SeUnlockSubjectContext")
      },
    ]
  }

  /// Takes references to the tokens of a thread, if there is one, and a process.
  ///
  /// The corresponding kernel routine is `SeCaptureSubjectContextEx`.
  private func capture(
    _ thread: VirtualAddress,
    _ process: VirtualAddress,
    _ context: Subject,
    _ routine: String
  ) throws {
    let primary = try primaryToken(of: process, routine)
    let id = processes.process(withBody: process)?.id ?? 0
    let client = thread == .null ? nil : impersonation(of: thread)
    try memory.modify(context) { context in
      context.clientToken = client?.token.body ?? .null
      context.impersonationLevel = client?.level.rawValue ?? 0
      context.primaryToken = primary.body
      context.processAuditID = VirtualAddress(rawValue: id)
    }
    objects.reference(primary)
    if let client { objects.reference(client.token) }
  }

  /// Returns the token that counts: the client's if there is one.
  func token(of context: Subject, _ routine: String) throws -> Token {
    let client = try memory[context].clientToken
    return try token(at: client == .null ? memory[context].primaryToken : client, routine)
  }
}
