extension Behaviour {
  private static let fastFail =
    "Microsoft's compilers, __fastfail: native from Windows 8; \(Source.docs) bug-check-0x139"

  static let faultHistory: [Change] = [
    .first(
      \.protectsReadOnlySystemMemory,
      evidence: .document("KB229035; Microsoft Docs, accessing read-only system memory")
    ),
    .since(
      .w2k,
      \.protectsReadOnlySystemMemory,
      true,
      evidence: .document("KB229035; Microsoft Docs, accessing read-only system memory")
    ),
    .first(
      \.invalidSystemAddressBugCheck,
      "KD-064",
      evidence: .document("\(Source.bugChecks): 0x50 is not raised before 3.51"),
      confidence: .medium
    ),
    .since(
      .nt351,
      \.invalidSystemAddressBugCheck,
      0x50,
      "KD-064",
      evidence: .document("\(Source.bugChecks): kernel in 3.51 and higher"),
      confidence: .medium
    ),
    .first(\.handlesFastFail, evidence: .document(fastFail)),
    .since(.win8, \.handlesFastFail, true, evidence: .document(fastFail)),
    .first(
      \.pageFaultAccessEncoding,
      "KD-063",
      evidence: .document("\(Source.docs) bug-check-0x50")
    ),
    .since(
      .win10_1507,
      \.pageFaultAccessEncoding,
      .readWriteExecute,
      "KD-063",
      evidence: .document("\(Source.docs) bug-check-0x50")
    ),
    .first(\.driverIRQLFaultBugCheck, "KD-065", evidence: .document(Source.bugChecks)),
    .since(
      .w2k,
      \.driverIRQLFaultBugCheck,
      0xD1,
      "KD-065",
      evidence: .document("\(Source.bugChecks): 0xD1 declared from 5.0")
    ),
    .first(\.unhandledExceptionBugCheck32, "KD-062", evidence: .document(Source.bugChecks)),
    .since(
      .wxp,
      \.unhandledExceptionBugCheck32,
      0x8E,
      "KD-062",
      evidence: .document("\(Source.bugChecks); \(Source.docs) bug-check-0x8e")
    ),
    .first(
      \.unhandledExceptionBugCheck64,
      evidence: .document(
        "\(Source.docs) bug-check-0x3b; dumpanalysis.org 2008/04/22, bugchecks-system_service_exception:"
          + " forced on x64 when an exception would leave a system service, with a dump of a driver"
      )
    ),
    .first(
      \.unhandledInterruptExceptionBugCheck64,
      evidence: .unconfirmed(
        "\(Source.docs) bug-check-0x1e: a kernel-mode program's exception that no handler caught;"
          + " 0x3B and 0x7E are those of system services and system threads, and 0x8E of 32 bits"
      )
    ),
    .first(
      \.unhandledSystemThreadExceptionBugCheck,
      "KD-062",
      evidence: .document(Source.bugChecks)
    ),
    .since(
      .wxp,
      \.unhandledSystemThreadExceptionBugCheck,
      0x7E,
      "KD-062",
      evidence: .document("\(Source.bugChecks): 0x7E in 5.1 and higher")
    ),
    .first(\.processExitChecksLockedPages, "KD-034", evidence: .document(Source.bugChecks)),
    .since(
      .w2k,
      \.processExitChecksLockedPages,
      true,
      "KD-034",
      evidence: .document("\(Source.bugChecks): kernel use of 0x76 from 5.0")
    ),
    .first(
      \.noMoreSystemPTEsParametersAreZero,
      "KD-036",
      evidence: .unconfirmed("KB Q130783 speaks of NT 3.5; nothing about NT 3.1")
    ),
    .since(
      .nt350,
      \.noMoreSystemPTEsParametersAreZero,
      true,
      "KD-036",
      evidence: .document("KB Q130783, seen on MIPS")
    ),
    .since(
      .nt351sp2,
      \.noMoreSystemPTEsParametersAreZero,
      false,
      "KD-036",
      evidence: .unconfirmed("KB Q130783: fixed in a service pack of 3.51, not said in which")
    ),
    .since(
      .nt400,
      \.noMoreSystemPTEsParametersAreZero,
      false,
      "KD-036",
      evidence: .document("KB Q130783: fixed before"),
      confidence: .medium
    ),
    .first(
      \.unmappingMaySkipFlush,
      "KD-037",
      evidence: .unconfirmed("KB Q142657 speaks of NT 4.0; nothing about earlier releases")
    ),
    .since(.nt400, \.unmappingMaySkipFlush, true, "KD-037", evidence: .document("KB Q142657")),
    .since(
      .nt400sp2,
      \.unmappingMaySkipFlush,
      false,
      "KD-037",
      evidence: .unconfirmed("KB Q142657: fixed in a service pack, not said in which")
    ),
    .since(
      .w2k,
      \.unmappingMaySkipFlush,
      false,
      "KD-037",
      evidence: .document("KB Q142657: fixed before"),
      confidence: .medium
    ),
    .first(
      \.routineLookupFaultsBelowFirstExport,
      evidence: .history("the routine is not exported before Windows 2000")
    ),
    .since(
      .w2k,
      \.routineLookupFaultsBelowFirstExport,
      true,
      "KD-071",
      evidence: .document("Geoff Chappell, api/mm/sysload/mmgetsystemroutineaddress.htm")
    ),
    .since(
      .wxpsp3,
      \.routineLookupFaultsBelowFirstExport,
      false,
      "KD-071",
      evidence: .document("Geoff Chappell, api/mm/sysload/mmgetsystemroutineaddress.htm")
    ),
    .since(
      .ws03,
      \.routineLookupFaultsBelowFirstExport,
      true,
      "KD-071",
      evidence: .document("Geoff Chappell, api/mm/sysload/mmgetsystemroutineaddress.htm")
    ),
    .since(
      .ws03sp1,
      \.routineLookupFaultsBelowFirstExport,
      false,
      "KD-071",
      evidence: .document("Geoff Chappell, api/mm/sysload/mmgetsystemroutineaddress.htm")
    ),
  ]
}
