extension ModuleFacts {
  /// The library for drivers of USB devices.
  static let usbd = ModuleFacts(
    "usbd.sys",
    .since(.w2k, evidence: .document("Windows 2000 DDK: drivers of USB devices link usbd.lib")),
    exports: [
      .names(
        """
        USBD_CalculateUsbBandwidth USBD_CreateConfigurationRequest USBD_CreateConfigurationRequestEx
        USBD_GetInterfaceLength USBD_GetUSBDIVersion USBD_ParseConfigurationDescriptor
        USBD_ParseConfigurationDescriptorEx USBD_ParseDescriptors USBD_QueryBusTime
        USBD_RegisterHcFilter
        """,
        .since(.w2k, evidence: usbdPages)
      ),
      .names("USBD_ValidateConfigurationDescriptor", .seen(in: .win8, evidence: usbdList)),
      // An x86 compiler's names, which the module exports beside the plain ones.
      .names(
        """
        _USBD_CreateConfigurationRequestEx@8 _USBD_ParseConfigurationDescriptorEx@28
        _USBD_ParseDescriptors@16
        """,
        .since(.w2k, on: [.x86], evidence: usbdList)
      ),
    ]
  )

  private static var usbdPages: Evidence {
    .document("Microsoft Docs, usbdlib.h: no minimum client; the Windows 2000 DDK has them")
  }

  private static var usbdList: Evidence {
    .history("ReactOS usbd.spec, which says that it matches Windows 8 RTM")
  }
}
