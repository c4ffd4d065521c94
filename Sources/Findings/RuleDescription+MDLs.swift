extension RuleDescription {
  /// The rules that the kernel's routines for MDLs and pool check; their sources are those of the
  /// routines.
  static let routineRules: [RuleDescription] = [
    RuleDescription(
      "mdl-map-unlocked",
      "Pages were mapped that are neither locked nor nonpaged.",
      reason: "Nothing keeps such pages in memory: the mapping may lead to another's page.",
      remedy: "call MmProbeAndLockPages or MmBuildMdlForNonPagedPool before the pages are mapped",
      sources: ["lockstep explain MmMapLockedPages"],
      equivalents: ["0xC4/0xB3", "0xC4/0x85", "0x1A/0x1233"]
    ),
    RuleDescription(
      "mdl-map-twice",
      "An MDL was mapped into system space that is mapped there already.",
      reason: "The MDL holds one address; the first mapping is lost for ever.",
      remedy: "use MmGetSystemAddressForMdl, which maps only once, or keep the first address",
      sources: ["lockstep explain MmMapLockedPages"],
      equivalents: ["0xC4/0xB2"]
    ),
    RuleDescription(
      "mdl-unmap-unknown",
      "An address was unmapped that no mapping of that MDL has.",
      reason:
        "MmUnmapLockedPages takes the address that the mapping routine returned, and its MDL.",
      remedy:
        "keep what the mapping routine returned apart from the address that is computed of it",
      sources: ["lockstep explain MmUnmapLockedPages", "KD-069"],
      equivalents: ["0xC4/0xB6", "0xDA/0x03", "0xDA/0x06"]
    ),
    RuleDescription(
      "mdl-unmap-twice",
      "A mapping was removed that was removed already.",
      reason: "The system PTEs may be another mapping's by then, which is destroyed.",
      remedy: "forget the address when it is unmapped",
      sources: ["lockstep explain MmUnmapLockedPages"],
      equivalents: ["0xC4/0xB6", "0xDA/0x06"]
    ),
    RuleDescription(
      "mdl-use-after-unmap",
      "An address was used at which pages were mapped, after they were unmapped.",
      reason:
        "The address leads nowhere, or to the pages that were mapped there next: then another's "
        + "data is read or destroyed, and nothing tells.",
      remedy: "forget the address when it is unmapped",
      sources: ["lockstep explain MmUnmapLockedPages", "lockstep explain 0x50"],
      equivalents: ["0x50", "0xD1"]
    ),
    RuleDescription(
      "mdl-unmap-address",
      "An address was unmapped that is not the one that the mapping routine returned.",
      reason:
        "The documents ask for that address. Which others a release takes is not established; it "
        + "goes on here as if any in the same page would do (KD-069).",
      remedy:
        "keep what the mapping routine returned apart from the address that is computed of it",
      sources: ["KD-069", "lockstep explain MmUnmapLockedPages"],
      severity: .warning,
      equivalents: ["0xDA/0x03", "0xC4/0xB9"]
    ),
    RuleDescription(
      "mdl-unmap-other",
      "A mapping of one MDL was removed with another MDL.",
      reason:
        "The address and the MDL must be those of one mapping. Windows stops where it notices; "
        + "where it does not, pages are released that are still in use.",
      remedy: "keep each mapping with the MDL that it was made with",
      sources: ["lockstep explain MmUnmapLockedPages"],
      equivalents: ["0xDA/0x03", "0xC4/0xB6"]
    ),
    RuleDescription(
      "mdl-map-cache-conflict",
      "Cached pages were mapped with another cache type.",
      reason:
        "One page with two cache types can be corrupted. Windows XP and later refuse the mapping; "
        + "earlier releases make it all the same.",
      remedy: "map pages with the cache type that they have: MmCached, unless allocated otherwise",
      sources: ["lockstep explain MmMapLockedPagesSpecifyCache", "KD-014", "OSR article 130"]
    ),
    RuleDescription(
      "mdl-reserved-mapping-misuse",
      "A reserved mapping was used as its routines do not allow.",
      reason:
        "A range of MmAllocateMappingAddress belongs to one tag, holds one mapping at a time, and "
        + "is unmapped by MmUnmapReservedMapping with the MDL that was mapped.",
      remedy:
        "pass the address, the tag and the MDL that the range was reserved and mapped with, and "
        + "unmap before the range is mapped again or freed",
      sources: ["lockstep explain MmMapLockedPagesWithReservedMapping", "lockstep explain 0xDA"]
    ),
    RuleDescription(
      "mdl-lock-invalid",
      "An MDL was locked that is locked, mapped or partial, or describes nonpaged pool.",
      reason: "MmProbeAndLockPages fills the MDL's array of pages, which such an MDL has filled.",
      remedy: "lock a new MDL once, and not one that was built in another way",
      sources: ["lockstep explain MmProbeAndLockPages"],
      equivalents: ["0xC4/0xB0"]
    ),
    RuleDescription(
      "mdl-unlock-unlocked",
      "Pages were unlocked that are not locked.",
      reason:
        "Each MmUnlockPages takes back one MmProbeAndLockPages; one more takes another's lock.",
      remedy: "unlock once what was locked once",
      sources: ["lockstep explain MmUnlockPages"],
      equivalents: ["0xC4/0x7C", "0xC4/0x7D", "0xC4/0xB4", "0x4E/0x07", "0x76/1"]
    ),
    RuleDescription(
      "mdl-unlock-mapped",
      "Pages were unlocked while they are mapped for user mode.",
      reason:
        "Only mappings in system space are removed when pages are unlocked. The process goes on "
        + "reading and writing the pages when they are another's.",
      remedy: "call MmUnmapLockedPages for each mapping before MmUnlockPages",
      sources: ["lockstep explain MmUnlockPages"]
    ),
    RuleDescription(
      "mdl-wrong-lock-operation",
      "Pages were written through a mapping that were locked with IoReadAccess.",
      reason:
        "Pages that are locked for reading may be read-only, or shared until they are written: "
        + "then others see what is written, or it is lost.",
      remedy:
        "lock pages that are written with IoWriteAccess or IoModifyAccess; the system locks the "
        + "buffers of IRP_MJ_WRITE and METHOD_IN_DIRECT for reading",
      sources: ["lockstep explain MmProbeAndLockPages"]
    ),
    RuleDescription(
      "physical-contiguity-assumed",
      "The pages of a buffer were taken to be contiguous in physical memory.",
      reason:
        "MmGetPhysicalAddress tells where one page is; the next page of the buffer may be anywhere. "
        + "What is reached instead is another's.",
      remedy: "ask for each page, build an MDL, or allocate with MmAllocateContiguousMemory",
      sources: ["lockstep explain MmGetPhysicalAddress"],
      equivalents: ["0xC4/0x83"]
    ),
    RuleDescription(
      "mdl-reserved-mapping-address",
      "MappedSystemVa was used after MmMapLockedPagesWithReservedMapping.",
      reason:
        "That routine returns the address of the buffer, but stores the start of its first page in "
        + "the MDL. MmGetSystemAddressForMdl and its safe form return what is stored.",
      remedy: "use the address that MmMapLockedPagesWithReservedMapping returned",
      sources: ["KD-005"]
    ),
    RuleDescription(
      "mdl-chain-leak",
      "Of a chain of MDLs only the first was freed.",
      reason: "IoFreeMdl frees one MDL, whatever its Next field says.",
      remedy: "read Next before each IoFreeMdl, and free until it is NULL",
      sources: ["lockstep explain IoFreeMdl"],
      equivalents: ["0xC4/0x62", "0xC4/0x60"]
    ),
    RuleDescription(
      "mdl-field-written",
      "A driver wrote a field of an MDL that only the system may write.",
      reason:
        "The fields but Next are opaque, and what is in them differs between releases (KD-024).",
      remedy: "use the routines that set them, such as IoBuildPartialMdl for a part of a buffer",
      sources: ["KD-024", "KD-025"],
      severity: .warning
    ),
    RuleDescription(
      "mdl-free-locked",
      "An MDL was freed while its pages are locked.",
      reason:
        "Nobody can unlock the pages any more, so they are lost, and their process cannot end "
        + "as it should.",
      remedy: "call MmUnlockPages before IoFreeMdl",
      sources: ["lockstep explain IoFreeMdl", "lockstep explain 0x76"],
      equivalents: ["0x76/0", "0xCB", "0x4E/0x9A"]
    ),
    RuleDescription(
      "mdl-free-mapped",
      "An MDL was freed while its pages are mapped.",
      reason: "Nobody can unmap the pages any more; system PTEs are few.",
      remedy: "call MmUnmapLockedPages (or MmUnlockPages) before IoFreeMdl",
      sources: ["lockstep explain IoFreeMdl", "lockstep explain 0x3F"],
      equivalents: ["0xC4/0xB8"]
    ),
    RuleDescription(
      "pool-free-invalid",
      "An address was freed that is not an allocation, or no longer.",
      reason: "The pool's lists are damaged, and the next allocation may be another's.",
      remedy: "free once exactly what the allocation returned",
      sources: ["lockstep explain ExFreePool", "lockstep explain 0xC2"],
      equivalents: ["0xC2/0x41", "0xC2/0x46", "0xC4/0x10", "0xC4/0x16"]
    ),
    RuleDescription(
      "pool-free-twice",
      "An MDL or a block of pool was freed that is freed already.",
      reason: "The block may be another owner's by then, who loses it.",
      remedy: "forget every pointer to a block when it is freed",
      sources: ["lockstep explain ExFreePool", "lockstep explain 0xC2"],
      equivalents: ["0xC2/0x06", "0xC2/0x07", "0xC4/0x13"]
    ),
    RuleDescription(
      "pool-overrun",
      "The bytes past the end of a block of pool were written.",
      reason: "They are another block's, or will be when sizes or releases change.",
      remedy: "allocate as many bytes as are written, and check lengths before they are used",
      sources: ["lockstep explain ExAllocatePoolWithTag", "lockstep explain 0x19"],
      equivalents: ["0xC1/0x24", "0xCD", "0xD6", "0x19/0x20"]
    ),
    RuleDescription(
      "pool-underrun",
      "The bytes before the start of a block of pool were written.",
      reason: "They are the pool's own header of the block, or the block before it.",
      remedy: "check offsets before they are used",
      sources: ["lockstep explain ExAllocatePoolWithTag", "lockstep explain 0x19"],
      equivalents: ["0xC1/0x23", "0x19/0x20"]
    ),
    RuleDescription(
      "pool-read-after-free",
      "Pool was read after it was freed.",
      reason: "The block may be another owner's by then, and hold anything.",
      remedy: "forget every pointer to a block when it is freed",
      sources: ["lockstep explain ExFreePool"],
      equivalents: ["0xCC", "0xD5"]
    ),
    RuleDescription(
      "pool-write-after-free",
      "Pool was written after it was freed.",
      reason: "The block may be another owner's by then: what is written destroys its data.",
      remedy: "forget every pointer to a block when it is freed",
      sources: ["lockstep explain ExFreePool"],
      equivalents: ["0xC1/0x23", "0xCC", "0xD5", "0x19/0x3"]
    ),
    RuleDescription(
      "mdl-user-mapping-unguarded",
      "Pages were mapped for UserMode outside of __try.",
      reason:
        "A mapping for UserMode does not return NULL: it raises an exception when it fails, as it does "
        + "when the process's addresses are used up, and one that nobody handles stops the system.",
      remedy: "wrap the call in __try and __except, and fail the request",
      sources: ["lockstep explain KD-013", "lockstep explain MmMapLockedPagesSpecifyCache"],
      severity: .warning,
      equivalents: ["0x1E", "0x8E", "0x7E", "0x3B"]
    ),
    RuleDescription(
      "mdl-free-pages-invalid",
      "Pages of an MDL were freed that were not allocated for it, or no longer.",
      reason: "The pages belong to someone else: freeing them damages the lists of free pages.",
      remedy: "call MmFreePagesFromMdl once, for what MmAllocatePagesForMdl returned",
      sources: ["lockstep explain MmFreePagesFromMdl", "lockstep explain 0x4E"]
    ),
  ]
}
