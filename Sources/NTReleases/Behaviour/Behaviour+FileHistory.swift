extension Behaviour {
  /// What differs in files and volumes.
  static let fileHistory: [Change] = [
    .first(
      \.systemVolumeIsHarddiskVolume,
      evidence: .unconfirmed("names of disk devices on NT 3.x and 4.0, as remembered")
    ),
    .since(
      .w2k,
      \.systemVolumeIsHarddiskVolume,
      true,
      evidence: .unconfirmed("Windows 2000 DDK, names of volumes, as remembered")
    ),
    .first(
      \.fsRegistrationChangeTellsOfPresent,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .since(
      .wxp,
      \.fsRegistrationChangeTellsOfPresent,
      true,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .first(
      \.fsRegistrationChangeRefusesRepetition,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .since(
      .wxpsp2,
      \.fsRegistrationChangeRefusesRepetition,
      true,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .since(
      .ws03,
      \.fsRegistrationChangeRefusesRepetition,
      false,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .since(
      .ws03sp1,
      \.fsRegistrationChangeRefusesRepetition,
      true,
      evidence: .document("Microsoft Docs, nf-ntifs-ioregisterfsregistrationchange")
    ),
    .first(
      \.systemDirectoryName,
      evidence: .unconfirmed("the default of Setup, as remembered")
    ),
    .since(
      .nt350,
      \.systemDirectoryName,
      "WINNT35",
      evidence: .unconfirmed("the default of Setup, as remembered")
    ),
    .since(
      .nt400,
      \.systemDirectoryName,
      "WINNT",
      evidence: .unconfirmed("the default of Setup, as remembered")
    ),
    .since(
      .w2k,
      \.systemDirectoryName,
      "WINNT",
      evidence: .document("Microsoft KB 235478: Winnt is the default of Windows 2000")
    ),
    .since(
      .wxp,
      \.systemDirectoryName,
      "WINDOWS",
      evidence: .document("Microsoft KB 235478: Windows is the default of Windows Server 2003"),
      confidence: .medium
    ),
    .since(
      .vista,
      \.systemDirectoryName,
      "Windows",
      evidence: .unconfirmed("the default of Setup, as remembered")
    ),
  ]
}
