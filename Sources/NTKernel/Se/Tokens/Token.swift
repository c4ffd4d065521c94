internal import GuestABI

/// What a program or a thread may do: an access token.
///
/// Its body is opaque to drivers; the host keeps what it says.
public final class Token {
  /// How far a server may act for its client: `SECURITY_IMPERSONATION_LEVEL`.
  enum Level: UInt32, Comparable {
    case anonymous, identification, impersonation, delegation
    static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
  }

  /// A group with its `SE_GROUP_…` attributes.
  struct Group: Equatable {
    let identifier: SecurityIdentifier
    var attributes: UInt32

    /// `SE_GROUP_ENABLED`.
    var isEnabled: Bool { attributes & 4 != 0 }
    /// `SE_GROUP_USE_FOR_DENY_ONLY`.
    var isDenyOnly: Bool { attributes & 0x10 != 0 }
    /// `SE_GROUP_INTEGRITY`.
    var isIntegrity: Bool { attributes & 0x20 != 0 }
  }

  /// A privilege with its `SE_PRIVILEGE_…` attributes: 1 enabled by default, 2 enabled.
  struct HeldPrivilege: Equatable {
    let privilege: Privilege
    var attributes: UInt32
    var isEnabled: Bool { attributes & 2 != 0 }
  }

  /// The level at which a thread impersonates with the token, or nil for a process's token.
  var impersonationLevel: Level?
  let user: SecurityIdentifier
  var groups: [Group]
  var privileges: [HeldPrivilege]
  /// The SIDs that restrict the token: every access must be allowed to one of them also.
  var restrictions: [SecurityIdentifier] = []
  var owner: SecurityIdentifier
  var primaryGroup: SecurityIdentifier
  /// Eight characters that say who made the token.
  let source: String
  /// The logon session: a `LUID`.
  let authenticationID: UInt64
  let sessionID: UInt32
  /// The number of the token, and of its last change: `LUID`s.
  let id: UInt64
  var modifiedID: UInt64

  /// Creates a token.
  init(
    user: SecurityIdentifier,
    groups: [Group],
    privileges: [HeldPrivilege],
    owner: SecurityIdentifier,
    primaryGroup: SecurityIdentifier,
    source: String,
    authenticationID: UInt64,
    sessionID: UInt32,
    id: UInt64
  ) {
    self.user = user
    self.groups = groups
    self.privileges = privileges
    self.owner = owner
    self.primaryGroup = primaryGroup
    self.source = source
    self.authenticationID = authenticationID
    self.sessionID = sessionID
    self.id = id
    modifiedID = id
  }

  /// Whether the token holds a privilege that is enabled.
  func hasEnabled(_ privilege: Privilege) -> Bool {
    privileges.contains { $0.privilege == privilege && $0.isEnabled }
  }

  /// Whether the token is a member of a group, as an entry sees it that names the group: entries that
  /// deny also count for groups that are there for denying only.
  func contains(_ identifier: SecurityIdentifier, denies: Bool) -> Bool {
    if identifier == user { return true }
    return groups.contains {
      $0.identifier == identifier && !$0.isIntegrity
        && ($0.isEnabled || denies && $0.isDenyOnly)
    }
  }

  /// The integrity level: the last number of the SID that says it, which is medium without one.
  var integrityLevel: UInt32 {
    groups.first { $0.isIntegrity }?.identifier.subauthorities.last ?? 0x2000
  }

  /// Returns a copy of the token with a number of its own, at the level of an impersonation token or nil
  /// for a process's, and without the groups and privileges that are disabled if only those count that
  /// are effective.
  func duplicate(id: UInt64, level: Level?, effectiveOnly: Bool) -> Token {
    let copy = Token(
      user: user,
      groups: effectiveOnly
        ? groups.filter { $0.isEnabled || $0.isDenyOnly || $0.isIntegrity } : groups,
      privileges: effectiveOnly ? privileges.filter(\.isEnabled) : privileges,
      owner: owner,
      primaryGroup: primaryGroup,
      source: source,
      authenticationID: authenticationID,
      sessionID: sessionID,
      id: id
    )
    copy.impersonationLevel = level
    copy.restrictions = restrictions
    copy.modifiedID = modifiedID
    return copy
  }
}
