import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// The PCI bus, by ports and by the HAL's routines, and the devices on it.
@Suite struct PCIBusTests {
  /// The address of a register for port 0xCF8.
  private func address(_ device: UInt32, _ offset: UInt32, function: UInt32 = 0) -> UInt32 {
    0x8000_0000 | device << 11 | function << 8 | offset
  }

  private func read(_ bus: PCIBus, _ device: UInt32, _ offset: UInt32) -> UInt32 {
    bus.write(port: 0xCF8, byteCount: 4, value: address(device, offset & ~3))
    return bus.read(port: UInt16(0xCFC + offset % 4), byteCount: 4 - Int(offset % 4))
  }

  @Test func `configuration space is read byte by byte, and empty slots read as ones`() {
    let bus = PCIBus()
    #expect(read(bus, 0, 0) == 0x1237_8086)
    #expect(bus.read(port: 0xCF8, byteCount: 4) == address(0, 0))
    #expect(bus.read(port: 0xCFE, byteCount: 2) == 0x1237)
    #expect(bus.read(port: 0xCFF, byteCount: 1) == 0x12)
    for device in 1..<UInt32(32) { #expect(read(bus, device, 0) == .max) }
    // Another bus, and no configuration cycle at all.
    bus.write(port: 0xCF8, byteCount: 4, value: address(0, 0) | 1 << 16)
    #expect(bus.read(port: 0xCFC, byteCount: 4) == .max)
    bus.write(port: 0xCF8, byteCount: 4, value: 0)
    #expect(bus.read(port: 0xCFC, byteCount: 4) == .max)
    #expect(bus.read(port: 0x60, byteCount: 1) == 0xFF)
    #expect(bus.read(port: 0x1F0, byteCount: 2) == 0xFFFF)
  }

  @Test func `a base address register tells its size, and identification cannot be written`() {
    let bus = PCIBus()
    let ports = PCIFunction.Window(.ports, base: 0xC000, byteCount: 32)
    let memory = PCIFunction.Window(.memory, base: 0xD_0000, byteCount: 0x1000)
    let function = PCIFunction(
      device: 7,
      vendorID: 0x1234,
      deviceID: 0x5678,
      classCode: 0x02_0000,
      windows: [ports, memory],
      interruptLine: 10
    )
    bus.add(function)
    func write(_ offset: UInt32, _ value: UInt32) {
      bus.write(port: 0xCF8, byteCount: 4, value: address(7, offset))
      bus.write(port: 0xCFC, byteCount: 4, value: value)
    }
    #expect(read(bus, 7, 0x10) == 0xC001)
    #expect(read(bus, 7, 0x3C) & 0xFFFF == 0x010A)
    write(0x10, .max)
    #expect(read(bus, 7, 0x10) == 0xFFFF_FFE1)
    write(0x14, .max)
    #expect(read(bus, 7, 0x14) == 0xFFFF_F000)
    write(0x10, 0xD000)
    #expect(function.window(0)?.base == 0xD000)
    write(0x00, 0)
    write(0x04, 0)
    #expect(read(bus, 7, 0) == 0x5678_1234)
    #expect(function.window(0) == nil && function.window(1) == nil)
    // Offsets beyond the end.
    #expect(function.configurationByte(256) == 0xFF)
    function.setConfigurationByte(-1, to: 0)
    #expect(bus.functions.map(\.device) == [0, 7])
  }

  @Test(arguments: Host.few)
  func `HalGetBusData tells what the ports tell, and that slots and buses are missing`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let memory = fixture.memory
    let buffer = try fixture.allocate(512)
    func get(_ type: UInt32, _ bus: UInt32, _ slot: UInt32, _ length: UInt32) throws -> UInt64 {
      try fixture.call("HalGetBusData", type, bus, slot, buffer, length)
    }
    #expect(try get(4, 0, 4, 512) == 256)
    #expect(try memory.load(UInt32.self, at: buffer) == 0xCAFE_80EE)
    let bytes = try memory.bytes(at: buffer, count: 256)
    let bus = fixture.kernel.bus
    for offset in stride(from: 0, to: 256, by: 4) {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
      #expect(word == read(bus, 4, UInt32(offset)))
    }
    #expect(try get(4, 0, 9, 4) == 2)
    #expect(try memory.load(UInt16.self, at: buffer) == 0xFFFF)
    #expect(try get(4, 0, 4 | 1 << 5, 4) == 2)
    #expect(try get(4, 0, 9, 1) == 2)
    #expect(try get(4, 1, 0, 4) == 0)
    #expect(try get(1, 0, 0, 4) == 0)
    #expect(throws: Unmodelled("HalGetBusData of type 0")) { try get(0, 0, 0, 4) }
    let offset: UInt32 = 0x3C
    #expect(
      try fixture.call(
        "HalGetBusDataByOffset",
        UInt32(4),
        UInt32(0),
        UInt32(4),
        buffer,
        offset,
        UInt32(1)
      ) == 1
    )
    #expect(try memory.load(UInt8.self, at: buffer) == 11)
    try memory.store(UInt8(9), at: buffer)
    #expect(
      try fixture.call(
        "HalSetBusDataByOffset",
        UInt32(4),
        UInt32(0),
        UInt32(4),
        buffer,
        offset,
        UInt32(1)
      ) == 1
    )
    #expect(read(bus, 4, 0x3C) & 0xFF == 9)
  }

  @Test(arguments: Host.few)
  func `HalAssignSlotResources gives a list of ports, memory and interrupt`(host: Host) throws {
    let fixture = try host.fixture()
    let result = try fixture.allocate(8)
    func assign(_ slot: UInt32) throws -> NTStatus {
      let null = VirtualAddress.null
      return try fixture.status(
        "HalAssignSlotResources",
        null,
        null,
        null,
        null,
        UInt32(5),
        UInt32(0),
        slot,
        result
      )
    }
    #expect(try assign(12) == .noSuchDevice)
    #expect(try assign(4) == .success)
    let list: VirtualAddress = try fixture.memory.load(at: result)
    let size = host.architecture == .x86 ? 16 : 20
    func word(_ offset: Int) throws -> UInt32 { try fixture.memory.load(at: list + offset) }
    #expect(try word(0) == 1 && word(4) == 5 && word(16) == 3)
    let first = 20
    #expect(try word(first) & 0xFF == 1 && word(first + 4) == 0xD020 && word(first + 12) == 32)
    let second = first + size
    #expect(try word(second) & 0xFF == 3 && word(second + 4) == 0xD_0000)
    let third = second + size
    #expect(try word(third) & 0xFFFF == 0x0302 && word(third + 4) == 11)
    try fixture.call("ExFreePool", list)
  }

  @Test(arguments: Host.few)
  func `the guest device answers requests, and refuses what it does not know`(host: Host) throws {
    let fixture = try host.fixture()
    let memory = fixture.memory
    let request = try fixture.allocate(0x1000)
    let physical = fixture.manager.physicalAddress(of: request)
    func send(_ type: UInt32, _ size: UInt32, _ words: [UInt32] = []) throws -> Int32 {
      let header: [UInt32] = [size, 0x1_0001, type, 0xFFFF_FFFF, 0, 0]
      for (index, word) in (header + words).enumerated() {
        try memory.store(word, at: request + index * 4)
      }
      let port = VirtualAddress(rawValue: 0xD020)
      try fixture.call("WRITE_PORT_ULONG", port, UInt32(truncatingIfNeeded: physical.rawValue))
      return try memory.load(at: request + 12)
    }
    // ReportGuestInfo of interface 1.4, and of an interface that is not this one.
    #expect(try send(50, 32, [0x0001_0004, 0x31000]) == 0)
    #expect(try send(50, 32, [0x0002_0000, 0x31000]) == -11)
    #expect(try send(20, 32, [7, 7]) == 0)
    #expect(try memory.load(UInt64.self, at: request + 24) == 0)
    #expect(try send(0x7777, 24) == -12)
    #expect(try send(50, 24) == -2)
    #expect(try send(50, 8) == -2)
    // Physical addresses at which nothing is, or half of a request.
    let port = VirtualAddress(rawValue: 0xD020)
    for address in [UInt32.max, 0xFFFF_F000, 0x00FF_FFFC, 0x00FF_FFFF] {
      try fixture.call("WRITE_PORT_ULONG", port, address)
    }
    let mapped = try fixture.pointer(
      "MmMapIoSpace",
      PhysicalAddress(rawValue: 0xD_0000),
      GuestWord(0x1_0000),
      UInt32(0)
    )
    #expect(try memory.load(UInt32.self, at: mapped) == 0x1_0000)
    #expect(try memory.load(UInt32.self, at: mapped + 4) == 1)
  }

  @Test(arguments: Architecture.allCases, UInt8(0)..<16)
  func `each line has a vector of its own, and one level`(
    architecture: Architecture,
    line: UInt8
  ) throws {
    let found = try #require(InterruptLine(line, on: architecture))
    for other in 0..<16 where other != line {
      #expect(InterruptLine(UInt8(other), on: architecture)?.vector != found.vector)
    }
    #expect(found.level > .dispatch)
    if architecture == .x64 { #expect(found.vector >> 4 == UInt32(found.level.rawValue)) }
    #expect(InterruptLine(16, on: architecture) == nil)
  }
}
