internal import GuestABI
internal import NTStructures

/// What drivers ask about stacks of devices, and keep with their driver objects.
extension IoManager {
  /// The routines that drivers import.
  var stackExports: [Export] {
    [
      export("IoAttachDeviceToDeviceStackSafe") {
        [self]
        (
          source: GuestPointer<DeviceObject>,
          target: GuestPointer<DeviceObject>,
          result: VirtualAddress
        ) in
        // The driver's variable is set before the device can get a request.
        let top = try attach(source, to: target)
        try memory.store(top, at: result)
        return NTStatus.success
      },
      export("IoGetAttachedDeviceReference") { [self] (device: GuestPointer<DeviceObject>) in
        try referenced(highestDevice(above: device), "IoGetAttachedDeviceReference")
      },
      export("IoGetLowerDeviceObject") { [self] (device: GuestPointer<DeviceObject>) in
        let lower = try lowerDevice(of: device)
        return lower.isNull ? lower : try referenced(lower, "IoGetLowerDeviceObject")
      },
      export("IoGetDeviceAttachmentBaseRef") { [self] (device: GuestPointer<DeviceObject>) in
        var lowest = device
        for _ in 0..<256 {
          let lower = try lowerDevice(of: lowest)
          if lower.isNull { return try referenced(lowest, "IoGetDeviceAttachmentBaseRef") }
          lowest = lower
        }
        throw Unmodelled("a stack of more than 256 devices")
      },
      export("IoAllocateDriverObjectExtension") {
        [self]
        (
          driver: VirtualAddress,
          identifier: VirtualAddress,
          size: UInt32,
          result: VirtualAddress
        ) in
        try memory.store(VirtualAddress.null, at: result)
        let key = DriverExtensionKey(driver: driver, identifier: identifier)
        guard driverExtensions[key] == nil else { return NTStatus.objectNameCollision }
        let tag: UInt32 = 0x6576_7244  // "Drve"
        guard let block = try manager.allocatePool(max(1, Int(size)), .nonpaged, tag: tag) else {
          return NTStatus.insufficientResources
        }
        try memory.fill(at: block, count: max(1, Int(size)))
        driverExtensions[key] = block
        try memory.store(block, at: result)
        return NTStatus.success
      },
      export("IoGetDriverObjectExtension") {
        [self] (driver: VirtualAddress, identifier: VirtualAddress) in
        driverExtensions[DriverExtensionKey(driver: driver, identifier: identifier)] ?? .null
      },
      export("IoGetConfigurationInformation") { [self] () in try configurationInformation() },
      export("IoRegisterLastChanceShutdownNotification") {
        (device: GuestPointer<DeviceObject>) in
        // The machine is never shut down.
        NTStatus.success
      },
    ]
  }

  private func referenced(
    _ device: GuestPointer<DeviceObject>,
    _ routine: String
  ) throws -> GuestPointer<DeviceObject> {
    objects.reference(try objects.knownObject(device.address, routine))
    return device
  }

  /// Returns the `CONFIGURATION_INFORMATION`, which counts disks, ports and the like.
  ///
  /// Drivers change the counts. The machine has none of what is counted.
  private func configurationInformation() throws -> VirtualAddress {
    if configurationBlock == .null {
      configurationBlock = try allocate(40, tag: "Cnfg")
      // `Version` is the structure's size.
      try memory.store(UInt32(40), at: configurationBlock + 32)
    }
    return configurationBlock
  }

  /// Frees what a driver kept with its driver object.
  func freeExtensions(of driver: GuestPointer<DriverObject>) throws {
    let own = driverExtensions.filter { $0.key.driver == driver.address }
    for (key, block) in own.sorted(by: { $0.value.rawValue < $1.value.rawValue }) {
      driverExtensions[key] = nil
      try manager.freePool(block)
    }
  }
}

/// What identifies an extension of a driver object.
struct DriverExtensionKey: Hashable {
  let driver: VirtualAddress
  let identifier: VirtualAddress
}
