internal import NTStructures

extension NTStatus {
  /// `STATUS_OBJECT_NAME_EXISTS`.
  static var objectNameExists: Self { Self(0x4000_0000) }
  /// `STATUS_NOT_MAPPED_VIEW`.
  static var notMappedView: Self { Self(0xC000_0019) }
  /// `STATUS_OBJECT_PATH_SYNTAX_BAD`.
  static var objectPathSyntaxBad: Self { Self(0xC000_003B) }
  /// `STATUS_INVALID_PAGE_PROTECTION`.
  static var invalidPageProtection: Self { Self(0xC000_0045) }
  /// `STATUS_CANNOT_DELETE`.
  static var cannotDelete: Self { Self(0xC000_0121) }
  /// `STATUS_CHILD_MUST_BE_VOLATILE`.
  static var childMustBeVolatile: Self { Self(0xC000_0181) }
  /// `STATUS_MORE_ENTRIES`.
  static var moreEntries: Self { Self(0x0000_0105) }
  /// `STATUS_FLT_INSTANCE_ALTITUDE_COLLISION`.
  static var altitudeCollision: Self { Self(0xC01C_0011) }
}
