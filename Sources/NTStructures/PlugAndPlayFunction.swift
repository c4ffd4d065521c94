/// What a Plug and Play request asks for: `IRP_MN_…` of `IRP_MJ_PNP`.
public enum PlugAndPlayFunction: UInt8, Sendable, CaseIterable {
  case startDevice = 0x00
  case queryRemoveDevice = 0x01
  case removeDevice = 0x02
  case cancelRemoveDevice = 0x03
  case stopDevice = 0x04
  case queryStopDevice = 0x05
  case cancelStopDevice = 0x06
  case queryDeviceRelations = 0x07
  case queryInterface = 0x08
  case queryCapabilities = 0x09
  case queryResources = 0x0A
  case queryResourceRequirements = 0x0B
  case queryDeviceText = 0x0C
  case filterResourceRequirements = 0x0D
  case readConfig = 0x0F
  case writeConfig = 0x10
  case eject = 0x11
  case setLock = 0x12
  case queryID = 0x13
  case queryState = 0x14
  case queryBusInformation = 0x15
  case deviceUsageNotification = 0x16
  case surpriseRemoval = 0x17
  case queryLegacyBusInformation = 0x18

  /// The name in C, without its prefix.
  public var name: String {
    switch self {
    case .startDevice: "START_DEVICE"
    case .queryRemoveDevice: "QUERY_REMOVE_DEVICE"
    case .removeDevice: "REMOVE_DEVICE"
    case .cancelRemoveDevice: "CANCEL_REMOVE_DEVICE"
    case .stopDevice: "STOP_DEVICE"
    case .queryStopDevice: "QUERY_STOP_DEVICE"
    case .cancelStopDevice: "CANCEL_STOP_DEVICE"
    case .queryDeviceRelations: "QUERY_DEVICE_RELATIONS"
    case .queryInterface: "QUERY_INTERFACE"
    case .queryCapabilities: "QUERY_CAPABILITIES"
    case .queryResources: "QUERY_RESOURCES"
    case .queryResourceRequirements: "QUERY_RESOURCE_REQUIREMENTS"
    case .queryDeviceText: "QUERY_DEVICE_TEXT"
    case .filterResourceRequirements: "FILTER_RESOURCE_REQUIREMENTS"
    case .readConfig: "READ_CONFIG"
    case .writeConfig: "WRITE_CONFIG"
    case .eject: "EJECT"
    case .setLock: "SET_LOCK"
    case .queryID: "QUERY_ID"
    case .queryState: "QUERY_PNP_DEVICE_STATE"
    case .queryBusInformation: "QUERY_BUS_INFORMATION"
    case .deviceUsageNotification: "DEVICE_USAGE_NOTIFICATION"
    case .surpriseRemoval: "SURPRISE_REMOVAL"
    case .queryLegacyBusInformation: "QUERY_LEGACY_BUS_INFORMATION"
    }
  }
}

/// What a power request asks for: `IRP_MN_…` of `IRP_MJ_POWER`.
public enum PowerFunction: UInt8, Sendable, CaseIterable {
  case waitWake = 0
  case powerSequence = 1
  case setPower = 2
  case queryPower = 3
}

/// A power state of the system or of a device, with its number in `SYSTEM_POWER_STATE` or
/// `DEVICE_POWER_STATE`.
public enum PowerState: Hashable, Sendable {
  /// S0 (1) to S5 (6).
  case system(UInt32)
  /// D0 (1) to D3 (4).
  case device(UInt32)

  /// The value of `POWER_STATE_TYPE`.
  public var type: UInt32 { if case .system = self { 0 } else { 1 } }

  /// The state's number.
  public var number: UInt32 {
    switch self {
    case .system(let number), .device(let number): number
    }
  }

  /// The state's usual name: `S3`, `D0`.
  public var name: String {
    switch self {
    case .system(let number): "S\(number &- 1)"
    case .device(let number): "D\(number &- 1)"
    }
  }

  /// Creates a state from its usual name.
  public init?(name: String) {
    guard name.utf8.count == 2, let digit = name.last?.wholeNumberValue else { return nil }
    switch name.first {
    case "S" where digit <= 5: self = .system(UInt32(digit) + 1)
    case "D" where digit <= 3: self = .device(UInt32(digit) + 1)
    default: return nil
    }
  }
}
