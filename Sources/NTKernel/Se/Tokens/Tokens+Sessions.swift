internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to learn who has logged on.
  ///
  /// What `ksecdd.sys` returns lies in the memory of the current process, where the security authority's
  /// answers are put, and `LsaFreeReturnBuffer` frees it.
  var sessionExports: [Export] {
    [
      export("GetSecurityUserInfo") {
        [self] (session: VirtualAddress, flags: UInt32, result: VirtualAddress) in
        try describeUser(session, flags, result)
      },
      export("LsaFreeReturnBuffer") { [self] (buffer: VirtualAddress) in
        guard userDescriptions.remove(buffer) != nil else {
          throw Unmodelled("LsaFreeReturnBuffer of what the security authority did not return")
        }
        manager.freeUserBuffer(buffer)
        return NTStatus.success
      },
    ]
  }

  /// Stores who has logged on to a session: the account's name, its domain, the server that knows it, and
  /// its SID.
  ///
  /// The corresponding kernel routine is `GetSecurityUserInfo`; the structure is
  /// `SECURITY_USER_DATA` of `ntifs.h`. The machine is not in a domain.
  private func describeUser(
    _ session: VirtualAddress,
    _ flags: UInt32,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let routine = "GetSecurityUserInfo"
    // Without a session, the caller's own is meant.
    let id =
      try session == .null
      ? effectiveToken(routine).authenticationID : memory.load(UInt64.self, at: session)
    guard id == 0x1_86A0 else {
      // STATUS_NO_SUCH_LOGON_SESSION.
      guard id == 0x3E7 else { return NTStatus(0xC000_005F) }
      throw Unmodelled("\(routine) of the system's own session")
    }
    guard manager.currentProcess != processes.systemProcess else {
      throw Unmodelled("\(routine) in the system process")
    }
    let user = Token.administrator(features, enabled: [], id: 0).user.bytes
    let texts = ["User", "LOCKSTEP", "LOCKSTEP"].map(\.littleEndianUTF16)
    let string = CountedString.size(on: memory.architecture)
    let head = 3 * string + memory.architecture.pointerSize
    let total = head + user.count + texts.reduce(0) { $0 + $1.count + 2 }
    let buffer = try manager.allocateUserBuffer(total, byteOffset: 0)
    try memory.store(buffer + head, at: buffer + 3 * string)
    try memory.store(bytes: user, at: buffer + head)
    var place = buffer + (head + user.count)
    for (index, text) in texts.enumerated() {
      try memory.store(bytes: text + [0, 0], at: place)
      try memory.set(
        GuestPointer<CountedString>(buffer + index * string),
        buffer: place,
        length: text.count,
        maximumLength: text.count + 2
      )
      place = place + (text.count + 2)
    }
    userDescriptions.insert(buffer)
    try memory.store(buffer, at: result)
    return .success
  }
}
