extension RuleDescription {
  /// The rules about what a release has, asks for or does: LS020 to LS024.
  static let releaseRules: [RuleDescription] = [
    RuleDescription(
      "LS020",
      "API newer than the oldest target",
      .error,
      breaksOn: "the releases before the first one that exports the routine or knows the flag",
      dependsOnTarget: true,
      summary: "A routine or flag is used that the oldest target does not have.",
      as: .cannotLoad,
      reason: "A flag that a release does not know reaches it as part of a number that it takes "
        + "for something else (KD-015).",
      sources: ["Geoff Chappell's tables", "Microsoft Docs", "KD-007", "KD-015"],
      bad: "va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, priority);",
      good: """
        #if TARGET_IS_NT4_SP3
        va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl));
        #else
        va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, priority);
        #endif
        """
    ),
    RuleDescription(
      "LS021",
      "Obsolete mapping API",
      .warning,
      fix: .suggested,
      breaksOn: "Windows 2000 and later (MmMapLockedPagesSpecifyCache: NT 4.0 SP4 and later)",
      dependsOnTarget: true,
      summary:
        "MmGetSystemAddressForMdl, MmMapLockedPages or MmCreateMdl is called where all targets "
        + "have the routine that replaces it.",
      reason:
        "MmGetSystemAddressForMdl and MmMapLockedPages for KernelMode stop the system when system PTEs "
        + "run out; the forms that replace them return NULL. Driver Verifier stops at MmMapLockedPages. "
        + "MmCreateMdl is obsolete since the headers of Windows XP.",
      remedy:
        "call MmGetSystemAddressForMdlSafe, MmMapLockedPagesSpecifyCache or IoAllocateMdl, and test the "
        + "result for NULL",
      sources: ["KD-010", "KD-011", "KD-012", "lockstep explain MmCreateMdl"],
      equivalents: ["0x3F", "0xC4/0x81"],
      bad: "va = MmGetSystemAddressForMdl(mdl);",
      good: """
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (va == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        """
    ),
    RuleDescription(
      "LS022",
      "Executable mapping",
      .note,
      fix: .safe,
      fixNote: "safe if every target is Windows 8 or later, suggested without --target, else none",
      breaksOn: "Windows 8 and later (HVCI)",
      dependsOnTarget: true,
      summary: "Pages are mapped into system space without MdlMappingNoExecute.",
      reason:
        "From Windows 8 on, a mapping can be made that cannot be executed. Memory that can be written "
        + "and executed is what an attacker needs, and drivers that are to be compatible with HVCI "
        + "are asked to do without it.",
      remedy:
        "or MdlMappingNoExecute into the priority, where every target is Windows 8 or later: what "
        + "earlier releases make of the bit is not documented",
      sources: ["KD-015", "KD-016", "KD-045"],
      otherNames: ["C30029", "C30030", "C30032"],
      bad: "va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);",
      good: "va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);"
    ),
    RuleDescription(
      "LS023",
      "System mapping of allocated pages not released",
      .warning,
      breaksOn: "releases before Windows 7",
      dependsOnTarget: true,
      summary: "MmFreePagesFromMdl is called while the pages are mapped into system space.",
      reason:
        "From Windows 7 on, MmFreePagesFromMdl releases the mapping itself. Before, the driver must: "
        + "the mapping stays, and leads to pages that are another's.",
      remedy: "call MmUnmapLockedPages first, on every release",
      sources: ["KD-030", "lockstep explain MmFreePagesFromMdl"],
      equivalents: ["0x3F"],
      bad: """
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        MmFreePagesFromMdl(mdl);
        """,
      good: """
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        MmUnmapLockedPages(va, mdl);
        MmFreePagesFromMdl(mdl);
        """
    ),
    RuleDescription(
      "LS024",
      "MDL call above its IRQL for the target",
      .warning,
      breaksOn: "releases before Windows Server 2008 for MmAllocatePagesForMdl and "
        + "MmFreePagesFromMdl; all for a UserMode mapping or a pageable lock",
      dependsOnTarget: true,
      summary: "A routine for MDLs is called at a higher IRQL than a target allows.",
      as: "irql-too-high",
      sources: ["KD-031", "lockstep explain MmAllocatePagesForMdl"],
      bad: """
        KeAcquireSpinLock(&lock, &irql);
        mdl = MmAllocatePagesForMdl(low, high, skip, length);
        KeReleaseSpinLock(&lock, irql);
        """,
      good: """
        mdl = MmAllocatePagesForMdl(low, high, skip, length);
        KeAcquireSpinLock(&lock, &irql);
        KeReleaseSpinLock(&lock, irql);
        """
    ),
  ]
}
