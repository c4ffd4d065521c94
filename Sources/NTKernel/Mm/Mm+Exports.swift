public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to work with MDLs.
  public var mdlExports: [Export] {
    [
      export("MmSizeOfMdl") { [self] (address: VirtualAddress, byteCount: GuestWord) in
        GuestWord(mdlSize(for: address, byteCount: min(byteCount.byteCount, 1 << 40)))
      },
      export("MmCreateMdl", to: createMDL(_:for:_:)),
      export("MmBuildMdlForNonPagedPool", to: buildMDLForNonpagedPool(_:)),
      export("MmProbeAndLockPages") {
        [self]
        (mdl: GuestPointer<MDL>, mode: ProcessorMode, operation: LockOperation) in
        try probeAndLockPages(mdl, mode: mode, operation: operation)
      },
      export("MmUnlockPages", to: unlockPages(_:)),
      export("MmMapLockedPages", to: mapLockedPages(_:mode:)),
      export("MmMapLockedPagesSpecifyCache") {
        [self]
        (
          mdl: GuestPointer<MDL>,
          mode: ProcessorMode,
          cacheType: UInt32,
          requestedAddress: VirtualAddress,
          stopsOnFailure: UInt32,
          priority: UInt32
        ) in
        try mapLockedPages(
          mdl,
          mode: mode,
          cacheType: cacheType,
          requestedAddress: requestedAddress,
          stopsOnFailure: stopsOnFailure != 0,
          priority: priority
        )
      },
      export("MmUnmapLockedPages", to: unmapLockedPages(_:_:)),
      export("IoBuildPartialMdl") {
        [self]
        (
          source: GuestPointer<MDL>,
          target: GuestPointer<MDL>,
          address: VirtualAddress,
          length: UInt32
        ) in
        try buildPartialMDL(from: source, to: target, at: address, byteCount: length)
      },
      export("IoFreeMdl", to: freeMDL(_:)),
      export("IoAllocateMdl") {
        [self]
        (
          address: VirtualAddress,
          length: UInt32,
          isSecondary: Bool,
          chargesQuota: Bool,
          irp: GuestPointer<IRP>
        ) in
        try allocateMDL(for: address, length, isSecondary: isSecondary, for: irp)
      },
    ]
  }

  /// Allocates an MDL and attaches it to a request, if there is one.
  private func allocateMDL(
    for address: VirtualAddress,
    _ length: UInt32,
    isSecondary: Bool,
    for irp: GuestPointer<IRP>
  ) throws -> GuestPointer<MDL> {
    guard
      let mdl = try allocateMDL(for: address, byteCount: Int(length), caller: context.caller)
    else {
      return GuestPointer(.null)
    }
    guard !irp.isNull else { return mdl }
    if !isSecondary {
      try memory[irp].store(mdl, in: \.mdlAddress)
      return mdl
    }
    var last = try memory[irp].mdlAddress
    // A chain that is longer than memory can hold goes in circles.
    for _ in 0..<0x10_0000 {
      let next = try memory[last].next
      if next.isNull {
        try memory[last].store(mdl, in: \.next)
        return mdl
      }
      last = next
    }
    throw Unmodelled("IoAllocateMdl with a cyclic chain of MDLs")
  }

  /// The routines that drivers import to allocate memory.
  public var poolExports: [Export] {
    [
      export("ExAllocatePool") { [self] (type: PoolType, byteCount: GuestWord) in
        try allocate(byteCount, type, tag: 0x656E_6F4E)
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
        try allocateOrRaise(byteCount, type, tag: 0x656E_6F4E)
      },
      export("ExAllocatePoolWithQuotaTag") {
        [self]
        (type: PoolType, byteCount: GuestWord, tag: UInt32) in
        try allocateOrRaise(byteCount, type, tag: tag)
      },
      export("ExAllocatePool2") { [self] (flags: UInt64, byteCount: GuestWord, tag: UInt32) in
        try allocate2(flags, byteCount, tag: tag)
      },
      export("ExFreePool") { [self] (address: VirtualAddress) in
        try freePool(address, caller: context.caller)
      },
      export("ExFreePoolWithTag") { [self] (address: VirtualAddress, tag: UInt32) in
        try freePool(address, caller: context.caller)
      },
    ]
  }

  private func allocate(
    _ byteCount: GuestWord,
    _ type: PoolType,
    tag: UInt32
  ) throws -> VirtualAddress {
    // Bits above the base type: 2 must succeed, 4 cache aligned, 8 quota, 512 no execute.
    let known: UInt32 = 0x1 | 0x4 | (behaviour.nonPagedPoolNxIsAvailable ? 0x200 : 0)
    guard type.rawValue & ~known == 0 else {
      throw Unmodelled("ExAllocatePoolWithTag with pool type \(type.rawValue)")
    }
    return allocatePool(byteCount.byteCount, type, tag: tag, caller: context.caller) ?? .null
  }

  private func allocateOrRaise(
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

  /// Allocates zeroed memory.
  ///
  /// The corresponding kernel routine is `ExAllocatePool2`.
  private func allocate2(
    _ flags: UInt64,
    _ byteCount: GuestWord,
    tag: UInt32
  ) throws -> VirtualAddress {
    // POOL_FLAG_UNINITIALIZED 2, CACHE_ALIGNED 8, NON_PAGED 0x40, NON_PAGED_EXECUTE 0x80, PAGED 0x100.
    guard flags & ~0x1CA == 0, tag != 0, (flags & 0x1C0).nonzeroBitCount == 1 else {
      throw Unmodelled("ExAllocatePool2 with flags 0x\(String(flags, radix: 16))")
    }
    let type: PoolType = flags & 0x100 != 0 ? .paged : .nonpaged
    let caller = context.caller
    guard let address = allocatePool(byteCount.byteCount, type, tag: tag, caller: caller) else {
      return .null
    }
    if flags & 2 == 0 { try memory.fill(at: address, count: byteCount.byteCount) }
    return address
  }
}
