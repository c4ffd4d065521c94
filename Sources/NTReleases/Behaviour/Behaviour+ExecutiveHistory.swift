extension Behaviour {
  /// What differs in the executive, in processes and in tokens.
  static let executiveHistory: [Change] = [
    .first(
      \.hasProcessorAddCallback,
      evidence: .document("Microsoft Docs, nf-wdm-exregistercallback: starting with Windows Vista")
    ),
    .since(
      .vista,
      \.hasProcessorAddCallback,
      true,
      evidence: .document("Microsoft Docs, nf-wdm-exregistercallback: starting with Windows Vista")
    ),
    .first(
      \.notifyRoutineLimit,
      evidence: .unconfirmed("the limit of 8 before Windows Vista, as remembered from articles")
    ),
    .since(
      .vista,
      \.notifyRoutineLimit,
      64,
      evidence: .document("Microsoft Docs, nf-ntddk-pssetcreateprocessnotifyroutine")
    ),
    .first(
      \.extendedAffinityGroups,
      evidence: .unconfirmed("KAFFINITY_EX in public symbols of Windows 7, as remembered")
    ),
    .since(
      .win8,
      \.extendedAffinityGroups,
      20,
      evidence: .unconfirmed("KAFFINITY_EX in the headers of VirtualBox, as remembered")
    ),
    .first(
      \.yieldTellsWhetherItYielded,
      evidence: .unconfirmed("no source for the status on old releases was found")
    ),
    .first(
      \.lastTokenInformationClass,
      evidence: .unconfirmed("the enumeration in old headers, as remembered")
    ),
    .since(
      .w2k,
      \.lastTokenInformationClass,
      12,
      evidence: .unconfirmed("the enumeration in the headers of each release, as remembered")
    ),
    .since(
      .wxp,
      \.lastTokenInformationClass,
      15,
      evidence: .unconfirmed("the enumeration in the headers of each release, as remembered")
    ),
    .since(
      .ws03,
      \.lastTokenInformationClass,
      17,
      evidence: .unconfirmed("the enumeration in the headers of each release, as remembered")
    ),
    .since(
      .vista,
      \.lastTokenInformationClass,
      28,
      evidence: .unconfirmed("the enumeration in the headers of each release, as remembered")
    ),
    .since(
      .win8,
      \.lastTokenInformationClass,
      41,
      evidence: .unconfirmed("the enumeration in the headers of each release, as remembered")
    ),
    .first(
      \.hasAuthenticatedUsersGroup,
      evidence: .document("Microsoft KB Q143474: the group comes with NT 4.0 SP3")
    ),
    .since(
      .nt400sp3,
      \.hasAuthenticatedUsersGroup,
      true,
      evidence: .document("Microsoft KB Q143474: the group comes with NT 4.0 SP3")
    ),
    .first(
      \.hasIntegrityLevels,
      evidence: .document("Microsoft Docs, Mandatory Integrity Control: since Windows Vista")
    ),
    .since(
      .vista,
      \.hasIntegrityLevels,
      true,
      evidence: .document("Microsoft Docs, Mandatory Integrity Control: since Windows Vista")
    ),
  ]
}
