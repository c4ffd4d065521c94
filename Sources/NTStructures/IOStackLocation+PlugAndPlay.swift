public import GuestABI

/// What a stack location says of Plug and Play, power and WMI requests.
///
/// Each parameter begins at an address that a pointer may have.
extension IOStackLocation {
  /// The first parameter: `Parameters.Others.Argument1`.
  ///
  /// `StartDevice.AllocatedResources`, `QueryDeviceRelations.Type`, `QueryId.IdType`,
  /// `DeviceCapabilities.Capabilities`, `QueryInterface.InterfaceType`, `Power.SystemContext`,
  /// `WMI.ProviderId`.
  public var argument1: Field<GuestWord> { Field(x86: 0x04, x64: 0x08) }
  /// The second parameter: `Parameters.Others.Argument2`.
  ///
  /// `StartDevice.AllocatedResourcesTranslated`, `QueryInterface.Size` and `Version`, `Power.Type`,
  /// `WMI.DataPath`.
  public var argument2: Field<GuestWord> { Field(x86: 0x08, x64: 0x10) }
  /// The third parameter: `Parameters.Others.Argument3`.
  ///
  /// `QueryInterface.Interface`, `Power.State`, `WMI.BufferSize`.
  public var argument3: Field<GuestWord> { Field(x86: 0x0C, x64: 0x18) }
  /// The fourth parameter: `Parameters.Others.Argument4`.
  ///
  /// `QueryInterface.InterfaceSpecificData`, `Power.ShutdownType`, `WMI.Buffer`.
  public var argument4: Field<GuestWord> { Field(x86: 0x10, x64: 0x20) }
}

/// What the drivers of a device say that it can do.
///
/// The corresponding C type is `DEVICE_CAPABILITIES`, which is the same on both architectures.
public struct DeviceCapabilities: GuestStructure {
  public let size = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let version = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let flags = Field<Flags>(x86: 0x04, x64: 0x04)
  public let address = Field<UInt32>(x86: 0x08, x64: 0x08)
  public let uiNumber = Field<UInt32>(x86: 0x0C, x64: 0x0C)
  /// The first of seven device power states, one for each system power state.
  public let deviceState = Field<UInt32>(x86: 0x10, x64: 0x10)
  public let systemWake = Field<UInt32>(x86: 0x2C, x64: 0x2C)
  public let deviceWake = Field<UInt32>(x86: 0x30, x64: 0x30)
  public let d1Latency = Field<UInt32>(x86: 0x34, x64: 0x34)
  public let d2Latency = Field<UInt32>(x86: 0x38, x64: 0x38)
  public let d3Latency = Field<UInt32>(x86: 0x3C, x64: 0x3C)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int { 0x40 }

  /// What a device can do.
  public struct Flags: OptionSet, GuestScalar, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `DeviceD1`.
    public static var d1: Self { Self(rawValue: 1 << 0) }
    /// `DeviceD2`.
    public static var d2: Self { Self(rawValue: 1 << 1) }
    /// `Removable`.
    public static var removable: Self { Self(rawValue: 1 << 4) }
    /// `UniqueID`.
    public static var uniqueID: Self { Self(rawValue: 1 << 6) }
    /// `SilentInstall`.
    public static var silentInstall: Self { Self(rawValue: 1 << 7) }
    /// `RawDeviceOK`.
    public static var rawDeviceOK: Self { Self(rawValue: 1 << 8) }
    /// `SurpriseRemovalOK`.
    public static var surpriseRemovalOK: Self { Self(rawValue: 1 << 9) }
  }
}
