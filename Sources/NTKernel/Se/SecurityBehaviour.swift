/// What differs from release to release in security, and what a scenario says of the caller.
public struct SecurityBehaviour: Sendable {
  /// How far the structure reaches that `SeExports` points to, as the WDK's header dates its parts.
  public enum ExportsExtent: Int, Comparable, Sendable {
    /// To `SeAliasBackupOpsSid`.
    case nt4
    /// With what the header calls new for NT 5, to `SeEnableDelegationPrivilege`.
    case windows2000
    /// With what it calls new after Windows 2000, to `SeCreateGlobalPrivilege`.
    case windowsXP
    /// With what it calls new after Windows Server 2003, to `SeOwnerRightsSid`.
    case vista
    /// With `SeAllAppPackagesSid` and `SeUserModeDriversSid`. What later releases add is not modelled.
    case windows8

    public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
  }

  /// How far the structure reaches that `SeExports` points to.
  public var exportsExtent: ExportsExtent

  /// The privileges that are enabled in the token of the thread that calls the driver.
  ///
  /// The default caller is an administrator whose program has enabled the privilege to load drivers.
  public var enabledPrivileges: Set<Privilege>

  /// Creates a behaviour.
  public init(
    exportsExtent: ExportsExtent = .windows8,
    enabledPrivileges: Set<Privilege> = [.changeNotify, .createGlobal, .impersonate, .loadDriver]
  ) {
    self.exportsExtent = exportsExtent
    self.enabledPrivileges = enabledPrivileges
  }
}

/// A right to do something to the system as a whole, by the number in its `LUID`: `SE_…_PRIVILEGE`.
public enum Privilege: UInt32, Sendable {
  case createToken = 2
  case assignPrimaryToken = 3
  case lockMemory = 4
  case increaseQuota = 5
  case unsolicitedInput = 6
  case tcb = 7
  case security = 8
  case takeOwnership = 9
  case loadDriver = 10
  case systemProfile = 11
  case systemTime = 12
  case profileSingleProcess = 13
  case increaseBasePriority = 14
  case createPagefile = 15
  case createPermanent = 16
  case backup = 17
  case restore = 18
  case shutdown = 19
  case debug = 20
  case audit = 21
  case systemEnvironment = 22
  case changeNotify = 23
  case remoteShutdown = 24
  case undock = 25
  case syncAgent = 26
  case enableDelegation = 27
  case manageVolume = 28
  case impersonate = 29
  case createGlobal = 30
  case trustedCredentialManagerAccess = 31
  case relabel = 32
  case increaseWorkingSet = 33
  case timeZone = 34
  case createSymbolicLink = 35
}
