internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to check access and privileges.
  var accessExports: [Export] {
    [
      export("SeAccessCheck") {
        [self]
        (
          descriptor: VirtualAddress,
          subject: Subject,
          isLocked: Bool,
          desired: UInt32,
          previous: UInt32,
          privileges: VirtualAddress,
          mapping: VirtualAddress,
          mode: ProcessorMode,
          granted: VirtualAddress,
          status: VirtualAddress
        ) in
        if privileges != .null { try memory.store(VirtualAddress.null, at: privileges) }
        let result = try check(descriptor, subject, desired, previous, mapping, mode)
        if privileges != .null, !result.privileges.isEmpty {
          guard let set = try makeSet(result.privileges) else {
            try memory.store(NTStatus.insufficientResources, at: status)
            return false
          }
          try memory.store(set, at: privileges)
        }
        try memory.store(result.granted, at: granted)
        try memory.store(result.status, at: status)
        return result.status.isSuccess
      },
      export("SeFreePrivileges") { [self] (privileges: VirtualAddress) in
        try manager.freePool(privileges)
      },
      export("SePrivilegeCheck") {
        [self] (required: VirtualAddress, subject: Subject, mode: ProcessorMode) in
        try hasPrivileges(required, subject, mode)
      },
      export("SeSinglePrivilegeCheck") { [self] (privilege: UInt64, mode: ProcessorMode) in
        if mode == .kernel { return true }
        guard let known = UInt32(exactly: privilege).flatMap(Privilege.init(rawValue:)) else {
          return false
        }
        let impersonated = impersonation(of: dispatcher.current.body)?.level
        if let impersonated, impersonated < .impersonation { return false }
        return try effectiveToken("SeSinglePrivilegeCheck").hasEnabled(known)
      },
    ]
  }

  /// Checks the access that a subject wants to an object.
  ///
  /// The corresponding kernel routine is `SeAccessCheck`.
  private func check(
    _ descriptor: VirtualAddress,
    _ subject: Subject,
    _ desired: UInt32,
    _ previous: UInt32,
    _ place: VirtualAddress,
    _ mode: ProcessorMode
  ) throws -> AccessCheck.Result {
    let routine = "SeAccessCheck"
    let mapping = try AccessCheck.Mapping(
      read: memory.load(UInt32.self, at: place),
      write: memory.load(UInt32.self, at: place + 4),
      execute: memory.load(UInt32.self, at: place + 8),
      all: memory.load(UInt32.self, at: place + 12)
    )
    if mode == .kernel {
      // The kernel may do everything.
      let wanted = mapping.map(desired)
      let isMaximum = wanted & AccessCheck.maximumAllowed != 0
      let granted = wanted & ~AccessCheck.maximumAllowed | (isMaximum ? mapping.all : 0)
      return AccessCheck.Result(granted: granted | previous, status: .success)
    }
    guard descriptor != .null else { throw Unmodelled("\(routine) without a descriptor") }
    let view = memory[subject]
    if try view.clientToken != .null,
      try (Token.Level(rawValue: view.impersonationLevel) ?? .anonymous) < .impersonation
    {
      return AccessCheck.Result(granted: 0, status: .badImpersonationLevel)
    }
    // Nothing is wanted but what was granted before.
    if desired == 0 {
      let status: NTStatus = previous == 0 ? .accessDenied : .success
      return AccessCheck.Result(granted: previous, status: status)
    }
    switch try CapturedSecurityDescriptor.read(at: descriptor, in: memory) {
    case .failed: throw Unmodelled("\(routine) with a descriptor that is not valid")
    case .done(let captured):
      let check = try AccessCheck(
        descriptor: captured,
        token: token(of: subject, routine),
        mapping: mapping,
        hasIntegrityLevels: features.hasIntegrityLevels
      )
      return try check.evaluate(desired: desired, previous: previous)
    }
  }

  /// Stores a `PRIVILEGE_SET` of privileges that were used: the number, a flag, then each with its
  /// attributes.
  private func makeSet(_ privileges: [Privilege]) throws -> VirtualAddress? {
    let size = 8 + 12 * privileges.count
    let caller = manager.context.caller
    guard let set = try manager.allocatePool(size, .paged, tag: Self.tag, caller: caller) else {
      return nil
    }
    try memory.store(UInt32(privileges.count), at: set)
    try memory.store(UInt32(0), at: set + 4)
    for (index, privilege) in privileges.enumerated() {
      try memory.store(UInt64(privilege.rawValue), at: set + (8 + 12 * index))
      // SE_PRIVILEGE_USED_FOR_ACCESS.
      try memory.store(UInt32(0x8000_0000), at: set + (16 + 12 * index))
    }
    return set
  }

  /// Whether a subject holds the privileges of a `PRIVILEGE_SET`: all, or one if that is enough.
  ///
  /// The corresponding kernel routine is `SePrivilegeCheck`. Those that are held are marked as used.
  private func hasPrivileges(
    _ required: VirtualAddress,
    _ subject: Subject,
    _ mode: ProcessorMode
  ) throws -> Bool {
    if mode == .kernel { return true }
    let routine = "SePrivilegeCheck"
    let view = memory[subject]
    if try view.clientToken != .null,
      try (Token.Level(rawValue: view.impersonationLevel) ?? .anonymous) < .impersonation
    {
      return false
    }
    let token = try token(of: subject, routine)
    let count = try Int(memory.load(UInt32.self, at: required))
    guard count <= 64 else { throw Unmodelled("\(routine) of \(count) privileges") }
    // PRIVILEGE_SET_ALL_NECESSARY.
    let needsAll = try memory.load(UInt32.self, at: required + 4) & 1 != 0
    var held = 0
    for index in 0..<count {
      let entry = required + (8 + 12 * index)
      let number = try memory.load(UInt64.self, at: entry)
      guard let known = UInt32(exactly: number).flatMap(Privilege.init(rawValue:)),
        token.hasEnabled(known)
      else { continue }
      held += 1
      let attributes = try memory.load(UInt32.self, at: entry + 8)
      try memory.store(attributes | 0x8000_0000, at: entry + 8)
    }
    return needsAll ? held == count : held > 0
  }
}
