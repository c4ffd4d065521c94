public import GuestABI

/// An open instance of a device.
///
/// The corresponding C type is `FILE_OBJECT`.
public struct FileObject: GuestStructure {
  /// The object type: 5, `IO_TYPE_FILE`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  public let size = Field<Int16>(x86: 0x02, x64: 0x02)
  public let deviceObject = Field<GuestPointer<DeviceObject>>(x86: 0x04, x64: 0x08)
  /// A ``VolumeParameterBlock``, or null if the file is on no volume.
  public let vpb = Field<GuestPointer<VolumeParameterBlock>>(x86: 0x08, x64: 0x10)
  public let fsContext = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  public let fsContext2 = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  /// A ``SectionObjectPointers`` that the file system keeps for each file.
  public let sectionObjectPointer =
    Field<GuestPointer<SectionObjectPointers>>(x86: 0x14, x64: 0x28)
  public let privateCacheMap = Field<VirtualAddress>(x86: 0x18, x64: 0x30)
  public let finalStatus = Field<NTStatus>(x86: 0x1C, x64: 0x38)
  /// The file that the name is relative to, while the file is being opened.
  public let relatedFileObject = Field<GuestPointer<FileObject>>(x86: 0x20, x64: 0x40)
  public let lockOperation = Field<Bool>(x86: 0x24, x64: 0x48)
  public let deletePending = Field<Bool>(x86: 0x25, x64: 0x49)
  public let readAccess = Field<Bool>(x86: 0x26, x64: 0x4A)
  public let writeAccess = Field<Bool>(x86: 0x27, x64: 0x4B)
  public let deleteAccess = Field<Bool>(x86: 0x28, x64: 0x4C)
  public let sharedRead = Field<Bool>(x86: 0x29, x64: 0x4D)
  public let sharedWrite = Field<Bool>(x86: 0x2A, x64: 0x4E)
  public let sharedDelete = Field<Bool>(x86: 0x2B, x64: 0x4F)
  public let flags = Field<UInt32>(x86: 0x2C, x64: 0x50)
  /// The start of a `UNICODE_STRING`.
  public let fileName = Field<VirtualAddress>(x86: 0x30, x64: 0x58)
  public let currentByteOffset = Field<Int64>(x86: 0x38, x64: 0x68)
  /// The start of a `KEVENT`.
  public let lock = Field<VirtualAddress>(x86: 0x4C, x64: 0x80)
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

/// What joins a storage device with the file system that is mounted on it.
///
/// The corresponding C type is `VPB`.
public struct VolumeParameterBlock: GuestStructure {
  /// The object type: 10, `IO_TYPE_VPB`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  public let size = Field<Int16>(x86: 0x02, x64: 0x02)
  /// 1 is `VPB_MOUNTED`.
  public let flags = Field<UInt16>(x86: 0x04, x64: 0x04)
  /// In bytes.
  public let volumeLabelLength = Field<UInt16>(x86: 0x06, x64: 0x06)
  /// The file system's device.
  public let deviceObject = Field<GuestPointer<DeviceObject>>(x86: 0x08, x64: 0x08)
  /// The storage device.
  public let realDevice = Field<GuestPointer<DeviceObject>>(x86: 0x0C, x64: 0x10)
  public let serialNumber = Field<UInt32>(x86: 0x10, x64: 0x18)
  public let referenceCount = Field<UInt32>(x86: 0x14, x64: 0x1C)
  /// The first of 32 characters.
  public let volumeLabel = Field<UInt16>(x86: 0x18, x64: 0x20)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x58 : 0x60
  }
}

/// Where the memory manager and the cache manager keep what they know of a file.
///
/// The corresponding C type is `SECTION_OBJECT_POINTERS`.
public struct SectionObjectPointers: GuestStructure {
  public let dataSectionObject = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  public let sharedCacheMap = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let imageSectionObject = Field<VirtualAddress>(x86: 0x08, x64: 0x10)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x0C : 0x18
  }
}

/// The status of a request, as its maker gets it: `IO_STATUS_BLOCK`.
public struct IOStatusBlock: GuestStructure {
  public let status = Field<NTStatus>(x86: 0x00, x64: 0x00)
  public let information = Field<GuestWord>(x86: 0x04, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x08 : 0x10
  }
}
