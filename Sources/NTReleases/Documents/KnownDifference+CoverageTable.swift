extension KnownDifference {
  /// How far each difference is modelled, in the order of identifiers.
  public static let coverages: [Coverage] =
    mappingCoverage + mdlCoverage + memoryCoverage + kernelCoverage

  private static let mappingCoverage: [Coverage] = [
    Coverage(1, .behaviour(["everyMappedAddressIncludesByteOffset"])),
    Coverage(
      2,
      .behaviour(["everyMappedAddressIncludesByteOffset"]),
      "both readings are run, and a verdict that depends on them is disputed"
    ),
    Coverage(3, .routines(["MmMapLockedPages"]), "x64 drivers run, and map above 4 GB"),
    .notModelled(4, "x86 and x64 have pages of 4 KB; Alpha and IA-64 are not modelled"),
    Coverage(5, .behaviour(["reservedMappingStoresByteOffset"])),
    Coverage(6, .behaviour(["reservedMappingAlignment"])),
    Coverage(7, .exports(["MmMapLockedPagesSpecifyCache", "ExAllocatePoolWithTagPriority"])),
    Coverage(
      8,
      .exports(["MmHighestUserAddress", "MmUserProbeAddress", "MmSystemRangeStart"]),
      "machines are started without /3GB"
    ),
    Coverage(9, .platforms),
    .notModelled(10, "the routine works in every release; Driver Verifier is not modelled"),
    Coverage(11, .routines(["MmMapLockedPages", "MmMapLockedPagesSpecifyCache"])),
    Coverage(12, .behaviour(["mappingCanFailFlagIsHonoured"])),
    Coverage(13, .routines(["MmMapLockedPagesSpecifyCache"])),
    Coverage(14, .behaviour(["mappingRefusesCacheTypeConflict"])),
    Coverage(
      15,
      .behaviour(["mappingPriorityFlags"]),
      "what the bits do before Windows 8 is not documented, so a use is inconclusive there"
    ),
    .notModelled(
      16,
      "the remapping is code of the driver itself; what of it reaches the kernel is KD-015"
    ),
    Coverage(
      17,
      .routines(["MmMapLockedPages", "MmMapLockedPagesSpecifyCache"]),
      "where page tables can say so: not on x86 without PAE"
    ),
    Coverage(18, .routines(["MmUnmapLockedPages"])),
  ]

  private static let mdlCoverage: [Coverage] = [
    Coverage(19, .behaviour(["mdlLengthLimit"])),
    Coverage(20, .behaviour(["mdlLengthLimit"])),
    Coverage(
      21,
      .behaviour(["mdlSizeFieldMayTruncate", "mdlLengthLimit"]),
      "the field is truncated where the limit allows so large an MDL"
    ),
    Coverage(22, .routines(["MmBuildMdlForNonPagedPool", "MmProbeAndLockPages"])),
    .notModelled(23, "what the kernel keeps in these bytes is not documented; they are left alone"),
    .notModelled(24, "only names in headers changed; the kernel's use of the bit is not modelled"),
    .notModelled(25, "only names in headers changed; the kernel's use of the bits is not modelled"),
    Coverage(26, .behaviour(["partialMDLCopiesIOSpaceFlag"])),
    Coverage(27, .behaviour(["partialMDLBugCheck"])),
    .notModelled(28, "only the documents differ: the routine works at DISPATCH_LEVEL everywhere"),
    Coverage(29, .routines(["MmAdvanceMdl"])),
    Coverage(30, .behaviour(["freeingMDLPagesUnmaps"])),
    Coverage(
      31,
      .behaviour(["pageAllocationIRQL"]),
      "a call above the allowed IRQL is inconclusive: what it does is not documented"
    ),
    Coverage(
      32,
      .behaviour(["pageAllocationHonoursFlags"]),
      "a use before Windows 7 is inconclusive: whether flags are ignored or refused is not documented"
    ),
    Coverage(33, .routines(["MmAllocatePagesForMdl", "MmAllocatePagesForMdlEx"])),
    Coverage(34, .behaviour(["processExitChecksLockedPages"])),
    .notModelled(35, "the tracking of locked pages is a setting that machines do not have"),
    Coverage(36, .behaviour(["noMoreSystemPTEsParametersAreZero"])),
    .notModelled(37, "a defect of the kernel, which machines do not have"),
    .notModelled(38, "Windows XP Embedded is not among the releases"),
  ]

  private static let memoryCoverage: [Coverage] = [
    Coverage(39, .exports(["ExAllocatePoolWithTag"])),
    Coverage(40, .exports(["ExFreePoolWithTag"])),
    Coverage(
      41,
      .behaviour(["mustSucceedPoolIsSupported"]),
      "no pool is set aside for such requests: they stop the system when the pool itself is used up"
    ),
    .notModelled(42, "special pool is a setting that machines do not have"),
    Coverage(
      43,
      .behaviour(["specialPoolHasOwnBugChecks"]),
      "of the bug checks, 0xC2; special pool and Driver Verifier are not modelled"
    ),
    .notModelled(44, "pool of every kind can be executed"),
    .notModelled(45, "machines run without a hypervisor that checks code"),
    Coverage(46, .exports(["ExAllocatePool2", "ExAllocatePool3"])),
    Coverage(47, .behaviour(["mapIoSpaceTakesCachingType"])),
    Coverage(
      48,
      .behaviour(["ioSpaceMappingIRQL"]),
      "a call above the allowed IRQL is inconclusive: what it does is not documented"
    ),
    .notModelled(
      49,
      "the memory begins a page in every release, which keeps either promise: what NT 4.0 returned "
        + "is not established"
    ),
    Coverage(50, .exports(["MmAllocateContiguousNodeMemory"])),
    Coverage(51, .behaviour(["mapIoSpaceRefusesPageTables"])),
    .notModelled(52, "Driver Verifier is not modelled"),
    Coverage(53, .exports(["MmMapIoSpaceEx"])),
    .notModelled(54, "no machine has memory above 4 GB"),
    Coverage(
      55,
      .exports(["IoGetDmaAdapter"]),
      "of devices, only bus masters that need no map registers"
    ),
    Coverage(
      56,
      .routines(["KeFlushIoBuffers"]),
      "the caches of x86 and x64 follow what devices do; Alpha, MIPS and IA-64 are not modelled"
    ),
  ]

  private static let kernelCoverage: [Coverage] = [
    Coverage(57, .exports(["NtBuildNumber", "PsGetVersion", "RtlGetVersion"])),
    Coverage(58, .exports(["MmGetSystemRoutineAddress"])),
    Coverage(59, .exports(["ProbeForRead"])),
    Coverage(60, .exports(["IofCallDriver", "IofCompleteRequest"])),
    Coverage(61, .behaviour(["dpcLayout"])),
    Coverage(
      62,
      .behaviour(["unhandledExceptionBugCheck32", "unhandledSystemThreadExceptionBugCheck"])
    ),
    Coverage(63, .behaviour(["pageFaultAccessEncoding"])),
    Coverage(64, .behaviour(["invalidSystemAddressBugCheck"])),
    Coverage(65, .behaviour(["driverIRQLFaultBugCheck"])),
    Coverage(66, .exports(["MmSecureVirtualMemory", "MmUnsecureVirtualMemory"])),
    Coverage(67, .platforms),
    Coverage(68, .routines(["MmMapLockedPages", "MmMapLockedPagesSpecifyCache"])),
    .notModelled(
      69,
      "no source says which addresses a release takes: those in the same page are taken"
    ),
    Coverage(70, .behaviour(["poolGranularity32"])),
    Coverage(
      71,
      .behaviour(["routineLookupFaultsBelowFirstExport"]),
      "where the look-up faults, a use is inconclusive: with which bug check is not documented"
    ),
    Coverage(72, .behaviour(["pageTableFormats32"])),
    Coverage(73, .behaviour(["pageTablesAreRelocated64"])),
  ]
}
