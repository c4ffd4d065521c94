internal import NTStructures

extension NTStatus {
  /// `STATUS_NO_MORE_FILES`.
  static var noMoreFiles: Self { Self(0x8000_0006) }
  /// `STATUS_INVALID_EA_NAME` and the like are warnings that an EA list is wrong:
  /// `STATUS_EA_LIST_INCONSISTENT`.
  static var eaListInconsistent: Self { Self(0x8000_0014) }
  /// `STATUS_NO_SUCH_FILE`.
  static var noSuchFile: Self { Self(0xC000_000F) }
  /// `STATUS_END_OF_FILE`.
  static var endOfFile: Self { Self(0xC000_0011) }
  /// `STATUS_SHARING_VIOLATION`.
  static var sharingViolation: Self { Self(0xC000_0043) }
  /// `STATUS_EAS_NOT_SUPPORTED`.
  static var easNotSupported: Self { Self(0xC000_004F) }
  /// `STATUS_FILE_LOCK_CONFLICT`.
  static var fileLockConflict: Self { Self(0xC000_0054) }
  /// `STATUS_LOCK_NOT_GRANTED`.
  static var lockNotGranted: Self { Self(0xC000_0055) }
  /// `STATUS_DELETE_PENDING`.
  static var deletePending: Self { Self(0xC000_0056) }
  /// `STATUS_RANGE_NOT_LOCKED`.
  static var rangeNotLocked: Self { Self(0xC000_007E) }
  /// `STATUS_DISK_FULL`.
  static var diskFull: Self { Self(0xC000_007F) }
  /// `STATUS_FILE_INVALID`.
  static var fileInvalid: Self { Self(0xC000_0098) }
  /// `STATUS_FILE_IS_A_DIRECTORY`.
  static var fileIsADirectory: Self { Self(0xC000_00BA) }
  /// `STATUS_NOT_SAME_DEVICE`.
  static var notSameDevice: Self { Self(0xC000_00D4) }
  /// `STATUS_UNEXPECTED_IO_ERROR`.
  static var unexpectedIOError: Self { Self(0xC000_00E9) }
  /// `STATUS_DIRECTORY_NOT_EMPTY`.
  static var directoryNotEmpty: Self { Self(0xC000_0101) }
  /// `STATUS_NOT_A_DIRECTORY`.
  static var notADirectory: Self { Self(0xC000_0103) }
  /// `STATUS_FILE_CLOSED`.
  static var fileClosed: Self { Self(0xC000_0128) }
}
