import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct DeviceQueueTests {
  @Test(arguments: Architecture.allCases)
  func `a queue is sorted by key and serves the first key that is not less`(
    architecture: Architecture
  ) throws {
    let fixture = try ExecutiveFixture(architecture)
    let queue = try fixture.allocate(40)
    try fixture.call("KeInitializeDeviceQueue", queue)
    let entries = try (0..<5).map { _ in try fixture.allocate(24) }
    let mask = fixture.pointerMask
    // The first makes the queue busy and is not in it.
    #expect(try fixture.call("KeInsertDeviceQueue", queue, entries[0]) & 0xFF == 0)
    for (entry, key) in zip(entries[1...], [30, 10, 20, 20] as [UInt32]) {
      #expect(try fixture.call("KeInsertByKeyDeviceQueue", queue, entry, key) & 0xFF == 1)
    }
    let third = try fixture.call("KeRemoveByKeyDeviceQueue", queue, 15 as UInt32) & mask
    #expect(third == entries[3].rawValue)
    #expect(try fixture.call("KeRemoveEntryDeviceQueue", queue, entries[4]) & 0xFF == 1)
    #expect(try fixture.call("KeRemoveEntryDeviceQueue", queue, entries[4]) & 0xFF == 0)
    let wrapped = try fixture.call("KeRemoveByKeyDeviceQueue", queue, 40 as UInt32) & mask
    #expect(wrapped == entries[2].rawValue)
    #expect(try fixture.call("KeRemoveDeviceQueue", queue) & mask == entries[1].rawValue)
    #expect(try fixture.call("KeRemoveDeviceQueue", queue) & mask == 0)
    #expect(try fixture.call("KeRemoveByKeyDeviceQueueIfBusy", queue, 0 as UInt32) & mask == 0)
    #expect(try fixture.call("KeInsertDeviceQueue", queue, entries[0]) & 0xFF == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `StartIo gets one request at a time`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let device = try fixture.makeDevice()
    let startIO = VirtualAddress(rawValue: 0x6000)
    let driver = try #require(fixture.kernel.io.drivers.first)
    try fixture.memory[driver].store(GuestFunction(startIO), in: \.driverStartIO)
    var started: [UInt64] = []
    fixture.routines[startIO] = { call in
      #expect(fixture.dispatcher.irql == .dispatch)
      started.append(call.arguments[1].bits)
      return 0
    }
    let requests = try (0..<2).map { _ in
      VirtualAddress(
        rawValue: try fixture.call("IoAllocateIrp", 1 as Int8, false) & fixture.pointerMask
      )
    }
    for irp in requests {
      try fixture.call("IoStartPacket", device, irp, VirtualAddress.null, VirtualAddress.null)
    }
    #expect(started == [requests[0].rawValue])
    #expect(fixture.dispatcher.irql == .passive)
    #expect(try fixture.memory[device].currentIRP.address == requests[0])
    try fixture.dispatcher.setIRQL(.dispatch)
    try fixture.call("IoStartNextPacket", device, false)
    #expect(started == requests.map(\.rawValue))
    try fixture.call("IoStartNextPacket", device, false)
    #expect(try fixture.memory[device].currentIRP.isNull)
    #expect(fixture.dispatcher.irql == .dispatch)
  }

  @Test(arguments: Architecture.allCases)
  func `a request that was cancelled is not queued for long`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let device = try fixture.makeDevice()
    let cancel = VirtualAddress(rawValue: 0x7000)
    let irp = GuestPointer<IRP>(
      VirtualAddress(
        rawValue: try fixture.call("IoAllocateIrp", 1 as Int8, false) & fixture.pointerMask
      )
    )
    try fixture.memory[irp].store(true, in: \.cancel)
    var cancelled = 0
    fixture.routines[cancel] = { call in
      cancelled += 1
      #expect(call.arguments[1].bits == irp.address.rawValue)
      try fixture.call("IoReleaseCancelSpinLock", fixture.memory[irp].cancelIRQL)
      return 0
    }
    let queue = fixture.memory[device].address(of: \.deviceQueue)
    try fixture.call("KeInsertDeviceQueue", queue, fixture.allocate(24))
    try fixture.call("IoStartPacket", device, irp, VirtualAddress.null, cancel)
    #expect(cancelled == 1)
    #expect(fixture.dispatcher.irql == .passive)
  }
}
