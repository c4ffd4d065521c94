/// What an image's file header and optional header say.
///
/// Source: Microsoft PE/COFF specification, "COFF File Header" and "Optional Header".
public struct ImageHeader: Hashable, Sendable {
  /// A version number of two parts.
  public struct Version: Hashable, Sendable {
    /// The part before the point.
    public let major: UInt16

    /// The part after the point.
    public let minor: UInt16

    /// Creates a version number.
    public init(_ major: UInt16, _ minor: UInt16) {
      self.major = major
      self.minor = minor
    }
  }

  /// The processor that the image is for.
  public let machine: Image.Machine

  /// Seconds since 1970 when the image was linked; some linkers put a hash here instead.
  public let timestamp: UInt32

  /// The flags in the file header.
  public let characteristics: ImageCharacteristics

  /// The linker's version.
  public let linkerVersion: Version

  /// The version of the operating system that the image asks for.
  public let operatingSystemVersion: Version

  /// The version that the image's author gave.
  public let imageVersion: Version

  /// The version of the subsystem that the image asks for.
  public let subsystemVersion: Version

  /// The environment that the image is for: always `native`, as all others are refused.
  public let subsystem: Subsystem

  /// Where `DriverEntry` or its wrapper is; `nil` when the field is 0, as in some export drivers.
  public let entryPoint: RVA?

  /// The address that the image is linked for.
  public let imageBase: UInt64

  /// The granularity of sections in memory.
  public let sectionAlignment: UInt32

  /// The granularity of sections in the file.
  public let fileAlignment: UInt32

  /// The number of bytes of the image in memory.
  public let sizeOfImage: UInt32

  /// The number of bytes of the file that hold the headers.
  public let sizeOfHeaders: UInt32

  /// The checksum that the linker stored; 0 when it stored none.
  public let storedChecksum: UInt32

  /// The flags in the optional header.
  public let dllCharacteristics: DLLCharacteristics

  let directories: [DataDirectory]
  let checksumOffset: Int
  let sectionHeadersOffset: Int
  let numberOfSections: Int
  let stringTableOffset: Int?
}

extension ImageHeader {
  /// Whether each section has pages of its own, so that it can have its own protection.
  ///
  /// Old drivers are often linked with `/ALIGN:0x20` or `/ALIGN:0x80`. NT maps such an image as it
  /// lies in the file, as one range whose pages can all be read, written and executed.
  public var hasPageAlignedSections: Bool { sectionAlignment >= Self.pageSize }

  /// Whether the linker removed the base relocations, so that the image only runs at its base.
  public var relocationsStripped: Bool { characteristics.contains(.relocationsStripped) }

  /// The page size of x86 and x64.
  static let pageSize: UInt32 = 4096
}

extension ImageHeader.Version: Comparable {
  /// Returns whether the first version is older than the second.
  public static func < (first: Self, second: Self) -> Bool {
    (first.major, first.minor) < (second.major, second.minor)
  }
}

extension ImageHeader.Version: CustomStringConvertible {
  /// The two parts with a point between them.
  public var description: String { "\(major).\(minor)" }
}
