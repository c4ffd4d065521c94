import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct WorkItemTests {
  @Test(arguments: Architecture.allCases)
  func `the routine runs on a thread with the device and the context`(
    architecture: Architecture
  ) throws {
    let fixture = try ExecutiveFixture(architecture)
    let device = try fixture.makeDevice()
    let routine = VirtualAddress(rawValue: 0x5000)
    let context = VirtualAddress(rawValue: 0x77)
    let item = VirtualAddress(
      rawValue: try fixture.call("IoAllocateWorkItem", device.address) & fixture.pointerMask
    )
    var calls: [[UInt64]] = []
    fixture.routines[routine] = { call in
      calls.append(call.arguments.map(\.bits))
      try fixture.call("IoFreeWorkItem", item)
      return 0
    }
    try fixture.call("IoQueueWorkItem", item, routine, 1 as UInt32, context)
    #expect(calls.isEmpty)
    #expect(
      fixture.unmodelled { try fixture.call("IoFreeWorkItem", item) }
        == "IoFreeWorkItem: a work item that is queued"
    )
    try fixture.runNewThread()
    #expect(calls == [[device.address.rawValue, 0x77]])
    #expect(fixture.dispatcher.threads.count == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `an item of the driver's own may be queued again`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let device = try fixture.makeDevice()
    let routine = VirtualAddress(rawValue: 0x5000)
    let size = try fixture.call("IoSizeofWorkItem") & 0xFFFF_FFFF
    let item = try fixture.allocate(Int(size))
    try fixture.call("IoInitializeWorkItem", device.address, item)
    var calls: [[UInt64]] = []
    fixture.routines[routine] = {
      calls.append($0.arguments.map(\.bits))
      return 0
    }
    for _ in 0..<2 {
      try fixture.call("IoQueueWorkItemEx", item, routine, 1 as UInt32, VirtualAddress.null)
      try fixture.runNewThread()
    }
    try fixture.call("IoUninitializeWorkItem", item)
    #expect(calls == [[UInt64]](repeating: [device.address.rawValue, 0, item.rawValue], count: 2))
  }
}

extension ExecutiveFixture {
  /// The bits of a pointer in a result.
  var pointerMask: UInt64 { memory.architecture == .x86 ? 0xFFFF_FFFF : .max }

  /// Stores a `UNICODE_STRING`, and returns where.
  func string(_ text: String) throws -> GuestPointer<CountedString> {
    let units = Array(text.utf16)
    let string = GuestPointer<CountedString>(try allocate(16))
    let buffer = try allocate(units.count * 2 + 2)
    for (index, unit) in units.enumerated() { try memory.store(unit, at: buffer + index * 2) }
    try memory.set(
      string,
      buffer: buffer,
      length: units.count * 2,
      maximumLength: units.count * 2 + 2
    )
    return string
  }

  /// Makes a device that can be opened.
  func makeDevice(_ name: String? = nil) throws -> GuestPointer<DeviceObject> {
    let image = VirtualAddress(rawValue: 0x1000)..<VirtualAddress(rawValue: 0x9000)
    let driver =
      try kernel.io.drivers.first
      ?? kernel.io.createDriver(
        "Test",
        registryPath: #"\Registry\Machine\System\CurrentControlSet\Services\Test"#,
        image: image,
        entryPoint: image.lowerBound
      ).driver
    let slot = try allocate(8)
    let path = try name.map { try string($0) } ?? GuestPointer(.null)
    let status = try call(
      "IoCreateDevice",
      driver,
      16 as UInt32,
      path,
      0x22 as UInt32,
      0 as UInt32,
      false,
      slot
    )
    #expect(status & 0xFFFF_FFFF == 0)
    try kernel.io.finishInitialization(of: driver)
    return GuestPointer(try memory.load(VirtualAddress.self, at: slot))
  }

  /// Fills in a dispatch routine of the driver.
  func setDispatch(_ function: MajorFunction, _ routine: VirtualAddress) throws {
    let driver = try #require(kernel.io.drivers.first)
    let place = memory[driver].address(of: \.majorFunction)
    try memory.store(
      routine,
      at: place + Int(function.rawValue) * memory.architecture.pointerSize
    )
  }
}
