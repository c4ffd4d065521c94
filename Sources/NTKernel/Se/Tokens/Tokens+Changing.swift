internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to copy tokens and to enable privileges.
  var changingExports: [Export] {
    let forms = ["Zw", "Nt"]
    return forms.flatMap { prefix in
      [
        export("\(prefix)DuplicateToken") {
          [self]
          (
            existing: VirtualAddress,
            access: AccessMask,
            attributes: GuestPointer<ObjectAttributes>,
            effectiveOnly: Bool,
            type: UInt32,
            result: VirtualAddress
          ) in
          try duplicate(existing, access, attributes, effectiveOnly, type, result)
        },
        export("\(prefix)AdjustPrivilegesToken") {
          [self]
          (
            handle: VirtualAddress,
            disablesAll: Bool,
            new: VirtualAddress,
            length: UInt32,
            previous: VirtualAddress,
            neededLength: VirtualAddress
          ) in
          try adjust(handle, disablesAll, new, length, previous, neededLength)
        },
      ]
    } + [
      export("PsAssignImpersonationToken") {
        [self] (thread: VirtualAddress, handle: VirtualAddress) in
        try assign(handle, to: thread)
      }
    ]
  }

  /// Copies a token, as one for a process (type 1) or for a thread (type 2).
  ///
  /// The corresponding kernel routine is `ZwDuplicateToken`. The level comes from the
  /// `SECURITY_QUALITY_OF_SERVICE` of the attributes, and cannot be higher than the original's.
  private func duplicate(
    _ existing: VirtualAddress,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ effectiveOnly: Bool,
    _ type: UInt32,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwDuplicateToken"
    let original: Token
    switch try token(for: existing, routine) {
    case .failed(let status): return status
    case .done(let token): original = token
    }
    guard type == 1 || type == 2 else { return .invalidParameter }
    var flags: ObjectAttributeFlags = []
    var level = original.impersonationLevel ?? .anonymous
    if !attributes.isNull {
      flags = ObjectAttributeFlags(rawValue: try memory[attributes].attributes)
      let quality = try memory[attributes].securityQualityOfService
      if quality != .null {
        let wanted = try memory.load(UInt32.self, at: quality + 4)
        guard let known = Token.Level(rawValue: wanted) else { return .badImpersonationLevel }
        level = known
      }
    }
    if type == 2, let held = original.impersonationLevel, level > held {
      return .badImpersonationLevel
    }
    if type == 1, let held = original.impersonationLevel, held < .impersonation {
      return .badImpersonationLevel
    }
    let copy = original.duplicate(
      id: makeID(),
      level: type == 2 ? level : nil,
      effectiveOnly: effectiveOnly
    )
    guard let made = try makeObject(copy) else { return .insufficientResources }
    // The same access as the original's handle, if none is asked for.
    let granted =
      access.rawValue == 0 ? objects.entry(for: existing)?.access ?? access : access
    let status = try open(made.object, granted, flags, result)
    try objects.dereference(made.object)
    return status
  }

  /// Enables, disables or removes privileges that a token holds.
  ///
  /// The corresponding kernel routine is `ZwAdjustPrivilegesToken`. A `TOKEN_PRIVILEGES` is a count, then
  /// each privilege's `LUID` with its attributes.
  private func adjust(
    _ handle: VirtualAddress,
    _ disablesAll: Bool,
    _ new: VirtualAddress,
    _ length: UInt32,
    _ previous: VirtualAddress,
    _ neededLength: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwAdjustPrivilegesToken"
    let target: Token
    switch try token(for: handle, routine) {
    case .failed(let status): return status
    case .done(let token): target = token
    }
    guard disablesAll || new != .null else { return .invalidParameter }
    var wanted: [(number: UInt64, attributes: UInt32)] = []
    if disablesAll {
      wanted = target.privileges.map { (UInt64($0.privilege.rawValue), 0) }
    } else {
      let count = try Int(memory.load(UInt32.self, at: new))
      guard count <= 1000 else { throw Unmodelled("\(routine) of \(count) privileges") }
      wanted = try (0..<count).map { index in
        try (
          memory.load(UInt64.self, at: new + (4 + 12 * index)),
          memory.load(UInt32.self, at: new + (12 + 12 * index))
        )
      }
    }
    // SE_PRIVILEGE_REMOVED came late, and ends a privilege for good.
    guard wanted.allSatisfy({ $0.attributes & 4 == 0 }) else {
      throw Unmodelled("\(routine): SE_PRIVILEGE_REMOVED")
    }
    var changed: [Token.HeldPrivilege] = []
    var privileges = target.privileges
    var found = 0
    for (number, attributes) in wanted {
      guard let index = privileges.firstIndex(where: { UInt64($0.privilege.rawValue) == number })
      else { continue }
      found += 1
      let old = privileges[index]
      privileges[index].attributes = old.attributes & ~2 | attributes & 2
      if privileges[index] != old { changed.append(old) }
    }
    if previous != .null {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt32(changed.count))
      for old in changed {
        bytes.append(littleEndian: UInt64(old.privilege.rawValue))
        bytes.append(littleEndian: old.attributes)
      }
      if neededLength != .null { try memory.store(UInt32(bytes.count), at: neededLength) }
      guard Int(length) >= bytes.count else { return .bufferTooSmall }
      try memory.store(bytes: bytes, at: previous)
    }
    if !changed.isEmpty {
      target.privileges = privileges
      target.modifiedID = makeID()
    }
    return found == wanted.count ? .success : .notAllAssigned
  }

  /// Lets a thread impersonate with the token of a handle, or ends that for none.
  ///
  /// The corresponding kernel routine is `PsAssignImpersonationToken`.
  private func assign(_ handle: VirtualAddress, to thread: VirtualAddress) throws -> NTStatus {
    let routine = "PsAssignImpersonationToken"
    _ = try self.thread(thread, routine)
    guard handle != .null else {
      try setImpersonation(nil, of: thread)
      return .success
    }
    switch try token(for: handle, routine) {
    case .failed(let status): return status
    case .done(let token):
      guard let level = token.impersonationLevel else { return .badTokenType }
      guard let body = objects.object(for: handle)?.body else { return .invalidHandle }
      try impersonate(body, thread, (false, false, level), routine)
      return .success
    }
  }
}

extension NTStatus {
  /// `STATUS_BAD_TOKEN_TYPE`.
  static var badTokenType: Self { Self(0xC000_00A8) }
}
