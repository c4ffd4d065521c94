import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `HalGetAdapter`, `IoGetDmaAdapter`, and what adapters do.
@Suite struct DMAAdapterTests {
  private struct Device {
    var version: UInt32 = 0
    var isMaster = true
    var isScatterGather = true
    var has32BitAddresses = true
    var maximumLength: UInt32 = 0x10000
    var addressWidth: UInt32 = 0
  }

  private func adapter(
    _ fixture: KernelFixture,
    _ device: Device = Device(),
    _ routine: String = "IoGetDmaAdapter"
  ) throws -> (address: VirtualAddress, registers: UInt32) {
    let description = try fixture.allocate(64)
    let memory = fixture.memory
    try memory.store(device.version, at: description)
    try memory.store(device.isMaster, at: description + 4)
    try memory.store(device.isScatterGather, at: description + 5)
    try memory.store(device.has32BitAddresses, at: description + 8)
    try memory.store(UInt32(1), at: description + 20)
    try memory.store(device.maximumLength, at: description + 32)
    try memory.store(device.addressWidth, at: description + 40)
    let count = try fixture.allocate(4)
    let address =
      routine == "HalGetAdapter"
      ? try fixture.pointer(routine, description, count)
      : try fixture.pointer(routine, VirtualAddress.null, description, count)
    return (address, try memory.load(UInt32.self, at: count))
  }

  /// An MDL of nonpaged pool, with the pieces that its pages make.
  private func buffer(
    _ fixture: KernelFixture,
    offset: Int,
    _ byteCount: Int
  ) throws -> (mdl: VirtualAddress, start: VirtualAddress, pieces: [(UInt64, UInt32)]) {
    let block = try fixture.allocate(0x8000)
    let start = block + offset
    let mdl = try fixture.pointer(
      "IoAllocateMdl",
      start,
      UInt32(byteCount),
      false,
      false,
      VirtualAddress.null
    )
    try fixture.call("MmBuildMdlForNonPagedPool", mdl)
    var pieces: [(UInt64, UInt32)] = []
    var place = offset
    while place < offset + byteCount {
      let size = min(4096 - place % 4096, offset + byteCount - place)
      let physical = fixture.manager.physicalAddress(of: block + place).rawValue
      if let last = pieces.last, last.0 + UInt64(last.1) == physical {
        pieces[pieces.count - 1].1 += UInt32(size)
      } else {
        pieces.append((physical, UInt32(size)))
      }
      place += size
    }
    return (mdl, start, pieces)
  }

  /// A device, of which only `CurrentIrp` is looked at.
  private func device(_ fixture: KernelFixture) throws -> GuestPointer<DeviceObject> {
    let device = GuestPointer<DeviceObject>(
      try fixture.allocate(DeviceObject.size(on: fixture.architecture))
    )
    let irp = GuestPointer<IRP>(VirtualAddress(rawValue: 0x1122_3344))
    try fixture.memory.modify(device) { $0.currentIRP = irp }
    return device
  }

  private func elements(
    _ fixture: KernelFixture,
    _ list: VirtualAddress
  ) throws -> [(UInt64, UInt32)] {
    let (header, size) = fixture.architecture == .x86 ? (8, 16) : (16, 24)
    let count = try fixture.memory.load(UInt32.self, at: list)
    return try (0..<Int(count)).map { index in
      let place = list + (header + index * size)
      return (
        try fixture.memory.load(UInt64.self, at: place),
        try fixture.memory.load(UInt32.self, at: place + 8)
      )
    }
  }

  private static let hosts = Host.all.filter { $0.release >= .w2k }

  @Test(arguments: hosts)
  func `the table of routines is as new as the release knows it (KD-055)`(host: Host) throws {
    let fixture = try host.fixture()
    let width = host.architecture.pointerSize
    let newest: UInt32 = host.release < .wxp ? 1 : host.release < .win8 ? 2 : 3
    for version: UInt32 in 0...4 {
      let device = Device(version: version, addressWidth: 32)
      guard version <= newest else {
        #expect(try adapter(fixture, device).address == .null, "\(version)")
        continue
      }
      let (address, registers) = try adapter(fixture, device)
      #expect(registers == 17)
      // DMA_ADAPTER->Version is 1 always.
      #expect(try fixture.memory.load(UInt16.self, at: address) == 1)
      let table = try fixture.memory.load(VirtualAddress.self, at: address + width)
      let size = Int(try fixture.memory.load(UInt32.self, at: table))
      #expect(size == (version <= 1 ? 13 : version == 2 ? 16 : 29) * width)
      for place in stride(from: width, to: size, by: width) {
        #expect(try fixture.memory.load(VirtualAddress.self, at: table + place) != .null)
      }
      try fixture.call("HalpPutDmaAdapter", address)
      #expect(throws: Unmodelled.self) { try fixture.call("HalpPutDmaAdapter", address) }
    }
  }

  @Test(arguments: Host.few)
  func `devices that need map registers are not modelled`(host: Host) throws {
    let fixture = try host.fixture()
    for device in [
      Device(isMaster: false), Device(isScatterGather: false, has32BitAddresses: false),
      Device(has32BitAddresses: false),
    ] {
      #expect(throws: Unmodelled.self) { try adapter(fixture, device) }
      #expect(throws: Unmodelled.self) { try adapter(fixture, device, "HalGetAdapter") }
    }
    let most = try adapter(fixture, Device(maximumLength: .max), "HalGetAdapter")
    #expect(most.registers == 0x10_0001)
    #expect(throws: Unmodelled.self) {
      try adapter(fixture, Device(version: 2), "HalGetAdapter")
    }
  }

  @Test(arguments: Host.all)
  func `a list has the physical runs of the buffer, at DISPATCH_LEVEL`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, _) = try adapter(fixture, Device(), "HalGetAdapter")
    let device = try device(fixture)
    let (mdl, start, pieces) = try buffer(fixture, offset: 0x123, 0x5000)
    #expect(pieces.count > 3)
    var seen: VirtualAddress?
    let context = VirtualAddress(rawValue: 0x55)
    let routine = fixture.routine { call in
      #expect(fixture.kernel.processor.taskPriority == 2)
      #expect(call.arguments.map(\.bits).prefix(2) == [device.address.rawValue, 0x1122_3344])
      #expect(call.arguments[3].bits == 0x55)
      seen = VirtualAddress(rawValue: call.arguments[2].bits)
      return 0
    }
    let status = try fixture.status(
      "HalpGetScatterGatherList",
      adapter,
      device,
      mdl,
      start,
      UInt32(0x5000),
      routine,
      context,
      true
    )
    #expect(status == .success && fixture.kernel.processor.taskPriority == 0)
    let list = try #require(seen)
    let found = try elements(fixture, list)
    #expect(found.map(\.0) == pieces.map(\.0) && found.map(\.1) == pieces.map(\.1))
    try fixture.call("HalpPutScatterGatherList", adapter, list, true)
    #expect(throws: Unmodelled.self) {
      try fixture.call("HalpPutScatterGatherList", adapter, list, true)
    }
  }

  @Test(arguments: Host.few)
  func `parts, chains and what is too long`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, _) = try adapter(fixture, Device(), "HalGetAdapter")
    let device = try device(fixture)
    let first = try buffer(fixture, offset: 0x800, 0x1000)
    let second = try buffer(fixture, offset: 0xF00, 0x1000)
    var found: [(UInt64, UInt32)] = []
    let routine = fixture.routine { call in
      found = try elements(fixture, VirtualAddress(rawValue: call.arguments[2].bits))
      return 0
    }
    func list(_ current: VirtualAddress, _ byteCount: UInt32) throws -> NTStatus {
      found = []
      return try fixture.status(
        "HalpGetScatterGatherList",
        adapter,
        device,
        first.mdl,
        current,
        byteCount,
        routine,
        VirtualAddress.null,
        false
      )
    }
    #expect(try list(first.start + 0x900, 0x80) == .success)
    #expect(found.map(\.1) == [0x80])
    #expect(found[0].0 == fixture.manager.physicalAddress(of: first.start + 0x900).rawValue)

    #expect(try list(first.start, 0x1800) == .bufferTooSmall)
    #expect(try list(first.start + -1, 0x10) == .bufferTooSmall)
    #expect(try list(first.start, 0x20000) == .insufficientResources)
    #expect(found.isEmpty)
    try fixture.memory[GuestPointer<MDL>(first.mdl)].store(GuestPointer(second.mdl), in: \.next)
    #expect(try list(first.start, 0x1800) == .success)
    #expect(found.map { Int($0.1) }.reduce(0, +) == 0x1800)
    #expect(found.map(\.0).contains(second.pieces[0].0))
    // A chain that goes in circles ends too: its second MDL has no bytes.
    try fixture.memory.modify(GuestPointer<MDL>(second.mdl)) { mdl in
      mdl.byteCount = 0
      mdl.next = GuestPointer(second.mdl)
    }
    #expect(throws: Unmodelled.self) { _ = try list(first.start, 0x1800) }
  }

  @Test(arguments: Host.few)
  func `a driver can calculate and supply the list itself`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, _) = try adapter(fixture, Device(), "HalGetAdapter")
    let device = try device(fixture)
    let (mdl, start, pieces) = try buffer(fixture, offset: 0x10, 0x3000)
    let (size, registers) = (try fixture.allocate(4), try fixture.allocate(4))
    func calculate(_ mdl: VirtualAddress) throws -> UInt32 {
      let status = try fixture.status(
        "HalpCalculateScatterGatherList",
        adapter,
        mdl,
        start,
        UInt32(0x3000),
        size,
        registers
      )
      #expect(status == .success)
      #expect(try fixture.memory.load(UInt32.self, at: registers) == 4)
      return try fixture.memory.load(UInt32.self, at: size)
    }
    let (header, element) = host.architecture == .x86 ? (8, 16) : (16, 24)
    let needed = try calculate(mdl)
    #expect(Int(needed) == header + pieces.count * element)
    #expect(try Int(calculate(.null)) == header + 4 * element)
    let list = try fixture.allocate(Int(needed))
    let routine = fixture.routine { call in
      #expect(call.arguments[2].bits == list.rawValue)
      return 0
    }
    func build(_ size: UInt32) throws -> NTStatus {
      try fixture.status(
        "HalpBuildScatterGatherList",
        adapter,
        device,
        mdl,
        start,
        UInt32(0x3000),
        routine,
        VirtualAddress.null,
        true,
        list,
        size
      )
    }
    #expect(try build(needed - 1) == .bufferTooSmall)
    #expect(try build(needed) == .success)
    #expect(try elements(fixture, list).map(\.0) == pieces.map(\.0))
    try fixture.call("HalpPutScatterGatherList", adapter, list, true)
    // The list is the driver's still.
    try fixture.call("ExFreePool", list)
  }

  @Test(arguments: Host.all)
  func `IoMapTransfer gives one run at a time to a device that takes pieces`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, registers) = try adapter(fixture, Device(), "HalGetAdapter")
    let device = try device(fixture)
    let (mdl, start, pieces) = try buffer(fixture, offset: 0x345, 0x4000)
    let length = try fixture.allocate(4)
    var mapped: [(UInt64, UInt32)] = []
    var calls = 0
    let routine = fixture.routine { call in
      calls += 1
      #expect(fixture.kernel.processor.taskPriority == 2)
      var done: UInt32 = 0
      while done < 0x4000 {
        try fixture.memory.store(0x4000 - done, at: length)
        let base = VirtualAddress(rawValue: call.arguments[2].bits)
        let physical = try fixture.call(
          "IoMapTransfer",
          adapter,
          mdl,
          base,
          start + Int(done),
          length,
          true
        )
        let size = try fixture.memory.load(UInt32.self, at: length)
        mapped.append((physical, size))
        done += size
      }
      return 3
    }
    func allocate(_ count: UInt32) throws -> NTStatus {
      try fixture.status(
        "IoAllocateAdapterChannel",
        adapter,
        device,
        count,
        routine,
        VirtualAddress.null
      )
    }
    #expect(try allocate(registers + 1) == .insufficientResources)
    #expect(calls == 0)
    #expect(try allocate(5) == .success && calls == 1)
    #expect(mapped.map(\.0) == pieces.map(\.0) && mapped.map(\.1) == pieces.map(\.1))
    let isFlushed = try fixture.call(
      "IoFlushAdapterBuffers",
      adapter,
      mdl,
      adapter,
      start,
      UInt32(0x4000),
      true
    )
    #expect(isFlushed & 0xFF == 1)
    try fixture.call("IoFreeMapRegisters", adapter, adapter, UInt32(5))
    #expect(try allocate(1) == .success)
  }

  @Test(arguments: Host.few)
  func `a kept adapter is in use until it is freed`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, _) = try adapter(fixture, Device(), "HalGetAdapter")
    let device = try device(fixture)
    var action: UInt64 = 1
    let routine = fixture.routine { _ in action }
    func allocate() throws -> NTStatus {
      try fixture.status(
        "IoAllocateAdapterChannel",
        adapter,
        device,
        UInt32(1),
        routine,
        VirtualAddress.null
      )
    }
    #expect(try allocate() == .success)
    #expect(throws: Unmodelled.self) { _ = try allocate() }
    try fixture.call("IoFreeAdapterChannel", adapter)
    action = 2
    #expect(try allocate() == .success && allocate() == .success)
    action = 9
    #expect(throws: Unmodelled.self) { _ = try allocate() }
  }

  @Test(arguments: Host.all)
  func `a common buffer is contiguous, and is freed as it was allocated`(host: Host) throws {
    let fixture = try host.fixture()
    let (adapter, _) = try adapter(fixture, Device(), "HalGetAdapter")
    let logical = try fixture.allocate(8)
    let buffer = try fixture.pointer(
      "HalAllocateCommonBuffer",
      adapter,
      UInt32(0x3000),
      logical,
      true
    )
    let physical = try fixture.memory.load(PhysicalAddress.self, at: logical)
    let frames = fixture.frames(at: buffer, 3).compactMap { $0 }
    #expect(frames == (0..<3).map { physical.frame + $0 })
    func free(_ size: UInt32, _ address: PhysicalAddress) throws {
      try fixture.call("HalFreeCommonBuffer", adapter, size, address, buffer, true)
    }
    #expect(throws: Unmodelled.self) { try free(0x3000, physical + 4096) }
    #expect(throws: Unmodelled.self) { try free(0x1000, physical) }
    try free(0x3000, physical)
    #expect(fixture.memory.tables.translate(buffer) == nil)
  }
}
