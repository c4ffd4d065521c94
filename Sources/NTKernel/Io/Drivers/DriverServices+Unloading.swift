public import GuestABI
public import NTStructures

/// How drivers leave: at once, or when their devices are no longer in use.
extension DriverServices {
  /// The routine that a system thread starts in; it is not in the export table.
  static let unloadRoutine = "IopUnloadWaitingDriver"
  /// The bit of a driver object's flags that says that it is to be unloaded: `DRVO_UNLOAD_INVOKED`.
  static let unloadInvoked: UInt32 = 1

  /// Whether a device of a driver is open, or another is attached to it.
  ///
  /// NT does not call the `Unload` routine of such a driver before that is over
  /// (windows-driver-docs, unload-routine-environment).
  ///
  /// - Throws: A `GuestFault` if a device cannot be read.
  public func isInUse(_ driver: GuestPointer<DriverObject>) throws -> Bool {
    try io.devices(of: driver).contains {
      try memory[$0].referenceCount != 0 || !memory[$0].attachedDevice.isNull
    }
  }

  /// Unloads the driver of a service, or marks it as to be unloaded while its devices are in use.
  ///
  /// The corresponding kernel routine is `ZwUnloadDriver`, which refuses PnP drivers
  /// (windows-driver-docs-ddi, nf-wdm-zwunloaddriver) and those without an `Unload` routine.
  func unload(_ path: String) throws -> Completion {
    let key: RegistryKey
    switch try registry.key(at: path) {
    case .failed(let status): return .returned(status)
    case .done(let found): key = found
    }
    guard let found = started(as: key.name) else { return .returned(NTStatus.objectNameNotFound) }
    let routine = try memory[found.driver].driverUnload
    let driverExtension = try memory[found.driver].driverExtension
    guard !routine.isNull, try memory[driverExtension].addDevice.isNull else {
      return .returned(NTStatus.invalidDeviceRequest)
    }
    guard !waitingToUnload.contains(found.driver) else {
      throw Unmodelled("ZwUnloadDriver of a driver that already waits to be unloaded")
    }
    guard try isInUse(found.driver) else {
      return try asSystem {
        try callUnload(found) { .returned(NTStatus.success) }
      }
    }
    let flags = try memory[found.driver].flags
    try memory[found.driver].store(flags | Self.unloadInvoked, in: \.flags)
    waitingToUnload.append(found.driver)
    record(.waitsToUnload, found.image.name)
    return .returned(NTStatus.success)
  }

  /// Starts the system thread that unloads a driver, if that was all that it waited for.
  func released(_ device: GuestPointer<DeviceObject>) throws {
    let driver = try memory[device].driverObject
    guard waitingToUnload.contains(driver), try !isInUse(driver) else { return }
    waitingToUnload.removeAll { $0 == driver }
    let start = try io.addressOfRoutine(Self.unloadRoutine)
    _ = try io.dispatcher.createThread(GuestCall(start, driver.address.rawValue))
  }

  /// Unloads a driver whose devices are no longer in use, on the thread that was made for it.
  func unloadWaiting(_ driver: GuestPointer<DriverObject>) throws -> Completion {
    guard let found = started(driver) else { return .done }
    return try callUnload(found) { .done }
  }

  private func callUnload(
    _ found: Started,
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    let routine = try memory[found.driver].driverUnload
    return .call(routine.call(found.driver)) { [self] _ in
      record(.unloaded, found.image.name)
      return try then(remove(found.image)) { _ in try body() }
    }
  }
}
