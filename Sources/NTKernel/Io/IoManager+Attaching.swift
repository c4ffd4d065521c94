public import GuestABI
internal import NTStructures

extension IoManager {
  /// The older routines with which drivers attach their devices to others'.
  public var attachingExports: [Export] {
    [
      export("IoAttachDeviceByPointer") {
        [self]
        (source: GuestPointer<DeviceObject>, target: GuestPointer<DeviceObject>) in
        // It fails if the device at the top of the stack is being deleted or is not initialized yet
        // (Windows 2000 DDK reference); none here is half deleted.
        let top = try highestDevice(above: target)
        guard try !memory[top].flags.contains(.initializing) else { return NTStatus.noSuchDevice }
        _ = try attach(source, to: target)
        return NTStatus.success
      }
    ]
  }
}
