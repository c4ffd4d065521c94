internal import GuestABI

/// The device through which a virtual machine's guest talks to its host: VirtualBox's VMMDev,
/// vendor 0x80EE, device 0xCAFE.
///
/// The machine is a virtual one, and this is how it says so. A guest writes the physical address of a
/// request to the device's first port; the device reads the request, and stores its result in it. The
/// host behind it shares nothing and asks for nothing: requests of services that it lacks fail, as they
/// do on a host that is older than they are. Source: the interface's public header, `VBox/VMMDev.h`.
final class GuestDevice: PCIFunction.Model {
  /// Where firmware puts the ports.
  static let ports = PCIFunction.Window(.ports, base: 0xD020, byteCount: 32)
  /// Where firmware puts the memory that guest and host share: below 1 MB, where no RAM is.
  static let sharedMemory = PCIFunction.Window(.memory, base: 0xD_0000, byteCount: 0x1_0000)
  static let interruptLine: UInt8 = 11

  /// What a request comes to: VirtualBox's status codes.
  private enum Result {
    static let success: Int32 = 0
    static let invalidParameter: Int32 = -2
    static let versionMismatch: Int32 = -11
    static let notImplemented: Int32 = -12
  }

  private let ram: GuestRAM
  /// The events that the guest wants to hear of.
  private var eventMask: UInt32 = 0
  /// What the guest said that it can do.
  private var capabilities: UInt32 = 0
  private var mouseFeatures: UInt32 = 0

  init(_ ram: GuestRAM) {
    self.ram = ram
    // VMMDevMemory: its size, its version, and whether there are events.
    let start = PhysicalAddress(rawValue: UInt64(Self.sharedMemory.base))
    store(Self.sharedMemory.byteCount, at: start)
    store(1, at: start + 4)
  }

  /// The function on the bus.
  var function: PCIFunction {
    PCIFunction(
      device: 4,
      vendorID: 0x80EE,
      deviceID: 0xCAFE,
      classCode: 0x08_8000,
      windows: [Self.ports, Self.sharedMemory],
      interruptLine: Self.interruptLine,
      model: self
    )
  }

  func read(offset: Int, byteCount: Int) -> UInt32 {
    // The port that acknowledges events and tells them: there are none.
    offset == 8 ? 0 : .max
  }

  func write(offset: Int, byteCount: Int, value: UInt32) {
    guard offset == 0, byteCount == 4 else { return }
    answer(PhysicalAddress(rawValue: UInt64(value)))
  }

  /// Reads a request, and stores its result: VMMDevRequestHeader.
  private func answer(_ request: PhysicalAddress) {
    guard let size = load(at: request), let version = load(at: request + 4),
      let type = load(at: request + 8), (24...0x10_0000).contains(size), version == 0x1_0001
    else { return store(Result.invalidParameter, at: request + 12) }
    store(result(of: type, request, Int(size)), at: request + 12)
  }

  private func result(of type: UInt32, _ request: PhysicalAddress, _ size: Int) -> Int32 {
    let body = request + 24
    func has(_ byteCount: Int) -> Bool { size >= 24 + byteCount }
    switch type {
    case 1 where has(12):  // GetMouseStatus: the features, and where the pointer is.
      store(mouseFeatures, at: body)
      store(0, at: body + 4)
      store(0, at: body + 8)
    case 2 where has(12): mouseFeatures = load(at: body) ?? 0
    case 4 where has(16):  // GetHostVersion: 7.0, without a feature.
      store(7, at: body)
      store(0, at: body + 4)
      store(0, at: body + 8)
      store(0, at: body + 12)
    case 20 where has(8):  // GetHypervisorInfo: it needs no address space of the guest.
      store(0, at: body)
      store(0, at: body + 4)
    case 21 where has(8): break
    case 41 where has(4): store(0, at: body)
    case 42 where has(8):  // CtlGuestFilterMask: those to add, and those to remove.
      eventMask = eventMask & ~(load(at: body + 4) ?? 0) | (load(at: body) ?? 0)
    case 50 where has(8):  // ReportGuestInfo: the version of the interface.
      guard (load(at: body) ?? 0) >> 16 == 1 else { return Result.versionMismatch }
    case 55 where has(4): capabilities = load(at: body) ?? 0
    case 56 where has(8):
      capabilities = capabilities & ~(load(at: body + 4) ?? 0) | (load(at: body) ?? 0)
    case 58, 59: break  // ReportGuestInfo2, ReportGuestStatus.
    case 200: break  // LogString.
    case 1, 2, 4, 20, 21, 41, 42, 50, 55, 56: return Result.invalidParameter
    default: return Result.notImplemented
    }
    return Result.success
  }

  // The device reads and writes memory by physical addresses; what is not there, it ignores.

  private func load(at address: PhysicalAddress) -> UInt32? {
    guard address.offsetInFrame <= 4092, ram.contains(address.frame) else { return nil }
    return (ram.host(address.frame) + address.offsetInFrame).loadUnaligned(as: UInt32.self)
  }

  private func store(_ value: some FixedWidthInteger, at address: PhysicalAddress) {
    guard address.offsetInFrame <= 4092, ram.contains(address.frame) else { return }
    // No driver keeps requests among code or page tables; who does gets no answer.
    guard !ram.isFetched(address.frame), !ram.isPageTable(address.frame) else { return }
    ram.markDirty(address.frame)
    let host = ram.host(address.frame) + address.offsetInFrame
    host.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
  }
}
