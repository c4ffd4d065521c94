public import GuestABI

/// What the kernel knows of an image that it loaded: `KLDR_DATA_TABLE_ENTRY`.
///
/// Drivers find their own through ``DriverObject/driverSection``. Before Windows XP the structure was
/// the `LDR_DATA_TABLE_ENTRY` of user mode, which has these fields at the same places. Source: public
/// symbols (`dt nt!_KLDR_DATA_TABLE_ENTRY`) as restated by Geoff Chappell.
public struct LoaderEntry: GuestStructure {
  public let links = Field<GuestPointer<ListEntry>>(x86: 0x00, x64: 0x00)
  public let imageBase = Field<VirtualAddress>(x86: 0x18, x64: 0x30)
  public let entryPoint = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)
  public let imageSize = Field<UInt32>(x86: 0x20, x64: 0x40)
  /// Where the `UNICODE_STRING` with the path of the file is.
  public let fullName = Field<UInt16>(x86: 0x24, x64: 0x48)
  /// Where the `UNICODE_STRING` with the name of the file is.
  public let baseName = Field<UInt16>(x86: 0x2C, x64: 0x58)
  public let flags = Field<UInt32>(x86: 0x34, x64: 0x68)
  public let loadCount = Field<UInt16>(x86: 0x38, x64: 0x6C)
  public let checksum = Field<UInt32>(x86: 0x40, x64: 0x78)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x50 : 0xA0
  }
}
