extension RuleDescription {
  /// The rules about the memory of processes.
  static let processRules = [
    RuleDescription(
      "mdl-unmap-wrong-process",
      "A user mapping was unmapped in another process than the one it was made in.",
      reason:
        "MmUnmapLockedPages works on the current process's addresses, so the mapping stays, and what "
        + "that process has at the same address may go.",
      remedy:
        "unmap in IRP_MJ_CLEANUP, which comes in the process itself, or after KeStackAttachProcess",
      sources: ["lockstep explain MmUnmapLockedPages", "lockstep explain KD-018"]
    ),
    RuleDescription(
      "mdl-mapping-left-in-process",
      "A process ended while locked pages were mapped into it.",
      reason:
        "The mapping goes with the process, and the driver can no longer unmap it; until then the "
        + "process could use pages that the driver may have freed.",
      remedy: "unmap in IRP_MJ_CLEANUP what was mapped for the process",
      sources: ["lockstep explain MmUnmapLockedPages"],
      severity: .warning
    ),
    RuleDescription(
      "mdl-locked-at-process-exit",
      "A process ended while pages of it were locked.",
      reason:
        "From Windows 2000 on the system stops with PROCESS_HAS_LOCKED_PAGES; before, the pages are "
        + "lost silently.",
      remedy:
        "call MmUnlockPages when the request is completed or cancelled, at the latest in cleanup",
      sources: ["lockstep explain KD-034", "lockstep explain 0x76"],
      equivalents: ["0x76/0", "0xCB"]
    ),
    RuleDescription(
      "process-left-attached",
      "A routine of the driver returned while its thread was attached to another process.",
      reason:
        "The thread goes on in the memory of the wrong process, where its own buffers are not mapped.",
      remedy: "detach on every way out, also in __finally",
      sources: ["lockstep explain KeStackAttachProcess"],
      equivalents: ["0x5"]
    ),
  ]
}
