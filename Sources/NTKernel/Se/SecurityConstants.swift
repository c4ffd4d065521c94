/// A member of the structure that `SeExports` points to: `SE_EXPORTS` of the WDK's `ntifs.h`.
enum SecurityConstant {
  case privilege(Privilege)
  case identifier(SecurityIdentifier)

  /// The members in order, each with the first extent that reaches to it.
  static func members(
    upTo extent: SecurityBehaviour.ExportsExtent
  ) -> [SecurityConstant] {
    parts.filter { $0.extent <= extent }.flatMap(\.members)
  }

  private static let parts:
    [(extent: SecurityBehaviour.ExportsExtent, members: [SecurityConstant])] = [
      (.nt4, firstPrivileges.map(SecurityConstant.privilege)),
      (.nt4, firstIdentifiers.map(SecurityConstant.identifier)),
      (
        .windows2000,
        [
          .identifier(SecurityIdentifier(5, 11)),  // SeAuthenticatedUsersSid
          .identifier(SecurityIdentifier(5, 12)),  // SeRestrictedSid
          .identifier(SecurityIdentifier(5, 7)),  // SeAnonymousLogonSid
          .privilege(.undock), .privilege(.syncAgent), .privilege(.enableDelegation),
        ]
      ),
      (
        .windowsXP,
        [
          .identifier(SecurityIdentifier(5, 19)),  // SeLocalServiceSid
          .identifier(SecurityIdentifier(5, 20)),  // SeNetworkServiceSid
          .privilege(.manageVolume), .privilege(.impersonate), .privilege(.createGlobal),
        ]
      ),
      (
        .vista,
        [
          .privilege(.trustedCredentialManagerAccess), .privilege(.relabel),
          .privilege(.increaseWorkingSet), .privilege(.timeZone), .privilege(.createSymbolicLink),
          .identifier(SecurityIdentifier(5, 17)),  // SeIUserSid
          .identifier(SecurityIdentifier(16, 0)),  // SeUntrustedMandatorySid
          .identifier(SecurityIdentifier(16, 0x1000)),  // SeLowMandatorySid
          .identifier(SecurityIdentifier(16, 0x2000)),  // SeMediumMandatorySid
          .identifier(SecurityIdentifier(16, 0x3000)),  // SeHighMandatorySid
          .identifier(SecurityIdentifier(16, 0x4000)),  // SeSystemMandatorySid
          .identifier(SecurityIdentifier(3, 4)),  // SeOwnerRightsSid
        ]
      ),
      (
        .windows8,
        [
          .identifier(SecurityIdentifier(15, 2, 1)),  // SeAllAppPackagesSid
          .identifier(SecurityIdentifier(5, 84, 0, 0, 0, 0, 0)),  // SeUserModeDriversSid
        ]
      ),
    ]

  private static let firstPrivileges: [Privilege] = [
    .createToken, .assignPrimaryToken, .lockMemory, .increaseQuota, .unsolicitedInput, .tcb,
    .security, .takeOwnership, .loadDriver, .createPagefile, .increaseBasePriority, .systemProfile,
    .systemTime, .profileSingleProcess, .createPermanent, .backup, .restore, .shutdown, .debug,
    .audit, .systemEnvironment, .changeNotify, .remoteShutdown,
  ]

  private static let firstIdentifiers = [
    SecurityIdentifier(0, 0),  // SeNullSid
    SecurityIdentifier(1, 0),  // SeWorldSid
    SecurityIdentifier(2, 0),  // SeLocalSid
    SecurityIdentifier(3, 0),  // SeCreatorOwnerSid
    SecurityIdentifier(3, 1),  // SeCreatorGroupSid
    SecurityIdentifier(5),  // SeNtAuthoritySid
    SecurityIdentifier(5, 1),  // SeDialupSid
    SecurityIdentifier(5, 2),  // SeNetworkSid
    SecurityIdentifier(5, 3),  // SeBatchSid
    SecurityIdentifier(5, 4),  // SeInteractiveSid
    SecurityIdentifier(5, 18),  // SeLocalSystemSid
    SecurityIdentifier(5, 32, 544),  // SeAliasAdminsSid
    SecurityIdentifier(5, 32, 545),  // SeAliasUsersSid
    SecurityIdentifier(5, 32, 546),  // SeAliasGuestsSid
    SecurityIdentifier(5, 32, 547),  // SeAliasPowerUsersSid
    SecurityIdentifier(5, 32, 548),  // SeAliasAccountOpsSid
    SecurityIdentifier(5, 32, 549),  // SeAliasSystemOpsSid
    SecurityIdentifier(5, 32, 550),  // SeAliasPrintOpsSid
    SecurityIdentifier(5, 32, 551),  // SeAliasBackupOpsSid
  ]
}
