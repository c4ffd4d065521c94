extension ModuleFacts {
  /// The kernel's part of the security support providers.
  static let ksecdd = ModuleFacts(
    "ksecdd.sys",
    .seen(in: .w2k, evidence: getSecurityUserInfo),
    exports: [.names("GetSecurityUserInfo", .seen(in: .w2k, evidence: getSecurityUserInfo))]
  )

  private static var getSecurityUserInfo: Evidence {
    .document("Microsoft Docs, nf-ntifs-getsecurityuserinfo: minimum client Windows 2000")
  }
}
