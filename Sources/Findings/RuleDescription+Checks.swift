extension RuleDescription {
  /// The rules about what must be checked or handled: LS010 to LS015.
  static let checkRules: [RuleDescription] = [
    RuleDescription(
      "LS010",
      "UserMode mapping outside __try/__except",
      .error,
      breaksOn: "all releases, when the mapping fails",
      summary: "Pages are mapped for UserMode where no __except handles an exception.",
      as: "mdl-user-mapping-unguarded",
      bad: """
        va = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
        """,
      good: """
        __try {
            va = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
        """
    ),
    RuleDescription(
      "LS011",
      "MmProbeAndLockPages outside __try/__except",
      .error,
      breaksOn: "all releases, when a page cannot be accessed as asked",
      summary: "MmProbeAndLockPages is called where no __except handles an exception.",
      reason:
        "MmProbeAndLockPages returns nothing: it raises an exception when a page cannot be read in or "
        + "accessed as asked, which a program can bring about with the buffer that it passes. One that "
        + "nobody handles stops the system.",
      remedy:
        "wrap the call in __try and __except; free the MDL and fail the request in the handler",
      sources: ["lockstep explain MmProbeAndLockPages"],
      equivalents: ["0x1E", "0x8E", "0x7E", "0x3B"],
      bad: "MmProbeAndLockPages(mdl, irp->RequestorMode, IoReadAccess);",
      good: """
        __try {
            MmProbeAndLockPages(mdl, irp->RequestorMode, IoReadAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            IoFreeMdl(mdl);
            return GetExceptionCode();
        }
        """
    ),
    RuleDescription(
      "LS012",
      "Mapping result dereferenced before a NULL check",
      .error,
      fix: .suggested,
      breaksOn: "all releases, when system PTEs run out",
      summary: "A mapping that can fail is used before it is tested for NULL.",
      as: "null-used",
      bad: """
        va = MmGetSystemAddressForMdlSafe(mdl, LowPagePriority);
        RtlZeroMemory(va, length);
        """,
      good: """
        va = MmGetSystemAddressForMdlSafe(mdl, LowPagePriority);
        if (va == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(va, length);
        """
    ),
    RuleDescription(
      "LS013",
      "IoAllocateMdl / MmAllocatePagesForMdl result unchecked",
      .error,
      fix: .suggested,
      breaksOn: "all releases, when memory runs out",
      summary: "An MDL that may not have been allocated is used before it is tested for NULL.",
      as: "null-used",
      sources: ["KD-019", "KD-020", "lockstep explain IoAllocateMdl"],
      bad: """
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        MmBuildMdlForNonPagedPool(mdl);
        """,
      good: """
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        if (mdl == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        MmBuildMdlForNonPagedPool(mdl);
        """
    ),
    RuleDescription(
      "LS014",
      "MmAllocatePagesForMdl length not checked",
      .warning,
      breaksOn: "Windows 2000 and later, when memory is short",
      summary: "The MDL of MmAllocatePagesForMdl is used as if it had all the bytes asked for.",
      reason:
        "MmAllocatePagesForMdl may succeed with fewer pages than were asked for; only the MDL's byte "
        + "count tells. What lies past it is not the driver's.",
      remedy:
        "compare MmGetMdlByteCount with what was asked for, and free the pages if they are too few",
      sources: ["KD-033", "KD-032"],
      bad: """
        mdl = MmAllocatePagesForMdl(low, high, skip, length);
        if (mdl != NULL) Fill(mdl, length);
        """,
      good: """
        mdl = MmAllocatePagesForMdl(low, high, skip, length);
        if (mdl != NULL && MmGetMdlByteCount(mdl) >= length) Fill(mdl, length);
        """
    ),
    RuleDescription(
      "LS015",
      "MDL leaked on the __except path",
      .warning,
      breaksOn: "all releases, when MmProbeAndLockPages raises",
      summary: "The handler of MmProbeAndLockPages leaves without freeing the MDL.",
      as: .leak,
      remedy: "call IoFreeMdl in the __except block, before it leaves",
      bad: """
        __try {
            MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
        """,
      good: """
        __try {
            MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            IoFreeMdl(mdl);
            return GetExceptionCode();
        }
        """
    ),
  ]
}
