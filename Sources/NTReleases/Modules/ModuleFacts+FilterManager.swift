extension ModuleFacts {
  /// The filter manager, which minifilters register with.
  static let filterManager = ModuleFacts(
    "fltmgr.sys",
    .since(
      .wxpsp2,
      gap: ExportRecord.Gap(from: .ws03, until: .ws03sp1),
      evidence: .document(
        "Microsoft Docs, FltRegisterFilter: Windows XP SP2, Server 2003 SP1 and later; the update "
          + "rollup of Windows 2000 SP4 is not counted"
      )
    ),
    exports: [
      .names(
        """
        FltClose FltCloseCommunicationPort FltCreateCommunicationPort FltGetFileNameInformation
        FltParseFileNameInformation FltRegisterFilter FltReleaseFileNameInformation
        FltStartFiltering FltUnregisterFilter
        """,
        .since(
          .wxpsp2,
          gap: ExportRecord.Gap(from: .ws03, until: .ws03sp1),
          evidence: .document("Microsoft Docs, fltkernel.h")
        )
      ),
      .names(
        "FltCreateFileEx2",
        .since(
          .vista,
          evidence: .document("Microsoft Docs, nf-fltkernel-fltcreatefileex2: since Windows Vista")
        )
      ),
    ]
  )
}
