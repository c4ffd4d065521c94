internal import GuestABI
internal import NTStructures

/// What the system found out of the hardware when it started: `IoQueryDeviceDescription`.
///
/// The machine has a PCI bus and an ISA bus, on which firmware found no controller.
final class HardwareDescription {
  private let memory: AddressSpace

  init(memory: AddressSpace) { self.memory = memory }

  /// `INTERFACE_TYPE`: Isa and PCIBus.
  private static let buses: [UInt32] = [1, 5]

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("IoQueryDeviceDescription") {
        [memory]
        (
          bus: GuestPointer<UInt32>,
          busNumber: GuestPointer<UInt32>,
          controller: GuestPointer<UInt32>,
          controllerNumber: GuestPointer<UInt32>,
          peripheral: GuestPointer<UInt32>,
          peripheralNumber: GuestPointer<UInt32>,
          routine: VirtualAddress,
          context: VirtualAddress
        ) -> NTStatus in
        // At least one type must be given.
        guard !bus.isNull || !controller.isNull || !peripheral.isNull else {
          return .invalidParameter
        }
        // Peripherals are parts of controllers, of which there are none: the routine is not called.
        if !controller.isNull || !peripheral.isNull { return .objectNameNotFound }
        let type: UInt32 = try memory.load(at: bus.address)
        let number: UInt32 = busNumber.isNull ? 0 : try memory.load(at: busNumber.address)
        guard Self.buses.contains(type), number == 0 else { return .objectNameNotFound }
        throw Unmodelled("IoQueryDeviceDescription of a bus alone")
      }
    ]
  }
}
