public import GuestABI

/// The hardware abstraction layer, on a PC without devices.
///
/// A bus on which no device answers reads as all ones, and ignores what is written; that is the
/// hardware's doing and the same under every release.
public final class HardwareAbstractionLayer {
  private let memory: AddressSpace

  /// Creates the layer.
  public init(memory: AddressSpace) { self.memory = memory }

  /// The routines that drivers import from `hal.dll`, and the kernel's for device registers.
  public var exports: [Export] { portExports + portBufferExports + registerExports + busExports }

  private var portExports: [Export] {
    [
      export("READ_PORT_UCHAR") { (port: VirtualAddress) in UInt8.max },
      export("READ_PORT_USHORT") { (port: VirtualAddress) in UInt16.max },
      export("READ_PORT_ULONG") { (port: VirtualAddress) in UInt32.max },
      export("WRITE_PORT_UCHAR") { (port: VirtualAddress, value: UInt8) in },
      export("WRITE_PORT_USHORT") { (port: VirtualAddress, value: UInt16) in },
      export("WRITE_PORT_ULONG") { (port: VirtualAddress, value: UInt32) in },
    ]
  }

  private var portBufferExports: [Export] {
    [("UCHAR", 1), ("USHORT", 2), ("ULONG", 4)].flatMap { suffix, size in
      [
        export("READ_PORT_BUFFER_\(suffix)") {
          [memory]
          (port: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
          try memory.fill(at: buffer, count: Int(count) * size, with: 0xFF)
        },
        export("WRITE_PORT_BUFFER_\(suffix)") {
          [memory]
          (port: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
          try memory.forEachRun(at: buffer, byteCount: Int(count) * size, for: .read) { _ in }
        },
      ]
    }
  }

  private var registerExports: [Export] {
    [
      export("READ_REGISTER_UCHAR") { [memory] (place: VirtualAddress) in
        try memory.load(UInt8.self, at: place)
      },
      export("READ_REGISTER_USHORT") { [memory] (place: VirtualAddress) in
        try memory.load(UInt16.self, at: place)
      },
      export("READ_REGISTER_ULONG") { [memory] (place: VirtualAddress) in
        try memory.load(UInt32.self, at: place)
      },
      export("WRITE_REGISTER_UCHAR") { [memory] (place: VirtualAddress, value: UInt8) in
        try memory.store(value, at: place)
      },
      export("WRITE_REGISTER_USHORT") { [memory] (place: VirtualAddress, value: UInt16) in
        try memory.store(value, at: place)
      },
      export("WRITE_REGISTER_ULONG") { [memory] (place: VirtualAddress, value: UInt32) in
        try memory.store(value, at: place)
      },
    ]
      + [("UCHAR", 1), ("USHORT", 2), ("ULONG", 4)].flatMap { suffix, size in
        [
          export("READ_REGISTER_BUFFER_\(suffix)") {
            [memory]
            (place: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
            try memory.copy(from: place, to: buffer, count: Int(count) * size)
          },
          export("WRITE_REGISTER_BUFFER_\(suffix)") {
            [memory]
            (place: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
            try memory.copy(from: buffer, to: place, count: Int(count) * size)
          },
        ]
      }
  }

  private var busExports: [Export] {
    [
      export("HalTranslateBusAddress") {
        [memory]
        (
          interface: UInt32,
          bus: UInt32,
          address: PhysicalAddress,
          space: GuestPointer<UInt32>,
          translated: VirtualAddress
        ) in
        // Buses of a PC use the addresses of memory and the ports as they are.
        guard interface <= 5, try memory.load(UInt32.self, at: space.address) <= 1 else {
          throw Unmodelled("HalTranslateBusAddress for interface \(interface)")
        }
        try memory.store(address, at: translated)
        return true
      },
      export("HalGetBusDataByOffset") {
        [memory]
        (
          type: UInt32,
          bus: UInt32,
          slot: UInt32,
          buffer: VirtualAddress,
          offset: UInt32,
          length: UInt32
        ) in
        try Self.configuration(of: type, bus: bus, buffer: buffer, length, memory)
      },
      export("HalGetBusData") {
        [memory]
        (type: UInt32, bus: UInt32, slot: UInt32, buffer: VirtualAddress, length: UInt32) in
        try Self.configuration(of: type, bus: bus, buffer: buffer, length, memory)
      },
      export("HalSetBusDataByOffset") {
        (
          type: UInt32,
          bus: UInt32,
          slot: UInt32,
          buffer: VirtualAddress,
          offset: UInt32,
          length: UInt32
        ) in
        guard type == 4 else { throw Unmodelled("HalSetBusDataByOffset of type \(type)") }
        // No device is in the slot.
        return UInt32(0)
      },
    ]
  }

  /// Reads the configuration space of a PCI slot without a device.
  ///
  /// `HalGetBusData`'s page: it returns 0 if the bus does not exist, and 2 with the vendor ID
  /// `PCI_INVALID_VENDORID` (0xFFFF) if the bus exists but no device is in the slot.
  private static func configuration(
    of type: UInt32,
    bus: UInt32,
    buffer: VirtualAddress,
    _ length: UInt32,
    _ memory: AddressSpace
  ) throws -> UInt32 {
    // BUS_DATA_TYPE 4 is PCIConfiguration.
    guard type == 4 else { throw Unmodelled("HalGetBusData of type \(type)") }
    guard bus == 0 else { return 0 }
    guard length >= 2 else { return 0 }
    try memory.store(UInt16.max, at: buffer)
    return 2
  }
}
