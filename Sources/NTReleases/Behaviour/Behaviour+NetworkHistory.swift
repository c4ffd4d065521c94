extension Behaviour {
  private static var ndisVersions: Evidence {
    .document("Microsoft Docs, overview of NDIS versions")
  }

  /// What differs in networks.
  static let networkHistory: [Change] = [
    .first(\.ndisVersion, evidence: ndisVersions, confidence: .medium),
    .since(.nt400, \.ndisVersion, 0x4_0000, evidence: ndisVersions),
    .since(.nt400sp3, \.ndisVersion, 0x4_0001, evidence: ndisVersions),
    .since(.w2k, \.ndisVersion, 0x5_0000, evidence: ndisVersions),
    .since(.wxp, \.ndisVersion, 0x5_0001, evidence: ndisVersions),
    .since(.vista, \.ndisVersion, 0x6_0000, evidence: ndisVersions),
    .since(.vistasp1, \.ndisVersion, 0x6_0001, evidence: ndisVersions),
    .since(.win7, \.ndisVersion, 0x6_0014, evidence: ndisVersions),
    .since(.win8, \.ndisVersion, 0x6_001E, evidence: ndisVersions),
    .since(.win81, \.ndisVersion, 0x6_0028, evidence: ndisVersions),
    .since(.win10_1507, \.ndisVersion, 0x6_0032, evidence: ndisVersions),
    .since(.win10_1511, \.ndisVersion, 0x6_0033, evidence: ndisVersions),
    .since(.win10_1607, \.ndisVersion, 0x6_003C, evidence: ndisVersions),
    .since(.win10_1703, \.ndisVersion, 0x6_0046, evidence: ndisVersions),
    .since(.win10_1709, \.ndisVersion, 0x6_0050, evidence: ndisVersions),
    .since(.win10_1803, \.ndisVersion, 0x6_0051, evidence: ndisVersions),
    .since(.win10_1809, \.ndisVersion, 0x6_0052, evidence: ndisVersions),
    .since(.win10_1903, \.ndisVersion, 0x6_0053, evidence: ndisVersions),
    .since(.win10_2004, \.ndisVersion, 0x6_0054, evidence: ndisVersions),
    .since(.ws2022, \.ndisVersion, 0x6_0055, evidence: ndisVersions),
    .since(.win11_21h2, \.ndisVersion, 0x6_0056, evidence: ndisVersions),
    .since(.win11_22h2, \.ndisVersion, 0x6_0057, evidence: ndisVersions),
    .since(.ws_23h2, \.ndisVersion, 0x6_0058, evidence: ndisVersions),
    .since(.win11_24h2, \.ndisVersion, 0x6_0059, evidence: ndisVersions),
  ]
}
