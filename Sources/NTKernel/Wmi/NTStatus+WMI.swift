internal import NTStructures

extension NTStatus {
  /// `STATUS_WMI_GUID_NOT_FOUND`.
  static var wmiGUIDNotFound: Self { Self(0xC000_0295) }
  /// `STATUS_WMI_INSTANCE_NOT_FOUND`.
  static var wmiInstanceNotFound: Self { Self(0xC000_0296) }
  /// `STATUS_WMI_READ_ONLY`.
  static var wmiReadOnly: Self { Self(0xC000_02C6) }
}
