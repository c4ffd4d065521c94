/// What a routine of the kernel, or a macro of its headers, does to MDLs and memory.
enum Routine {
  case allocateMDL, createMDL, initializeMDL, freeMDL, buildPartial, prepareForReuse, buildNonpaged
  /// Where the MDL's mode and operation stand among the arguments.
  case lock(mode: Int, operation: Int)
  case unlock
  case allocatePages, freePages
  case map(MappingRoutine)
  case unmap
  case virtualAddress, byteOffset, byteCount
  case pageAlign, lowBits, truncate, widen
  /// Where the kind of pool stands among the arguments.
  case allocatePool
  case allocateAligned
  case freePool
  case acquireSpinLock, releaseSpinLock
  /// Sets the IRQL, to the first argument if there is one.
  case raiseIRQL, lowerIRQL
  case exceptionCode, abnormalTermination
  case stop, raise
  /// Routines that touch memory: which arguments they read and write.
  case memory(reads: [Int], writes: [Int])
  case stackLocation
  /// An MDL of a network buffer.
  case networkMDL
  /// It neither keeps nor changes what it is given.
  case harmless

  init?(name: String) {
    guard let routine = Self.all[name] else { return nil }
    self = routine
  }

  static let all: [String: Routine] = {
    var all: [String: Routine] = [
      "IoAllocateMdl": .allocateMDL, "MmCreateMdl": .createMDL, "MmInitializeMdl": .initializeMDL,
      "IoFreeMdl": .freeMDL, "IoBuildPartialMdl": .buildPartial,
      "MmPrepareMdlForReuse": .prepareForReuse, "MmBuildMdlForNonPagedPool": .buildNonpaged,
      "MmProbeAndLockPages": .lock(mode: 1, operation: 2),
      "MmProbeAndLockProcessPages": .lock(mode: 2, operation: 3),
      "MmProbeAndLockSelectedPages": .lock(mode: 2, operation: 3),
      "MmUnlockPages": .unlock,
      "MmAllocatePagesForMdl": .allocatePages, "MmAllocatePagesForMdlEx": .allocatePages,
      "MmAllocateNodePagesForMdlEx": .allocatePages,
      "MmFreePagesFromMdl": .freePages, "MmFreePagesFromMdlEx": .freePages,
      "MmUnmapLockedPages": .unmap, "MmUnmapReservedMapping": .harmless,
      "MmGetMdlVirtualAddress": .virtualAddress, "MmGetMdlByteOffset": .byteOffset,
      "MmGetMdlByteCount": .byteCount, "PAGE_ALIGN": .pageAlign, "BYTE_OFFSET": .lowBits,
      "PtrToUlong": .truncate, "PtrToUint": .truncate, "PtrToLong": .truncate,
      "PtrToInt": .truncate,
      "ULongToPtr": .widen, "UlongToPtr": .widen, "LongToPtr": .widen,
      "KeRaiseIrql": .raiseIRQL, "KeRaiseIrqlToDpcLevel": .raiseIRQL, "KfRaiseIrql": .raiseIRQL,
      "KeLowerIrql": .lowerIRQL, "KfLowerIrql": .lowerIRQL,
      "ExFreePool": .freePool, "ExFreePoolWithTag": .freePool, "ExFreePool2": .freePool,
      "MmAllocateContiguousMemory": .allocateAligned,
      "MmAllocateContiguousMemorySpecifyCache": .allocateAligned,
      "MmAllocateContiguousNodeMemory": .allocateAligned,
      "MmAllocateNonCachedMemory": .allocateAligned,
      "GetExceptionCode": .exceptionCode, "_SEH2_GetExceptionCode": .exceptionCode,
      "_exception_code": .exceptionCode, "_SEH_GetExceptionCode": .exceptionCode,
      "AbnormalTermination": .abnormalTermination, "_abnormal_termination": .abnormalTermination,
      "_SEH2_AbnormalTermination": .abnormalTermination,
      "KeBugCheck": .stop, "KeBugCheckEx": .stop, "__fastfail": .stop, "RtlFailFast": .stop,
      "ExRaiseStatus": .raise, "ExRaiseAccessViolation": .raise, "RtlRaiseStatus": .raise,
      "ExRaiseDatatypeMisalignment": .raise,
      "IoGetCurrentIrpStackLocation": .stackLocation, "IoGetNextIrpStackLocation": .stackLocation,
      "NET_BUFFER_FIRST_MDL": .networkMDL, "NET_BUFFER_CURRENT_MDL": .networkMDL,
      "MmSizeOfMdl": .harmless, "MmGetMdlPfnArray": .harmless, "MmGetMdlBaseVa": .harmless,
      "ADDRESS_AND_SIZE_TO_SPAN_PAGES": .harmless, "COMPUTE_PAGES_SPANNED": .harmless,
      "KeFlushIoBuffers": .harmless, "MmIsAddressValid": .harmless, "KeGetCurrentIrql": .harmless,
      "MmIsNonPagedSystemAddressValid": .harmless, "UNREFERENCED_PARAMETER": .harmless,
      "MmProtectMdlSystemAddress": .harmless, "MmMdlPageContentsState": .harmless,
      "MmMdlPagesAreZero": .harmless, "MmAreMdlPagesCached": .harmless, "MmAdvanceMdl": .harmless,
      "PAGED_CODE": .harmless, "ProbeForRead": .harmless, "ProbeForWrite": .harmless,
    ]
    let mappings: [MappingRoutine] = [
      .mapLockedPages, .mapLockedPagesSpecifyCache, .mapLockedPagesWithReservedMapping,
      .systemAddress, .systemAddressSafe,
    ]
    for routine in mappings { all[routine.rawValue] = .map(routine) }
    for name in [
      "ExAllocatePool", "ExAllocatePoolWithTag", "ExAllocatePoolWithQuota",
      "ExAllocatePoolWithQuotaTag", "ExAllocatePoolWithTagPriority", "ExAllocatePool2",
      "ExAllocatePool3", "ExAllocatePoolZero", "ExAllocatePoolUninitialized",
    ] {
      all[name] = .allocatePool
    }
    for name in [
      "KeAcquireSpinLock", "KeAcquireSpinLockAtDpcLevel", "KeAcquireSpinLockRaiseToDpc",
      "ExAcquireSpinLock", "ExAcquireSpinLockExclusive", "ExAcquireSpinLockShared",
      "NdisAcquireSpinLock", "NdisDprAcquireSpinLock", "WdfSpinLockAcquire",
      "KeAcquireInStackQueuedSpinLock", "KeAcquireInStackQueuedSpinLockAtDpcLevel",
      "IoAcquireCancelSpinLock", "KfAcquireSpinLock", "KefAcquireSpinLockAtDpcLevel",
    ] {
      all[name] = .acquireSpinLock
      let release = name.replacing("Acquire", with: "Release")
        .replacing("RaiseToDpc", with: "").replacing("AtDpcLevel", with: "FromDpcLevel")
      all[release] = .releaseSpinLock
    }
    for name in [
      "RtlCopyMemory", "RtlMoveMemory", "memcpy", "memmove", "RtlCopyBytes",
      "RtlCopyMemoryNonTemporal", "strcpy", "wcscpy", "strncpy", "wcsncpy",
    ] {
      all[name] = .memory(reads: [1], writes: [0])
    }
    for name in [
      "RtlZeroMemory", "RtlFillMemory", "memset", "RtlZeroBytes", "RtlSecureZeroMemory",
      "RtlFillBytes",
    ] {
      all[name] = .memory(reads: [], writes: [0])
    }
    for name in ["RtlCompareMemory", "RtlEqualMemory", "memcmp", "strcmp", "strncmp"] {
      all[name] = .memory(reads: [0, 1], writes: [])
    }
    for name in ["strlen", "wcslen"] { all[name] = .memory(reads: [0], writes: []) }
    return all
  }()
}
