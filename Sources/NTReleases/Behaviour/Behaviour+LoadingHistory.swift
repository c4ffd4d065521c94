extension Behaviour {
  private static let securityCookie =
    "\(Source.docs) bug-check-0x139, parameter 6: drivers built only for Windows 8 find that the loader "
    + "of earlier releases did not initialize the cookie"

  /// What differs in how drivers are loaded.
  static let loadingHistory: [Change] = [
    .first(
      \.initializesExportDrivers,
      evidence: .document(
        "windows-driver-docs, creating-export-drivers: imports are counted, and DllUnload is called, "
          + "starting with Windows 2000"
      ),
      confidence: .medium
    ),
    .since(
      .w2k,
      \.initializesExportDrivers,
      true,
      evidence: .document("windows-driver-docs, creating-export-drivers")
    ),
    .first(\.loaderFillsSecurityCookie, evidence: .document(securityCookie)),
    .since(.win8, \.loaderFillsSecurityCookie, true, evidence: .document(securityCookie)),
  ]
}
