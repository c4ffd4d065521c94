extension NTStatus {
  /// `STATUS_SUCCESS`.
  public static var success: Self { Self(0x00000000) }
  @available(*, unavailable, renamed: "success")
  public static var STATUS_SUCCESS: Self { success }

  /// `STATUS_PENDING`.
  public static var pending: Self { Self(0x00000103) }
  @available(*, unavailable, renamed: "pending")
  public static var STATUS_PENDING: Self { pending }

  /// `STATUS_TIMEOUT`.
  public static var timeout: Self { Self(0x00000102) }
  @available(*, unavailable, renamed: "timeout")
  public static var STATUS_TIMEOUT: Self { timeout }

  /// `STATUS_ALERTED`.
  public static var alerted: Self { Self(0x00000101) }
  @available(*, unavailable, renamed: "alerted")
  public static var STATUS_ALERTED: Self { alerted }

  /// `STATUS_BUFFER_OVERFLOW`.
  public static var bufferOverflow: Self { Self(0x80000005) }
  @available(*, unavailable, renamed: "bufferOverflow")
  public static var STATUS_BUFFER_OVERFLOW: Self { bufferOverflow }

  /// `STATUS_NO_MORE_ENTRIES`.
  public static var noMoreEntries: Self { Self(0x8000001A) }
  @available(*, unavailable, renamed: "noMoreEntries")
  public static var STATUS_NO_MORE_ENTRIES: Self { noMoreEntries }

  /// `STATUS_UNSUCCESSFUL`.
  public static var unsuccessful: Self { Self(0xC0000001) }
  @available(*, unavailable, renamed: "unsuccessful")
  public static var STATUS_UNSUCCESSFUL: Self { unsuccessful }

  /// `STATUS_NOT_IMPLEMENTED`.
  public static var notImplemented: Self { Self(0xC0000002) }
  @available(*, unavailable, renamed: "notImplemented")
  public static var STATUS_NOT_IMPLEMENTED: Self { notImplemented }

  /// `STATUS_INVALID_INFO_CLASS`.
  public static var invalidInfoClass: Self { Self(0xC0000003) }
  @available(*, unavailable, renamed: "invalidInfoClass")
  public static var STATUS_INVALID_INFO_CLASS: Self { invalidInfoClass }

  /// `STATUS_INFO_LENGTH_MISMATCH`.
  public static var infoLengthMismatch: Self { Self(0xC0000004) }
  @available(*, unavailable, renamed: "infoLengthMismatch")
  public static var STATUS_INFO_LENGTH_MISMATCH: Self { infoLengthMismatch }

  /// `STATUS_ACCESS_VIOLATION`.
  public static var accessViolation: Self { Self(0xC0000005) }
  @available(*, unavailable, renamed: "accessViolation")
  public static var STATUS_ACCESS_VIOLATION: Self { accessViolation }

  /// `STATUS_INVALID_HANDLE`.
  public static var invalidHandle: Self { Self(0xC0000008) }
  @available(*, unavailable, renamed: "invalidHandle")
  public static var STATUS_INVALID_HANDLE: Self { invalidHandle }

  /// `STATUS_INVALID_PARAMETER`.
  public static var invalidParameter: Self { Self(0xC000000D) }
  @available(*, unavailable, renamed: "invalidParameter")
  public static var STATUS_INVALID_PARAMETER: Self { invalidParameter }

  /// `STATUS_NO_SUCH_DEVICE`.
  public static var noSuchDevice: Self { Self(0xC000000E) }
  @available(*, unavailable, renamed: "noSuchDevice")
  public static var STATUS_NO_SUCH_DEVICE: Self { noSuchDevice }

  /// `STATUS_INVALID_DEVICE_REQUEST`.
  public static var invalidDeviceRequest: Self { Self(0xC0000010) }
  @available(*, unavailable, renamed: "invalidDeviceRequest")
  public static var STATUS_INVALID_DEVICE_REQUEST: Self { invalidDeviceRequest }

  /// `STATUS_NO_MEMORY`.
  public static var noMemory: Self { Self(0xC0000017) }
  @available(*, unavailable, renamed: "noMemory")
  public static var STATUS_NO_MEMORY: Self { noMemory }

  /// `STATUS_CONFLICTING_ADDRESSES`.
  public static var conflictingAddresses: Self { Self(0xC0000018) }
  @available(*, unavailable, renamed: "conflictingAddresses")
  public static var STATUS_CONFLICTING_ADDRESSES: Self { conflictingAddresses }

  /// `STATUS_NOT_MAPPED_VIEW`.
  public static var notMappedView: Self { Self(0xC0000019) }
  @available(*, unavailable, renamed: "notMappedView")
  public static var STATUS_NOT_MAPPED_VIEW: Self { notMappedView }

  /// `STATUS_ACCESS_DENIED`.
  public static var accessDenied: Self { Self(0xC0000022) }
  @available(*, unavailable, renamed: "accessDenied")
  public static var STATUS_ACCESS_DENIED: Self { accessDenied }

  /// `STATUS_BUFFER_TOO_SMALL`.
  public static var bufferTooSmall: Self { Self(0xC0000023) }
  @available(*, unavailable, renamed: "bufferTooSmall")
  public static var STATUS_BUFFER_TOO_SMALL: Self { bufferTooSmall }

  /// `STATUS_OBJECT_TYPE_MISMATCH`.
  public static var objectTypeMismatch: Self { Self(0xC0000024) }
  @available(*, unavailable, renamed: "objectTypeMismatch")
  public static var STATUS_OBJECT_TYPE_MISMATCH: Self { objectTypeMismatch }

  /// `STATUS_OBJECT_NAME_INVALID`.
  public static var objectNameInvalid: Self { Self(0xC0000033) }
  @available(*, unavailable, renamed: "objectNameInvalid")
  public static var STATUS_OBJECT_NAME_INVALID: Self { objectNameInvalid }

  /// `STATUS_OBJECT_NAME_NOT_FOUND`.
  public static var objectNameNotFound: Self { Self(0xC0000034) }
  @available(*, unavailable, renamed: "objectNameNotFound")
  public static var STATUS_OBJECT_NAME_NOT_FOUND: Self { objectNameNotFound }

  /// `STATUS_OBJECT_NAME_COLLISION`.
  public static var objectNameCollision: Self { Self(0xC0000035) }
  @available(*, unavailable, renamed: "objectNameCollision")
  public static var STATUS_OBJECT_NAME_COLLISION: Self { objectNameCollision }

  /// `STATUS_OBJECT_PATH_NOT_FOUND`.
  public static var objectPathNotFound: Self { Self(0xC000003A) }
  @available(*, unavailable, renamed: "objectPathNotFound")
  public static var STATUS_OBJECT_PATH_NOT_FOUND: Self { objectPathNotFound }

  /// `STATUS_INVALID_PAGE_PROTECTION`.
  public static var invalidPageProtection: Self { Self(0xC0000045) }
  @available(*, unavailable, renamed: "invalidPageProtection")
  public static var STATUS_INVALID_PAGE_PROTECTION: Self { invalidPageProtection }

  /// `STATUS_PROCEDURE_NOT_FOUND`.
  public static var procedureNotFound: Self { Self(0xC000007A) }
  @available(*, unavailable, renamed: "procedureNotFound")
  public static var STATUS_PROCEDURE_NOT_FOUND: Self { procedureNotFound }

  /// `STATUS_INVALID_IMAGE_FORMAT`.
  public static var invalidImageFormat: Self { Self(0xC000007B) }
  @available(*, unavailable, renamed: "invalidImageFormat")
  public static var STATUS_INVALID_IMAGE_FORMAT: Self { invalidImageFormat }

  /// `STATUS_INVALID_PARAMETER_1`.
  public static var invalidParameter1: Self { Self(0xC00000EF) }
  @available(*, unavailable, renamed: "invalidParameter1")
  public static var STATUS_INVALID_PARAMETER_1: Self { invalidParameter1 }
  /// `STATUS_INVALID_ADDRESS`.
  public static var invalidAddress: Self { Self(0xC0000141) }
  @available(*, unavailable, renamed: "invalidAddress")
  public static var STATUS_INVALID_ADDRESS: Self { invalidAddress }

  /// `STATUS_INSUFFICIENT_RESOURCES`.
  public static var insufficientResources: Self { Self(0xC000009A) }
  @available(*, unavailable, renamed: "insufficientResources")
  public static var STATUS_INSUFFICIENT_RESOURCES: Self { insufficientResources }

  /// `STATUS_DEVICE_BUSY`.
  public static var deviceBusy: Self { Self(0x80000011) }
  @available(*, unavailable, renamed: "deviceBusy")
  public static var STATUS_DEVICE_BUSY: Self { deviceBusy }

  /// `STATUS_NOT_SUPPORTED`.
  public static var notSupported: Self { Self(0xC00000BB) }
  @available(*, unavailable, renamed: "notSupported")
  public static var STATUS_NOT_SUPPORTED: Self { notSupported }

  /// `STATUS_INVALID_PARAMETER_2`.
  public static var invalidParameter2: Self { Self(0xC00000F0) }
  @available(*, unavailable, renamed: "invalidParameter2")
  public static var STATUS_INVALID_PARAMETER_2: Self { invalidParameter2 }

  /// `STATUS_CANCELLED`.
  public static var cancelled: Self { Self(0xC0000120) }
  @available(*, unavailable, renamed: "cancelled")
  public static var STATUS_CANCELLED: Self { cancelled }

  /// `STATUS_DLL_NOT_FOUND`.
  public static var dllNotFound: Self { Self(0xC0000135) }
  @available(*, unavailable, renamed: "dllNotFound")
  public static var STATUS_DLL_NOT_FOUND: Self { dllNotFound }

  /// `STATUS_ORDINAL_NOT_FOUND`.
  public static var ordinalNotFound: Self { Self(0xC0000138) }
  @available(*, unavailable, renamed: "ordinalNotFound")
  public static var STATUS_ORDINAL_NOT_FOUND: Self { ordinalNotFound }

  /// `STATUS_ENTRYPOINT_NOT_FOUND`.
  public static var entrypointNotFound: Self { Self(0xC0000139) }
  @available(*, unavailable, renamed: "entrypointNotFound")
  public static var STATUS_ENTRYPOINT_NOT_FOUND: Self { entrypointNotFound }

  /// `STATUS_DRIVER_ORDINAL_NOT_FOUND`.
  public static var driverOrdinalNotFound: Self { Self(0xC0000262) }
  @available(*, unavailable, renamed: "driverOrdinalNotFound")
  public static var STATUS_DRIVER_ORDINAL_NOT_FOUND: Self { driverOrdinalNotFound }

  /// `STATUS_DRIVER_ENTRYPOINT_NOT_FOUND`.
  public static var driverEntrypointNotFound: Self { Self(0xC0000263) }
  @available(*, unavailable, renamed: "driverEntrypointNotFound")
  public static var STATUS_DRIVER_ENTRYPOINT_NOT_FOUND: Self { driverEntrypointNotFound }

  /// `STATUS_IMAGE_ALREADY_LOADED`.
  public static var imageAlreadyLoaded: Self { Self(0xC000010E) }
  @available(*, unavailable, renamed: "imageAlreadyLoaded")
  public static var STATUS_IMAGE_ALREADY_LOADED: Self { imageAlreadyLoaded }

  /// `STATUS_NOT_FOUND`.
  public static var notFound: Self { Self(0xC0000225) }
  @available(*, unavailable, renamed: "notFound")
  public static var STATUS_NOT_FOUND: Self { notFound }

  /// `STATUS_WORKING_SET_QUOTA`.
  public static var workingSetQuota: Self { Self(0xC00000A1) }
  @available(*, unavailable, renamed: "workingSetQuota")
  public static var STATUS_WORKING_SET_QUOTA: Self { workingSetQuota }

  /// `STATUS_SEMAPHORE_LIMIT_EXCEEDED`.
  public static var semaphoreLimitExceeded: Self { Self(0xC0000047) }
  @available(*, unavailable, renamed: "semaphoreLimitExceeded")
  public static var STATUS_SEMAPHORE_LIMIT_EXCEEDED: Self { semaphoreLimitExceeded }

  /// `STATUS_MUTANT_NOT_OWNED`.
  public static var mutantNotOwned: Self { Self(0xC0000046) }
  @available(*, unavailable, renamed: "mutantNotOwned")
  public static var STATUS_MUTANT_NOT_OWNED: Self { mutantNotOwned }

  /// `STATUS_INTEGER_DIVIDE_BY_ZERO`.
  public static var integerDivideByZero: Self { Self(0xC0000094) }
  @available(*, unavailable, renamed: "integerDivideByZero")
  public static var STATUS_INTEGER_DIVIDE_BY_ZERO: Self { integerDivideByZero }

  /// `STATUS_ILLEGAL_INSTRUCTION`.
  public static var illegalInstruction: Self { Self(0xC000001D) }
  @available(*, unavailable, renamed: "illegalInstruction")
  public static var STATUS_ILLEGAL_INSTRUCTION: Self { illegalInstruction }

  /// `STATUS_PRIVILEGED_INSTRUCTION`.
  public static var privilegedInstruction: Self { Self(0xC0000096) }
  @available(*, unavailable, renamed: "privilegedInstruction")
  public static var STATUS_PRIVILEGED_INSTRUCTION: Self { privilegedInstruction }

  /// `STATUS_BREAKPOINT`.
  public static var breakpoint: Self { Self(0x80000003) }
  @available(*, unavailable, renamed: "breakpoint")
  public static var STATUS_BREAKPOINT: Self { breakpoint }

  /// `STATUS_DATATYPE_MISALIGNMENT`.
  public static var datatypeMisalignment: Self { Self(0x80000002) }
  @available(*, unavailable, renamed: "datatypeMisalignment")
  public static var STATUS_DATATYPE_MISALIGNMENT: Self { datatypeMisalignment }

  /// `STATUS_STACK_OVERFLOW`.
  public static var stackOverflow: Self { Self(0xC00000FD) }
  @available(*, unavailable, renamed: "stackOverflow")
  public static var STATUS_STACK_OVERFLOW: Self { stackOverflow }

  /// `STATUS_REVISION_MISMATCH`.
  public static var revisionMismatch: Self { Self(0xC0000059) }
  @available(*, unavailable, renamed: "revisionMismatch")
  public static var STATUS_REVISION_MISMATCH: Self { revisionMismatch }

  /// `STATUS_INVALID_SECURITY_DESCR`.
  public static var invalidSecurityDescriptor: Self { Self(0xC0000079) }
  @available(*, unavailable, renamed: "invalidSecurityDescriptor")
  public static var STATUS_INVALID_SECURITY_DESCR: Self { invalidSecurityDescriptor }

  /// `STATUS_UNKNOWN_REVISION`.
  public static var unknownRevision: Self { Self(0xC0000058) }
  @available(*, unavailable, renamed: "unknownRevision")
  public static var STATUS_UNKNOWN_REVISION: Self { unknownRevision }

  /// `STATUS_INVALID_ACL`.
  public static var invalidACL: Self { Self(0xC0000077) }
  @available(*, unavailable, renamed: "invalidACL")
  public static var STATUS_INVALID_ACL: Self { invalidACL }

  /// `STATUS_INVALID_SID`.
  public static var invalidSID: Self { Self(0xC0000078) }
  @available(*, unavailable, renamed: "invalidSID")
  public static var STATUS_INVALID_SID: Self { invalidSID }

  /// `STATUS_KEY_DELETED`.
  public static var keyDeleted: Self { Self(0xC000017C) }
  @available(*, unavailable, renamed: "keyDeleted")
  public static var STATUS_KEY_DELETED: Self { keyDeleted }

  /// The C constant, or the number if the status has no name here.
  public var name: String {
    Self.names[self] ?? "0x" + String(UInt32(bitPattern: rawValue), radix: 16, uppercase: true)
  }

  private static let names: [Self: String] = [
    .success: "STATUS_SUCCESS",
    .pending: "STATUS_PENDING",
    .timeout: "STATUS_TIMEOUT",
    .alerted: "STATUS_ALERTED",
    .bufferOverflow: "STATUS_BUFFER_OVERFLOW",
    .noMoreEntries: "STATUS_NO_MORE_ENTRIES",
    .unsuccessful: "STATUS_UNSUCCESSFUL",
    .notImplemented: "STATUS_NOT_IMPLEMENTED",
    .invalidInfoClass: "STATUS_INVALID_INFO_CLASS",
    .infoLengthMismatch: "STATUS_INFO_LENGTH_MISMATCH",
    .accessViolation: "STATUS_ACCESS_VIOLATION",
    .invalidHandle: "STATUS_INVALID_HANDLE",
    .invalidParameter: "STATUS_INVALID_PARAMETER",
    .noSuchDevice: "STATUS_NO_SUCH_DEVICE",
    .invalidDeviceRequest: "STATUS_INVALID_DEVICE_REQUEST",
    .noMemory: "STATUS_NO_MEMORY",
    .conflictingAddresses: "STATUS_CONFLICTING_ADDRESSES",
    .notMappedView: "STATUS_NOT_MAPPED_VIEW",
    .accessDenied: "STATUS_ACCESS_DENIED",
    .bufferTooSmall: "STATUS_BUFFER_TOO_SMALL",
    .objectTypeMismatch: "STATUS_OBJECT_TYPE_MISMATCH",
    .objectNameInvalid: "STATUS_OBJECT_NAME_INVALID",
    .objectNameNotFound: "STATUS_OBJECT_NAME_NOT_FOUND",
    .objectNameCollision: "STATUS_OBJECT_NAME_COLLISION",
    .objectPathNotFound: "STATUS_OBJECT_PATH_NOT_FOUND",
    .invalidPageProtection: "STATUS_INVALID_PAGE_PROTECTION",
    .procedureNotFound: "STATUS_PROCEDURE_NOT_FOUND",
    .invalidImageFormat: "STATUS_INVALID_IMAGE_FORMAT",
    .invalidParameter1: "STATUS_INVALID_PARAMETER_1",
    .invalidAddress: "STATUS_INVALID_ADDRESS",
    .insufficientResources: "STATUS_INSUFFICIENT_RESOURCES",
    .deviceBusy: "STATUS_DEVICE_BUSY",
    .notSupported: "STATUS_NOT_SUPPORTED",
    .invalidParameter2: "STATUS_INVALID_PARAMETER_2",
    .cancelled: "STATUS_CANCELLED",
    .dllNotFound: "STATUS_DLL_NOT_FOUND",
    .ordinalNotFound: "STATUS_ORDINAL_NOT_FOUND",
    .entrypointNotFound: "STATUS_ENTRYPOINT_NOT_FOUND",
    .driverOrdinalNotFound: "STATUS_DRIVER_ORDINAL_NOT_FOUND",
    .imageAlreadyLoaded: "STATUS_IMAGE_ALREADY_LOADED",
    .driverEntrypointNotFound: "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND",
    .notFound: "STATUS_NOT_FOUND",
    .workingSetQuota: "STATUS_WORKING_SET_QUOTA",
    .semaphoreLimitExceeded: "STATUS_SEMAPHORE_LIMIT_EXCEEDED",
    .mutantNotOwned: "STATUS_MUTANT_NOT_OWNED",
    .integerDivideByZero: "STATUS_INTEGER_DIVIDE_BY_ZERO",
    .illegalInstruction: "STATUS_ILLEGAL_INSTRUCTION",
    .privilegedInstruction: "STATUS_PRIVILEGED_INSTRUCTION",
    .breakpoint: "STATUS_BREAKPOINT",
    .datatypeMisalignment: "STATUS_DATATYPE_MISALIGNMENT",
    .stackOverflow: "STATUS_STACK_OVERFLOW",
    .revisionMismatch: "STATUS_REVISION_MISMATCH",
    .invalidSecurityDescriptor: "STATUS_INVALID_SECURITY_DESCR",
    .unknownRevision: "STATUS_UNKNOWN_REVISION",
    .invalidACL: "STATUS_INVALID_ACL",
    .invalidSID: "STATUS_INVALID_SID",
    .keyDeleted: "STATUS_KEY_DELETED",
  ]
}
