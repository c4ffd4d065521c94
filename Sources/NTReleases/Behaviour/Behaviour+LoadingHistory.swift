extension Behaviour {
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
  ]
}
