extension Behaviour {
  static let poolHistory: [Change] = [
    .first(
      \.poolGranularity32,
      "KD-070",
      evidence: .unconfirmed("not established for NT 3.x and 4.0; assumed as in Windows 2000")
    ),
    .since(
      .w2k,
      \.poolGranularity32,
      32,
      "KD-070",
      evidence: .document("computer.forensikblog.de/en/2006/07/pool-header.html"),
      confidence: .medium
    ),
    .since(
      .wxp,
      \.poolGranularity32,
      8,
      "KD-070",
      evidence: .document(
        "computer.forensikblog.de/en/2006/07/pool-header.html; "
          + "\(Source.ddi) nf-wdm-exallocatepoolwithtag"
      ),
      confidence: .medium
    ),
    .first(
      \.poolGranularity64,
      "KD-070",
      evidence: .document("\(Source.ddi) nf-wdm-exallocatepoolwithtag: 16 bytes on 64-bit systems")
    ),
    .first(
      \.poolHeaderSize32,
      "KD-070",
      evidence: .unconfirmed("not established for NT 3.x and 4.0; assumed as in Windows 2000")
    ),
    .since(
      .w2k,
      \.poolHeaderSize32,
      8,
      "KD-070",
      evidence: .document("computer.forensikblog.de/en/2006/07/pool-header.html"),
      confidence: .medium
    ),
    .first(
      \.poolHeaderSize64,
      "KD-070",
      evidence: .unconfirmed("follows from blocks that are aligned to 16 bytes; no document")
    ),
    .first(
      \.mustSucceedPoolIsSupported,
      "KD-041",
      evidence: .document("\(Source.docs) bug-check-0x41")
    ),
    .since(
      .wxp,
      \.mustSucceedPoolIsSupported,
      false,
      "KD-041",
      evidence: .document(
        "MSDN ff558974 (bug check 0x41): from XP no driver may ask for it; OSR article 131; "
          + "\(Source.docs) bug-check-0xc2, 0x9A"
      ),
      confidence: .medium
    ),
    .first(
      \.nonPagedPoolNxIsAvailable,
      "KD-044",
      evidence: .document("\(Source.docs) nx-pool-compatibility-issues")
    ),
    .since(
      .win8,
      \.nonPagedPoolNxIsAvailable,
      true,
      "KD-044",
      evidence: .document("\(Source.docs) nx-pool-compatibility-issues")
    ),
    .first(
      \.hasZeroingPoolAllocators,
      "KD-046",
      evidence: .history("Geoff Chappell: ntoskrnl/history/names2004.htm")
    ),
    .since(
      .win10_2004,
      \.hasZeroingPoolAllocators,
      true,
      "KD-046",
      evidence: .history(
        "Geoff Chappell: ntoskrnl/history/names2004.htm; "
          + "\(Source.docs) updating-deprecated-exallocatepool-calls"
      )
    ),
    .first(\.specialPoolIsAvailable, "KD-042", evidence: .document("KB Q188831")),
    .since(.nt400sp4, \.specialPoolIsAvailable, true, "KD-042", evidence: .document("KB Q188831")),
    .first(\.specialPoolHasOwnBugChecks, "KD-043", evidence: .document(Source.bugChecks)),
    .since(
      .w2k,
      \.specialPoolHasOwnBugChecks,
      true,
      "KD-043",
      evidence: .document("\(Source.bugChecks): 0xC1, 0xC2, 0xC4, 0xC5, 0xCC to 0xD6")
    ),
    .first(
      \.contiguousMemoryIsPageAligned,
      "KD-049",
      evidence: .document("\(Source.nt4DDK) k106_8: cache-line aligned")
    ),
    .since(
      .w2k,
      \.contiguousMemoryIsPageAligned,
      true,
      "KD-049",
      evidence: .unconfirmed(
        "\(Source.ddi) nf-ntddk-mmallocatecontiguousmemory reaches back to Windows 2000; "
          + "the release of the change is not documented"
      )
    ),
  ]
}
