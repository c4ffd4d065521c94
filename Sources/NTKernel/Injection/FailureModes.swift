internal import GuestABI
internal import NTReleases
internal import NTStructures

extension Kernel {
  /// How each routine fails that gives out memory, locks or mappings.
  public var failureModes: [FailureMode] {
    manager.poolFailures + Self.memoryFailures + Self.objectFailures + manager.mappingFailures
  }

  /// Routines whose pages say that they return NULL.
  private static var memoryFailures: [FailureMode] {
    failures(
      "ExAllocateFromPagedLookasideList",
      resource: .memory,
      as: .null,
      .document("windows-driver-docs-ddi@6dcd4d9f nf-wdm-exallocatefrompagedlookasidelist: NULL")
    )
      + failures(
        "IoAllocateMdl",
        "IoAllocateIrp",
        "IoAllocateWorkItem",
        "IoAllocateErrorLogEntry",
        "IoBuildSynchronousFsdRequest",
        "IoBuildAsynchronousFsdRequest",
        "IoBuildDeviceIoControlRequest",
        resource: .memory,
        as: .null,
        .document(
          "windows-driver-docs-ddi@6dcd4d9f, the routine's page: NULL if it cannot be allocated"
        )
      )
      + failures(
        "MmAllocateContiguousMemory",
        "MmAllocateContiguousMemorySpecifyCache",
        "MmAllocateContiguousMemorySpecifyCacheNode",
        "MmAllocateContiguousNodeMemory",
        "MmAllocateNonCachedMemory",
        "MmAllocatePagesForMdl",
        "MmAllocatePagesForMdlEx",
        "MmAllocateNodePagesForMdlEx",
        resource: .memory,
        as: .null,
        .document(
          "windows-driver-docs-ddi@6dcd4d9f, the routine's page: NULL if there is no memory"
        )
      )
      + failures(
        "MmAllocateMappingAddress",
        "MmAllocateMappingAddressEx",
        "MmMapIoSpace",
        "MmMapIoSpaceEx",
        "MmMapVideoDisplay",
        resource: .mapping,
        as: .null,
        .document("windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmmapiospace: NULL if there is no room")
      )
  }

  /// Routines that make something and return a status.
  private static var objectFailures: [FailureMode] {
    failures(
      "IoCreateDevice",
      resource: .memory,
      as: .status(.insufficientResources),
      .document(
        "windows-driver-docs-ddi@6dcd4d9f nf-wdm-iocreatedevice: STATUS_INSUFFICIENT_RESOURCES"
      )
    )
      + failures(
        "IoCreateDeviceSecure",
        "PsCreateSystemThread",
        resource: .memory,
        as: .status(.insufficientResources),
        .unconfirmed("the status is that of IoCreateDevice; the routines' pages name none")
      ) + [
        failure(
          "RtlAnsiStringToUnicodeString",
          .memory,
          allocatingString,
          failureOfConversion(_:_:allocates:)
        ),
        failure(
          "RtlUnicodeStringToAnsiString",
          .memory,
          allocatingString,
          failureOfConversion(_:_:allocates:)
        ),
      ]
  }

  private static var allocatingString: Evidence {
    .document(
      "Driver Verifier, Low Resources Simulation: fails RTL string routines; ReactOS and Wine return "
        + "STATUS_NO_MEMORY"
    )
  }

  private static func failureOfConversion(
    _ target: VirtualAddress,
    _ source: VirtualAddress,
    allocates: Bool
  ) -> InjectedFailure? {
    allocates ? .status(.noMemory) : nil
  }
}

extension MemoryManager {
  /// The routines that allocate pool.
  fileprivate var poolFailures: [FailureMode] {
    let returnsNull = Evidence.document(
      "windows-driver-docs-ddi@6dcd4d9f nf-wdm-exallocatepoolwithtag: NULL if there is no free pool"
    )
    let raises = Evidence.document(
      "windows-driver-docs-ddi@6dcd4d9f nf-wdm-exallocatepoolwithquotatag: raises an exception unless "
        + "POOL_QUOTA_FAIL_INSTEAD_OF_RAISE is set"
    )
    return [
      failure("ExAllocatePool", .memory, returnsNull) { (type: PoolType, size: GuestWord) in
        Self.failureOfPool(type)
      },
      failure("ExAllocatePoolWithTag", .memory, returnsNull) {
        (type: PoolType, size: GuestWord, tag: UInt32) in
        Self.failureOfPool(type)
      },
      failure("ExAllocatePoolWithTagPriority", .memory, returnsNull) {
        (type: PoolType, size: GuestWord, tag: UInt32, priority: UInt32) in
        Self.failureOfPool(type)
      },
      failure("ExAllocatePoolWithQuota", .memory, raises) { (type: PoolType, size: GuestWord) in
        Self.failureOfQuota(type)
      },
      failure("ExAllocatePoolWithQuotaTag", .memory, raises) {
        (type: PoolType, size: GuestWord, tag: UInt32) in
        Self.failureOfQuota(type)
      },
      failure(
        "ExAllocatePool2",
        .memory,
        .document(
          "windows-driver-docs-ddi@6dcd4d9f nf-wdm-exallocatepool2: NULL unless "
            + "POOL_FLAG_RAISE_ON_FAILURE (0x20) is set"
        )
      ) { (flags: UInt64, size: GuestWord, tag: UInt32) in
        flags & 0x20 == 0 ? .null : .raises(.insufficientResources)
      },
    ]
  }

  /// Pool that must succeed (2) has a reserve of its own, and POOL_RAISE_IF_ALLOCATION_FAILURE is 16.
  private static func failureOfPool(_ type: PoolType) -> InjectedFailure? {
    if type.rawValue & 2 != 0 { return nil }
    return type.rawValue & 16 == 0 ? .null : .raises(.insufficientResources)
  }

  /// POOL_QUOTA_FAIL_INSTEAD_OF_RAISE is 8.
  private static func failureOfQuota(_ type: PoolType) -> InjectedFailure? {
    type.rawValue & 8 == 0 ? .raises(.insufficientResources) : .null
  }

  /// The routines that lock and map pages.
  fileprivate var mappingFailures: [FailureMode] {
    let locking = Evidence.document(
      "windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmprobeandlockpages: raises STATUS_ACCESS_VIOLATION or "
        + "another exception; Driver Verifier's Low Resources Simulation makes it fail"
    )
    return failures(
      "MmProbeAndLockPages",
      "MmProbeAndLockProcessPages",
      "MmProbeAndLockSelectedPages",
      resource: .lock,
      as: .raises(.accessViolation),
      locking
    ) + [
      failure(
        "MmCreateMdl",
        .memory,
        .document("NT 4.0 DDK k106_11: NULL if the MDL is to be allocated and there is no pool")
      ) { (mdl: VirtualAddress, address: VirtualAddress, size: GuestWord) in
        mdl == .null ? .null : nil
      },
      failure(
        "MmMapLockedPages",
        .mapping,
        .document(
          "windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmmaplockedpages; bug check 0x3F: stops unless "
            + "MDL_MAPPING_CAN_FAIL is honoured; with UserMode it raises"
        )
      ) { [self] (mdl: GuestPointer<MDL>, mode: ProcessorMode) in
        if mode == .user { return .raises(.noMemory) }
        if behaviour.mappingCanFailFlagIsHonoured,
          try memory[mdl].flags.contains(.mappingCanFail)
        {
          return .null
        }
        return .stops(try noRoom(for: mdl))
      },
      failure(
        "MmMapLockedPagesSpecifyCache",
        .mapping,
        .document(
          "windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmmaplockedpagesspecifycache: NULL, or a stop if "
            + "BugCheckOnFailure is TRUE; with UserMode it raises"
        )
      ) {
        [self]
        (
          mdl: GuestPointer<MDL>,
          mode: ProcessorMode,
          cacheType: UInt32,
          address: VirtualAddress,
          stopsOnFailure: UInt32,
          priority: UInt32
        ) in
        if mode == .user { return .raises(.noMemory) }
        return stopsOnFailure == 0 ? .null : .stops(try noRoom(for: mdl))
      },
    ]
  }

  private func noRoom(for mdl: GuestPointer<MDL>) throws -> BugCheck {
    let view = memory[mdl]
    let start = try view.startVA + Int(view.byteOffset)
    return bugCheck(
      for: .noRoom(pageCount: MDL.pageCount(from: start, byteCount: Int(try view.byteCount)))
    )
  }
}
