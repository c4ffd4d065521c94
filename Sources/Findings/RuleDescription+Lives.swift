extension RuleDescription {
  /// The rules about the life of an MDL, its locks and mappings: LS030 to LS034.
  static let lifeRules: [RuleDescription] = [
    RuleDescription(
      "LS030",
      "MDL, mapping or pages leaked on a return path",
      .warning,
      breaksOn: "all releases",
      summary: "A path returns without releasing an MDL, a mapping, a lock or pages.",
      as: .leak,
      reason:
        "System PTEs are few, and a system without them stops. MmFreePagesFromMdl leaves the MDL "
        + "itself, which ExFreePool frees; a partial MDL is used again only after MmPrepareMdlForReuse.",
      remedy: "release on each path that returns what was taken before",
      sources: ["lockstep explain IoFreeMdl", "lockstep explain 0x3F"],
      equivalents: ["0x3F"],
      counterparts: ["mdl-chain-leak"],
      bad: """
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        if (isBusy) return STATUS_DEVICE_BUSY;
        """,
      good: """
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        if (isBusy) {
            IoFreeMdl(mdl);
            return STATUS_DEVICE_BUSY;
        }
        """
    ),
    RuleDescription(
      "LS031",
      "MDL freed while its pages are locked",
      .error,
      breaksOn: "all releases",
      summary: "An MDL is freed on a path on which its pages are still locked.",
      as: "mdl-free-locked",
      bad: """
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        IoFreeMdl(mdl);
        """,
      good: """
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        MmUnlockPages(mdl);
        IoFreeMdl(mdl);
        """
    ),
    RuleDescription(
      "LS032",
      "Nonpaged-pool MDL mapped into system space again",
      .error,
      breaksOn: "all releases (Driver Verifier notices)",
      summary: "An MDL of MmBuildMdlForNonPagedPool is mapped into system space once more.",
      reason:
        "Nonpaged pool has an address in system space already, which the MDL holds. The driver "
        + "reference forbids a second mapping there; one for UserMode is allowed.",
      remedy: "call MmGetSystemAddressForMdlSafe, which returns the address that the MDL holds",
      sources: [
        "lockstep explain MmBuildMdlForNonPagedPool",
        "lockstep explain MmMapLockedPagesSpecifyCache",
      ],
      equivalents: ["0xC4/0xB2"],
      counterparts: ["mdl-map-twice"],
      bad: """
        MmBuildMdlForNonPagedPool(mdl);
        va = MmMapLockedPages(mdl, KernelMode);
        """,
      good: """
        MmBuildMdlForNonPagedPool(mdl);
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        """
    ),
    RuleDescription(
      "LS033",
      "Lock or unlock of a nonpaged or partial MDL",
      .error,
      breaksOn: "all releases",
      summary:
        "Pages are locked or unlocked with an MDL that is partial or describes nonpaged pool.",
      as: "mdl-lock-invalid",
      reason:
        "For the same reason such an MDL has no lock of its own that MmUnlockPages could take back.",
      remedy: "lock and unlock with an MDL of its own, or leave it to the owner of the first MDL",
      sources: ["lockstep explain MmUnlockPages", "lockstep explain MmBuildMdlForNonPagedPool"],
      equivalents: ["0xC4/0x7D", "0xC4/0xB4"],
      counterparts: ["mdl-unlock-unlocked"],
      bad: """
        MmBuildMdlForNonPagedPool(mdl);
        MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
        """,
      good: "MmBuildMdlForNonPagedPool(mdl);"
    ),
    RuleDescription(
      "LS034",
      "Unmap missing, doubled, or after unlock/free",
      .error,
      breaksOn: "all releases",
      summary:
        "A mapping is removed twice, too late or with another MDL, or used after it was removed.",
      reason:
        "A mapping ends before its pages are unlocked and its MDL is freed; whoever keeps the address "
        + "longer reaches, or destroys, what is there next.",
      remedy:
        "unmap once, with the address that the mapping routine returned and its MDL, then unlock, then "
        + "free, and forget the address",
      sources: ["lockstep explain MmUnmapLockedPages", "lockstep explain MmUnlockPages"],
      equivalents: ["0xC4/0xB6", "0xC4/0xB8", "0xDA/0x03", "0xDA/0x06"],
      counterparts: [
        "mdl-unmap-twice", "mdl-unmap-unknown", "mdl-unmap-other", "mdl-unlock-mapped",
        "mdl-use-after-unmap", "mdl-free-mapped",
      ],
      bad: """
        MmUnlockPages(mdl);
        MmUnmapLockedPages(userVa, mdl);
        """,
      good: """
        MmUnmapLockedPages(userVa, mdl);
        MmUnlockPages(mdl);
        """
    ),
  ]
}
