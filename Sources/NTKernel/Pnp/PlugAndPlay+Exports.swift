internal import GuestABI
internal import NTStructures

/// What drivers ask the Plug and Play manager to do, and ask about stacks of devices.
extension PlugAndPlay {
  /// The routines that drivers import, and those that system drivers consist of.
  var exports: [Export] {
    busExports + usbExports + mouseExports + interfaceExports + propertyExports
      + notificationExports + wishExports
  }

  private var wishExports: [Export] {
    [
      export("IoInvalidateDeviceRelations") {
        [self] (device: GuestPointer<DeviceObject>, kind: UInt32) in
        try wish(.queryRelations(kind), device)
      },
      export("IoInvalidateDeviceState") { [self] (device: GuestPointer<DeviceObject>) in
        try wish(.queryState, device)
      },
      export("IoRequestDeviceEject") { [self] (device: GuestPointer<DeviceObject>) in
        try wish(.eject, device)
      },
    ]
  }

  /// Notes what a driver wants done, which is done later, on a system thread.
  private func wish(_ wish: DeviceNode.Wish, _ device: GuestPointer<DeviceObject>) throws {
    guard let node = node(of: device) else {
      // An API that needs a physical device object got something else (bug check 0xCA, 2).
      throw BugCheck(.plugAndPlayDetectedFatalError, 2, device.address.rawValue)
    }
    if !node.wishes.contains(wish) { node.wishes.append(wish) }
  }

  /// Returns the next thing that a driver wants done with a device, having removed it from the list.
  public func takeWish(of node: DeviceNode) -> DeviceNode.Wish? {
    node.wishes.isEmpty ? nil : node.wishes.removeFirst()
  }
}
