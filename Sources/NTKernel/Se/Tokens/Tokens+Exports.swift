internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to ask what tokens say.
  var exports: [Export] {
    queryExports + referenceExports + impersonationExports + subjectExports + clientExports
      + accessExports + openingExports + changingExports + logonExports + assigningExports
      + sessionExports + describingExports
  }

  private static var administrators: SecurityIdentifier { SecurityIdentifier(5, 32, 544) }

  private var queryExports: [Export] {
    [
      export("SeTokenIsAdmin") { [self] (body: VirtualAddress) in
        try token(at: body, "SeTokenIsAdmin").contains(Self.administrators, denies: false)
      },
      export("SeTokenIsRestricted") { [self] (body: VirtualAddress) in
        try !token(at: body, "SeTokenIsRestricted").restrictions.isEmpty
      },
      export("SeTokenIsWriteRestricted") { [self] (body: VirtualAddress) in
        _ = try token(at: body, "SeTokenIsWriteRestricted")
        return false
      },
      export("SeTokenType") { [self] (body: VirtualAddress) in
        // TokenPrimary is 1, TokenImpersonation 2.
        try UInt32(token(at: body, "SeTokenType").impersonationLevel == nil ? 1 : 2)
      },
      export("SeTokenImpersonationLevel") { [self] (body: VirtualAddress) in
        let routine = "SeTokenImpersonationLevel"
        guard let level = try token(at: body, routine).impersonationLevel else {
          throw Unmodelled("\(routine) of a process's token")
        }
        return level.rawValue
      },
      export("SeQueryAuthenticationIdToken") { [self] (body: VirtualAddress, id: VirtualAddress) in
        let token = try token(at: body, "SeQueryAuthenticationIdToken")
        try memory.store(token.authenticationID, at: id)
        return NTStatus.success
      },
      export("SeQuerySessionIdToken") { [self] (body: VirtualAddress, id: VirtualAddress) in
        try memory.store(token(at: body, "SeQuerySessionIdToken").sessionID, at: id)
        return NTStatus.success
      },
      export("SeQueryInformationToken") {
        [self] (body: VirtualAddress, kind: UInt32, result: VirtualAddress) in
        let routine = "SeQueryInformationToken"
        let token = try token(at: body, routine)
        guard let kind = informationClass(kind) else { return NTStatus.invalidInfoClass }
        switch kind {
        // The documents say of these that they are stored themselves, not a pointer to them.
        case .sessionID: try memory.store(token.sessionID, at: result)
        case .integrityLevel: try memory.store(token.integrityLevel, at: result)
        default:
          if kind == .impersonationLevel, token.impersonationLevel == nil {
            return .invalidInfoClass
          }
          // The buffer's pointers lead into itself, so that it must be where it stays.
          let size = try information(kind, of: token, at: .null, routine).count
          let block = try manager.allocatePool(
            size,
            .paged,
            tag: Self.tag,
            caller: manager.context.caller
          )
          guard let block else { return .insufficientResources }
          try memory.store(bytes: information(kind, of: token, at: block, routine), at: block)
          try memory.store(block, at: result)
        }
        return .success
      },
    ]
  }

  /// The routines about the end of logon sessions: none ends while a driver runs.
  private var logonExports: [Export] {
    [
      export("SeRegisterLogonSessionTerminatedRoutine") { [self] (routine: VirtualAddress) in
        guard logonRoutines.count < 1000 else { return NTStatus.insufficientResources }
        logonRoutines.append(routine)
        return .success
      },
      export("SeUnregisterLogonSessionTerminatedRoutine") { [self] (routine: VirtualAddress) in
        guard let index = logonRoutines.firstIndex(of: routine) else { return NTStatus.notFound }
        logonRoutines.remove(at: index)
        return .success
      },
      export("SeMarkLogonSessionForTerminationNotification") { (session: VirtualAddress) in
        let id = try self.memory.load(UInt64.self, at: session)
        return [0x3E7, 0x1_86A0].contains(id) ? NTStatus.success : .notFound
      },
    ]
  }
}
