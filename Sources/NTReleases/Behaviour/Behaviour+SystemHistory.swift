extension Behaviour {
  private static let shared =
    "Geoff Chappell, inc/api/ntexapi_x/kuser_shared_data/index.htm"
  private static let query = "Geoff Chappell, api/ex/sysinfo/query.htm"

  /// What differs in what the system tells of itself.
  static let systemHistory: [Change] = [
    .first(
      \.systemImageRoot,
      evidence: .unconfirmed("the folder that Setup proposes; NT 3.5 and 3.51 proposed WINNT35")
    ),
    .since(
      .wxp,
      \.systemImageRoot,
      #"\WINDOWS"#,
      evidence: .unconfirmed("the folder that Setup proposes")
    ),
    .since(
      .vista,
      \.systemImageRoot,
      #"\SystemRoot"#,
      evidence: .unconfirmed("lists of modules as people have published them")
    ),
    .first(
      \.tellsLengthOfFixedInformation,
      evidence: .document(
        "\(query): before 6.0, tends not to be told for structures of fixed size"
      ),
      confidence: .medium
    ),
    .since(.vista, \.tellsLengthOfFixedInformation, true, evidence: .document(query)),
    .first(
      \.timeOfDayHasBiases,
      evidence: .document("Geoff Chappell, inc/api/ntexapi/system_timeofday_information.htm")
    ),
    .since(
      .w2k,
      \.timeOfDayHasBiases,
      true,
      evidence: .document("Geoff Chappell, inc/api/ntexapi/system_timeofday_information.htm")
    ),
    .first(
      \.tellsMaximumProcessors,
      evidence: .document("Geoff Chappell, api/ex/sysinfo/processor.htm")
    ),
    .since(
      .win8,
      \.tellsMaximumProcessors,
      true,
      evidence: .document("Geoff Chappell, api/ex/sysinfo/processor.htm")
    ),
    .first(\.hasSystemRangeStartInformation, evidence: .document(query)),
    .since(.w2k, \.hasSystemRangeStartInformation, true, evidence: .document(query)),
    .first(\.hasCodeIntegrityInformation, evidence: .document(query)),
    .since(.vista, \.hasCodeIntegrityInformation, true, evidence: .document(query)),
    .first(
      \.systemRoot,
      evidence: .unconfirmed("the folder that Setup proposes; NT 3.5 and 3.51 proposed WINNT35")
    ),
    .since(
      .wxp,
      \.systemRoot,
      #"C:\WINDOWS"#,
      evidence: .unconfirmed("the folder that Setup proposes")
    ),
    .first(
      \.registryCurrentVersion,
      evidence: .unconfirmed("the version that the release reports")
    ),
    .since(
      .nt350,
      \.registryCurrentVersion,
      "3.5",
      evidence: .document("KB Q152078 and the version that the release reports"),
      confidence: .medium
    ),
    .since(
      .nt351,
      \.registryCurrentVersion,
      "3.51",
      evidence: .document("KB Q152078 and the version that the release reports"),
      confidence: .medium
    ),
    .since(
      .nt400,
      \.registryCurrentVersion,
      "4.0",
      evidence: .document("KB Q152078 and the version that the release reports"),
      confidence: .medium
    ),
    .since(
      .w2k,
      \.registryCurrentVersion,
      "5.0",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .wxp,
      \.registryCurrentVersion,
      "5.1",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .ws03,
      \.registryCurrentVersion,
      "5.2",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.registryCurrentVersion,
      "6.0",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .win7,
      \.registryCurrentVersion,
      "6.1",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .win8,
      \.registryCurrentVersion,
      "6.2",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .since(
      .win81,
      \.registryCurrentVersion,
      "6.3",
      evidence: .document("Microsoft Docs, Operating System Version"),
      confidence: .medium
    ),
    .first(
      \.registryHasBuildNumber,
      evidence: .unconfirmed("NT 3.1 is remembered to have CurrentBuild alone")
    ),
    .since(
      .nt350,
      \.registryHasBuildNumber,
      true,
      evidence: .unconfirmed("no source for the release of the change was found")
    ),
    .first(
      \.registryHasVersionNumbers,
      evidence: .unconfirmed("no source says that releases before Windows 10 have the values")
    ),
    .since(
      .win10_1507,
      \.registryHasVersionNumbers,
      true,
      evidence: .unconfirmed("lists of the key as people have published them")
    ),
    .first(\.sharedDataSize, evidence: .document(shared)),
    .since(.nt350, \.sharedDataSize, 0x2C, evidence: .document(shared)),
    .since(.nt351, \.sharedDataSize, 0x238, evidence: .document(shared)),
    .since(.nt400, \.sharedDataSize, 0x2B4, evidence: .document(shared)),
    .since(.nt400sp3, \.sharedDataSize, 0x2BC, evidence: .document(shared)),
    .since(.nt400sp4, \.sharedDataSize, 0x2D4, evidence: .document(shared)),
    .since(.w2k, \.sharedDataSize, 0x2D8, evidence: .document(shared)),
    .since(.wxp, \.sharedDataSize, 0x320, evidence: .document(shared)),
    .since(.wxpsp2, \.sharedDataSize, 0x338, evidence: .document(shared)),
    .since(.ws03, \.sharedDataSize, 0x330, evidence: .document(shared)),
    .since(.ws03sp1, \.sharedDataSize, 0x378, evidence: .document(shared)),
    .since(.vista, \.sharedDataSize, 0x3B8, evidence: .document(shared)),
    .since(.win7, \.sharedDataSize, 0x5F0, evidence: .document(shared)),
    .since(.win10_1507, \.sharedDataSize, 0x708, evidence: .document(shared)),
    .since(.win10_2004, \.sharedDataSize, 0x720, evidence: .document(shared)),
    .first(
      \.sharedDataCountsTicksInLowPart,
      evidence: .document("\(shared): TickCountLow, 3.50 to 5.1")
    ),
    .since(
      .ws03,
      \.sharedDataCountsTicksInLowPart,
      false,
      evidence: .document("\(shared): TickCountLowDeprecated, 5.2 and higher")
    ),
    .first(\.sharedDataHasBuildNumber, evidence: .document(shared), confidence: .medium),
    .since(
      .win10_1507,
      \.sharedDataHasBuildNumber,
      true,
      evidence: .document(shared),
      confidence: .medium
    ),
    .first(
      \.suiteMask,
      evidence: .unconfirmed("no source for a workstation's suites before Windows XP was found")
    ),
    .since(
      .wxp,
      \.suiteMask,
      0x110,
      evidence: .document("Microsoft Docs, OSVERSIONINFOEX: Remote Desktop with one session")
    ),
    .first(\.entersBySystemEnter32, evidence: .document(shared), confidence: .medium),
    .since(
      .wxp,
      \.entersBySystemEnter32,
      true,
      evidence: .document("\(shared): SystemCall, 5.1 and higher"),
      confidence: .medium
    ),
  ]
}
