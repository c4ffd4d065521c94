import NTStructures

extension NTStatus {
  /// `STATUS_NAME_TOO_LONG`.
  static var nameTooLong: Self { Self(0xC000_0106) }
  /// `STATUS_INVALID_PARAMETER_2`.
  static var invalidParameter2: Self { Self(0xC000_00F0) }
  /// `STATUS_ALLOTTED_SPACE_EXCEEDED`.
  static var allottedSpaceExceeded: Self { Self(0xC000_0099) }
  /// `STATUS_BAD_DESCRIPTOR_FORMAT`.
  static var badDescriptorFormat: Self { Self(0xC000_00E7) }
  /// `STATUS_SOME_NOT_MAPPED`.
  static var someNotMapped: Self { Self(0x0000_0107) }
  /// `STATUS_BUFFER_ALL_ZEROS`.
  static var bufferAllZeros: Self { Self(0x0000_0117) }
  /// `STATUS_BAD_COMPRESSION_BUFFER`.
  static var badCompressionBuffer: Self { Self(0xC000_0242) }
  /// `STATUS_UNSUPPORTED_COMPRESSION`.
  static var unsupportedCompression: Self { Self(0xC000_025F) }
}
