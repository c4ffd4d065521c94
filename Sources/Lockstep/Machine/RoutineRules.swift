internal import GuestABI
internal import NTKernel
internal import NTReleases

/// What the callers of each routine must heed, by the routine's index.
struct RoutineRules {
  /// The highest IRQL at which the routine may be called, in the kernel's numbers.
  let highestIRQL: [UInt8]
  /// Whether the routine returns a pointer that can be NULL.
  let canReturnNull: [Bool]

  init(_ names: [String]) {
    highestIRQL = names.map { name in
      switch IRQLLimits.all[name] {
      case .passive: IRQL.passive.rawValue
      case .apc: IRQL.apc.rawValue
      case .dispatch: IRQL.dispatch.rawValue
      case .device, .ipi, .high, nil: .max
      }
    }
    canReturnNull = names.map(Self.nullable.contains)
  }

  /// The routines that return NULL for want of memory, or if there is not what was asked for: by their
  /// pages in the driver reference.
  private static let nullable: Set = [
    "ExAllocateFromNPagedLookasideList", "ExAllocateFromPagedLookasideList", "ExAllocatePool",
    "ExAllocatePool2", "ExAllocatePool3", "ExAllocatePoolWithTag", "ExAllocatePoolWithTagPriority",
    "IoAllocateErrorLogEntry", "IoAllocateIrp", "IoAllocateMdl", "IoAllocateWorkItem",
    "IoBuildAsynchronousFsdRequest", "IoBuildDeviceIoControlRequest",
    "IoBuildSynchronousFsdRequest",
    "MmAllocateContiguousMemory", "MmAllocateContiguousMemorySpecifyCache",
    "MmAllocateContiguousMemorySpecifyCacheNode", "MmAllocateContiguousNodeMemory",
    "MmAllocateMappingAddress", "MmAllocateMappingAddressEx", "MmAllocateNonCachedMemory",
    "MmAllocatePagesForMdl", "MmAllocatePagesForMdlEx", "MmCreateMdl", "MmGetSystemRoutineAddress",
    "MmMapIoSpace", "MmMapIoSpaceEx", "MmMapLockedPages", "MmMapLockedPagesSpecifyCache",
    "MmMapLockedPagesWithReservedMapping",
  ]
}

/// A routine that returned NULL to a driver.
struct ReturnedNull {
  /// The routine's index.
  let routine: Int
  /// The driver's call.
  let caller: UInt64
}

extension Machine {
  /// Tells of a call at a higher IRQL than the routine's documents allow.
  func reportIRQL(_ routine: Int) {
    let name = routines.exports[routine].name
    let limit = IRQL(rawValue: routineRules.highestIRQL[routine])
    manager.reportIRQL(name, dispatcher.irql, limit: limit)
  }
}
