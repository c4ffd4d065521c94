internal import GuestABI
internal import NTStructures

/// Whether a token may do what it asks for to an object with a descriptor.
///
/// The rules are those of Microsoft's "How AccessCheck works" and of [MS-DTYP] 2.5.3.2: the object's
/// integrity label, privileges, what an owner may always do, then the entries of the list in their
/// order.
struct AccessCheck {
  /// What the generic rights mean for the kind of object: `GENERIC_MAPPING`.
  struct Mapping {
    let read: UInt32
    let write: UInt32
    let execute: UInt32
    let all: UInt32

    /// Replaces the generic rights by those that they stand for.
    func map(_ mask: UInt32) -> UInt32 {
      var result = mask & 0x0FFF_FFFF
      if mask & 0x8000_0000 != 0 { result |= read }
      if mask & 0x4000_0000 != 0 { result |= write }
      if mask & 0x2000_0000 != 0 { result |= execute }
      if mask & 0x1000_0000 != 0 { result |= all }
      return result
    }
  }

  /// What came of it.
  struct Result {
    let granted: UInt32
    let status: NTStatus
    /// The privileges that were used.
    var privileges: [Privilege] = []
  }

  static let maximumAllowed: UInt32 = 0x0200_0000
  static let systemSecurity: UInt32 = 0x0100_0000
  static let writeOwner: UInt32 = 0x0008_0000
  /// `READ_CONTROL` and `WRITE_DAC`.
  private static let ownersRights: UInt32 = 0x0006_0000
  private static let ownerRightsIdentifier = SecurityIdentifier(3, 4)

  let descriptor: CapturedSecurityDescriptor
  let token: Token
  let mapping: Mapping
  let hasIntegrityLevels: Bool

  /// Checks the access that is wanted beside what was granted before.
  ///
  /// - Throws: ``Unmodelled`` for entries that depend on a program's own conditions.
  func evaluate(desired: UInt32, previous: UInt32) throws -> Result {
    let wanted = mapping.map(desired)
    let wantsMaximum = wanted & Self.maximumAllowed != 0
    var remaining = wanted & ~Self.maximumAllowed
    var granted = previous
    var used: [Privilege] = []
    let explicit = remaining
    if remaining & Self.systemSecurity != 0 {
      guard token.hasEnabled(.security) else {
        return Result(granted: 0, status: .privilegeNotHeld)
      }
      used.append(.security)
      granted |= Self.systemSecurity
      remaining &= ~Self.systemSecurity
    }
    if remaining & Self.writeOwner != 0, token.hasEnabled(.takeOwnership) {
      used.append(.takeOwnership)
      granted |= Self.writeOwner
      remaining &= ~Self.writeOwner
    }
    remaining &= ~previous
    let allowed = try integrityMask()
    guard remaining & ~allowed == 0 else { return Result(granted: 0, status: .accessDenied) }
    guard descriptor.control & CapturedSecurityDescriptor.daclPresent != 0,
      let dacl = descriptor.dacl
    else {
      // Without a list everybody may do everything.
      let all = wantsMaximum ? mapping.all & allowed : 0
      return Result(granted: granted | explicit | all, status: .success, privileges: used)
    }
    let entries = try Self.entries(of: dacl)
    if isOwner, !entries.contains(where: { $0.identifier == Self.ownerRightsIdentifier }) {
      remaining &= ~Self.ownersRights
      granted |= wantsMaximum ? Self.ownersRights : explicit & Self.ownersRights
    }
    let maximum = try maximumAccess(entries) & allowed
    if wantsMaximum { granted |= maximum }
    if !allows(entries, remaining) { return Result(granted: 0, status: .accessDenied) }
    granted |= explicit
    guard granted != 0 else { return Result(granted: 0, status: .accessDenied) }
    return Result(granted: granted, status: .success, privileges: used)
  }

  private var isOwner: Bool {
    guard let owner = descriptor.owner.flatMap({ SecurityIdentifier($0) }) else { return false }
    return token.contains(owner, denies: false)
  }

  /// An entry that allows or denies.
  private struct Entry {
    let isDenying: Bool
    let mask: UInt32
    let identifier: SecurityIdentifier
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Returns the entries that count for the object itself; their form has been checked before.
  private static func entries(of list: [UInt8]) throws -> [Entry] {
    var result: [Entry] = []
    let count = Int(number(list[4..<6]))
    var offset = 8
    for _ in 0..<count {
      guard offset + 8 <= list.count else { break }
      let (type, flags) = (list[offset], list[offset + 1])
      let size = Int(number(list[(offset + 2)..<(offset + 4)]))
      guard size >= 4, offset + size <= list.count else { break }
      let entry = list[offset..<(offset + size)]
      offset += size
      // INHERIT_ONLY_ACE.
      guard flags & 8 == 0, size >= 8 else { continue }
      var place = entry.startIndex + 8
      switch type {
      case 0, 1: break
      case 5, 6:
        // The object's type and the inherited type are there if the flags say so.
        guard size >= 12 else { continue }
        let present = number(entry[place..<(place + 4)])
        place += 4 + (present & 1 != 0 ? 16 : 0) + (present & 2 != 0 ? 16 : 0)
      case 9, 10, 11, 12:
        throw Unmodelled("an access check with an entry that has a condition")
      default: continue
      }
      guard place < entry.endIndex, let identifier = SecurityIdentifier(entry[place...]) else {
        continue
      }
      result.append(
        Entry(
          isDenying: type == 1 || type == 6,
          mask: number(entry[(entry.startIndex + 4)..<(entry.startIndex + 8)]),
          identifier: identifier
        )
      )
    }
    return result
  }

  private func applies(_ entry: Entry) -> Bool {
    if entry.identifier == Self.ownerRightsIdentifier { return isOwner }
    return token.contains(entry.identifier, denies: entry.isDenying)
  }

  /// Whether the entries, in their order, allow all that remains.
  private func allows(_ entries: [Entry], _ remaining: UInt32) -> Bool {
    var remaining = remaining
    for entry in entries where remaining != 0 && applies(entry) {
      let mask = mapping.map(entry.mask)
      if entry.isDenying {
        if remaining & mask != 0 { return false }
      } else {
        remaining &= ~mask
      }
    }
    return remaining == 0
  }

  /// All that the entries allow: what an earlier one denies, a later one cannot allow.
  private func maximumAccess(_ entries: [Entry]) throws -> UInt32 {
    guard token.restrictions.isEmpty else {
      throw Unmodelled("an access check with a restricted token")
    }
    var (allowed, denied): (UInt32, UInt32) = (0, 0)
    for entry in entries where applies(entry) {
      let mask = mapping.map(entry.mask)
      if entry.isDenying { denied |= mask & ~allowed } else { allowed |= mask & ~denied }
    }
    return allowed
  }

  /// What the object's integrity label leaves to a token of a lower level.
  ///
  /// An object without a label has the medium level, and must not be written from below.
  private func integrityMask() throws -> UInt32 {
    guard hasIntegrityLevels else { return .max }
    var (level, policy): (UInt32, UInt32) = (0x2000, 1)
    if let sacl = descriptor.sacl, sacl.count >= 16 {
      // SYSTEM_MANDATORY_LABEL_ACE, of which the first counts.
      var offset = 8
      for _ in 0..<Int(Self.number(sacl[4..<6])) {
        guard offset + 8 <= sacl.count else { break }
        let size = Int(Self.number(sacl[(offset + 2)..<(offset + 4)]))
        guard size >= 4, offset + size <= sacl.count else { break }
        if sacl[offset] == 0x11, size >= 16, sacl[offset + 1] & 8 == 0,
          let label = SecurityIdentifier(sacl[(offset + 8)..<(offset + size)])
        {
          level = label.subauthorities.last ?? 0
          policy = Self.number(sacl[(offset + 4)..<(offset + 8)])
          break
        }
        offset += size
      }
    }
    guard token.integrityLevel < level else { return .max }
    var allowed: UInt32 = 0
    // No writing up, no reading up, no executing up.
    if policy & 1 == 0 { allowed |= mapping.write }
    if policy & 2 == 0 { allowed |= mapping.read }
    if policy & 4 == 0 { allowed |= mapping.execute }
    return allowed
  }
}
