extension Behaviour {
  /// What differs in modules other than the kernel and the HAL.
  static let moduleHistory: [Change] = [
    .first(
      \.usbDefaultMaximumTransferSize,
      evidence: .document("usbdi.h of the Windows 2000 DDK: PAGE_SIZE")
    ),
    .since(
      .wxp,
      \.usbDefaultMaximumTransferSize,
      0xFFFF_FFFF,
      evidence: .document("usb.h: 0xFFFFFFFF for _WIN32_WINNT from 0x0501 on"),
      confidence: .medium
    ),
    .first(
      \.videoPortIsPlugAndPlay,
      evidence: .document("Microsoft Docs, Converting a Windows NT 4.0 Miniport Driver")
    ),
    .since(
      .w2k,
      \.videoPortIsPlugAndPlay,
      true,
      evidence: .document(
        "Microsoft Docs, Converting a Windows NT 4.0 Miniport Driver to Windows 2000: the PnP manager "
          + "has already detected the device when HwVidFindAdapter is called"
      )
    ),
  ]
}
