import GuestABI
import NTStructures

/// Security identifiers.
extension RuntimeLibrary {
  private typealias Pointer = GuestPointer<SID>

  var sidExports: [Export] {
    [
      export("RtlLengthRequiredSid") { (count: UInt32) in 8 &+ count &* 4 },
      export("RtlLengthSid") { [self] (sid: Pointer) in UInt32(try length(of: sid)) },
      export("RtlValidSid") { [self] (sid: Pointer) in
        try reading("RtlValidSid") { try isValid(sid) }
      },
      export("RtlEqualSid") { [self] (first: Pointer, second: Pointer) in
        let bytes = try memory.bytes(at: first.address, count: length(of: first))
        return try bytes == memory.bytes(at: second.address, count: length(of: second))
      },
      export("RtlCopySid") { [self] (size: UInt32, sid: VirtualAddress, source: Pointer) in
        let count = try length(of: source)
        guard count <= Int(size) else { return NTStatus.bufferTooSmall }
        try memory.copy(from: source.address, to: sid, count: count)
        return .success
      },
      export("RtlInitializeSid") {
        [self] (sid: Pointer, authority: VirtualAddress, count: UInt8) in
        guard count <= SID.maximumSubAuthorityCount else { return NTStatus.invalidParameter }
        try memory.modify(sid) {
          $0.revision = SID.revision
          $0.subAuthorityCount = count
        }
        try memory.copy(from: authority, to: sid.address + 2, count: 6)
        return .success
      },
      export("RtlSubAuthoritySid") { (sid: Pointer, index: UInt32) in
        sid.address + (8 + Int(index) * 4)
      },
      export("RtlSubAuthorityCountSid") { (sid: Pointer) in sid.address + 1 },
      export("RtlCopyLuid") { [self] (luid: VirtualAddress, source: VirtualAddress) in
        try memory.store(memory.load(UInt64.self, at: source), at: luid)
      },
      export("RtlEqualLuid") { [self] (first: VirtualAddress, second: VirtualAddress) in
        try memory.load(UInt64.self, at: first) == memory.load(UInt64.self, at: second)
      },
    ]
  }

  /// Returns what a check finds, in which NT handles the faults of some addresses and not of others.
  func reading(_ routine: String, _ check: () throws -> Bool) throws -> Bool {
    do {
      return try check()
    } catch is GuestFault {
      throw Unmodelled("\(routine): memory that cannot be read")
    }
  }

  /// Returns the bytes of a SID.
  func length(of sid: GuestPointer<SID>) throws -> Int {
    8 + Int(try memory[sid].subAuthorityCount) * 4
  }

  /// Returns whether a SID's revision and count are possible.
  func isValid(_ sid: GuestPointer<SID>) throws -> Bool {
    try memory[sid].revision == SID.revision
      && memory[sid].subAuthorityCount <= SID.maximumSubAuthorityCount
  }
}
