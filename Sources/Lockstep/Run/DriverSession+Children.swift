internal import NTKernel
internal import NTStructures

/// What the Plug and Play manager does with devices that drivers report.
extension DriverSession {
  /// Asks what new devices are, and removes those that are gone.
  ///
  /// No driver is installed for what a driver reports: its own driver is the only one.
  func settleChildren(of node: DeviceNode) throws {
    let plugAndPlay = machine.kernel.plugAndPlay
    for child in plugAndPlay.takeMissingChildren(of: node) where end == nil {
      try removeChild(child)
    }
    for child in plugAndPlay.newChildren(of: node) where end == nil {
      plugAndPlay.identify(child)
      try identify(child)
    }
  }

  /// Asks for what the WDK lists in "Adding a PnP Device to a Running System".
  private func identify(_ child: DeviceNode) throws {
    // BusQueryDeviceID, BusQueryInstanceID, BusQueryHardwareIDs, BusQueryCompatibleIDs.
    for kind: UInt32 in 0...3 {
      guard let status = try ask(.queryID, child, kind: kind) else { return }
      // A device without an identifier is not configured.
      if kind == 0, !status.isSuccess { return }
    }
    guard try ask(.queryCapabilities, child) != nil else { return }
    // DeviceTextDescription, DeviceTextLocationInformation.
    for kind: UInt32 in 0...1 {
      guard try ask(.queryDeviceText, child, kind: kind) != nil else { return }
    }
    let functions: [PlugAndPlayFunction] = [
      .queryBusInformation, .queryResources, .queryResourceRequirements,
    ]
    for function in functions {
      guard try ask(function, child) != nil else { return }
    }
  }

  /// Removes a device that its bus does not report any more, or whose bus is removed.
  func removeChild(_ child: DeviceNode) throws {
    _ = try remove(child)
  }
}
