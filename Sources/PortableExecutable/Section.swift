/// A section of an image.
public struct Section: Hashable, Sendable {
  /// The section's name, such as `.text`, `PAGE` or `INIT`.
  ///
  /// Names of more than 8 characters, such as `.debug_info`, are looked up in the COFF string table.
  public let name: String

  /// Where the section begins in memory.
  public let address: RVA

  /// The number of bytes of the section in memory; those the file does not have are zero.
  ///
  /// This is `VirtualSize`, or `SizeOfRawData` where old linkers left that 0.
  public let virtualSize: UInt32

  /// The part of the file that is copied into memory.
  public let rawRange: Range<Int>

  /// The section's contents and protection.
  public let characteristics: SectionCharacteristics

  /// The RVAs that the section takes.
  public var range: Range<RVA> { address..<RVA(rawValue: address.rawValue + virtualSize) }
}

/// The contents and protection of a section.
///
/// Source: Microsoft PE/COFF specification, "Section Flags".
public struct SectionCharacteristics: OptionSet, Hashable, Sendable {
  /// The flags as the section header has them.
  public let rawValue: UInt32

  /// Creates the flags from the section header's field.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Executable code (`IMAGE_SCN_CNT_CODE`).
  public static let code = Self(rawValue: 0x0000_0020)

  /// Initialised data (`IMAGE_SCN_CNT_INITIALIZED_DATA`).
  public static let initializedData = Self(rawValue: 0x0000_0040)

  /// Data that begins as zeros (`IMAGE_SCN_CNT_UNINITIALIZED_DATA`).
  public static let uninitializedData = Self(rawValue: 0x0000_0080)

  /// Not needed after initialisation, as `INIT` is (`IMAGE_SCN_MEM_DISCARDABLE`).
  public static let discardable = Self(rawValue: 0x0200_0000)

  /// Not cached (`IMAGE_SCN_MEM_NOT_CACHED`).
  public static let notCached = Self(rawValue: 0x0400_0000)

  /// Not pageable (`IMAGE_SCN_MEM_NOT_PAGED`).
  public static let notPaged = Self(rawValue: 0x0800_0000)

  /// Shared by all who map the image (`IMAGE_SCN_MEM_SHARED`).
  public static let shared = Self(rawValue: 0x1000_0000)

  /// Can be executed (`IMAGE_SCN_MEM_EXECUTE`).
  public static let execute = Self(rawValue: 0x2000_0000)

  /// Can be read (`IMAGE_SCN_MEM_READ`).
  public static let read = Self(rawValue: 0x4000_0000)

  /// Can be written (`IMAGE_SCN_MEM_WRITE`).
  public static let write = Self(rawValue: 0x8000_0000)
}
