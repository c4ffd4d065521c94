public import GuestABI

/// An I/O request packet.
///
/// Its stack locations follow it.
///
/// The corresponding C type is `IRP`.
public struct IRP: GuestStructure {
  /// The object type: 6, `IO_TYPE_IRP`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  public let size = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let mdlAddress = Field<GuestPointer<MDL>>(x86: 0x04, x64: 0x08)
  public let flags = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// `AssociatedIrp.SystemBuffer`.
  public let systemBuffer = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  /// The start of a `LIST_ENTRY`.
  public let threadListEntry = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  /// `IoStatus.Status`.
  public let status = Field<NTStatus>(x86: 0x18, x64: 0x30)
  /// `IoStatus.Information`.
  public let information = Field<GuestWord>(x86: 0x1C, x64: 0x38)
  public let requestorMode = Field<ProcessorMode>(x86: 0x20, x64: 0x40)
  public let pendingReturned = Field<Bool>(x86: 0x21, x64: 0x41)
  public let stackCount = Field<Int8>(x86: 0x22, x64: 0x42)
  public let currentLocation = Field<Int8>(x86: 0x23, x64: 0x43)
  public let cancel = Field<Bool>(x86: 0x24, x64: 0x44)
  public let cancelIRQL = Field<UInt8>(x86: 0x25, x64: 0x45)
  public let userIOSB = Field<VirtualAddress>(x86: 0x28, x64: 0x48)
  public let userEvent = Field<VirtualAddress>(x86: 0x2C, x64: 0x50)
  /// `Overlay.AllocationSize`.
  public let allocationSize = Field<Int64>(x86: 0x30, x64: 0x58)
  public let cancelRoutine =
    Field<GuestFunction<Void, GuestPointer<DeviceObject>, GuestPointer<IRP>>>(x86: 0x38, x64: 0x68)
  public let userBuffer = Field<VirtualAddress>(x86: 0x3C, x64: 0x70)
  /// `Tail.Overlay.Thread`.
  public let thread = Field<VirtualAddress>(x86: 0x50, x64: 0x98)
  /// The start of the `LIST_ENTRY` at `Tail.Overlay.ListEntry`.
  public let listEntry = Field<VirtualAddress>(x86: 0x58, x64: 0xA8)
  /// `Tail.Overlay.CurrentStackLocation`.
  public let currentStackLocation = Field<GuestPointer<IOStackLocation>>(x86: 0x60, x64: 0xB8)
  /// `Tail.Overlay.OriginalFileObject`.
  public let originalFileObject = Field<GuestPointer<FileObject>>(x86: 0x64, x64: 0xC0)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x70 : 0xD0
  }
}

/// What one driver of a stack is asked to do with a request.
///
/// The corresponding C type is `IO_STACK_LOCATION`.
public struct IOStackLocation: GuestStructure {
  public let majorFunction = Field<UInt8>(x86: 0x00, x64: 0x00)
  public let minorFunction = Field<UInt8>(x86: 0x01, x64: 0x01)
  public let flags = Field<UInt8>(x86: 0x02, x64: 0x02)
  public let control = Field<Control>(x86: 0x03, x64: 0x03)
  /// `Parameters.Read.Length` and `Parameters.Write.Length`.
  public let length = Field<UInt32>(x86: 0x04, x64: 0x08)
  /// `Parameters.Read.ByteOffset` and `Parameters.Write.ByteOffset`.
  public let byteOffset = Field<Int64>(x86: 0x0C, x64: 0x18)
  /// `Parameters.DeviceIoControl.OutputBufferLength`.
  public let outputBufferLength = Field<UInt32>(x86: 0x04, x64: 0x08)
  /// `Parameters.DeviceIoControl.InputBufferLength`.
  public let inputBufferLength = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// `Parameters.DeviceIoControl.IoControlCode`.
  public let ioControlCode = Field<UInt32>(x86: 0x0C, x64: 0x18)
  /// `Parameters.DeviceIoControl.Type3InputBuffer`.
  public let type3InputBuffer = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  /// `Parameters.Create.SecurityContext`, an `IO_SECURITY_CONTEXT`.
  public let securityContext = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  /// `Parameters.Create.Options`.
  public let createOptions = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// `Parameters.Create.FileAttributes`.
  public let fileAttributes = Field<UInt16>(x86: 0x0C, x64: 0x18)
  /// `Parameters.Create.EaLength`.
  public let eaLength = Field<UInt32>(x86: 0x10, x64: 0x20)
  /// `Parameters.Create.ShareAccess`.
  public let shareAccess = Field<UInt16>(x86: 0x0E, x64: 0x1A)
  /// `Parameters.Read.Key`, `Parameters.Write.Key` and `Parameters.LockControl.Key`.
  public let key = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// `Parameters.LockControl.Length`.
  public let lockLength = Field<GuestPointer<Int64>>(x86: 0x04, x64: 0x08)
  /// `FileInformationClass` of `Parameters.QueryFile` and `Parameters.SetFile`, and
  /// `FsInformationClass` of `Parameters.QueryVolume`.
  public let informationClass = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// `Parameters.SetFile.FileObject`.
  public let targetFileObject = Field<GuestPointer<FileObject>>(x86: 0x0C, x64: 0x18)
  /// `Parameters.SetFile.ReplaceIfExists`.
  public let replaceIfExists = Field<Bool>(x86: 0x10, x64: 0x20)
  /// `Parameters.QueryDirectory.FileName`.
  public let directoryPattern = Field<GuestPointer<CountedString>>(x86: 0x08, x64: 0x10)
  /// `Parameters.QueryDirectory.FileInformationClass`.
  public let directoryClass = Field<UInt32>(x86: 0x0C, x64: 0x18)
  public let deviceObject = Field<GuestPointer<DeviceObject>>(x86: 0x14, x64: 0x28)
  public let fileObject = Field<GuestPointer<FileObject>>(x86: 0x18, x64: 0x30)
  public let completionRoutine =
    Field<GuestFunction<NTStatus, GuestPointer<DeviceObject>, GuestPointer<IRP>, VirtualAddress>>(
      x86: 0x1C,
      x64: 0x38
    )
  public let context = Field<VirtualAddress>(x86: 0x20, x64: 0x40)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x24 : 0x48
  }

  /// When a completion routine is called: `SL_…`.
  public struct Control: OptionSet, GuestScalar, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The request is pending: `SL_PENDING_RETURNED`.
    public static var pendingReturned: Self { Self(rawValue: 0x01) }
    /// The routine is called if the request was cancelled: `SL_INVOKE_ON_CANCEL`.
    public static var invokeOnCancel: Self { Self(rawValue: 0x20) }
    /// The routine is called if the request succeeded: `SL_INVOKE_ON_SUCCESS`.
    public static var invokeOnSuccess: Self { Self(rawValue: 0x40) }
    /// The routine is called if the request failed: `SL_INVOKE_ON_ERROR`.
    public static var invokeOnError: Self { Self(rawValue: 0x80) }
  }
}
