internal import GuestABI
internal import NTReleases
internal import NTStructures

extension ProcessStructure {
  /// The routines that compare the release with one that a driver needs.
  var versionCheckExports: [Export] {
    [
      export("VerSetConditionMask") { (mask: UInt64, types: UInt32, condition: UInt8) in
        // Three bits for each type; of several types only one counts.
        guard let index = VersionField.allCases.last(where: { types & $0.type != 0 }) else {
          return mask
        }
        return mask | UInt64(condition & 7) << UInt64(index.rawValue * 3)
      },
      export("RtlVerifyVersionInfo", to: verifyVersion(_:types:conditions:)),
      export("RtlIsNtDdiVersionAvailable") { [self] (version: UInt32) in
        // NTDDI_…: the version, the service pack and a part of it, of which only that of Windows
        // Server 2008 may be asked for here.
        guard version & 0xFFFF == 0 || version == 0x0600_0100 else {
          throw Unmodelled("RtlIsNtDdiVersionAvailable: a service pack")
        }
        let own = try packedVersion("RtlIsNtDdiVersionAvailable")
        return own.version << 16 | own.servicePack << 8 >= version
      },
      export("RtlIsServicePackVersionInstalled") { [self] (version: UInt32) in
        guard version & 0xFF == 0 else {
          throw Unmodelled("RtlIsServicePackVersionInstalled: a part of a service pack")
        }
        let own = try packedVersion("RtlIsServicePackVersionInstalled")
        return own.version == version >> 16 && own.servicePack >= version >> 8 & 0xFF
      },
    ]
  }

  /// Returns the release's version as `NTDDI_…` has it, and its service pack.
  private func packedVersion(
    _ routine: String
  ) throws -> (version: UInt32, servicePack: UInt32) {
    guard let version = release.rtlGetVersion else {
      throw Unmodelled("\(routine) in \(release.name)")
    }
    return (
      UInt32(version.majorVersion) << 8 | UInt32(version.minorVersion), UInt32(release.servicePack)
    )
  }

  /// A field of `RTL_OSVERSIONINFOEXW` that can be compared, by the bit of its type.
  private enum VersionField: Int, CaseIterable {
    case minorVersion, majorVersion, build, platform, servicePackMinor, servicePackMajor, suite
    case productType

    /// `VER_…`.
    var type: UInt32 { 1 << UInt32(rawValue) }

    /// Where the field is in the structure, and its bytes.
    var place: (offset: Int, size: Int) {
      switch self {
      case .majorVersion: (4, 4)
      case .minorVersion: (8, 4)
      case .build: (12, 4)
      case .platform: (16, 4)
      case .servicePackMajor: (276, 2)
      case .servicePackMinor: (278, 2)
      case .suite: (280, 2)
      case .productType: (282, 1)
      }
    }
  }

  /// Compares fields of a version with those of the system, as the conditions say.
  ///
  /// The corresponding kernel routine is `RtlVerifyVersionInfo`. As its page has it, the version, then
  /// the service pack are compared as one number, up to the first field that is not equal; Wine's tests
  /// show that the condition of the first field counts for all of them.
  private func verifyVersion(
    _ information: VirtualAddress,
    types: UInt32,
    conditions: UInt64
  ) throws -> NTStatus {
    guard types != 0, types & ~0xFF == 0, conditions != 0 else { return .invalidParameter }
    guard let version = release.rtlGetVersion else {
      throw Unmodelled("RtlVerifyVersionInfo in \(release.name)")
    }
    let system: [VersionField: UInt32] = [
      .majorVersion: UInt32(version.majorVersion), .minorVersion: UInt32(version.minorVersion),
      .build: UInt32(version.build), .platform: 2,
      .servicePackMajor: UInt32(release.servicePack), .servicePackMinor: 0, .suite: 0x100,
      .productType: 1,
    ]
    func wanted(_ field: VersionField) throws -> UInt32 {
      let place = information + field.place.offset
      switch field.place.size {
      case 1: return UInt32(try memory.load(UInt8.self, at: place))
      case 2: return UInt32(try memory.load(UInt16.self, at: place))
      default: return try memory.load(at: place)
      }
    }
    func condition(_ field: VersionField) -> UInt64 {
      conditions >> UInt64(field.rawValue * 3) & 7
    }
    for field in [VersionField.productType, .platform, .build] where types & field.type != 0 {
      guard let holds = try Self.holds(condition(field), system[field] ?? 0, wanted(field)) else {
        return .invalidParameter
      }
      guard holds else { return .revisionMismatch }
    }
    if types & VersionField.suite.type != 0 {
      // VER_AND is 6, VER_OR is 7.
      let bits = try wanted(.suite)
      let common = bits & (system[.suite] ?? 0)
      switch condition(.suite) {
      case 6: guard common == bits else { return .revisionMismatch }
      case 7: guard common != 0 || bits == 0 else { return .revisionMismatch }
      default: return .invalidParameter
      }
    }
    let order: [VersionField] = [
      .majorVersion, .minorVersion, .servicePackMajor, .servicePackMinor,
    ]
    var first: UInt64?
    for field in order where types & field.type != 0 {
      let rule = first ?? condition(field)
      first = rule
      let (own, other) = (system[field] ?? 0, try wanted(field))
      let isLast = order.last { types & $0.type != 0 } == field
      // Only the last field decides between equal numbers.
      if own == other, !isLast { continue }
      guard let holds = Self.holds(rule, own, other) else { return .invalidParameter }
      return holds ? .success : .revisionMismatch
    }
    return .success
  }

  /// Returns whether `VER_EQUAL` (1), `VER_GREATER`, `VER_GREATER_EQUAL`, `VER_LESS` or `VER_LESS_EQUAL`
  /// (5) holds, or nil for no such condition.
  private static func holds(_ condition: UInt64, _ own: UInt32, _ other: UInt32) -> Bool? {
    switch condition {
    case 1: own == other
    case 2: own > other
    case 3: own >= other
    case 4: own < other
    case 5: own <= other
    default: nil
    }
  }
}
