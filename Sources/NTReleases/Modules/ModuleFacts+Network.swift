extension ModuleFacts {
  /// The network driver interface.
  static let ndis = ModuleFacts(
    "ndis.sys",
    .since(.nt310, evidence: .document("Windows NT 3.1 DDK, Network Drivers: NDIS 3.0")),
    exports: [
      .names("NdisGetVersion", .seen(in: .vista, evidence: ndis6)),
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
      )
    ]
  )

  private static var filteringPlatform: Evidence {
    .document("Microsoft Docs, fwpmk.h and fwpsk.h: available starting with Windows Vista")
  }
}
