internal import GuestABI

extension PCIFunction {
  /// Whether the function is a bridge to another bus, which has a driver already.
  public var isBridge: Bool { configurationByte(0x0B) == 6 }
}

extension ReportedDevice {
  /// Describes a function as the PCI bus's driver does.
  ///
  /// The identifiers are those of the WDK, "Identifiers for PCI Devices".
  public init(_ function: PCIFunction) {
    self.init(bus: .pci)
    func hex(_ offset: Int, _ count: Int) -> String {
      (0..<count).reversed().map { index in
        let digits = String(function.configurationByte(offset + index), radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
    let vendor = "PCI\\VEN_\(hex(0x00, 2))"
    let device = "\(vendor)&DEV_\(hex(0x02, 2))"
    let subsystem = "\(device)&SUBSYS_\(hex(0x2C, 4))"
    let revision = hex(0x08, 1)
    let (exactClass, deviceClass) = (hex(0x09, 3), hex(0x0A, 2))
    hardwareIDs = [
      "\(subsystem)&REV_\(revision)", subsystem, "\(device)&CC_\(exactClass)",
      "\(device)&CC_\(deviceClass)",
    ]
    compatibleIDs = [
      "\(device)&REV_\(revision)", device, "\(vendor)&CC_\(exactClass)",
      "\(vendor)&CC_\(deviceClass)", vendor, "PCI\\CC_\(exactClass)", "PCI\\CC_\(deviceClass)",
    ]
    resources = function.windows.indices.compactMap { index in
      let window = function.window(index) ?? function.windows[index]
      let start = UInt64(window.base)
      return window.kind == .ports
        ? .ports(start: start, count: window.byteCount)
        : .memory(start: start, byteCount: window.byteCount)
    }
    if let line = function.interruptLine {
      resources.append(.interrupt(line: UInt32(line), isShared: true))
    }
    pciDevice = UInt8(clamping: function.device)
  }
}
