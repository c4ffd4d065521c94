import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct WMILibraryTests {
  /// A driver with one block of two instances, and a request to it.
  private struct Driver {
    let fixture: KernelFixture
    let device: VirtualAddress
    let irp: GuestPointer<IRP>
    let context: VirtualAddress
    let buffer: VirtualAddress
    let guid: VirtualAddress
    let disposition: VirtualAddress
    var memory: AddressSpace { fixture.memory }
    var pointerSize: Int { fixture.architecture.pointerSize }

    init(_ host: Host) throws {
      fixture = try host.fixture()
      device = try fixture.allocate(0x200)
      let packet = try fixture.call("IoAllocateIrp", Int8(2), false)
      irp = GuestPointer(VirtualAddress(rawValue: packet))
      context = try fixture.allocate(0x40)
      buffer = try fixture.allocate(0x400)
      guid = try fixture.allocate(16)
      disposition = try fixture.allocate(8)
      try memory.store(bytes: (1...16).map { UInt8($0) }, at: guid)
      let list = try fixture.allocate(0x20)
      try memory.store(guid, at: list)
      try memory.store(UInt32(2), at: list + pointerSize)
      try memory.store(UInt32(1), at: context)
      try memory.store(list, at: context + pointerSize)
    }

    /// Gives the driver a routine, by its place in `WMILIB_CONTEXT`.
    func set(_ index: Int, _ body: @escaping (GuestCall) throws -> UInt64) throws {
      try memory.store(fixture.routine(body), at: context + index * pointerSize)
    }

    /// Sends a request, and returns the status and the disposition.
    func send(
      _ minor: UInt8,
      to provider: VirtualAddress? = nil,
      dataPath: VirtualAddress? = nil,
      size: UInt32 = 0x400
    ) throws -> (status: NTStatus, disposition: UInt32) {
      let location = IOStackLocation.size(on: fixture.architecture)
      let end = irp.address + IRP.size(on: fixture.architecture) + location
      try memory[irp].store(GuestPointer<IOStackLocation>(end), in: \.currentStackLocation)
      try memory[irp].store(Int8(2), in: \.currentLocation)
      try memory.store(UInt8(0x17), at: end)
      try memory.store(minor, at: end + 1)
      try memory.store(provider ?? device, at: end + pointerSize)
      try memory.store(dataPath ?? guid, at: end + 2 * pointerSize)
      try memory.store(size, at: end + 3 * pointerSize)
      try memory.store(buffer, at: end + 4 * pointerSize)
      try memory.store(UInt32.max, at: disposition)
      let status = try fixture.status("WmiSystemControl", context, device, irp, disposition)
      return (status, try memory.load(at: disposition))
    }
  }

  private static let hosts = [
    Host(release: .w2k, architecture: .x86), Host(release: .win7, architecture: .x64),
  ]

  @Test(arguments: hosts)
  func `a request that is none of WMI's, or another device's, is left to the driver`(
    host: Host
  ) throws {
    let driver = try Driver(host)
    #expect(try driver.send(0x20).disposition == 2)
    #expect(try driver.send(1, to: driver.guid).disposition == 3)
  }

  @Test(arguments: hosts)
  func `a block that the driver does not have is not found`(host: Host) throws {
    let driver = try Driver(host)
    let found = try driver.send(1, dataPath: driver.buffer)
    #expect(found.status == NTStatus(0xC000_0295))
    #expect(found.disposition == 1)
    #expect(try driver.memory[driver.irp].status == NTStatus(0xC000_0295))
  }

  @Test(arguments: hosts)
  func `what the driver has no routine for gets the documented status`(host: Host) throws {
    let driver = try Driver(host)
    try driver.memory.store(UInt32(0x80), at: driver.buffer + 0x2C)
    #expect(try driver.send(2).status == NTStatus(0xC000_02C6))
    #expect(try driver.send(3).status == NTStatus(0xC000_02C6))
    #expect(try driver.send(9).status == .invalidDeviceRequest)
    for minor in UInt8(4)...7 { #expect(try driver.send(minor).status == .success) }
    try driver.memory.store(UInt32(2), at: driver.buffer + 0x34)
    #expect(try driver.send(1).status == NTStatus(0xC000_0296))
  }

  @Test(arguments: hosts)
  func `DpWmiFunctionControl is told what is enabled`(host: Host) throws {
    let driver = try Driver(host)
    var calls: [[UInt64]] = []
    try driver.set(7) { call in
      calls.append(call.arguments.dropFirst(2).map(\.bits))
      return 0
    }
    for minor in UInt8(4)...7 { #expect(try driver.send(minor).disposition == 0) }
    #expect(calls == [[0, 0, 1], [0, 0, 0], [0, 1, 1], [0, 1, 0]])
  }

  @Test(arguments: hosts)
  func `an instance is read into the request's buffer`(host: Host) throws {
    let driver = try Driver(host)
    let memory = driver.memory
    var arguments: [UInt64] = []
    try driver.set(3) { call in
      arguments = call.arguments.map(\.bits)
      return 0
    }
    try memory.store(UInt32(0x82), at: driver.buffer + 0x2C)
    try memory.store(UInt32(1), at: driver.buffer + 0x34)
    try memory.store(UInt32(0x48), at: driver.buffer + 0x38)
    #expect(try driver.send(1, size: 0x100).disposition == 0)
    let lengths = (driver.buffer + 0x3C).rawValue
    let data = (driver.buffer + 0x48).rawValue
    #expect(Array(arguments.dropFirst(2)) == [0, 1, 1, lengths, 0xB8, data])

    let status = try driver.fixture.status(
      "WmiCompleteRequest",
      driver.device,
      driver.irp,
      NTStatus.success,
      UInt32(0x10),
      Int8(0)
    )
    #expect(status == .success)
    #expect(try memory.load(UInt32.self, at: driver.buffer) == 0x58)
  }

  @Test(arguments: hosts)
  func `too small a buffer becomes a WNODE_TOO_SMALL, and a success`(host: Host) throws {
    let driver = try Driver(host)
    let memory = driver.memory
    try driver.set(3) { _ in 0 }
    try memory.store(UInt32(0x80), at: driver.buffer + 0x2C)
    try memory.store(UInt32(0x48), at: driver.buffer + 0x38)
    _ = try driver.send(1, size: 0x48)
    let status = try driver.fixture.status(
      "WmiCompleteRequest",
      driver.device,
      driver.irp,
      NTStatus.bufferTooSmall,
      UInt32(0x200),
      Int8(0)
    )
    #expect(status == .success)
    #expect(try memory.load(UInt32.self, at: driver.buffer) == 0x34)
    #expect(try memory.load(UInt32.self, at: driver.buffer + 0x2C) == 0xA0)
    #expect(try memory.load(UInt32.self, at: driver.buffer + 0x30) == 0x248)
  }

  @Test(arguments: hosts, [UInt8(8), 11])
  func `a driver's blocks are described in a WMIREGINFO`(host: Host, minor: UInt8) throws {
    let driver = try Driver(host)
    let memory = driver.memory
    let path = try driver.fixture.allocate(0x40)
    let size = CountedString.size(on: host.architecture)
    try memory.store(bytes: [0x41, 0, 0x42, 0], at: path + size)
    try memory.set(GuestPointer(path), buffer: path + size, length: 4, maximumLength: 4)
    try driver.set(2) { call in
      try memory.store(UInt32(1), at: VirtualAddress(rawValue: call.arguments[1].bits))
      try memory.store(path, at: VirtualAddress(rawValue: call.arguments[3].bits))
      return 0
    }
    let needed = host.architecture == .x86 ? 0x38 : 0x40
    let small = try driver.send(minor, dataPath: .null, size: 8)
    #expect(small.status == .bufferTooSmall && small.disposition == 1)
    #expect(try memory.load(UInt32.self, at: driver.buffer) == UInt32(needed))

    let answer = try driver.send(minor, dataPath: .null)
    #expect(answer.status == .success && answer.disposition == 1)
    #expect(try memory[driver.irp].information.byteCount == needed)
    let words = try (0..<5).map { try memory.load(UInt32.self, at: driver.buffer + $0 * 4) }
    #expect(words == [UInt32(needed), 0, UInt32(needed - 6), UInt32(needed - 8), 1])
    let block = driver.buffer + (host.architecture == .x86 ? 0x14 : 0x18)
    #expect(try memory.bytes(at: block, count: 16) == (1...16).map { UInt8($0) })
    #expect(try memory.load(UInt32.self, at: block + 16) == 1)
    #expect(try memory.load(UInt32.self, at: block + 20) == 2)
    #expect(
      try memory.bytes(at: driver.buffer + (needed - 6), count: 6) == [4, 0, 0x41, 0, 0x42, 0]
    )
  }

  @Test(arguments: hosts)
  func `WmiFireEvent frees the driver's data`(host: Host) throws {
    let driver = try Driver(host)
    let data = try driver.fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(32))
    let status = try driver.fixture.status(
      "WmiFireEvent",
      driver.device,
      driver.guid,
      UInt32(0),
      UInt32(32),
      data
    )
    #expect(status == .success)
    #expect(throws: BugCheck.self) { try driver.fixture.call("ExFreePool", data) }
  }
}
