public import GuestABI

/// A loaded driver: where its image is, and the routines that it filled in.
///
/// The corresponding C type is `DRIVER_OBJECT`.
public struct DriverObject: GuestStructure {
  /// The object type: 4, `IO_TYPE_DRIVER`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  public let size = Field<Int16>(x86: 0x02, x64: 0x02)
  /// The device made last; the others follow by ``DeviceObject/nextDevice``.
  public let deviceObject = Field<GuestPointer<DeviceObject>>(x86: 0x04, x64: 0x08)
  public let flags = Field<UInt32>(x86: 0x08, x64: 0x10)
  public let driverStart = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  public let driverSize = Field<UInt32>(x86: 0x10, x64: 0x20)
  public let driverSection = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  public let driverExtension = Field<GuestPointer<DriverExtension>>(x86: 0x18, x64: 0x30)
  /// Where the `UNICODE_STRING` with the name of the driver object is.
  public let driverName = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)
  public let hardwareDatabase = Field<VirtualAddress>(x86: 0x24, x64: 0x48)
  public let fastIODispatch = Field<VirtualAddress>(x86: 0x28, x64: 0x50)
  public let driverInit = Field<VirtualAddress>(x86: 0x2C, x64: 0x58)
  public let driverStartIO =
    Field<GuestFunction<Void, GuestPointer<DeviceObject>, GuestPointer<IRP>>>(x86: 0x30, x64: 0x60)
  public let driverUnload =
    Field<GuestFunction<Void, GuestPointer<DriverObject>>>(x86: 0x34, x64: 0x68)
  /// The first of 28 dispatch routines, in the order of ``MajorFunction``.
  public let majorFunction = Field<DispatchRoutine>(x86: 0x38, x64: 0x70)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0xA8 : 0x150
  }
}

/// What later releases added to a driver object.
///
/// The corresponding C type is `DRIVER_EXTENSION`.
public struct DriverExtension: GuestStructure {
  public let driverObject = Field<GuestPointer<DriverObject>>(x86: 0x00, x64: 0x00)
  public let addDevice =
    Field<GuestFunction<NTStatus, GuestPointer<DriverObject>, GuestPointer<DeviceObject>>>(
      x86: 0x04,
      x64: 0x08
    )
  public let count = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// Where the `UNICODE_STRING` with the name of the service is.
  public let serviceKeyName = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x14 : 0x28
  }
}
