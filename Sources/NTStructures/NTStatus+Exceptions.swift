extension NTStatus {
  /// `STATUS_NONCONTINUABLE_EXCEPTION`.
  public static var noncontinuableException: Self { Self(0xC0000025) }

  /// `STATUS_INVALID_DISPOSITION`.
  public static var invalidDisposition: Self { Self(0xC0000026) }

  /// `STATUS_UNWIND`.
  public static var unwind: Self { Self(0xC0000027) }

  /// `STATUS_BAD_STACK`.
  public static var badStack: Self { Self(0xC0000028) }

  /// `STATUS_INVALID_UNWIND_TARGET`.
  public static var invalidUnwindTarget: Self { Self(0xC0000029) }

  /// `STATUS_UNWIND_CONSOLIDATE`.
  public static var unwindConsolidate: Self { Self(0x80000029) }
}
