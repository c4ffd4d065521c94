/// The statuses of the filter manager: `STATUS_FLT_…`, and others that it returns.
///
/// The values are those of `ntstatus.h`.
extension NTStatus {
  /// The corresponding C constant is `STATUS_FLT_CONTEXT_ALREADY_DEFINED`.
  public static var fltContextAlreadyDefined: Self { Self(0xC01C_0002) }
  /// The corresponding C constant is `STATUS_FLT_INVALID_NAME_REQUEST`.
  public static var fltInvalidNameRequest: Self { Self(0xC01C_0005) }
  /// The corresponding C constant is `STATUS_FLT_FILTER_NOT_READY`.
  public static var fltFilterNotReady: Self { Self(0xC01C_0008) }
  /// The corresponding C constant is `STATUS_FLT_DELETING_OBJECT`.
  public static var fltDeletingObject: Self { Self(0xC01C_000B) }
  /// The corresponding C constant is `STATUS_FLT_INSTANCE_ALTITUDE_COLLISION`.
  public static var fltInstanceAltitudeCollision: Self { Self(0xC01C_0011) }
  /// The corresponding C constant is `STATUS_FLT_INSTANCE_NAME_COLLISION`.
  public static var fltInstanceNameCollision: Self { Self(0xC01C_0012) }
  /// The corresponding C constant is `STATUS_FLT_FILTER_NOT_FOUND`.
  public static var fltFilterNotFound: Self { Self(0xC01C_0013) }
  /// The corresponding C constant is `STATUS_FLT_VOLUME_NOT_FOUND`.
  public static var fltVolumeNotFound: Self { Self(0xC01C_0014) }
  /// The corresponding C constant is `STATUS_FLT_INSTANCE_NOT_FOUND`.
  public static var fltInstanceNotFound: Self { Self(0xC01C_0015) }
  /// The corresponding C constant is `STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND`.
  public static var fltContextAllocationNotFound: Self { Self(0xC01C_0016) }
  /// The corresponding C constant is `STATUS_FLT_INVALID_CONTEXT_REGISTRATION`.
  public static var fltInvalidContextRegistration: Self { Self(0xC01C_0017) }
  /// The corresponding C constant is `STATUS_FLT_CONTEXT_ALREADY_LINKED`.
  public static var fltContextAlreadyLinked: Self { Self(0xC01C_001C) }
  /// The corresponding C constant is `STATUS_PORT_DISCONNECTED`.
  public static var portDisconnected: Self { Self(0xC000_0037) }
  /// The corresponding C constant is `STATUS_CONNECTION_COUNT_LIMIT`.
  public static var connectionCountLimit: Self { Self(0xC000_0246) }
}
