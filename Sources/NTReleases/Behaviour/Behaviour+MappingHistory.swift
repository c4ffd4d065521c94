extension Behaviour {
  static let mappingHistory: [Change] = [
    .first(
      \.everyMappedAddressIncludesByteOffset,
      "KD-001",
      evidence: .unconfirmed("\(Source.kb199311) covers NT 3.5 and later; assumed for NT 3.1")
    ),
    .since(
      .nt350,
      \.everyMappedAddressIncludesByteOffset,
      false,
      "KD-001",
      evidence: .document("\(Source.kb199311); contradicted for KernelMode by KD-002"),
      confidence: .disputed
    ),
    .since(
      .nt400sp4,
      \.everyMappedAddressIncludesByteOffset,
      true,
      "KD-001",
      evidence: .document("\(Source.kb199311); \(Source.ddi) nf-wdm-mmmaplockedpages")
    ),
    .first(
      \.reservedMappingAlignment,
      "KD-006",
      evidence: .test("\(Source.reservedMapping), from Server 2003"),
      confidence: .medium
    ),
    .since(
      .win8,
      \.reservedMappingAlignment,
      16,
      "KD-006",
      evidence: .test(Source.reservedMapping),
      confidence: .medium
    ),
    .first(
      \.reservedMappingStoresByteOffset,
      "KD-005",
      evidence: .document("\(Source.ddi) nf-wdm-mmmaplockedpageswithreservedmapping, remarks")
    ),
    .first(
      \.reservedMappingTagShift,
      evidence: .test("\(Source.reservedMapping), from Server 2003"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.reservedMappingTagShift,
      32,
      evidence: .test(Source.reservedMapping),
      confidence: .medium
    ),
    .since(
      .win8,
      \.reservedMappingTagShift,
      28,
      evidence: .test(Source.reservedMapping),
      confidence: .medium
    ),
    .since(
      .win10_1507,
      \.reservedMappingTagShift,
      28,
      evidence: .unconfirmed("\(Source.reservedMapping) skips Windows 10")
    ),
    .first(
      \.reservedMappingSizeShift,
      evidence: .test("\(Source.reservedMapping), from Server 2003"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.reservedMappingSizeShift,
      32,
      evidence: .test(Source.reservedMapping),
      confidence: .medium
    ),
    .since(
      .win8,
      \.reservedMappingSizeShift,
      28,
      evidence: .test(Source.reservedMapping),
      confidence: .medium
    ),
    .since(
      .win10_1507,
      \.reservedMappingSizeShift,
      28,
      evidence: .unconfirmed("\(Source.reservedMapping) skips Windows 10")
    ),
    .first(
      \.mappingRefusesCacheTypeConflict,
      "KD-014",
      evidence: .unconfirmed("no source before Windows 2000; assumed as there")
    ),
    .since(
      .w2k,
      \.mappingRefusesCacheTypeConflict,
      false,
      "KD-014",
      evidence: .document("OSR article 130")
    ),
    .since(
      .wxp,
      \.mappingRefusesCacheTypeConflict,
      true,
      "KD-014",
      evidence: .document(
        "OSR article 130; \(Source.docs) bug-check-0x1a, 0x1000: cached pages mapped otherwise. But "
          + "\(Source.ddi) nf-wdm-mmmaplockedpagesspecifycache, remarks: pages keep the type they have"
      ),
      confidence: .disputed
    ),
    .first(
      \.mappingPriorityFlags,
      "KD-015",
      evidence: .unconfirmed("what these bits do before Windows 8 is not documented")
    ),
    .since(
      .win8,
      \.mappingPriorityFlags,
      0xC000_0000,
      "KD-015",
      evidence: .document(
        "\(Source.ddi) nf-wdm-mmgetsystemaddressformdlsafe: MdlMappingNoWrite 0x80000000, "
          + "MdlMappingNoExecute 0x40000000; MdlMappingWithGuardPtes 0x20000000 came later, undated"
      )
    ),
    .first(
      \.mappingCanFailFlagIsHonoured,
      "KD-012",
      evidence: .document("WDK 22621 wdm.h, comment at MmGetSystemAddressForMdlSafe; no release"),
      confidence: .medium
    ),
    .first(
      \.mapIoSpaceTakesCachingType,
      "KD-047",
      evidence: .document("\(Source.nt4DDK) k106_26: BOOLEAN CacheEnable")
    ),
    .since(
      .w2k,
      \.mapIoSpaceTakesCachingType,
      true,
      "KD-047",
      evidence: .document("\(Source.ddi) nf-wdm-mmmapiospace")
    ),
    .first(
      \.dmaOperationsVersion,
      evidence: .history("IoGetDmaAdapter is not exported before Windows 2000")
    ),
    .since(
      .w2k,
      \.dmaOperationsVersion,
      1,
      evidence: .document("\(Source.ddi) nf-wdm-iogetdmaadapter")
    ),
    .since(
      .wxp,
      \.dmaOperationsVersion,
      2,
      evidence: .document("\(Source.ddi) ns-wdm-_device_description")
    ),
    .since(
      .win8,
      \.dmaOperationsVersion,
      3,
      evidence: .document("\(Source.ddi) nf-wdm-iogetdmaadapter, ns-wdm-_device_description")
    ),
    .first(
      \.unmappingUnknownIoSpaceStops,
      evidence: .document("\(Source.bugChecks): 0xDA is not declared before 5.0")
    ),
    .since(
      .w2k,
      \.unmappingUnknownIoSpaceStops,
      false,
      evidence: .unconfirmed("0xDA is declared from 5.0; no source dates its subcode 0x400")
    ),
    .since(
      .wxp,
      \.unmappingUnknownIoSpaceStops,
      true,
      evidence: .document("\(Source.docs) bug-check-0xda, 0x400; it names no release"),
      confidence: .medium
    ),
    .first(
      \.mapIoSpaceRefusesPageTables,
      "KD-051",
      evidence: .document("reactos/reactos PR 8183, description"),
      confidence: .medium
    ),
    .since(
      .win10_1803,
      \.mapIoSpaceRefusesPageTables,
      true,
      "KD-051",
      evidence: .document("reactos/reactos PR 8183, description"),
      confidence: .medium
    ),
    .first(
      \.ioSpaceMappingIRQL,
      "KD-048",
      evidence: .document("\(Source.nt4DDK) k106_26, k106_36, k106_8")
    ),
    .since(
      .w2k,
      \.ioSpaceMappingIRQL,
      .dispatch,
      "KD-048",
      evidence: .unconfirmed(
        "\(Source.ddi) says <= DISPATCH_LEVEL and reaches back to Windows 2000; "
          + "the release of the change is not documented"
      )
    ),
  ]
}
