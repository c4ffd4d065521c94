extension ModuleFacts {
  /// The port driver of display adapters.
  static let videoPort = ModuleFacts(
    "videoprt.sys",
    .since(.nt310, evidence: .document("KB Q102992, on the registry of Windows NT 3.1")),
    exports: [
      .names(
        """
        VideoPortCompareMemory VideoPortDebugPrint VideoPortDisableInterrupt VideoPortEnableInterrupt
        VideoPortFreeDeviceBase VideoPortGetAccessRanges VideoPortGetBusData VideoPortGetCurrentIrql
        VideoPortGetDeviceBase VideoPortGetDeviceData VideoPortGetRegistryParameters
        VideoPortInitialize VideoPortInt10 VideoPortLogError VideoPortMapBankedMemory
        VideoPortMapMemory VideoPortMoveMemory VideoPortReadPortBufferUchar
        VideoPortReadPortBufferUlong VideoPortReadPortBufferUshort VideoPortReadPortUchar
        VideoPortReadPortUlong VideoPortReadPortUshort VideoPortReadRegisterBufferUchar
        VideoPortReadRegisterBufferUlong VideoPortReadRegisterBufferUshort
        VideoPortReadRegisterUchar VideoPortReadRegisterUlong VideoPortReadRegisterUshort
        VideoPortScanRom VideoPortSetBusData VideoPortSetRegistryParameters
        VideoPortSetTrappedEmulatorPorts VideoPortStallExecution VideoPortStartTimer
        VideoPortStopTimer VideoPortSynchronizeExecution VideoPortUnmapMemory
        VideoPortVerifyAccessRanges VideoPortWritePortBufferUchar VideoPortWritePortBufferUlong
        VideoPortWritePortBufferUshort VideoPortWritePortUchar VideoPortWritePortUlong
        VideoPortWritePortUshort VideoPortWriteRegisterBufferUchar
        VideoPortWriteRegisterBufferUlong VideoPortWriteRegisterBufferUshort
        VideoPortWriteRegisterUchar VideoPortWriteRegisterUlong VideoPortWriteRegisterUshort
        VideoPortZeroDeviceMemory VideoPortZeroMemory
        """,
        .seen(in: .nt400, evidence: videoFunctions)
      ),
      .names(
        """
        VideoPortAcquireDeviceLock VideoPortAcquireSpinLock VideoPortAcquireSpinLockAtDpcLevel
        VideoPortAllocateBuffer VideoPortAllocateCommonBuffer VideoPortAllocatePool
        VideoPortClearEvent VideoPortCreateEvent VideoPortCreateSpinLock VideoPortDDCMonitorHelper
        VideoPortDeleteEvent VideoPortDeleteSpinLock VideoPortEnumerateChildren
        VideoPortFreeCommonBuffer VideoPortFreePool VideoPortGetAssociatedDeviceExtension
        VideoPortGetDmaAdapter VideoPortGetRomImage VideoPortGetVersion VideoPortQueryServices
        VideoPortQuerySystemTime VideoPortQueueDpc VideoPortReadStateEvent VideoPortReleaseBuffer
        VideoPortReleaseDeviceLock VideoPortReleaseSpinLock VideoPortReleaseSpinLockFromDpcLevel
        VideoPortSetEvent VideoPortWaitForSingleObject
        """,
        .seen(in: .wxp, evidence: videoPages)
      ),
    ],
    forwards: videoForwards
  )

  /// What the module passes on, by ReactOS's `videoprt.spec`; on x64 it has copies of the same.
  private static var videoForwards: [String: String] {
    var forwards = [
      "VideoPortCompareMemory": "RtlCompareMemory", "VideoPortMoveMemory": "RtlMoveMemory",
      "VideoPortZeroMemory": "RtlZeroMemory", "VideoPortZeroDeviceMemory": "RtlZeroMemory",
      "VideoPortQuerySystemTime": "KeQuerySystemTime",
      "VideoPortGetCurrentIrql": "KeGetCurrentIrql",
      "VideoPortStallExecution": "KeStallExecutionProcessor",
    ]
    for verb in ["Read", "Write"] {
      for place in ["Port", "Register"] {
        for buffer in ["", "Buffer"] {
          for type in ["Uchar", "Ushort", "Ulong"] {
            let words = [verb, place] + (buffer.isEmpty ? [] : [buffer]) + [type]
            forwards["VideoPort" + words.joined()] = words.joined(separator: "_").uppercased()
          }
        }
      }
    }
    return forwards
  }

  private static var videoFunctions: Evidence {
    .document("Windows NT 4.0 DDK, video port functions (MSDN April 2000, ntddk/html/vpfncs)")
  }

  private static var videoPages: Evidence {
    .document("Microsoft Docs, video.h: available in Windows 2000 or XP and later")
  }
}
