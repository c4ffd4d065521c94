extension Behaviour {
  static let architectureHistory: [Change] = [
    .first(
      \.pageTableFormats32,
      "KD-072",
      evidence: .document("Geoff Chappell, mm/mi/mmpte/hardware.htm")
    ),
    .since(
      .w2k,
      \.pageTableFormats32,
      [.twoLevel, .pae],
      "KD-072",
      evidence: .document("Geoff Chappell, mm/mi/mmpte/hardware.htm: separate PAE kernels")
    ),
    .since(
      .win8,
      \.pageTableFormats32,
      [.pae],
      "KD-072",
      evidence: .document("Geoff Chappell, mm/mi/mmpte/hardware.htm: only PAE from 6.2")
    ),
    .first(
      \.pageTablesAreRelocated64,
      "KD-073",
      evidence: .document("Geoff Chappell, mm/mi/mmpte/hardware.htm")
    ),
    .since(
      .win10_1607,
      \.pageTablesAreRelocated64,
      true,
      "KD-073",
      evidence: .document("Geoff Chappell, mm/mi/mmpte/hardware.htm")
    ),
    .first(
      \.kernelStackSize32,
      evidence: .unconfirmed("no source before Windows 2000; assumed as later")
    ),
    .since(
      .w2k,
      \.kernelStackSize32,
      12 << 10,
      evidence: .document("Microsoft dn613940, kernel-mode stack; it names no release"),
      confidence: .medium
    ),
    .first(
      \.kernelStackSize64,
      evidence: .document("Microsoft dn613940, kernel-mode stack; it names no release"),
      confidence: .medium
    ),
    .first(
      \.structureLayoutsAreKnown,
      evidence: .unconfirmed("no public symbols before Windows 2000")
    ),
    .since(
      .w2k,
      \.structureLayoutsAreKnown,
      true,
      evidence: .document("\(Source.symbols), from 5.0.2195.7376")
    ),
    .first(
      \.wdmVersion,
      evidence: .history("IoIsWdmVersionAvailable is not exported before Windows 2000")
    ),
    .since(
      .w2k,
      \.wdmVersion,
      WDMVersion(major: 1, minor: 0x10),
      evidence: .document("Microsoft Docs, nf-wdm-ioiswdmversionavailable")
    ),
    .since(
      .wxp,
      \.wdmVersion,
      WDMVersion(major: 1, minor: 0x20),
      evidence: .document("Microsoft Docs, nf-wdm-ioiswdmversionavailable")
    ),
    .since(
      .ws03,
      \.wdmVersion,
      WDMVersion(major: 1, minor: 0x30),
      evidence: .document("Microsoft Docs, nf-wdm-ioiswdmversionavailable")
    ),
    .since(
      .vista,
      \.wdmVersion,
      WDMVersion(major: 6, minor: 0),
      evidence: .document("Microsoft Docs, nf-wdm-ioiswdmversionavailable: to Windows 7")
    ),
    .first(
      \.dpcLayout,
      "KD-061",
      evidence: .unconfirmed("no public symbols before Windows 2000; assumed as there")
    ),
    .since(
      .w2k,
      \.dpcLayout,
      .beforeServer2003,
      "KD-061",
      evidence: .document("\(Source.symbols), 5.0 and 5.1")
    ),
    .since(
      .ws03,
      \.dpcLayout,
      .server2003,
      "KD-061",
      evidence: .document("\(Source.symbols), 5.2")
    ),
    .since(.vista, \.dpcLayout, .vista, "KD-061", evidence: .document("\(Source.symbols), 6.0")),
    .since(.win81, \.dpcLayout, .win81, "KD-061", evidence: .document("\(Source.symbols), 6.3")),
    .first(
      \.timerHasProcessor64,
      evidence: .document("\(Source.symbols), 5.2 and 6.0")
    ),
    .since(
      .win7,
      \.timerHasProcessor64,
      true,
      evidence: .document("\(Source.symbols), from 6.1")
    ),
    .first(
      \.fileObjectHasRequestList,
      evidence: .unconfirmed("no public symbols before Windows 2000; assumed as there")
    ),
    .since(
      .w2k,
      \.fileObjectHasRequestList,
      false,
      evidence: .document("\(Source.symbols), 5.0 to 5.2")
    ),
    .since(
      .vista,
      \.fileObjectHasRequestList,
      true,
      evidence: .document("\(Source.symbols), from 6.0")
    ),
  ]
}
