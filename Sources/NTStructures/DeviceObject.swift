public import GuestABI

/// A device that a driver made.
///
/// The corresponding C type is `DEVICE_OBJECT`.
public struct DeviceObject: GuestStructure {
  /// The object type: 3, `IO_TYPE_DEVICE`.
  public let type = Field<Int16>(x86: 0x00, x64: 0x00)
  /// The bytes of the structure and of the device extension.
  public let size = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let referenceCount = Field<Int32>(x86: 0x04, x64: 0x04)
  public let driverObject = Field<GuestPointer<DriverObject>>(x86: 0x08, x64: 0x08)
  public let nextDevice = Field<GuestPointer<DeviceObject>>(x86: 0x0C, x64: 0x10)
  public let attachedDevice = Field<GuestPointer<DeviceObject>>(x86: 0x10, x64: 0x18)
  public let currentIRP = Field<GuestPointer<IRP>>(x86: 0x14, x64: 0x20)
  public let timer = Field<VirtualAddress>(x86: 0x18, x64: 0x28)
  public let flags = Field<Flags>(x86: 0x1C, x64: 0x30)
  public let characteristics = Field<UInt32>(x86: 0x20, x64: 0x34)
  public let vpb = Field<VirtualAddress>(x86: 0x24, x64: 0x38)
  public let deviceExtension = Field<VirtualAddress>(x86: 0x28, x64: 0x40)
  public let deviceType = Field<UInt32>(x86: 0x2C, x64: 0x48)
  public let stackSize = Field<Int8>(x86: 0x30, x64: 0x4C)
  public let alignmentRequirement = Field<UInt32>(x86: 0x5C, x64: 0x98)
  /// The start of the `KDEVICE_QUEUE`.
  public let deviceQueue = Field<VirtualAddress>(x86: 0x60, x64: 0xA0)
  /// The start of the `KDPC` that `IoRequestDpc` queues.
  public let dpc = Field<VirtualAddress>(x86: 0x74, x64: 0xC8)
  public let securityDescriptor = Field<VirtualAddress>(x86: 0x98, x64: 0x110)
  /// The start of a `KEVENT`.
  public let deviceLock = Field<VirtualAddress>(x86: 0x9C, x64: 0x118)
  public let sectorSize = Field<UInt16>(x86: 0xAC, x64: 0x130)
  public let deviceObjectExtension = Field<VirtualAddress>(x86: 0xB0, x64: 0x138)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0xB8 : 0x150
  }

  /// How a device takes requests: `DO_…`.
  public struct Flags: OptionSet, GuestScalar, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Reads and writes go through a system buffer: `DO_BUFFERED_IO`.
    public static var bufferedIO: Self { Self(rawValue: 0x04) }
    /// Only one handle may be open: `DO_EXCLUSIVE`.
    public static var exclusive: Self { Self(rawValue: 0x08) }
    /// Reads and writes hand the driver an MDL: `DO_DIRECT_IO`.
    public static var directIO: Self { Self(rawValue: 0x10) }
    /// The device has a name: `DO_DEVICE_HAS_NAME`.
    public static var hasName: Self { Self(rawValue: 0x40) }
    /// The device cannot be opened yet: `DO_DEVICE_INITIALIZING`.
    public static var initializing: Self { Self(rawValue: 0x80) }
    /// A bus reported the device: `DO_BUS_ENUMERATED_DEVICE`.
    public static var busEnumerated: Self { Self(rawValue: 0x1000) }
    /// Power requests come at `PASSIVE_LEVEL`: `DO_POWER_PAGABLE`.
    public static var powerPagable: Self { Self(rawValue: 0x2000) }
  }
}
