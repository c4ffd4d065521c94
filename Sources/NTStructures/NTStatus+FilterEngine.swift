/// The statuses of the Windows Filtering Platform: `STATUS_FWP_…`.
///
/// The values are those of `ntstatus.h`.
extension NTStatus {
  /// The corresponding C constant is `STATUS_FWP_CALLOUT_NOT_FOUND`.
  public static var fwpCalloutNotFound: Self { Self(0xC022_0001) }
  /// The corresponding C constant is `STATUS_FWP_FILTER_NOT_FOUND`.
  public static var fwpFilterNotFound: Self { Self(0xC022_0003) }
  /// The corresponding C constant is `STATUS_FWP_LAYER_NOT_FOUND`.
  public static var fwpLayerNotFound: Self { Self(0xC022_0004) }
  /// The corresponding C constant is `STATUS_FWP_PROVIDER_NOT_FOUND`.
  public static var fwpProviderNotFound: Self { Self(0xC022_0005) }
  /// The corresponding C constant is `STATUS_FWP_SUBLAYER_NOT_FOUND`.
  public static var fwpSublayerNotFound: Self { Self(0xC022_0007) }
  /// The corresponding C constant is `STATUS_FWP_ALREADY_EXISTS`.
  public static var fwpAlreadyExists: Self { Self(0xC022_0009) }
  /// The corresponding C constant is `STATUS_FWP_IN_USE`.
  public static var fwpInUse: Self { Self(0xC022_000A) }
  /// The corresponding C constant is `STATUS_FWP_NO_TXN_IN_PROGRESS`.
  public static var fwpNoTransactionInProgress: Self { Self(0xC022_000D) }
  /// The corresponding C constant is `STATUS_FWP_TXN_IN_PROGRESS`.
  public static var fwpTransactionInProgress: Self { Self(0xC022_000E) }
  /// The corresponding C constant is `STATUS_FWP_INCOMPATIBLE_TXN`.
  public static var fwpIncompatibleTransaction: Self { Self(0xC022_0011) }
  /// The corresponding C constant is `STATUS_FWP_INCOMPATIBLE_LAYER`.
  public static var fwpIncompatibleLayer: Self { Self(0xC022_0014) }
  /// The corresponding C constant is `STATUS_FWP_BUILTIN_OBJECT`.
  public static var fwpBuiltinObject: Self { Self(0xC022_0017) }
  /// The corresponding C constant is `STATUS_FWP_NULL_POINTER`.
  public static var fwpNullPointer: Self { Self(0xC022_001C) }
  /// The corresponding C constant is `STATUS_FWP_NULL_DISPLAY_NAME`.
  public static var fwpNullDisplayName: Self { Self(0xC022_0023) }
  /// The corresponding C constant is `STATUS_FWP_INVALID_ACTION_TYPE`.
  public static var fwpInvalidActionType: Self { Self(0xC022_0024) }
  /// The corresponding C constant is `STATUS_FWP_INVALID_WEIGHT`.
  public static var fwpInvalidWeight: Self { Self(0xC022_0025) }
  /// The corresponding C constant is `STATUS_FWP_CALLOUT_NOTIFICATION_FAILED`.
  public static var fwpCalloutNotificationFailed: Self { Self(0xC022_0037) }
  /// The corresponding C constant is `STATUS_FWP_INJECT_HANDLE_CLOSING`.
  public static var fwpInjectHandleClosing: Self { Self(0xC022_0101) }
  /// The corresponding C constant is `STATUS_FWP_INJECT_HANDLE_STALE`.
  public static var fwpInjectHandleStale: Self { Self(0xC022_0102) }
}
