extension ModuleFacts {
  /// The library for drivers that answer requests of WMI.
  static let wmilib = ModuleFacts(
    "wmilib.sys",
    .since(.w2k, evidence: wmilibPages),
    exports: [
      .names(
        "WmiCompleteRequest WmiFireEvent WmiSystemControl",
        .since(.w2k, evidence: wmilibPages)
      )
    ]
  )

  private static var wmilibPages: Evidence {
    .document("Microsoft Docs, wmilib.h: available in Windows 2000 and later")
  }
}
