public import GuestABI

/// An open instance of a device.
///
/// The corresponding C type is `FILE_OBJECT`.
public struct FileObject: GuestStructure {
  /// The object type: 5, `IO_TYPE_FILE`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  public let size = Field<Int16>(x86: 0x02, x64: 0x02)
  public let deviceObject = Field<GuestPointer<DeviceObject>>(x86: 0x04, x64: 0x08)
  public let fsContext = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  public let fsContext2 = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let finalStatus = Field<NTStatus>(x86: 0x1C, x64: 0x38)
  public let readAccess = Field<Bool>(x86: 0x26, x64: 0x4A)
  public let writeAccess = Field<Bool>(x86: 0x27, x64: 0x4B)
  public let flags = Field<UInt32>(x86: 0x2C, x64: 0x50)
  /// The start of a `UNICODE_STRING`.
  public let fileName = Field<VirtualAddress>(x86: 0x30, x64: 0x58)
  public let currentByteOffset = Field<Int64>(x86: 0x38, x64: 0x68)
  /// The start of a `KEVENT`.
  public let event = Field<VirtualAddress>(x86: 0x5C, x64: 0x98)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x80 : 0xD8
  }
}
