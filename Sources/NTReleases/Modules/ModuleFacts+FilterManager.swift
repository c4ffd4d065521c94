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
        FltAllocateContext FltAllocatePoolAlignedWithTag FltBuildDefaultSecurityDescriptor
        FltClearCallbackDataDirty FltCloseClientPort FltDeleteContext FltDeleteFileContext
        FltDeleteInstanceContext FltDeleteStreamContext FltDeleteStreamHandleContext
        FltDeleteVolumeContext FltEnumerateFilters FltEnumerateInstances FltEnumerateVolumes
        FltFreePoolAlignedWithTag FltFreeSecurityDescriptor FltGetFileContext
        FltGetFileNameInformationUnsafe FltGetFilterFromInstance FltGetFilterFromName
        FltGetInstanceContext FltGetStreamContext FltGetStreamHandleContext FltGetVolumeContext
        FltGetVolumeFromInstance FltGetVolumeFromName FltGetVolumeName FltIsCallbackDataDirty
        FltObjectDereference FltObjectReference FltParseFileName FltReferenceContext
        FltReferenceFileNameInformation FltReleaseContext FltSendMessage FltSetCallbackDataDirty
        FltSetFileContext FltSetInstanceContext FltSetStreamContext FltSetStreamHandleContext
        FltSetVolumeContext FltSupportsFileContexts FltSupportsStreamContexts
        FltSupportsStreamHandleContexts FltAllocateGenericWorkItem FltAttachVolume
        FltCompareInstanceAltitudes FltDetachVolume FltDoCompletionProcessingWhenSafe
        FltFreeGenericWorkItem FltGetBottomInstance FltGetLowerInstance FltGetTopInstance
        FltGetUpperInstance FltQueueGenericWorkItem FltCreateFile
        """,
        .since(
          .wxpsp2,
          gap: ExportRecord.Gap(from: .ws03, until: .ws03sp1),
          evidence: .document("Microsoft Docs, fltkernel.h")
        )
      ),
      .names(
        "FltGetFileSystemType FltSupportsFileContextsEx",
        .since(.vista, evidence: .document("WDK, fltKernel.h: what FLT_MGR_LONGHORN guards"))
      ),
      .names(
        "FltCreateFileEx",
        .since(
          .wxpsp3,
          gap: ExportRecord.Gap(from: .ws03, until: .ws03sp1),
          evidence: .document("WDK, fltKernel.h: what FLT_MGR_AFTER_XPSP2 guards")
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
