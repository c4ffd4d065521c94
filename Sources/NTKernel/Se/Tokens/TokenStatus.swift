internal import NTStructures

extension NTStatus {
  /// `STATUS_PRIVILEGE_NOT_HELD`.
  static var privilegeNotHeld: Self { Self(0xC000_0061) }
  /// `STATUS_NO_TOKEN`.
  static var noToken: Self { Self(0xC000_007C) }
  /// `STATUS_CANT_OPEN_ANONYMOUS`.
  static var cannotOpenAnonymous: Self { Self(0xC000_00A6) }
  /// `STATUS_BAD_IMPERSONATION_LEVEL`.
  static var badImpersonationLevel: Self { Self(0xC000_00A5) }
  /// `STATUS_NOT_ALL_ASSIGNED`.
  static var notAllAssigned: Self { Self(0x0000_0106) }
}
