public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to allocate memory.
  public var poolExports: [Export] { allocatingExports + flaggedExports + freeingExports }

  private var allocatingExports: [Export] {
    [
      export("ExAllocatePool") { [self] (type: PoolType, byteCount: GuestWord) in
        try allocate(byteCount, type, tag: Self.noTag)
      },
      export("ExAllocatePoolWithTag") {
        [self]
        (type: PoolType, byteCount: GuestWord, tag: UInt32) in
        try allocate(byteCount, type, tag: tag)
      },
      export("ExAllocatePoolWithTagPriority") {
        [self]
        (type: PoolType, byteCount: GuestWord, tag: UInt32, priority: UInt32) in
        try allocate(byteCount, type, tag: tag)
      },
      export("ExAllocatePoolWithQuota") { [self] (type: PoolType, byteCount: GuestWord) in
        try allocateOrRaise(byteCount, type, tag: Self.noTag)
      },
      export("ExAllocatePoolWithQuotaTag") {
        [self]
        (type: PoolType, byteCount: GuestWord, tag: UInt32) in
        try allocateOrRaise(byteCount, type, tag: tag)
      },
    ]
  }

  private var flaggedExports: [Export] {
    [
      export("ExAllocatePool2") { [self] (flags: UInt64, byteCount: GuestWord, tag: UInt32) in
        try allocate(PoolFlags(rawValue: flags), byteCount, tag: tag, "ExAllocatePool2")
      },
      export("ExAllocatePool3") {
        [self]
        (
          flags: UInt64,
          byteCount: GuestWord,
          tag: UInt32,
          parameters: VirtualAddress,
          count: UInt32
        ) in
        guard count == 0 else { throw Unmodelled("ExAllocatePool3 with extended parameters") }
        return try allocate(PoolFlags(rawValue: flags), byteCount, tag: tag, "ExAllocatePool3")
      },
    ]
  }

  private var freeingExports: [Export] {
    [
      export("ExFreePool") { [self] (address: VirtualAddress) in
        try freePool(address, caller: context.caller)
      },
      export("ExFreePoolWithTag") { [self] (address: VirtualAddress, tag: UInt32) in
        try freePool(address, caller: context.caller)
      },
      export("ExFreePool2") {
        [self]
        (address: VirtualAddress, tag: UInt32, parameters: VirtualAddress, count: UInt32) in
        guard count == 0 else { throw Unmodelled("ExFreePool2 with extended parameters") }
        try freePool(address, caller: context.caller)
      },
    ]
  }

  /// The tag of blocks that were allocated without one: "None".
  private static var noTag: UInt32 { 0x656E_6F4E }

  /// Allocates memory as a `POOL_TYPE` says.
  ///
  /// - Throws: The ``BugCheck`` with which the release answers a request that must succeed and cannot,
  ///   or that no driver may make any more (KD-041); ``RaisedStatus`` if the type asks for it.
  private func allocate(
    _ byteCount: GuestWord,
    _ type: PoolType,
    tag: UInt32
  ) throws -> VirtualAddress {
    // Beside the base type: 2 must succeed, 4 cache aligned, 16 raises, 512 cannot be executed.
    let known: UInt32 = 0x17 | (behaviour.nonPagedPoolNxIsAvailable ? 0x200 : 0)
    guard type.rawValue & ~known == 0, type.rawValue & 3 != 3 else {
      throw Unmodelled("ExAllocatePoolWithTag with pool type \(type.rawValue)")
    }
    let mustSucceed = type.rawValue & 2 != 0
    guard !mustSucceed || behaviour.mustSucceedPoolIsSupported else {
      throw BugCheck(
        .badPoolCaller,
        0x9A,
        UInt64(type.rawValue),
        byteCount.rawValue,
        UInt64(tag)
      )
    }
    let address = try allocatePool(
      byteCount.byteCount,
      type,
      tag: tag,
      caller: context.caller,
      isCacheAligned: type.rawValue & 4 != 0
    )
    if let address { return address }
    if mustSucceed { throw mustSucceedPoolEmpty(byteCount) }
    // POOL_RAISE_IF_ALLOCATION_FAILURE.
    if type.rawValue & 16 != 0 { throw RaisedStatus(.insufficientResources) }
    return .null
  }

  /// What a request comes to that must succeed and does not.
  ///
  /// No part of the pool is set aside for such requests: they fail when the pool itself is used up.
  private func mustSucceedPoolEmpty(_ byteCount: GuestWord) -> BugCheck {
    BugCheck(
      .mustSucceedPoolEmpty,
      byteCount.rawValue,
      UInt64(nonpagedPool.region.usedCount),
      UInt64(nonpagedPool.blocks.values.count { $0.byteCount > 4096 }),
      UInt64(frames.freeCount)
    )
  }

  func allocateOrRaise(
    _ byteCount: GuestWord,
    _ type: PoolType,
    tag: UInt32
  ) throws -> VirtualAddress {
    // POOL_QUOTA_FAIL_INSTEAD_OF_RAISE is 8.
    let base = PoolType(rawValue: type.rawValue & ~8)
    let address = try allocate(byteCount, base, tag: tag)
    guard address == .null, type.rawValue & 8 == 0 else { return address }
    throw RaisedStatus(.insufficientResources)
  }

  /// Allocates memory that is zero unless the flags say otherwise.
  ///
  /// The corresponding kernel routines are `ExAllocatePool2` and `ExAllocatePool3`.
  /// `nf-wdm-exallocatepool3`: too little memory, no tag, and flags that are not valid give NULL, or
  /// an exception if the flags ask for one. The status that is raised for the latter two is not
  /// documented.
  private func allocate(
    _ flags: PoolFlags,
    _ byteCount: GuestWord,
    tag: UInt32,
    _ routine: String
  ) throws -> VirtualAddress {
    let raises = flags.contains(.raiseOnFailure)
    guard !flags.contains(.session) else { throw Unmodelled("\(routine) of session pool") }
    guard tag != 0, flags.isValid else {
      guard !raises else { throw Unmodelled("\(routine) with flags or a tag that are not valid") }
      return .null
    }
    let address = try allocatePool(
      byteCount.byteCount,
      flags.contains(.paged) ? .paged : .nonpaged,
      tag: tag,
      caller: context.caller,
      isCacheAligned: flags.contains(.cacheAligned)
    )
    guard let address else {
      if raises { throw RaisedStatus(.insufficientResources) }
      return .null
    }
    if !flags.contains(.uninitialized) {
      try memory.fill(at: address, count: byteCount.byteCount)
    }
    return address
  }
}

/// What `ExAllocatePool2` is asked for: `POOL_FLAGS`.
///
/// The lower half are requirements, without which the allocation fails; the upper half are wishes,
/// which may be ignored.
struct PoolFlags: OptionSet {
  let rawValue: UInt64

  /// `POOL_FLAG_USE_QUOTA`; processes have no quota that could end.
  static var useQuota: Self { Self(rawValue: 0x001) }
  /// `POOL_FLAG_UNINITIALIZED`.
  static var uninitialized: Self { Self(rawValue: 0x002) }
  /// `POOL_FLAG_SESSION`.
  static var session: Self { Self(rawValue: 0x004) }
  /// `POOL_FLAG_CACHE_ALIGNED`.
  static var cacheAligned: Self { Self(rawValue: 0x008) }
  /// `POOL_FLAG_RAISE_ON_FAILURE`.
  static var raiseOnFailure: Self { Self(rawValue: 0x020) }
  /// `POOL_FLAG_NON_PAGED`.
  static var nonpaged: Self { Self(rawValue: 0x040) }
  /// `POOL_FLAG_NON_PAGED_EXECUTE`.
  static var nonpagedExecutable: Self { Self(rawValue: 0x080) }
  /// `POOL_FLAG_PAGED`.
  static var paged: Self { Self(rawValue: 0x100) }

  /// Whether exactly one kind of pool is asked for, and nothing required that is not documented.
  var isValid: Bool {
    let kinds: Self = [.nonpaged, .nonpagedExecutable, .paged]
    let known = kinds.union([.useQuota, .uninitialized, .session, .cacheAligned, .raiseOnFailure])
    return intersection(kinds).rawValue.nonzeroBitCount == 1
      && rawValue & 0xFFFF_FFFF & ~known.rawValue == 0
  }
}
