extension NTStatus {
  /// `STATUS_OBJECT_NAME_EXISTS`.
  public static var objectNameExists: Self { Self(0x4000_0000) }
  /// `STATUS_MORE_PROCESSING_REQUIRED`.
  public static var moreProcessingRequired: Self { Self(0xC000_0016) }
  /// `STATUS_DELETE_PENDING`.
  public static var deletePending: Self { Self(0xC000_0056) }
  /// `STATUS_INVALID_PARAMETER_3`.
  public static var invalidParameter3: Self { Self(0xC000_00F1) }
  /// `STATUS_PLUGPLAY_NO_DEVICE`.
  public static var plugAndPlayNoDevice: Self { Self(0xC000_025E) }
}
