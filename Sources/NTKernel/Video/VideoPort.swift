internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The port driver of display adapters, `videoprt.sys`, on a machine without a display adapter.
///
/// Its pages in Microsoft Docs (`video.h`) say what the routines do. Routines that only pass a call on to
/// the kernel or the HAL are in the table of the module's exports.
final class VideoPort {
  let io: IoManager
  let manager: MemoryManager
  let registry: Registry
  var memory: AddressSpace { io.memory }

  /// The adapters that miniports look for, by their device extensions.
  var adapters: [VirtualAddress: VideoAdapter] = [:]

  /// Creates a port driver without miniports.
  init(_ io: IoManager, _ registry: Registry) {
    self.io = io
    manager = io.manager
    self.registry = registry
  }

  /// The routine that becomes the `AddDevice` of miniports for Plug and Play.
  static let addDevice = "VideopAddDevice"

  /// The routines that drivers import.
  var exports: [Export] { initializationExports + registryExports + memoryExports }

  private var initializationExports: [Export] {
    [
      export("VideoPortInitialize") {
        [self]
        (
          driver: GuestPointer<DriverObject>,
          path: GuestPointer<CountedString>,
          data: GuestPointer<VideoInitializationData>,
          context: VirtualAddress
        ) in
        try initialize(driver, path, data, context)
      },
      export(Self.addDevice) {
        (driver: GuestPointer<DriverObject>, device: GuestPointer<DeviceObject>) in
        throw Unmodelled("a display adapter that Plug and Play has found")
      },
      export("VideoPortSynchronizeExecution") {
        [self]
        (
          device: VirtualAddress,
          priority: UInt32,
          routine: VirtualAddress,
          context: VirtualAddress
        ) in
        // VpLowPriority; and VpMediumPriority for an adapter without an interrupt.
        _ = try adapter(device, "VideoPortSynchronizeExecution")
        guard priority <= 1 else {
          throw Unmodelled("VideoPortSynchronizeExecution with priority \(priority)")
        }
        return Completion.call(GuestCall(routine, context.rawValue), then: { .value($0 & 0xFF) })
      },
      export("VideoPortGetAccessRanges") {
        [self]
        (
          device: VirtualAddress,
          requestedCount: UInt32,
          requested: VirtualAddress,
          rangeCount: UInt32,
          ranges: VirtualAddress,
          vendor: VirtualAddress,
          identifier: VirtualAddress,
          slot: VirtualAddress
        ) in
        _ = try adapter(device, "VideoPortGetAccessRanges")
        // "Relinquish its claims by calling with NumAccessRanges set to zero."
        guard requestedCount == 0, rangeCount == 0 else {
          throw Unmodelled("VideoPortGetAccessRanges: the resources of a display adapter")
        }
        return VideoStatus.noError
      },
    ]
  }

  /// Returns the adapter of a device extension.
  func adapter(_ device: VirtualAddress, _ routine: String) throws -> VideoAdapter {
    guard let adapter = adapters[device] else {
      throw Unmodelled("\(routine) for a device extension that is not the port driver's")
    }
    return adapter
  }
}

/// An adapter that a miniport looks for.
final class VideoAdapter {
  /// The path of the key that the miniport's parameters are in.
  let registryPath: String
  /// What is mapped for the miniport: how many bytes from each address.
  var mappings: [VirtualAddress: Int] = [:]

  init(registryPath: String) { self.registryPath = registryPath }
}

/// What the video port's routines return: Win32 errors.
enum VideoStatus {
  static let noError: UInt32 = 0
  static let notEnoughMemory: UInt32 = 8
  static let deviceDoesNotExist: UInt32 = 55
  static let invalidParameter: UInt32 = 87
}

/// What a miniport says of itself: `VIDEO_HW_INITIALIZATION_DATA`.
struct VideoInitializationData: GuestStructure {
  let size = Field<UInt32>(x86: 0x00, x64: 0x00)
  let interface = Field<UInt32>(x86: 0x04, x64: 0x04)
  let findAdapter = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  let initialize = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  let deviceExtensionSize = Field<UInt32>(x86: 0x18, x64: 0x28)
  let startingDeviceNumber = Field<UInt32>(x86: 0x1C, x64: 0x2C)
  /// The first field that NT 4.0 does not have.
  let startDMA = Field<VirtualAddress>(x86: 0x28, x64: 0x40)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x54 : 0x90 }
}
