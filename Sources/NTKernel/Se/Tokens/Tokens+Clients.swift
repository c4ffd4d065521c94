internal import GuestABI
internal import NTStructures

/// What a server keeps to act for a client later.
///
/// The corresponding C type is `SECURITY_CLIENT_CONTEXT`; it begins with a `SECURITY_QUALITY_OF_SERVICE`
/// and ends with a `TOKEN_CONTROL`.
struct ClientContext: GuestStructure {
  let length = Field<UInt32>(x86: 0x00, x64: 0x00)
  let impersonationLevel = Field<UInt32>(x86: 0x04, x64: 0x04)
  let contextTracking = Field<UInt8>(x86: 0x08, x64: 0x08)
  let effectiveOnly = Field<Bool>(x86: 0x09, x64: 0x09)
  let clientToken = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  let directlyAccessClientToken = Field<Bool>(x86: 0x10, x64: 0x18)
  let directAccessEffectiveOnly = Field<Bool>(x86: 0x11, x64: 0x19)
  let serverIsRemote = Field<Bool>(x86: 0x12, x64: 0x1A)
  let tokenID = Field<UInt64>(x86: 0x14, x64: 0x1C)
  let authenticationID = Field<UInt64>(x86: 0x1C, x64: 0x24)
  let modifiedID = Field<UInt64>(x86: 0x24, x64: 0x2C)
  let sourceName = Field<UInt64>(x86: 0x2C, x64: 0x34)
  let sourceID = Field<UInt64>(x86: 0x34, x64: 0x3C)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x3C : 0x48 }
}

extension Tokens {
  /// The routines that drivers import to act for a client that they remember.
  var clientExports: [Export] {
    [
      export("SeCreateClientSecurity") {
        [self]
        (
          thread: VirtualAddress,
          quality: VirtualAddress,
          isRemote: Bool,
          context: GuestPointer<ClientContext>
        ) in
        let routine = "SeCreateClientSecurity"
        let client = try self.thread(thread, routine)
        let impersonation = impersonation(of: thread)
        let object = try impersonation?.token ?? primaryToken(of: client.ownSpace.process, routine)
        return try remember(
          object,
          impersonation.map { ($0.level, $0.effectiveOnly) },
          quality,
          isRemote,
          context
        )
      },
      export("SeCreateClientSecurityFromSubjectContext") {
        [self]
        (
          subject: Subject,
          quality: VirtualAddress,
          isRemote: Bool,
          context: GuestPointer<ClientContext>
        ) in
        let routine = "SeCreateClientSecurityFromSubjectContext"
        let client = try memory[subject].clientToken
        let body = try client == .null ? memory[subject].primaryToken : client
        _ = try token(at: body, routine)
        let level = try Token.Level(rawValue: memory[subject].impersonationLevel)
        return try remember(
          objects.knownObject(body, routine),
          client == .null ? nil : (level ?? .anonymous, false),
          quality,
          isRemote,
          context
        )
      },
      export("SeDeleteClientSecurity") { [self] (context: GuestPointer<ClientContext>) in
        let routine = "SeDeleteClientSecurity"
        let body = try memory[context].clientToken
        _ = try token(at: body, routine)
        try objects.dereference(objects.knownObject(body, routine))
      },
      export("SeImpersonateClient") {
        [self] (context: GuestPointer<ClientContext>, thread: VirtualAddress) -> Void in
        try impersonateClient(context, thread, "SeImpersonateClient")
      },
      export("SeImpersonateClientEx") {
        [self] (context: GuestPointer<ClientContext>, thread: VirtualAddress) in
        try impersonateClient(context, thread, "SeImpersonateClientEx")
        return NTStatus.success
      },
    ]
  }

  /// Fills in a client context with a reference to the client's token, or to a copy of it.
  ///
  /// The corresponding kernel routine is `SeCreateClientSecurity`. A `SECURITY_QUALITY_OF_SERVICE` has
  /// the level at 4, how the context is tracked at 8 (1: dynamically), and whether only what is
  /// enabled counts at 9.
  private func remember(
    _ object: KernelObject,
    _ impersonation: (level: Token.Level, effectiveOnly: Bool)?,
    _ quality: VirtualAddress,
    _ isRemote: Bool,
    _ context: GuestPointer<ClientContext>
  ) throws -> NTStatus {
    let routine = "SeCreateClientSecurity"
    guard let wanted = try Token.Level(rawValue: memory.load(UInt32.self, at: quality + 4)) else {
      throw Unmodelled("\(routine) with a level that there is not")
    }
    let isDynamic = try memory.load(UInt8.self, at: quality + 8) == 1
    let effectiveOnly = try memory.load(Bool.self, at: quality + 9)
    if let impersonation {
      guard impersonation.level >= .impersonation, wanted <= impersonation.level,
        !isRemote || impersonation.level == .delegation
      else { return .badImpersonationLevel }
    }
    let original = try token(at: object.body, routine)
    var body = object.body
    let isDirect = isDynamic && !isRemote
    if isDirect {
      objects.reference(object)
    } else {
      let copy = original.duplicate(id: makeID(), level: wanted, effectiveOnly: effectiveOnly)
      guard let made = try makeObject(copy) else { return .insufficientResources }
      body = made.body
    }
    let source = original.source.utf8.prefix(8).reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    try memory.modify(context) { context in
      context.length = 12
      context.impersonationLevel = wanted.rawValue
      context.contextTracking = isDynamic ? 1 : 0
      context.effectiveOnly = effectiveOnly
      context.clientToken = body
      context.directlyAccessClientToken = isDirect
      context.directAccessEffectiveOnly =
        isDirect && (effectiveOnly || impersonation?.effectiveOnly == true)
      context.serverIsRemote = isRemote
      context.tokenID = original.id
      context.authenticationID = original.authenticationID
      context.modifiedID = original.modifiedID
      context.sourceName = source
      context.sourceID = 0
    }
    return .success
  }

  private func impersonateClient(
    _ context: GuestPointer<ClientContext>,
    _ thread: VirtualAddress,
    _ routine: String
  ) throws {
    let view = memory[context]
    let target = thread == .null ? dispatcher.current.body : thread
    _ = try self.thread(target, routine)
    guard let level = try Token.Level(rawValue: view.impersonationLevel) else {
      throw Unmodelled("\(routine) with a context that SeCreateClientSecurity did not make")
    }
    let effectiveOnly =
      try view.directlyAccessClientToken ? view.directAccessEffectiveOnly : view.effectiveOnly
    try impersonate(view.clientToken, target, (true, effectiveOnly, level), routine)
  }
}
