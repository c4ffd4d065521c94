extension Behaviour {
  static let mdlHistory: [Change] = [
    .first(
      \.mdlLengthLimit,
      "KD-019",
      evidence: .unconfirmed("KB Q149015 covers NT 3.5 and 3.51; assumed for NT 3.1")
    ),
    .since(
      .nt350,
      \.mdlLengthLimit,
      .sizeField,
      "KD-019",
      evidence: .document("KB Q149015, disassembly of NT 3.5 and 3.51")
    ),
    .since(
      .nt400,
      \.mdlLengthLimit,
      .sizeField,
      "KD-019",
      evidence: .unconfirmed("the same limit in NT 3.51 and Windows 2000; nothing about NT 4.0")
    ),
    .since(
      .w2k,
      \.mdlLengthLimit,
      .sizeField,
      "KD-020",
      evidence: .test("ReactOS kernel-mode test IoMdl; \(Source.ddi) nf-wdm-ioallocatemdl")
    ),
    .since(
      .vista,
      \.mdlLengthLimit,
      .twoGigabytes,
      "KD-020",
      evidence: .document("\(Source.ddi) nf-wdm-ioallocatemdl")
    ),
    .since(
      .win7,
      \.mdlLengthLimit,
      .fourGigabytes,
      "KD-020",
      evidence: .document("\(Source.ddi) nf-wdm-ioallocatemdl")
    ),
    .first(
      \.mdlSizeFieldMayTruncate,
      "KD-021",
      evidence: .document("follows from the limits of KD-019 and KD-020"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.mdlSizeFieldMayTruncate,
      true,
      "KD-021",
      evidence: .document("follows from the limits of KD-020"),
      confidence: .medium
    ),
    .first(
      \.fixedSizeMDLPages,
      evidence: .unconfirmed("KB Q149015 covers NT 3.5 and 3.51; assumed for NT 3.1")
    ),
    .since(
      .nt350,
      \.fixedSizeMDLPages,
      16,
      evidence: .document("KB Q149015, disassembly of NT 3.5 and 3.51"),
      confidence: .medium
    ),
    .since(
      .nt400,
      \.fixedSizeMDLPages,
      16,
      evidence: .unconfirmed("nothing between NT 3.51 and Server 2003; assumed as before")
    ),
    .since(
      .ws03,
      \.fixedSizeMDLPages,
      23,
      evidence: .document("ReactOS, written to Server 2003's behaviour"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.fixedSizeMDLPages,
      23,
      evidence: .unconfirmed("not verified after Server 2003")
    ),
    .first(
      \.mdlCarriesProcessorNumber64,
      "KD-023",
      evidence: .document("\(Source.symbols), 5.2 to 6.1"),
      confidence: .medium
    ),
    .since(
      .win8,
      \.mdlCarriesProcessorNumber64,
      true,
      "KD-023",
      evidence: .document("\(Source.symbols), 6.2 to 10.0.19041"),
      confidence: .medium
    ),
    .since(
      .ws2022,
      \.mdlCarriesProcessorNumber64,
      true,
      "KD-023",
      evidence: .unconfirmed("between the dumps of 19041 (with) and 22000 (without)")
    ),
    .since(
      .win11_21h2,
      \.mdlCarriesProcessorNumber64,
      false,
      "KD-023",
      evidence: .document("\(Source.symbols), one kernel of 22000"),
      confidence: .medium
    ),
    .first(
      \.partialMDLCopiesIOSpaceFlag,
      "KD-026",
      evidence: .unconfirmed("KB 828274 speaks of Windows XP; nothing about earlier releases")
    ),
    .since(
      .wxp,
      \.partialMDLCopiesIOSpaceFlag,
      false,
      "KD-026",
      evidence: .document("KB 828274")
    ),
    .since(
      .wxpsp2,
      \.partialMDLCopiesIOSpaceFlag,
      true,
      "KD-026",
      evidence: .document("KB 828274: fixed in the next service pack"),
      confidence: .medium
    ),
    .since(
      .ws03,
      \.partialMDLCopiesIOSpaceFlag,
      true,
      "KD-026",
      evidence: .unconfirmed("KB 828274 speaks of Windows XP; nothing about Server 2003")
    ),
    .since(
      .vista,
      \.partialMDLCopiesIOSpaceFlag,
      true,
      "KD-026",
      evidence: .document("KB 828274; later code lines include the fix"),
      confidence: .medium
    ),
    .first(
      \.partialMDLBugCheck,
      "KD-027",
      evidence: .document("\(Source.bugChecks); \(Source.docs) bug-check-0x40")
    ),
    .since(
      .win8,
      \.partialMDLBugCheck,
      0x12E,
      "KD-027",
      evidence: .document("\(Source.bugChecks); \(Source.docs) bug-check-0x12e")
    ),
    .first(\.partialMDLIRQL, "KD-028", evidence: .document("\(Source.nt4DDK) k104_14")),
    .since(
      .w2k,
      \.partialMDLIRQL,
      .dispatch,
      "KD-028",
      evidence: .unconfirmed(
        "\(Source.ddi) nf-wdm-iobuildpartialmdl says <= DISPATCH_LEVEL and reaches back to "
          + "Windows 2000; the release of the change is not documented"
      )
    ),
    .first(
      \.freeingMDLPagesUnmaps,
      "KD-030",
      evidence: .document("\(Source.ddi) nf-wdm-mmgetsystemaddressformdlsafe")
    ),
    .since(
      .win7,
      \.freeingMDLPagesUnmaps,
      true,
      "KD-030",
      evidence: .document("\(Source.ddi) nf-wdm-mmgetsystemaddressformdlsafe")
    ),
    .first(
      \.pageAllocationHonoursFlags,
      "KD-032",
      evidence: .document("\(Source.ddi) nf-wdm-mmallocatepagesformdlex")
    ),
    .since(
      .win7,
      \.pageAllocationHonoursFlags,
      true,
      "KD-032",
      evidence: .document("\(Source.ddi) nf-wdm-mmallocatepagesformdlex")
    ),
    .first(
      \.pageAllocationIRQL,
      "KD-031",
      evidence: .document("\(Source.ddi) nf-wdm-mmallocatepagesformdl, mmfreecontiguousmemory")
    ),
    .since(
      .vistasp1,
      \.pageAllocationIRQL,
      .dispatch,
      "KD-031",
      evidence: .document("\(Source.ddi) nf-wdm-mmallocatepagesformdl: from Server 2008")
    ),
  ]
}
