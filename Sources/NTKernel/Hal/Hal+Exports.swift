public import GuestABI

/// The routines with which drivers reach ports and the registers of devices.
///
/// A port at which no device answers reads as all ones, and ignores what is written; that is the
/// hardware's doing and the same under every release.
public final class HardwareAbstractionLayer {
  private let memory: AddressSpace
  private let ports: any PortSpace

  /// Creates the layer.
  public init(memory: AddressSpace, ports: any PortSpace) {
    self.memory = memory
    self.ports = ports
  }

  /// The routines that drivers import from `hal.dll`, and the kernel's for device registers.
  public var exports: [Export] { portExports + portBufferExports + registerExports }

  private func read(_ port: VirtualAddress, _ byteCount: Int) -> UInt32 {
    // The processor has 64 K of ports, and uses the lower half of DX.
    ports.read(port: UInt16(truncatingIfNeeded: port.rawValue), byteCount: byteCount)
  }

  private func write(_ port: VirtualAddress, _ byteCount: Int, _ value: UInt32) {
    ports.write(
      port: UInt16(truncatingIfNeeded: port.rawValue),
      byteCount: byteCount,
      value: value
    )
  }

  private var portExports: [Export] {
    [
      export("READ_PORT_UCHAR") { [self] (port: VirtualAddress) in
        UInt8(truncatingIfNeeded: read(port, 1))
      },
      export("READ_PORT_USHORT") { [self] (port: VirtualAddress) in
        UInt16(truncatingIfNeeded: read(port, 2))
      },
      export("READ_PORT_ULONG") { [self] (port: VirtualAddress) in read(port, 4) },
      export("WRITE_PORT_UCHAR") { [self] (port: VirtualAddress, value: UInt8) in
        write(port, 1, UInt32(value))
      },
      export("WRITE_PORT_USHORT") { [self] (port: VirtualAddress, value: UInt16) in
        write(port, 2, UInt32(value))
      },
      export("WRITE_PORT_ULONG") { [self] (port: VirtualAddress, value: UInt32) in
        write(port, 4, value)
      },
    ]
  }

  private var portBufferExports: [Export] {
    bufferExports("UCHAR", UInt8.self) + bufferExports("USHORT", UInt16.self)
      + bufferExports("ULONG", UInt32.self)
  }

  private func bufferExports<Value: FixedWidthInteger & UnsignedInteger & GuestScalar>(
    _ suffix: String,
    _ type: Value.Type
  ) -> [Export] {
    let size = MemoryLayout<Value>.size
    return [
      export("READ_PORT_BUFFER_\(suffix)") {
        [self] (port: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
        for index in 0..<Int(count) {
          try memory.store(Value(truncatingIfNeeded: read(port, size)), at: buffer + index * size)
        }
      },
      export("WRITE_PORT_BUFFER_\(suffix)") {
        [self] (port: VirtualAddress, buffer: VirtualAddress, count: UInt32) in
        for index in 0..<Int(count) {
          let value: Value = try memory.load(at: buffer + index * size)
          write(port, size, UInt32(truncatingIfNeeded: value))
        }
      },
    ]
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
}
