internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Adapters: what drivers of devices that read and write memory by themselves go through.
///
/// Only bus masters that reach all of a machine's memory, which lies below 4 GB, are modelled. They
/// need no map registers: the addresses that the device gets are those of the pages themselves.
/// Nothing is transferred, because there is no device.
final class DMAAdapters {
  /// One adapter.
  struct Adapter {
    /// Whether the device takes a list of pieces, or needs them in one.
    let isScatterGather: Bool
    /// The most map registers of one transfer.
    let mapRegisterCount: Int
    /// The highest address that the device reaches.
    let highestAddress: UInt64
    /// Whether a driver has kept the adapter with `KeepObject`.
    var isKept = false
  }

  let memory: AddressSpace
  let manager: MemoryManager
  let dispatcher: Dispatcher
  private let addressOfExport: (String) throws -> VirtualAddress
  private(set) var adapters: [VirtualAddress: Adapter] = [:]
  /// The lists that exist, and whether the kernel allocated each.
  var lists: [VirtualAddress: Bool] = [:]

  /// Creates a table without adapters.
  init(
    manager: MemoryManager,
    dispatcher: Dispatcher,
    addressOfExport: @escaping (String) throws -> VirtualAddress
  ) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
    self.addressOfExport = addressOfExport
  }

  /// The routines that drivers import, or find in an adapter's table.
  var exports: [Export] { adapterExports + bufferExports + channelExports + listExports }

  private var adapterExports: [Export] {
    [
      export("HalGetAdapter") {
        [self] (description: GuestPointer<DeviceDescription>, count: GuestPointer<UInt32>) in
        try makeAdapter(description, count, isPutLater: false, "HalGetAdapter")
      },
      export("IoGetDmaAdapter") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          description: GuestPointer<DeviceDescription>,
          count: GuestPointer<UInt32>
        ) in
        try makeAdapter(description, count, isPutLater: true, "IoGetDmaAdapter")
      },
      export("HalpPutDmaAdapter") { [self] (address: VirtualAddress) in
        _ = try adapter(address, "PutDmaAdapter")
        adapters[address] = nil
        try manager.freePool(address)
      },
      // wdm.h has 1 for HalGetDmaAlignmentRequirement on x86 and x64.
      export("HalpGetDmaAlignment") { [self] (address: VirtualAddress) in
        _ = try adapter(address, "GetDmaAlignment")
        return UInt32(1)
      },
      export("HalReadDmaCounter") { (address: VirtualAddress) -> UInt32 in
        throw Unmodelled("HalReadDmaCounter of a bus master")
      },
    ]
  }

  /// Returns the adapter at an address.
  func adapter(_ address: VirtualAddress, _ routine: String) throws -> Adapter {
    guard let adapter = adapters[address] else {
      throw Unmodelled("\(routine) of what is no adapter")
    }
    return adapter
  }

  /// Marks whether a driver keeps an adapter for itself.
  func setKept(_ isKept: Bool, _ address: VirtualAddress) { adapters[address]?.isKept = isKept }

  /// Makes an adapter for a device.
  ///
  /// The corresponding kernel routines are `HalGetAdapter` and `IoGetDmaAdapter`. A version of the
  /// description that the release does not know gets NULL (`nf-wdm-iogetdmaadapter`). As many map
  /// registers are promised as the device's longest transfer can touch pages; no document says how
  /// many a machine has.
  private func makeAdapter(
    _ description: GuestPointer<DeviceDescription>,
    _ count: GuestPointer<UInt32>,
    isPutLater: Bool,
    _ routine: String
  ) throws -> VirtualAddress {
    let view = memory[description]
    let version = try Int(view.version)
    if isPutLater {
      guard version <= max(1, manager.behaviour.dmaOperationsVersion) else { return .null }
    } else {
      guard version <= 1 else { throw Unmodelled("\(routine) with version \(version)") }
    }
    let isScatterGather = try view.isScatterGather
    let highest = try highestAddress(of: view, version: version)
    guard try view.isMaster, highest >= 0xFFFF_FFFF else {
      throw Unmodelled("\(routine) for a device that needs map registers")
    }
    let registers = try (Int(view.maximumLength) + 4095) / 4096 + 1
    let names = DMAOperations.names(version: max(1, version))
    let width = memory.architecture.pointerSize
    let size = DMAAdapter.size(on: memory.architecture)
    let block = try manager.allocatePool(
      size + (names.count + 1) * width,
      .nonpaged,
      tag: 0x416C_6148
    )
    guard let block else { return .null }
    let operations = block + size
    try memory.modify(GuestPointer<DMAAdapter>(block)) { adapter in
      adapter.version = 1
      adapter.size = UInt16(size)
      adapter.operations = operations
    }
    try memory.store(GuestWord((names.count + 1) * width), at: operations)
    for (index, name) in names.enumerated() {
      try memory.store(addressOfExport(name), at: operations + (index + 1) * width)
    }
    try memory.store(UInt32(registers), at: count.address)
    adapters[block] = Adapter(
      isScatterGather: isScatterGather,
      mapRegisterCount: registers,
      highestAddress: highest
    )
    return block
  }

  /// Returns the highest address that a device reaches (`ns-wdm-_device_description`).
  private func highestAddress(
    of view: GuestView<DeviceDescription>,
    version: Int
  ) throws -> UInt64 {
    if version >= 3 {
      let width = try view.addressWidth
      guard 1...64 ~= width else { throw Unmodelled("DmaAddressWidth \(width)") }
      return width == 64 ? .max : 1 << UInt64(width) - 1
    }
    if try view.has64BitAddresses { return .max }
    let isPCI = try view.isScatterGather && view.interfaceType == DeviceDescription.pciBus
    return try isPCI || view.has32BitAddresses ? 0xFFFF_FFFF : 0xFF_FFFF
  }
}
