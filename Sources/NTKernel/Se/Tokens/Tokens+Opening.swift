internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to open the tokens of processes and threads.
  var openingExports: [Export] {
    let forms = ["Zw", "Nt"]
    return forms.flatMap { prefix in
      [
        export("\(prefix)OpenProcessToken") {
          [self] (process: VirtualAddress, access: AccessMask, result: VirtualAddress) in
          try openProcessToken(process, access, [], result)
        },
        export("\(prefix)OpenProcessTokenEx") {
          [self]
          (
            process: VirtualAddress,
            access: AccessMask,
            attributes: ObjectAttributeFlags,
            result: VirtualAddress
          ) in
          try openProcessToken(process, access, attributes, result)
        },
        export("\(prefix)OpenThreadToken") {
          [self]
          (thread: VirtualAddress, access: AccessMask, asSelf: Bool, result: VirtualAddress) in
          try openThreadToken(thread, access, [], result)
        },
        export("\(prefix)OpenThreadTokenEx") {
          [self]
          (
            thread: VirtualAddress,
            access: AccessMask,
            asSelf: Bool,
            attributes: ObjectAttributeFlags,
            result: VirtualAddress
          ) in
          try openThreadToken(thread, access, attributes, result)
        },
        export("\(prefix)QueryInformationToken") {
          [self]
          (
            handle: VirtualAddress,
            kind: UInt32,
            buffer: VirtualAddress,
            length: UInt32,
            neededLength: VirtualAddress
          ) in
          try query(handle, kind, buffer, length, neededLength)
        },
      ]
    }
  }

  private func openProcessToken(
    _ process: VirtualAddress,
    _ access: AccessMask,
    _ attributes: ObjectAttributeFlags,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    guard let object = objects.object(for: process) else { return .invalidHandle }
    guard object.kind == .process else { return .objectTypeMismatch }
    let token = try primaryToken(of: object.body, "ZwOpenProcessToken")
    return try open(token, access, attributes, result)
  }

  private func openThreadToken(
    _ thread: VirtualAddress,
    _ access: AccessMask,
    _ attributes: ObjectAttributeFlags,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    guard let object = objects.object(for: thread) else { return .invalidHandle }
    guard object.kind == .thread else { return .objectTypeMismatch }
    guard let impersonation = impersonation(of: object.body) else { return .noToken }
    guard impersonation.level > .anonymous else { return .cannotOpenAnonymous }
    guard impersonation.copyOnOpen else {
      return try open(impersonation.token, access, attributes, result)
    }
    let original = try token(at: impersonation.token.body, "ZwOpenThreadToken")
    let copy = original.duplicate(
      id: makeID(),
      level: impersonation.level,
      effectiveOnly: impersonation.effectiveOnly
    )
    guard let made = try makeObject(copy) else { return .insufficientResources }
    let status = try open(made.object, access, attributes, result)
    // From now on the handle keeps the copy.
    try objects.dereference(made.object)
    return status
  }

  /// Opens a handle to a token and stores it.
  func open(
    _ token: KernelObject,
    _ access: AccessMask,
    _ attributes: ObjectAttributeFlags,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    guard attributes.isSubset(of: objects.behaviour.validAttributes) else {
      return .invalidParameter
    }
    let handle = try objects.makeHandle(for: token, access: access, attributes: attributes)
    try memory.store(handle, at: result)
    return .success
  }

  /// Returns the token that a handle stands for.
  func token(for handle: VirtualAddress, _ routine: String) throws -> Attempt<Token> {
    guard let object = objects.object(for: handle) else { return .failed(.invalidHandle) }
    guard object.kind == .token else { return .failed(.objectTypeMismatch) }
    guard case .token(let token) = object.payload else {
      throw Unmodelled("\(routine): a token that the model did not make")
    }
    return .done(token)
  }

  /// Stores what a token says.
  ///
  /// The corresponding kernel routine is `ZwQueryInformationToken`.
  private func query(
    _ handle: VirtualAddress,
    _ kind: UInt32,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ neededLength: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwQueryInformationToken"
    guard let kind = informationClass(kind) else { return .invalidInfoClass }
    let found: Token
    switch try token(for: handle, routine) {
    case .failed(let status): return status
    case .done(let token): found = token
    }
    if kind == .impersonationLevel, found.impersonationLevel == nil { return .invalidInfoClass }
    let bytes = try information(kind, of: found, at: buffer, routine)
    try memory.store(UInt32(bytes.count), at: neededLength)
    guard Int(length) >= bytes.count, buffer != .null else { return .bufferTooSmall }
    try memory.store(bytes: bytes, at: buffer)
    return .success
  }
}
