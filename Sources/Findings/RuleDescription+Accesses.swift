extension RuleDescription {
  /// The rules about fields of an MDL, and about who may access what: LS040 to LS045.
  static let accessRules: [RuleDescription] = [
    RuleDescription(
      "LS040",
      "Opaque MDL field written",
      .error,
      breaksOn: "all releases: what is in the fields is no contract",
      summary: "A field of an MDL is written that only the system may write.",
      as: "mdl-field-written",
      otherNames: ["C28145", "CodeQL OpaqueMdlWrite"],
      bad: "mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;",
      good: "va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);"
    ),
    RuleDescription(
      "LS041",
      "Opaque MDL field read",
      .note,
      fix: .safe,
      breaksOn: "all releases: what is in the fields is no contract",
      summary: "A field of an MDL is read for which there is a routine.",
      reason:
        "Microsoft documents the MDL as partially opaque. The macros say what a driver needs to know "
        + "with the headers of every release.",
      remedy: "call MmGetMdlByteCount, MmGetMdlByteOffset or MmGetMdlVirtualAddress",
      sources: ["windows-driver-docs-ddi ns-wdm-_mdl", "lockstep explain MmGetMdlVirtualAddress"],
      otherNames: ["CodeQL OpaqueMdlUse (CQLD-D0002)"],
      bad: "length = mdl->ByteCount;",
      good: "length = MmGetMdlByteCount(mdl);"
    ),
    RuleDescription(
      "LS042",
      "MDL virtual address used as a system address",
      .error,
      breaksOn: "all releases",
      summary: "What MmGetMdlVirtualAddress returns is used to access the buffer.",
      reason:
        "It is the address at which the buffer was described. For a user's buffer it means something in "
        + "that process only, and not even there can the driver rely on it: the pages are locked, the "
        + "address is not.",
      remedy:
        "access the buffer at what MmGetSystemAddressForMdlSafe returns; as an index for DMA and for "
        + "partial MDLs the virtual address is right",
      sources: ["lockstep explain MmGetMdlVirtualAddress"],
      equivalents: ["0x50", "0xD1"],
      bad: "RtlCopyMemory(target, MmGetMdlVirtualAddress(irp->MdlAddress), length);",
      good: """
        va = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
        if (va == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(target, va, length);
        """
    ),
    RuleDescription(
      "LS043",
      "User address probed with KernelMode",
      .error,
      fix: .suggested,
      breaksOn: "all releases (security)",
      summary: "A user's address is locked with KernelMode.",
      reason:
        "With KernelMode, MmProbeAndLockPages does not ask whether the address is one that the caller "
        + "may use. Any program that can open the device then reads or writes the kernel's memory "
        + "through the driver.",
      remedy: "pass the request's RequestorMode, or UserMode",
      sources: ["lockstep explain MmProbeAndLockPages"],
      bad: """
        mdl = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);
        MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
        """,
      good: """
        mdl = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);
        MmProbeAndLockPages(mdl, irp->RequestorMode, IoWriteAccess);
        """
    ),
    RuleDescription(
      "LS044",
      "Lock operation does not match the access",
      .warning,
      fix: .suggested,
      breaksOn: "all releases",
      summary: "Pages are locked for another access than the one that is made to them.",
      as: "mdl-wrong-lock-operation",
      reason: "The operations are an enumeration, not bits to be combined.",
      bad: "MmProbeAndLockPages(mdl, UserMode, IoReadAccess | IoWriteAccess);",
      good: "MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);"
    ),
    RuleDescription(
      "LS045",
      "Pool memory mapped to user mode",
      .warning,
      breaksOn: "all releases (information leak)",
      summary: "Memory from the pool is mapped for UserMode.",
      reason:
        "Pages are mapped whole. What else lies in the pages of a block of pool is another's, and the "
        + "program can read and change it; what was there before is not cleared either.",
      remedy: "allocate whole pages, for instance with MmAllocatePagesForMdl, and clear them",
      sources: ["lockstep explain MmMapLockedPagesSpecifyCache", "KD-033"],
      bad: """
        buffer = ExAllocatePoolWithTag(NonPagedPool, length, tag);
        MmBuildMdlForNonPagedPool(mdl);
        va = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
        """,
      good: """
        /* Pages that are nobody else's, and cleared. */
        mdl = MmAllocatePagesForMdl(low, high, skip, length);
        """
    ),
  ]
}
