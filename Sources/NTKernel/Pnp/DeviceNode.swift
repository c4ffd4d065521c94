public import GuestABI
public import NTStructures

/// What a scenario, or the default, says of a device that a bus reports.
public struct ReportedDevice: Hashable, Sendable {
  /// The bus that reports the device.
  public enum Bus: String, Hashable, Sendable, CaseIterable {
    /// The root enumerator, which reports devices that an installer made up.
    case root
    case pci
    case usb
  }

  public var bus: Bus
  /// The identifiers of the hardware, the most exact first, without a bus's own.
  public var hardwareIDs: [String] = []
  /// The identifiers of compatible hardware.
  public var compatibleIDs: [String] = []
  /// What the bus gives the device.
  public var resources: [DeviceResource] = []

  /// The number of a PCI device on its bus, 0 to 31, or nil for one that is not on the machine's bus.
  public var pciDevice: UInt8?
  /// What a USB device says of itself, or nil for the descriptors of a device of no known class.
  public var usb: USBDescriptors?

  /// Whether the device is a mouse, above whose drivers is the class driver for mice.
  public var isMouse = false

  /// Creates a description.
  public init(bus: Bus) { self.bus = bus }

  /// The setup class: `System` for devices about which nothing else is said.
  var setupClass: (name: String, guid: String) {
    isMouse
      ? ("Mouse", "{4d36e96f-e325-11ce-bfc1-08002be10318}")
      : ("System", "{4d36e97d-e325-11ce-bfc1-08002be10318}")
  }
}

/// A device that a bus has reported, with the drivers that were loaded for it.
public final class DeviceNode {
  /// What the device's drivers have been told last.
  public enum State: String, Sendable {
    /// A driver has reported it, and the system has not asked for its name yet.
    case reported
    case added, started, stopPending = "asked to stop", stopped
    case removePending = "asked to be removed", surpriseRemoved = "removed by surprise"
    case removed
  }

  public let description: ReportedDevice
  /// The device that the bus's driver made for it.
  public let device: GuestPointer<DeviceObject>
  /// The path that identifies the device within `Enum`: enumerator, device and instance.
  public let instancePath: String
  /// The name of the physical device object, which is empty if it has none.
  public let deviceName: String
  /// The device whose drivers reported this one, or nil if a bus of the system's own did.
  public let parent: DeviceNode?
  /// The key of the instance within `Enum`.
  let key: RegistryKey
  /// The driver's key within `Class`, as the value `Driver` has it.
  let driverKeyName: String
  /// What the drivers have been told.
  public internal(set) var state = State.added
  /// The raw and the translated resources, as `CM_RESOURCE_LIST`, or null if there are none.
  var resourceLists = (raw: VirtualAddress.null, translated: VirtualAddress.null)
  /// Where `IO_RESOURCE_REQUIREMENTS_LIST` is, or null if the device needs nothing.
  var requirements = VirtualAddress.null
  /// The bytes of the raw resources and of the requirements, as the bus reports them.
  var reported = (resources: [UInt8](), requirements: [UInt8]())
  /// The device itself, if it is on the USB.
  let usb: USBDevice?
  /// The device power state that the bus's driver was told last: `DEVICE_POWER_STATE`.
  var powerState: UInt32 = 1
  /// The devices that its drivers reported before and do not report any more.
  var missing: [DeviceNode] = []
  /// What drivers asked the Plug and Play manager for, in order.
  public internal(set) var wishes: [Wish] = []
  /// What drivers set with `IoSetDevicePropertyData`.
  var properties: [DevicePropertyKey: DevicePropertyValue] = [:]

  /// Something that a driver asked the Plug and Play manager to do, at some later time.
  public enum Wish: Hashable, Sendable {
    /// `IoInvalidateDeviceState`.
    case queryState
    /// `IoInvalidateDeviceRelations`, with the kind of the relations.
    case queryRelations(UInt32)
    /// `IoRequestDeviceEject`.
    case eject
  }

  init(
    _ description: ReportedDevice,
    device: GuestPointer<DeviceObject>,
    instancePath: String,
    deviceName: String,
    key: RegistryKey,
    driverKeyName: String,
    parent: DeviceNode? = nil
  ) {
    self.parent = parent
    self.description = description
    self.device = device
    self.instancePath = instancePath
    self.deviceName = deviceName
    self.key = key
    self.driverKeyName = driverKeyName
    usb = description.bus == .usb ? USBDevice(description.usb ?? .vendorSpecific) : nil
  }

  /// The enumerator's name: the first part of the instance path.
  var enumerator: Substring { instancePath.prefix { $0 != "\\" } }
}
