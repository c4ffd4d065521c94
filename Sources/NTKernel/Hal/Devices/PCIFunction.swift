/// A function of a device on the PCI bus: its configuration space, and what answers behind it.
///
/// Source: PCI Local Bus Specification 2.1, chapter 6.
public final class PCIFunction {
  /// What a device does at its I/O ports.
  public protocol Model: AnyObject {
    /// Reads a port, given as an offset from the first.
    func read(offset: Int, byteCount: Int) -> UInt32
    /// Writes a port.
    func write(offset: Int, byteCount: Int, value: UInt32)
  }

  /// A range of ports or of memory that firmware has given to a device.
  public struct Window: Hashable, Sendable {
    public enum Kind: Hashable, Sendable { case ports, memory }

    public let kind: Kind
    /// The first port, or the first physical address.
    public let base: UInt32
    /// The number of ports or bytes: a power of two, at least 16.
    public let byteCount: UInt32

    /// Creates a window.
    public init(_ kind: Kind, base: UInt32, byteCount: UInt32) {
      self.kind = kind
      self.base = base
      self.byteCount = byteCount
    }

    /// The bits of the base address register that are fixed: those below the size, and the kind.
    fileprivate var fixedBits: UInt32 { kind == .ports ? 1 : 0 }
  }

  /// The device's number on the bus: 0 to 31.
  public let device: Int
  /// The function's number in the device: 0 to 7.
  public let function: Int
  /// The windows, one for each base address register from the first on.
  public let windows: [Window]
  /// The line of the interrupt controller, or nil if the function has none.
  public let interruptLine: UInt8?
  /// What answers at the ports, if anything does.
  public let model: (any Model)?

  private var configuration: [UInt8]
  /// The bits of the configuration space that can be written.
  private let writableBits: [UInt8]

  /// The bytes of the configuration space.
  public static var configurationSize: Int { 256 }

  /// Creates a function that firmware has configured.
  ///
  /// - Parameters:
  ///   - device: The device's number.
  ///   - function: The function's number.
  ///   - vendorID: The maker.
  ///   - deviceID: The maker's number for the device.
  ///   - classCode: The class, subclass and programming interface, 24 bits.
  ///   - revision: The revision.
  ///   - windows: At most 6 windows.
  ///   - interruptLine: The interrupt line, or nil.
  ///   - model: What answers at the ports.
  public init(
    device: Int,
    function: Int = 0,
    vendorID: UInt16,
    deviceID: UInt16,
    classCode: UInt32,
    revision: UInt8 = 0,
    windows: [Window] = [],
    interruptLine: UInt8? = nil,
    model: (any Model)? = nil
  ) {
    self.device = device
    self.function = function
    self.windows = Array(windows.prefix(6))
    self.interruptLine = interruptLine
    self.model = model
    var bytes = [UInt8](repeating: 0, count: Self.configurationSize)
    var writable = bytes
    func put(_ value: UInt32, _ size: Int, at offset: Int, in bytes: inout [UInt8]) {
      for index in 0..<size {
        bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
      }
    }
    put(UInt32(vendorID), 2, at: 0x00, in: &bytes)
    put(UInt32(deviceID), 2, at: 0x02, in: &bytes)
    let hasPorts = windows.contains { $0.kind == .ports }
    let hasMemory = windows.contains { $0.kind == .memory }
    // The command register: ports, memory and bus mastering, as firmware leaves them.
    put((hasPorts ? 1 : 0) | (hasMemory ? 2 : 0) | 4, 2, at: 0x04, in: &bytes)
    put(0x0547, 2, at: 0x04, in: &writable)
    put(UInt32(revision) | classCode << 8, 4, at: 0x08, in: &bytes)
    for (index, window) in self.windows.enumerated() {
      put(window.base | window.fixedBits, 4, at: 0x10 + index * 4, in: &bytes)
      put(~(window.byteCount &- 1), 4, at: 0x10 + index * 4, in: &writable)
    }
    put(UInt32(interruptLine ?? 0), 1, at: 0x3C, in: &bytes)
    put(0xFF, 1, at: 0x3C, in: &writable)
    put(interruptLine == nil ? 0 : 1, 1, at: 0x3D, in: &bytes)
    configuration = bytes
    writableBits = writable
  }

  /// Reads a byte of the configuration space.
  public func configurationByte(_ offset: Int) -> UInt8 {
    configuration.indices.contains(offset) ? configuration[offset] : 0xFF
  }

  /// Writes a byte of the configuration space, where it can be written.
  public func setConfigurationByte(_ offset: Int, to value: UInt8) {
    guard configuration.indices.contains(offset) else { return }
    let mask = writableBits[offset]
    configuration[offset] = configuration[offset] & ~mask | value & mask
  }

  /// A word of the configuration space.
  func word(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(configurationByte(offset + $1)) << UInt32(8 * $1) }
  }

  /// The window of a base address register as it is now, or nil if the function ignores it.
  public func window(_ index: Int) -> Window? {
    guard windows.indices.contains(index) else { return nil }
    let window = windows[index]
    let enabled: UInt8 = window.kind == .ports ? 1 : 2
    guard configurationByte(0x04) & enabled != 0 else { return nil }
    let base = word(at: 0x10 + index * 4) & ~(window.byteCount &- 1)
    return Window(window.kind, base: base, byteCount: window.byteCount)
  }
}
