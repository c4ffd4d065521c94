public import GuestABI
internal import NTStructures

/// The buses of a PC, as the HAL's routines reach them.
final class HALBuses {
  private let memory: AddressSpace
  private let manager: MemoryManager
  let bus: PCIBus

  /// `BUS_DATA_TYPE`.
  private static let pciConfiguration: UInt32 = 4
  /// `EisaConfiguration` and `Pos`: buses that the machine lacks.
  private static let missingBuses: ClosedRange<UInt32> = 1...2

  init(manager: MemoryManager, bus: PCIBus) {
    memory = manager.memory
    self.manager = manager
    self.bus = bus
  }

  /// The routines that drivers import from `hal.dll` to reach buses.
  var exports: [Export] { dataExports + addressExports }

  private var dataExports: [Export] {
    [
      export("HalGetBusData") {
        [self]
        (type: UInt32, number: UInt32, slot: UInt32, buffer: VirtualAddress, length: UInt32) in
        try read(type, number, slot, buffer, 0, length)
      },
      export("HalGetBusDataByOffset") {
        [self]
        (
          type: UInt32,
          number: UInt32,
          slot: UInt32,
          buffer: VirtualAddress,
          offset: UInt32,
          length: UInt32
        ) in
        try read(type, number, slot, buffer, offset, length)
      },
      export("HalSetBusData") {
        [self]
        (type: UInt32, number: UInt32, slot: UInt32, buffer: VirtualAddress, length: UInt32) in
        try write(type, number, slot, buffer, 0, length)
      },
      export("HalSetBusDataByOffset") {
        [self]
        (
          type: UInt32,
          number: UInt32,
          slot: UInt32,
          buffer: VirtualAddress,
          offset: UInt32,
          length: UInt32
        ) in
        try write(type, number, slot, buffer, offset, length)
      },
    ]
  }

  /// Returns the function that a `PCI_SLOT_NUMBER` names, or nil if the slot is empty.
  private func function(_ slot: UInt32) -> PCIFunction? {
    bus.function(Int(slot >> 5 & 7), of: Int(slot & 31))
  }

  /// Reads configuration data.
  ///
  /// `HalGetBusData`'s page: it returns 0 if the bus does not exist, and 2 with the vendor ID
  /// `PCI_INVALID_VENDORID` (0xFFFF) if the bus exists but no device is in the slot.
  private func read(
    _ type: UInt32,
    _ number: UInt32,
    _ slot: UInt32,
    _ buffer: VirtualAddress,
    _ offset: UInt32,
    _ length: UInt32
  ) throws -> UInt32 {
    if Self.missingBuses.contains(type) { return 0 }
    guard type == Self.pciConfiguration else { throw Unmodelled("HalGetBusData of type \(type)") }
    guard number == 0 else { return 0 }
    guard let function = function(slot) else {
      try memory.fill(at: buffer, count: Int(min(length, 2)), with: 0xFF)
      return 2
    }
    let count = Self.count(offset, length)
    let bytes = (0..<count).map { function.configurationByte(Int(offset) + $0) }
    try memory.store(bytes: bytes, at: buffer)
    return UInt32(count)
  }

  private func write(
    _ type: UInt32,
    _ number: UInt32,
    _ slot: UInt32,
    _ buffer: VirtualAddress,
    _ offset: UInt32,
    _ length: UInt32
  ) throws -> UInt32 {
    if Self.missingBuses.contains(type) { return 0 }
    guard type == Self.pciConfiguration else { throw Unmodelled("HalSetBusData of type \(type)") }
    guard number == 0, let function = function(slot) else { return 0 }
    let count = Self.count(offset, length)
    for (index, byte) in try memory.bytes(at: buffer, count: count).enumerated() {
      function.setConfigurationByte(Int(offset) + index, to: byte)
    }
    return UInt32(count)
  }

  /// The bytes of a range that lie in configuration space.
  private static func count(_ offset: UInt32, _ length: UInt32) -> Int {
    let size = UInt32(PCIFunction.configurationSize)
    return offset < size ? Int(min(length, size - offset)) : 0
  }

  private var addressExports: [Export] {
    [
      export("HalTranslateBusAddress") {
        [memory]
        (
          interface: UInt32,
          number: UInt32,
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
      export("HalGetInterruptVector") {
        [memory]
        (
          interface: UInt32,
          number: UInt32,
          level: UInt32,
          vector: UInt32,
          irql: VirtualAddress,
          affinity: VirtualAddress
        ) in
        // Internal, ISA, EISA and PCI; on a PCI bus the level is the line of the interrupt controller.
        guard [0, 1, 2, 5].contains(interface), let line = UInt8(exactly: level),
          let found = InterruptLine(line, on: memory.architecture)
        else { return UInt32(0) }
        try memory.store(found.level, at: irql)
        try memory.store(GuestWord(1), at: affinity)
        return found.vector
      },
      export("HalAssignSlotResources") {
        [self]
        (
          path: VirtualAddress,
          className: VirtualAddress,
          driver: VirtualAddress,
          device: VirtualAddress,
          interface: UInt32,
          number: UInt32,
          slot: UInt32,
          result: GuestPointer<VirtualAddress>
        ) in
        try assignResources(interface, number, slot, result)
      },
    ]
  }

  /// Gives out what firmware has configured a PCI device for.
  ///
  /// - Returns: `STATUS_NO_SUCH_DEVICE` for a slot that is empty, `STATUS_INSUFFICIENT_RESOURCES`
  ///   without pool for the list, which the driver frees.
  private func assignResources(
    _ interface: UInt32,
    _ number: UInt32,
    _ slot: UInt32,
    _ result: GuestPointer<VirtualAddress>
  ) throws -> NTStatus {
    guard interface == 5, number == 0 else {
      throw Unmodelled("HalAssignSlotResources on a bus of interface \(interface)")
    }
    guard let function = function(slot) else { return .noSuchDevice }
    let list = ResourceList(of: function, on: memory.architecture)
    let bytes = list.bytes(.raw)
    guard
      let block = try manager.allocatePool(
        bytes.count,
        .paged,
        tag: 0x206C_6148,
        caller: manager.context.caller
      )
    else { return .insufficientResources }
    try memory.store(bytes: bytes, at: block)
    try memory.store(block, at: result.address)
    // The device answers from now on.
    let command = function.configurationByte(4)
    function.setConfigurationByte(4, to: command | 7)
    return .success
  }
}

/// The vector and level of a line of the interrupt controller.
public struct InterruptLine: Hashable, Sendable {
  public let vector: UInt32
  public let level: IRQL

  /// Creates the vector of a line, as the HAL of a PC does.
  ///
  /// On x86 they are those of the HAL for a PC with two 8259 controllers: vectors from 0x30 on, and
  /// levels from 27 down. On x64 the level is the vector's upper half, and the lines are spread from 4
  /// to 11: which line gets which differs from machine to machine.
  ///
  /// - Parameters:
  ///   - line: The line: 0 to 15.
  ///   - architecture: The machine's architecture.
  public init?(_ line: UInt8, on architecture: Architecture) {
    guard line < 16 else { return nil }
    switch architecture {
    case .x86:
      vector = 0x30 + UInt32(line)
      level = IRQL(rawValue: 27 - line)
    case .x64:
      level = IRQL(rawValue: 11 - line / 2)
      vector = UInt32(level.rawValue) << 4 | UInt32(line & 1)
    }
  }
}
