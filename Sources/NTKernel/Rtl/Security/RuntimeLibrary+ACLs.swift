import GuestABI
import NTStructures

/// Access-control lists.
extension RuntimeLibrary {
  private typealias Pointer = GuestPointer<ACL>

  var aclExports: [Export] {
    [
      export("RtlCreateAcl", to: createACL(_:size:revision:)),
      export("RtlAddAccessAllowedAce") {
        [self] (acl: Pointer, revision: UInt32, mask: UInt32, sid: GuestPointer<SID>) in
        try addAccessAllowed(to: acl, revision, flags: 0, mask, sid)
      },
      export("RtlAddAccessAllowedAceEx") {
        [self]
        (acl: Pointer, revision: UInt32, flags: UInt32, mask: UInt32, sid: GuestPointer<SID>) in
        // The flags of inheritance, of which INHERITED_ACE is the last.
        guard flags < 0x20 else { throw Unmodelled("RtlAddAccessAllowedAceEx: flags \(flags)") }
        return try addAccessAllowed(to: acl, revision, flags: UInt8(flags), mask, sid)
      },
      export("RtlGetAce") {
        [self] (acl: Pointer, index: UInt32, result: GuestPointer<VirtualAddress>) in
        guard Self.revisions.contains(UInt32(try memory[acl].revision)),
          index < UInt32(try memory[acl].aceCount)
        else { return NTStatus.invalidParameter }
        guard let ace = try end(of: acl, afterEntries: Int(index)),
          ace < acl.address + Int(try memory[acl].aclSize)
        else { return .invalidParameter }
        try memory.store(ace, at: result.address)
        return .success
      },
      export("RtlValidAcl") { [self] (acl: Pointer) in
        try reading("RtlValidAcl") { try isValid(acl) }
      },
    ]
  }

  /// `MIN_ACL_REVISION` to `MAX_ACL_REVISION` of Windows 2000 and later.
  private static var revisions: ClosedRange<UInt32> { 2...4 }

  /// Makes an empty list.
  ///
  /// The corresponding kernel routine is `RtlCreateAcl`.
  private func createACL(
    _ acl: GuestPointer<ACL>,
    size: UInt32,
    revision: UInt32
  ) throws -> NTStatus {
    guard size >= 8 else { return .bufferTooSmall }
    guard Self.revisions.contains(revision), size <= 0xFFFF else { return .invalidParameter }
    guard revision == 2 else {
      // NT 3.x and 4.0 know fewer revisions; which, is not established.
      throw Unmodelled("RtlCreateAcl: revision \(revision)")
    }
    guard size % 4 == 0 else { throw Unmodelled("RtlCreateAcl: a size that is no multiple of 4") }
    try memory.modify(acl) {
      $0.revision = UInt8(revision)
      $0.sbz1 = 0
      $0.aclSize = UInt16(size)
      $0.aceCount = 0
      $0.sbz2 = 0
    }
    return .success
  }

  private func addAccessAllowed(
    to acl: GuestPointer<ACL>,
    _ revision: UInt32,
    flags: UInt8,
    _ mask: UInt32,
    _ sid: GuestPointer<SID>
  ) throws -> NTStatus {
    guard try isValid(sid) else { return .invalidSID }
    let maximum = Self.revisions.upperBound
    guard revision <= maximum, UInt32(try memory[acl].revision) <= maximum else {
      return .revisionMismatch
    }
    let count = try memory[acl].aceCount
    guard let place = try end(of: acl, afterEntries: Int(count)) else { return .invalidACL }
    let sidLength = try length(of: sid)
    let size = ACE.size(on: memory.architecture) + sidLength
    guard place + size <= acl.address + Int(try memory[acl].aclSize) else {
      return .allottedSpaceExceeded
    }
    try memory.modify(GuestPointer<ACE>(place)) {
      $0.type = 0
      $0.flags = flags
      $0.aceSize = UInt16(size)
      $0.mask = mask
    }
    try memory.copy(from: sid.address, to: place + 8, count: sidLength)
    try memory.modify(acl) {
      $0.aceCount &+= 1
      $0.revision = max($0.revision, UInt8(revision))
    }
    return .success
  }

  /// Returns where a number of entries end, or nil if one of them is not within the list.
  func end(
    of acl: GuestPointer<ACL>,
    afterEntries count: Int
  ) throws -> VirtualAddress? {
    let limit = acl.address + Int(try memory[acl].aclSize)
    var place = acl.address + ACL.size(on: memory.architecture)
    for _ in 0..<count {
      guard place + ACE.headerSize <= limit else { return nil }
      let size = Int(try memory[GuestPointer<ACE>(place)].aceSize)
      guard size >= ACE.headerSize, place + size <= limit else { return nil }
      place = place + size
    }
    return place
  }

  /// Returns whether a list and its entries are well formed.
  ///
  /// The corresponding kernel routine is `RtlValidAcl`.
  func isValid(_ acl: GuestPointer<ACL>) throws -> Bool {
    guard Self.revisions.contains(UInt32(try memory[acl].revision)),
      try memory[acl].aclSize >= 8
    else { return false }
    let count = Int(try memory[acl].aceCount)
    guard try end(of: acl, afterEntries: count) != nil else { return false }
    var place = acl.address + ACL.size(on: memory.architecture)
    for _ in 0..<count {
      let ace = GuestPointer<ACE>(place)
      guard try memory[ace].type <= 3 else {
        throw Unmodelled("RtlValidAcl: an entry of type \(try memory[ace].type)")
      }
      let size = Int(try memory[ace].aceSize)
      let sid = GuestPointer<SID>(place + 8)
      guard size >= 16, try isValid(sid), try length(of: sid) + 8 <= size else { return false }
      place = place + size
    }
    return true
  }
}
