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
