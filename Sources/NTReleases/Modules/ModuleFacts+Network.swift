extension ModuleFacts {
  /// The network driver interface.
  static let ndis = ModuleFacts(
    "ndis.sys",
    .since(.nt310, evidence: .document("Windows NT 3.1 DDK, Network Drivers: NDIS 3.0")),
    exports: [
      .names(
        "NdisGetVersion",
        .since(
          .wxp,
          evidence: .document("Microsoft Docs, NdisGetVersion: available in Windows XP and later")
        )
      ),
      .names(ndis5Names, .seen(in: .w2k, evidence: ndis5)),
      .names(ndis6Names, .since(.vista, evidence: ndis6)),
      .names(
        """
        NdisAdvanceNetBufferDataStart NdisAllocateNetBufferAndNetBufferList
        NdisAllocateNetBufferListPool NdisAllocateNetBufferPool NdisFreeNetBufferList
        NdisFreeNetBufferListPool NdisFreeNetBufferPool NdisGetDataBuffer
        NdisMDeregisterMiniportDriver NdisMGetDeviceProperty NdisMIndicateReceiveNetBufferLists
        NdisMIndicateStatusEx NdisMRegisterMiniportDriver NdisMSendNetBufferListsComplete
        NdisMSetMiniportAttributes NdisRetreatNetBufferDataStart
        """,
        .since(.vista, evidence: ndis6)
      ),
    ]
  )

  /// What both NDIS 5 and NDIS 6 have.
  private static var ndis5Names: String {
    """
    NDIS_BUFFER_TO_SPAN_PAGES NdisAcquireSpinLock NdisAdjustBufferLength NdisAllocateBuffer
    NdisAllocateBufferPool NdisAllocateMemory NdisAllocateMemoryWithTag NdisAllocateSpinLock
    NdisBufferLength NdisBufferVirtualAddress NdisCancelTimer NdisCopyBuffer NdisDprAcquireSpinLock
    NdisDprReleaseSpinLock NdisFreeBuffer NdisFreeBufferPool NdisFreeMemory NdisFreeSpinLock
    NdisGetBufferPhysicalArraySize NdisGetCurrentSystemTime NdisGetSystemUpTime
    NdisInitUnicodeString NdisInitializeEvent NdisInitializeTimer NdisMCancelTimer
    NdisMInitializeTimer NdisMSetPeriodicTimer NdisMSetTimer NdisMSleep NdisQueryBuffer
    NdisQueryBufferOffset NdisQueryBufferSafe NdisReleaseSpinLock NdisResetEvent NdisSetEvent
    NdisSetTimer NdisSystemProcessorCount NdisWaitEvent
    """
  }

  private static var ndis5: Evidence {
    .document("Windows 2000 DDK, Network Drivers: NDIS library functions")
  }

  /// What came with NDIS 6.
  private static var ndis6Names: String {
    """
    NdisAdjustNetBufferCurrentMdl NdisAdvanceNetBufferListDataStart NdisAllocateCloneNetBufferList
    NdisAllocateMemoryWithTagPriority NdisAllocateNetBuffer NdisAllocateNetBufferList
    NdisAllocateNetBufferListContext NdisAllocateNetBufferMdlAndData NdisAllocateTimerObject
    NdisCancelTimerObject NdisCopyFromNetBufferToNetBuffer NdisFreeCloneNetBufferList
    NdisFreeMemoryWithTagPriority NdisFreeNetBuffer NdisFreeNetBufferListContext
    NdisFreeTimerObject NdisGetNetBufferListProtocolId NdisGetPoolFromNetBuffer
    NdisGetPoolFromNetBufferList NdisGetSystemUpTimeEx NdisQueryNetBufferPhysicalCount
    NdisSetTimerObject
    """
  }

  private static var ndis6: Evidence {
    .document("Microsoft Docs, ndis.h: supported for NDIS 6.0 drivers in Windows Vista and later")
  }

  /// The client of the Windows Filtering Platform.
  static let fwpkclnt = ModuleFacts(
    "fwpkclnt.sys",
    .since(.vista, evidence: filteringPlatform),
    exports: [
      .names(
        """
        FwpmCalloutAdd0 FwpmCalloutDeleteByKey0 FwpmEngineClose0 FwpmEngineOpen0 FwpmFilterAdd0
        FwpmFilterDeleteByKey0 FwpmProviderAdd0 FwpmProviderDeleteByKey0 FwpmSubLayerAdd0
        FwpmSubLayerDeleteByKey0 FwpmTransactionAbort0 FwpmTransactionBegin0 FwpmTransactionCommit0
        FwpsAllocateNetBufferAndNetBufferList0 FwpsCalloutRegister0 FwpsCalloutUnregisterByKey0
        FwpsFlowAssociateContext0 FwpsFlowRemoveContext0 FwpsFreeNetBufferList0
        FwpsInjectForwardAsync0 FwpsInjectNetworkReceiveAsync0 FwpsInjectNetworkSendAsync0
        FwpsInjectionHandleCreate0 FwpsInjectionHandleDestroy0 FwpsQueryPacketInjectionState0
        """,
        .since(.vista, evidence: filteringPlatform)
      ),
      .names(
        """
        FwpmBfeStateGet0 FwpmBfeStateSubscribeChanges0 FwpmBfeStateUnsubscribeChanges0
        FwpmCalloutDeleteById0 FwpmFilterDeleteById0 FwpsAllocateCloneNetBufferList0
        FwpsCalloutUnregisterById0 FwpsFreeCloneNetBufferList0
        """,
        .since(.vista, evidence: filteringPlatform)
      ),
      .names("FwpsCalloutRegister1", .since(.win7, evidence: filteringVersions)),
      .names("FwpsCalloutRegister2", .since(.win8, evidence: filteringVersions)),
      .names("FwpsCalloutRegister3", .since(.win10_1703, evidence: filteringVersions)),
    ]
  )

  private static var filteringVersions: Evidence {
    .document("WDK for Windows 11 22H2, fwpsk.h: what NTDDI_VERSION guards")
  }

  private static var filteringPlatform: Evidence {
    .document("Microsoft Docs, fwpmk.h and fwpsk.h: available starting with Windows Vista")
  }
}
