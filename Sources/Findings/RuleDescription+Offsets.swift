extension RuleDescription {
  /// The rules about addresses and the byte offset in them: LS001 to LS008.
  static let offsetRules: [RuleDescription] = [
    RuleDescription(
      "LS001",
      "Byte offset added to MmMapLockedPages",
      .error,
      fix: .safe,
      breaksOn: "NT 4.0 SP4 and later, unless the buffer begins a page",
      dependsOnTarget: true,
      summary: "The MDL's byte offset is added to what MmMapLockedPages returns.",
      as: .offsetAddedTwice,
      bad: "va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) + MmGetMdlByteOffset(mdl));",
      good: "va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl));"
    ),
    RuleDescription(
      "LS002",
      "MmMapLockedPages result used without the byte offset",
      .warning,
      fix: .safe,
      breaksOn: "NT 4.0 SP3 and earlier, unless the buffer begins a page",
      dependsOnTarget: true,
      summary: "What MmMapLockedPages returns is used without the MDL's byte offset.",
      as: .offsetNotAdded,
      bad: "RtlCopyMemory(MmMapLockedPages(mdl, mode), source, length);",
      good: """
        va = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl));
        RtlCopyMemory(va, source, length);
        """
    ),
    RuleDescription(
      "LS003",
      "Byte offset added to an API that already includes it",
      .error,
      fix: .safe,
      breaksOn: "all releases, unless the buffer begins a page",
      summary: "The MDL's byte offset is added to an address that is documented to include it.",
      reason:
        "MmGetSystemAddressForMdl and its safe form, MmMapLockedPagesSpecifyCache, "
        + "MmMapLockedPagesWithReservedMapping and MmGetMdlVirtualAddress give the address of the "
        + "buffer, not of its page. With the offset added once more the driver reaches as many bytes "
        + "too far.",
      remedy: "leave the addend out",
      sources: [
        "lockstep explain MmMapLockedPagesSpecifyCache",
        "lockstep explain MmGetSystemAddressForMdlSafe",
      ],
      counterparts: [.offsetAddedTwice],
      bad: """
        va = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)
            + MmGetMdlByteOffset(mdl);
        """,
      good: "va = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);"
    ),
    RuleDescription(
      "LS004",
      "PAGE_ALIGN wraps the sum, offset lost",
      .error,
      fix: .suggested,
      breaksOn: "all releases, unless the buffer begins a page",
      summary: "PAGE_ALIGN is applied to the sum of a mapping and the byte offset.",
      reason:
        "PAGE_ALIGN clears the offset that was just added: what is left is the start of a page, not of "
        + "the buffer, and the next page's where the mapping includes the offset and the sum leaves the "
        + "first.",
      remedy: "align the mapping first, and add the offset to that",
      sources: ["KB199311", "KD-001"],
      counterparts: [.offsetNotAdded],
      bad: "va = PAGE_ALIGN((ULONG_PTR)map + MmGetMdlByteOffset(mdl));",
      good: "va = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl);"
    ),
    RuleDescription(
      "LS005",
      "Offset taken from a different MDL",
      .error,
      breaksOn: "all releases, where the buffers' byte offsets differ",
      summary: "The mapping of one MDL is combined with the byte offset of another.",
      reason:
        "The byte offset says where a buffer begins in its own first page; another buffer begins "
        + "elsewhere.",
      remedy: "take the mapping and the offset from the same MDL",
      sources: ["KB199311", "KD-001"],
      counterparts: [.accessOutsideBuffer],
      bad: "va = (PVOID)((ULONG_PTR)MmMapLockedPages(first, mode) | MmGetMdlByteOffset(second));",
      good: "va = (PVOID)((ULONG_PTR)MmMapLockedPages(first, mode) | MmGetMdlByteOffset(first));"
    ),
    RuleDescription(
      "LS006",
      "Mapped address truncated to 32 bits",
      .error,
      fix: .safe,
      fixNote: "safe where the cast alone cuts the address, else suggested or none",
      breaksOn: "64-bit Windows: IA-64 from 5.1, x64 from 5.2 SP1",
      dependsOnTarget: true,
      summary: "An address of mapped pages is cast to an integer of 32 bits.",
      as: .pointerTruncated,
      bad: "va = (PVOID)((ULONG)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl));",
      good: "va = (PVOID)((ULONG_PTR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl));"
    ),
    RuleDescription(
      "LS007",
      "NULL test made after offset arithmetic",
      .warning,
      breaksOn: "all releases, when system PTEs run out",
      summary: "A mapping is tested for NULL only after the byte offset went into it.",
      as: "null-used",
      bad: """
        va = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl);
        if (va == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        """,
      good: """
        if (map == NULL) return STATUS_INSUFFICIENT_RESOURCES;
        va = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl);
        """
    ),
    RuleDescription(
      "LS008",
      "MappedSystemVa read directly",
      .warning,
      fix: .suggested,
      breaksOn:
        "all releases where the MDL is not mapped; without the byte offset after a reserved mapping "
        + "(Windows XP and later)",
      dependsOnTarget: true,
      summary: "MappedSystemVa is read in place of MmGetSystemAddressForMdlSafe.",
      reason:
        "The field holds an address only while the MDL is mapped into system space, which only its "
        + "flags tell. After MmMapLockedPagesWithReservedMapping it is documented to lack the byte "
        + "offset.",
      remedy: "call MmGetSystemAddressForMdlSafe, which maps the pages if they are not mapped",
      sources: ["KD-005", "lockstep explain MmGetSystemAddressForMdlSafe"],
      counterparts: ["mdl-reserved-mapping-address"],
      otherNames: ["CodeQL OpaqueMdlUse (CQLD-D0002)"],
      bad: "buffer = irp->MdlAddress->MappedSystemVa;",
      good: "buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);"
    ),
  ]
}
