extension BugCheck.Code {
  /// `INVALID_PROCESS_ATTACH_ATTEMPT`.
  public static var invalidProcessAttachAttempt: Self { Self(rawValue: 0x05) }
  /// `IRQL_NOT_LESS_OR_EQUAL`.
  public static var irqlNotLessOrEqual: Self { Self(rawValue: 0x0A) }
  /// `IRQL_NOT_GREATER_OR_EQUAL`.
  public static var irqlNotGreaterOrEqual: Self { Self(rawValue: 0x09) }
  /// `MAXIMUM_WAIT_OBJECTS_EXCEEDED`.
  public static var maximumWaitObjectsExceeded: Self { Self(rawValue: 0x0C) }
  /// `MEMORY_MANAGEMENT`.
  public static var memoryManagement: Self { Self(rawValue: 0x1A) }
  /// `KMODE_EXCEPTION_NOT_HANDLED`.
  public static var kmodeExceptionNotHandled: Self { Self(rawValue: 0x1E) }
  /// `NO_MORE_IRP_STACK_LOCATIONS`.
  public static var noMoreIRPStackLocations: Self { Self(rawValue: 0x35) }
  /// `SYSTEM_SERVICE_EXCEPTION`.
  public static var systemServiceException: Self { Self(rawValue: 0x3B) }
  /// `NO_MORE_SYSTEM_PTES`.
  public static var noMoreSystemPTEs: Self { Self(rawValue: 0x3F) }
  /// `TARGET_MDL_TOO_SMALL`.
  public static var targetMDLTooSmall: Self { Self(rawValue: 0x40) }
  /// `MUST_SUCCEED_POOL_EMPTY`.
  public static var mustSucceedPoolEmpty: Self { Self(rawValue: 0x41) }
  /// `MULTIPLE_IRP_COMPLETE_REQUESTS`.
  public static var multipleIRPCompleteRequests: Self { Self(rawValue: 0x44) }
  /// `PFN_LIST_CORRUPT`.
  public static var pfnListCorrupt: Self { Self(rawValue: 0x4E) }
  /// `PAGE_FAULT_IN_NONPAGED_AREA`.
  public static var pageFaultInNonpagedArea: Self { Self(rawValue: 0x50) }
  /// `PROCESS_HAS_LOCKED_PAGES`.
  public static var processHasLockedPages: Self { Self(rawValue: 0x76) }
  /// `SYSTEM_THREAD_EXCEPTION_NOT_HANDLED`.
  public static var systemThreadExceptionNotHandled: Self { Self(rawValue: 0x7E) }
  /// `UNEXPECTED_KERNEL_MODE_TRAP`.
  public static var unexpectedKernelModeTrap: Self { Self(rawValue: 0x7F) }
  /// `KERNEL_MODE_EXCEPTION_NOT_HANDLED`.
  public static var kernelModeExceptionNotHandled: Self { Self(rawValue: 0x8E) }
  /// `INVALID_WORK_QUEUE_ITEM`.
  public static var invalidWorkQueueItem: Self { Self(rawValue: 0x96) }
  /// `ATTEMPTED_WRITE_TO_READONLY_MEMORY`.
  public static var attemptedWriteToReadonlyMemory: Self { Self(rawValue: 0xBE) }
  /// `BAD_POOL_CALLER`.
  public static var badPoolCaller: Self { Self(rawValue: 0xC2) }
  /// `PNP_DETECTED_FATAL_ERROR`.
  public static var plugAndPlayDetectedFatalError: Self { Self(rawValue: 0xCA) }
  /// `DRIVER_IRQL_NOT_LESS_OR_EQUAL`.
  public static var driverIRQLNotLessOrEqual: Self { Self(rawValue: 0xD1) }
  /// `SYSTEM_PTE_MISUSE`.
  public static var systemPTEMisuse: Self { Self(rawValue: 0xDA) }
  /// `INVALID_MDL_RANGE`.
  public static var invalidMDLRange: Self { Self(rawValue: 0x12E) }
  /// `KERNEL_SECURITY_CHECK_FAILURE`.
  public static var kernelSecurityCheckFailure: Self { Self(rawValue: 0x139) }
}
