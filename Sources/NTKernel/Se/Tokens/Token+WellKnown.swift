extension Token {
  private static let world = SecurityIdentifier(1, 0)
  private static let administrators = SecurityIdentifier(5, 32, 544)
  private static let authenticatedUsers = SecurityIdentifier(5, 11)

  /// What the well-known tokens hold by release.
  struct Features {
    let hasAuthenticatedUsersGroup: Bool
    let hasIntegrityLevels: Bool
    /// The last privilege that the release knows.
    let lastPrivilege: Privilege
  }

  /// The privileges that are enabled in the system's token.
  ///
  /// What the debugger's `!token` shows of the system process, in Microsoft's documents of the
  /// command.
  private static let enabledForSystem: Set<Privilege> = [
    .tcb, .lockMemory, .createPagefile, .increaseBasePriority, .systemProfile,
    .profileSingleProcess, .createPermanent, .debug, .audit, .changeNotify, .impersonate,
    .createGlobal, .increaseWorkingSet, .timeZone, .createSymbolicLink,
  ]

  /// The token of the system process: the account LocalSystem, S-1-5-18.
  ///
  /// Its logon session is `SYSTEM_LUID` of `ntifs.h`, 0x3E7.
  static func system(_ features: Features, id: UInt64) -> Token {
    let user = SecurityIdentifier(5, 18)
    // Owner, enabled and enabled by default; mandatory, enabled and enabled by default.
    var groups = [
      Group(identifier: administrators, attributes: 0xE), Group(identifier: world, attributes: 7),
    ]
    if features.hasAuthenticatedUsersGroup {
      groups.append(Group(identifier: authenticatedUsers, attributes: 7))
    }
    if features.hasIntegrityLevels {
      groups.append(Group(identifier: SecurityIdentifier(16, 0x4000), attributes: 0x60))
    }
    let none: Set<Privilege> = [.unsolicitedInput, .remoteShutdown, .syncAgent, .enableDelegation]
    let privileges = Privilege.all.filter {
      $0.rawValue <= features.lastPrivilege.rawValue && !none.contains($0)
    }
    return Token(
      user: user,
      groups: groups,
      privileges: privileges.map {
        HeldPrivilege(privilege: $0, attributes: enabledForSystem.contains($0) ? 3 : 0)
      },
      owner: administrators,
      primaryGroup: user,
      source: "*SYSTEM*",
      authenticationID: 0x3E7,
      sessionID: 0,
      id: id
    )
  }

  /// The token of the program that makes requests: an administrator's, who runs it elevated.
  ///
  /// The account's numbers are the scenario's own.
  static func administrator(
    _ features: Features,
    enabled: Set<Privilege>,
    id: UInt64
  ) -> Token {
    let domain: [UInt32] = [21, 1_004_336_348, 1_177_238_915, 682_003_330]
    let user = SecurityIdentifier(5, domain + [1000])
    let users = SecurityIdentifier(5, domain + [513])
    var groups = [
      Group(identifier: users, attributes: 7), Group(identifier: world, attributes: 7),
      Group(identifier: administrators, attributes: 0xF),
      Group(identifier: SecurityIdentifier(5, 32, 545), attributes: 7),
      Group(identifier: SecurityIdentifier(5, 4), attributes: 7),
    ]
    if features.hasAuthenticatedUsersGroup {
      groups.append(Group(identifier: authenticatedUsers, attributes: 7))
    }
    // The logon's own SID: SE_GROUP_LOGON_ID.
    groups.append(Group(identifier: SecurityIdentifier(5, 5, 0, 0x1_86A0), attributes: 0xC000_0007))
    groups.append(Group(identifier: SecurityIdentifier(2, 0), attributes: 7))
    if features.hasIntegrityLevels {
      groups.append(Group(identifier: SecurityIdentifier(16, 0x3000), attributes: 0x60))
    }
    // What local policy gives to administrators and everyone.
    let held: [Privilege] = [
      .increaseQuota, .security, .takeOwnership, .loadDriver, .systemProfile, .systemTime,
      .profileSingleProcess, .increaseBasePriority, .createPagefile, .backup, .restore, .shutdown,
      .debug, .systemEnvironment, .changeNotify, .remoteShutdown, .undock, .manageVolume,
      .impersonate, .createGlobal, .increaseWorkingSet, .timeZone, .createSymbolicLink,
    ]
    let privileges = Privilege.all.filter {
      $0.rawValue <= features.lastPrivilege.rawValue && (held.contains($0) || enabled.contains($0))
    }
    return Token(
      user: user,
      groups: groups,
      privileges: privileges.map {
        let byDefault: UInt32 = [.changeNotify, .impersonate, .createGlobal].contains($0) ? 1 : 0
        return HeldPrivilege(privilege: $0, attributes: byDefault | (enabled.contains($0) ? 2 : 0))
      },
      owner: administrators,
      primaryGroup: users,
      source: "User32  ",
      authenticationID: 0x1_86A0,
      sessionID: 0,
      id: id
    )
  }
}

extension Privilege {
  /// All privileges, by their numbers.
  static var all: [Privilege] { (2...35).compactMap(Privilege.init(rawValue:)) }
}
