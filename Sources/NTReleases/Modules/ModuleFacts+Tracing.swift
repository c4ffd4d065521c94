extension ModuleFacts {
  /// The recorder of trace messages.
  static let wppRecorder = ModuleFacts(
    "wpprecorder.sys",
    .since(.win8, evidence: recorder),
    exports: [
      .names(
        """
        WppAutoLogStart WppAutoLogStop WppAutoLogTrace imp_WppRecorderConfigure
        imp_WppRecorderDumpLiveDriverData imp_WppRecorderGetCounterHandle imp_WppRecorderGetTriageInfo
        imp_WppRecorderIsDefaultLogAvailable imp_WppRecorderLinkCounters imp_WppRecorderLogCreate
        imp_WppRecorderLogDelete imp_WppRecorderLogGetDefault imp_WppRecorderLogSetIdentifier
        imp_WppRecorderReplay
        """,
        .seen(in: .win10_1507, evidence: recorderNames)
      )
    ]
  )

  private static var recorder: Evidence {
    .document("Microsoft Docs, Inflight Trace Recorder: introduced in Windows 8")
  }

  private static var recorderNames: Evidence {
    .document("Microsoft Docs, wpprecorder.h; drivers for Windows 10 import them")
  }

  /// The API set that files live kernel reports.
  static let werKernel = ModuleFacts(
    "ext-ms-win-ntos-werkernel-l1-1-1.dll",
    .seen(in: .win10_1607, evidence: apiSet),
    exports: [
      .names(
        """
        WerLiveKernelCancelReport WerLiveKernelCloseHandle WerLiveKernelCreateReport
        WerLiveKernelOpenDumpFile WerLiveKernelSubmitReport
        """,
        .seen(in: .win10_1607, evidence: apiSet)
      )
    ]
  )

  private static var apiSet: Evidence {
    .unconfirmed("the API set's host is werkernel.sys in Windows 10; no source says since when")
  }
}
