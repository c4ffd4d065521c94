public import GuestABI

/// The I/O ports of a PC with one PCI bus, and the devices on it.
///
/// Configuration space is reached by mechanism 1: the ports 0xCF8 and 0xCFC (PCI Local Bus
/// Specification 2.1, section 3.2.2.3.2). A port on which no device answers reads as all ones.
public final class PCIBus: PortSpace {
  /// The functions, in the order of their numbers.
  public private(set) var functions: [PCIFunction] = []
  /// The register at port 0xCF8.
  private var address: UInt32 = 0

  /// Creates a bus with a host bridge, and no other device.
  public init() {
    // Intel's 440FX, which virtual machines have had since the nineties.
    add(
      PCIFunction(
        device: 0,
        vendorID: 0x8086,
        deviceID: 0x1237,
        classCode: 0x06_0000,
        revision: 2
      )
    )
  }

  /// Places a function on the bus, in place of one with its numbers.
  public func add(_ function: PCIFunction) {
    functions.removeAll { $0.device == function.device && $0.function == function.function }
    functions.append(function)
    functions.sort { ($0.device, $0.function) < ($1.device, $1.function) }
  }

  /// Returns the function of a device, or nil if there is none.
  public func function(_ function: Int, of device: Int) -> PCIFunction? {
    functions.first { $0.device == device && $0.function == function }
  }

  public func read(port: UInt16, byteCount: Int) -> UInt32 {
    let ones = byteCount >= 4 ? UInt32.max : (1 << UInt32(8 * byteCount)) - 1
    switch port {
    case 0xCF8 where byteCount == 4: return address
    case 0xCFC...0xCFF:
      guard let (function, offset) = selected(port) else { return ones }
      return (0..<byteCount).reduce(0) {
        $0 | UInt32(function.configurationByte(offset + $1)) << UInt32(8 * $1)
      }
    default:
      guard let (function, offset) = device(at: port), let model = function.model else {
        return ones
      }
      return model.read(offset: offset, byteCount: byteCount) & ones
    }
  }

  public func write(port: UInt16, byteCount: Int, value: UInt32) {
    switch port {
    case 0xCF8 where byteCount == 4: address = value & 0x80FF_FFFC
    case 0xCFC...0xCFF:
      guard let (function, offset) = selected(port) else { return }
      for index in 0..<byteCount {
        let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
        function.setConfigurationByte(offset + index, to: byte)
      }
    default:
      guard let (function, offset) = device(at: port) else { return }
      function.model?.write(offset: offset, byteCount: byteCount, value: value)
    }
  }

  /// The register that the address register and a data port select.
  private func selected(_ port: UInt16) -> (PCIFunction, Int)? {
    guard address & 0x8000_0000 != 0, address >> 16 & 0xFF == 0 else { return nil }
    let found = function(Int(address >> 8 & 7), of: Int(address >> 11 & 31))
    return found.map { ($0, Int(address & 0xFC) + Int(port & 3)) }
  }

  private func device(at port: UInt16) -> (PCIFunction, Int)? {
    for function in functions {
      for index in function.windows.indices {
        guard let window = function.window(index), window.kind == .ports else { continue }
        let offset = UInt32(port) &- window.base
        if offset < window.byteCount { return (function, Int(offset)) }
      }
    }
    return nil
  }
}
