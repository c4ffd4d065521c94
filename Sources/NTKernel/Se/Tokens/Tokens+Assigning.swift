internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to give new objects descriptors.
  var assigningExports: [Export] {
    [
      export("SeAssignSecurity") {
        [self]
        (
          parent: VirtualAddress,
          explicit: VirtualAddress,
          result: VirtualAddress,
          isDirectory: Bool,
          subject: Subject,
          mapping: VirtualAddress,
          pool: PoolType
        ) in
        try assign(parent, explicit, result, subject, mapping, "SeAssignSecurity")
      },
      export("SeAssignSecurityEx") {
        [self]
        (
          parent: VirtualAddress,
          explicit: VirtualAddress,
          result: VirtualAddress,
          type: VirtualAddress,
          isDirectory: Bool,
          flags: UInt32,
          subject: Subject,
          mapping: VirtualAddress,
          pool: PoolType
        ) in
        let routine = "SeAssignSecurityEx"
        guard flags == 0 else { throw Unmodelled("\(routine) with flags \(flags)") }
        return try assign(parent, explicit, result, subject, mapping, routine)
      },
      export("SeDeassignSecurity") { [self] (place: VirtualAddress) in
        let descriptor = try memory.load(VirtualAddress.self, at: place)
        if descriptor != .null { try manager.freePool(descriptor) }
        try memory.store(VirtualAddress.null, at: place)
        return NTStatus.success
      },
    ]
  }

  /// Makes the descriptor of a new object from the one that its creator gave, and from the creator.
  ///
  /// The corresponding kernel routine is `SeAssignSecurity`: the owner and the group are the token's if
  /// none are given. What the parent hands down, and a token's own list, are not modelled.
  private func assign(
    _ parent: VirtualAddress,
    _ explicit: VirtualAddress,
    _ result: VirtualAddress,
    _ subject: Subject,
    _ mapping: VirtualAddress,
    _ routine: String
  ) throws -> NTStatus {
    let creator = try token(of: subject, routine)
    guard explicit != .null else { throw Unmodelled("\(routine) without a descriptor") }
    guard case .done(var descriptor) = try CapturedSecurityDescriptor.read(at: explicit, in: memory)
    else { throw Unmodelled("\(routine) with a descriptor that is not valid") }
    guard descriptor.control & CapturedSecurityDescriptor.daclPresent != 0 else {
      throw Unmodelled("\(routine) with a descriptor without a list")
    }
    if descriptor.sacl != nil, !creator.hasEnabled(.security) {
      // A label is no audit entry, and takes no privilege.
      guard descriptor.sacl.map({ $0.count >= 9 && $0[8] == 0x11 }) == true else {
        return .privilegeNotHeld
      }
    }
    if let owner = descriptor.owner.flatMap({ SecurityIdentifier($0) }) {
      guard owner == creator.user || creator.mayOwn(owner) || creator.hasEnabled(.restore) else {
        return .invalidOwner
      }
    } else {
      descriptor.owner = creator.owner.bytes
    }
    if descriptor.group == nil { descriptor.group = creator.primaryGroup.bytes }
    if let dacl = descriptor.dacl, mapping != .null {
      descriptor.dacl = try mapGenericRights(of: dacl, mapping)
    }
    // What is inherited or defaulted is said of a list that was handed down.
    descriptor.control &= ~0x000B
    let bytes = descriptor.selfRelativeBytes
    let block = try manager.allocatePool(
      bytes.count,
      .paged,
      tag: Self.tag,
      caller: manager.context.caller
    )
    guard let block else { return .insufficientResources }
    try memory.store(bytes: bytes, at: block)
    try memory.store(block, at: result)
    return .success
  }

  /// Replaces the generic rights in the entries of a list.
  private func mapGenericRights(of list: [UInt8], _ place: VirtualAddress) throws -> [UInt8] {
    let mapping = try AccessCheck.Mapping(
      read: memory.load(UInt32.self, at: place),
      write: memory.load(UInt32.self, at: place + 4),
      execute: memory.load(UInt32.self, at: place + 8),
      all: memory.load(UInt32.self, at: place + 12)
    )
    var result = list
    var offset = 8
    let count = Int(list[4]) | Int(list[5]) << 8
    for _ in 0..<count where offset + 8 <= list.count {
      // Entries that are only handed down keep what they say.
      if list[offset + 1] & 8 == 0 {
        let mask = (0..<4).reduce(UInt32(0)) {
          $0 | UInt32(list[offset + 4 + $1]) << UInt32(8 * $1)
        }
        let mapped = mapping.map(mask)
        for index in 0..<4 {
          result[offset + 4 + index] = UInt8(truncatingIfNeeded: mapped >> UInt32(8 * index))
        }
      }
      offset += max(4, Int(list[offset + 2]) | Int(list[offset + 3]) << 8)
    }
    return result
  }
}

extension Token {
  /// Whether objects may be owned by a group of the token: `SE_GROUP_OWNER`.
  func mayOwn(_ identifier: SecurityIdentifier) -> Bool {
    groups.contains { $0.identifier == identifier && $0.attributes & 8 != 0 }
  }
}

extension NTStatus {
  /// `STATUS_INVALID_OWNER`.
  static var invalidOwner: Self { Self(0xC000_005A) }
}
