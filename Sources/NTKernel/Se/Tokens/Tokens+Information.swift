internal import GuestABI
internal import NTReleases

extension Tokens {
  /// What can be asked of a token: `TOKEN_INFORMATION_CLASS`.
  enum InformationClass: UInt32 {
    case user = 1, groups, privileges, owner, primaryGroup, defaultDACL, source, type
    case impersonationLevel, statistics, restrictedSIDs, sessionID, groupsAndPrivileges
    case sessionReference, sandBoxInert, auditPolicy, origin, elevationType, linkedToken, elevation
    case hasRestrictions, accessInformation, virtualizationAllowed, virtualizationEnabled
    case integrityLevel, uiAccess, mandatoryPolicy, logonSID
    case isAppContainer, capabilities, appContainerSID, appContainerNumber
    /// One that a release knows, and this model does not name.
    case other
  }

  /// Returns what a number means in the release, or nil if it knows none.
  func informationClass(_ number: UInt32) -> InformationClass? {
    guard number >= 1, Int(number) <= manager.behaviour.lastTokenInformationClass else {
      return nil
    }
    return InformationClass(rawValue: number) ?? .other
  }

  /// Returns what a token says, as a structure that is to be at an address.
  ///
  /// The structures are those of `ntifs.h`: `TOKEN_USER` and its like, with the SIDs that they point to
  /// behind them.
  func information(
    _ kind: InformationClass,
    of token: Token,
    at base: VirtualAddress,
    _ routine: String
  ) throws -> [UInt8] {
    switch kind {
    case .user: return sids([(token.user, 0)], counted: false, base)
    case .groups: return groups(token.groups.map { ($0.identifier, $0.attributes) }, base)
    case .restrictedSIDs: return groups(token.restrictions.map { ($0, 7) }, base)
    case .privileges: return privileges(token.privileges)
    case .owner: return pointer(to: token.owner, base)
    case .primaryGroup: return pointer(to: token.primaryGroup, base)
    case .source:
      return Array(token.source.utf8.prefix(8)) + Self.bytes(UInt64(0))
    case .type: return Self.bytes(UInt32(token.impersonationLevel == nil ? 1 : 2))
    case .impersonationLevel: return Self.bytes(token.impersonationLevel?.rawValue ?? 0)
    case .statistics: return statistics(of: token)
    case .sessionID: return Self.bytes(token.sessionID)
    // TokenElevationTypeDefault: without filtered tokens there is no other.
    case .elevationType: return Self.bytes(UInt32(1))
    case .elevation: return Self.bytes(UInt32(1))
    case .sandBoxInert, .uiAccess, .isAppContainer, .virtualizationAllowed, .virtualizationEnabled:
      return Self.bytes(UInt32(0))
    case .hasRestrictions: return Self.bytes(UInt32(token.restrictions.isEmpty ? 0 : 1))
    case .appContainerNumber: return Self.bytes(UInt32(0))
    case .integrityLevel:
      let level = token.groups.first { $0.isIntegrity }
      return sids(level.map { [($0.identifier, $0.attributes)] } ?? [], counted: false, base)
    default: throw Unmodelled("\(routine) of class \(kind)")
    }
  }

  private var width: Int { memory.architecture.pointerSize }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: value)
    return bytes
  }

  private func bytes(ofPointer address: VirtualAddress) -> [UInt8] {
    Array(Self.bytes(address.rawValue).prefix(width))
  }

  private func groups(_ list: [(SecurityIdentifier, UInt32)], _ base: VirtualAddress) -> [UInt8] {
    sids(list, counted: true, base)
  }

  /// `SID_AND_ATTRIBUTES`, with their number before them or without, and the SIDs behind them.
  private func sids(
    _ list: [(SecurityIdentifier, UInt32)],
    counted: Bool,
    _ base: VirtualAddress
  ) -> [UInt8] {
    var head: [UInt8] = counted ? Self.bytes(UInt32(list.count)) : []
    if counted { head += repeatElement(0, count: width - 4) }
    var tail: [UInt8] = []
    let size = head.count + list.count * 2 * width
    for (identifier, attributes) in list {
      head += bytes(ofPointer: base + (size + tail.count))
      head += Self.bytes(attributes)
      head += repeatElement(0, count: width - 4)
      tail += identifier.bytes
    }
    return head + tail
  }

  private func pointer(to identifier: SecurityIdentifier, _ base: VirtualAddress) -> [UInt8] {
    bytes(ofPointer: base + width) + identifier.bytes
  }

  private func privileges(_ list: [Token.HeldPrivilege]) -> [UInt8] {
    list.reduce(into: Self.bytes(UInt32(list.count))) { bytes, held in
      bytes += Self.bytes(UInt64(held.privilege.rawValue)) + Self.bytes(held.attributes)
    }
  }

  /// `TOKEN_STATISTICS`: the charges for what a token may grow by are the model's own.
  private func statistics(of token: Token) -> [UInt8] {
    let never: Int64 = .max
    let head = Self.bytes(token.id) + Self.bytes(token.authenticationID) + Self.bytes(never)
    let kind =
      Self.bytes(UInt32(token.impersonationLevel == nil ? 1 : 2))
      + Self.bytes(token.impersonationLevel?.rawValue ?? 0)
    let counts: [UInt32] = [
      4096, 4096, UInt32(token.groups.count), UInt32(token.privileges.count),
    ]
    return head + kind + counts.flatMap { Self.bytes($0) } + Self.bytes(token.modifiedID)
  }
}
