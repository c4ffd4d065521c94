extension Behaviour {
  /// What differs in Plug and Play, power and WMI.
  static let deviceHistory: [Change] = [
    .first(
      \.hasPlugAndPlay,
      evidence: .document("\(Source.ddi), IoGetDeviceProperty: available since Windows 2000")
    ),
    .since(
      .w2k,
      \.hasPlugAndPlay,
      true,
      evidence: .document("\(Source.ddi), IoGetDeviceProperty: available since Windows 2000")
    ),
    .first(
      \.largestErrorLogEntry,
      evidence: .unconfirmed("ERROR_LOG_MAXIMUM_SIZE was raised, and never below 136")
    ),
    .since(
      .vista,
      \.largestErrorLogEntry,
      152,
      evidence: .document(
        "wdm.h of mingw-w64, ERROR_LOG_MAXIMUM_SIZE: messages of 256 bytes on x86, less the header and 40 "
          + "characters; Microsoft's wdf01000.sys 1.11 for Vista and later asks for as many"
      ),
      confidence: .medium
    ),
    .first(
      \.hasInstallStateProperty,
      evidence: .unconfirmed("values of DEVICE_REGISTRY_PROPERTY as remembered from driver kits")
    ),
    .since(
      .wxp,
      \.hasInstallStateProperty,
      true,
      evidence: .unconfirmed("values of DEVICE_REGISTRY_PROPERTY as remembered from driver kits")
    ),
    .first(
      \.driversStartNextPowerRequest,
      evidence: .document("\(Source.docs), Calling PoStartNextPowerIrp")
    ),
    .since(
      .vista,
      \.driversStartNextPowerRequest,
      false,
      evidence: .document("\(Source.docs), Calling PoStartNextPowerIrp")
    ),
    .first(
      \.asksProvidersForExtendedInformation,
      evidence: .document("\(Source.docs), IRP_MN_REGINFO_EX")
    ),
    .since(
      .wxp,
      \.asksProvidersForExtendedInformation,
      true,
      evidence: .document("\(Source.docs), IRP_MN_REGINFO_EX")
    ),
  ]
}
