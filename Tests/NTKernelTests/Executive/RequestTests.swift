import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct RequestTests {
  @Test func `names and parameters are those of the import libraries`() throws {
    let fixture = try ExecutiveFixture(.x86)
    let declared = Set(fixture.table.exports.map(\.decoratedName))
    for name in executiveNames { #expect(declared.contains(name), "\(name)") }
  }

  @Test(arguments: Architecture.allCases)
  func `a device control copies its output and sets the event`(
    architecture: Architecture
  ) throws {
    let fixture = try ExecutiveFixture(architecture)
    let memory = fixture.memory
    let device = try fixture.makeDevice()
    let dispatch = VirtualAddress(rawValue: 0x5000)
    try fixture.setDispatch(.deviceControl, dispatch)
    fixture.routines[dispatch] = { call in
      let irp = GuestPointer<IRP>(VirtualAddress(rawValue: call.arguments[1].bits))
      let location = try memory[irp].currentStackLocation
      #expect(try memory[location].ioControlCode == 0x22_2000)
      #expect(try memory[location].inputBufferLength == 4)
      #expect(try memory[irp].requestorMode == .kernel)
      let buffer = try memory[irp].systemBuffer
      let word: UInt32 = try memory.load(at: buffer)
      try memory.store(word &+ 1, at: buffer)
      try memory[irp].store(GuestWord(4), in: \.information)
      try fixture.call("IofCompleteRequest", irp, 0 as Int8, convention: .fastcall)
      return 0
    }
    let (input, output) = (try fixture.allocate(16), try fixture.allocate(16))
    let (event, block) = (try fixture.allocate(24), try fixture.allocate(16))
    try memory.store(41 as UInt32, at: input)
    try fixture.call("KeInitializeEvent", event, 0 as UInt32, false)
    let irp = try fixture.call(
      "IoBuildDeviceIoControlRequest",
      0x22_2000 as UInt32,
      device,
      input,
      4 as UInt32,
      output,
      8 as UInt32,
      false,
      event,
      block
    )
    let packet = VirtualAddress(rawValue: irp & fixture.pointerMask)
    #expect(
      fixture.unmodelled { try fixture.call("IoFreeIrp", packet) }
        == "IoFreeIrp: a request that the I/O manager finishes"
    )
    try fixture.call("IofCallDriver", device, packet, convention: .fastcall)
    #expect(try memory.load(UInt32.self, at: output) == 42)
    #expect(try memory.load(UInt32.self, at: output + 4) == 0)
    #expect(try fixture.call("KeReadStateEvent", event) & 0xFFFF_FFFF == 1)
    let information: GuestWord = try memory.load(at: block + architecture.pointerSize)
    #expect(information.rawValue == 4)
  }

  @Test(arguments: Architecture.allCases)
  func `a read by direct I/O locks the caller's pages`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let memory = fixture.memory
    let device = try fixture.makeDevice()
    try memory[device].store([.directIO], in: \.flags)
    let buffer = try fixture.allocate(64)
    let (offset, block) = (try fixture.allocate(8), try fixture.allocate(16))
    try memory.store(0x1_0000_0000 as Int64, at: offset)
    let result = try fixture.call(
      "IoBuildAsynchronousFsdRequest",
      3 as UInt32,
      device,
      buffer,
      64 as UInt32,
      offset,
      block
    )
    let irp = GuestPointer<IRP>(VirtualAddress(rawValue: result & fixture.pointerMask))
    let mdl = try memory[irp].mdlAddress
    #expect(try memory[mdl].flags.contains(.pagesLocked))
    let size = IOStackLocation.size(on: architecture)
    let current = try memory[irp].currentStackLocation.address
    let next = GuestPointer<IOStackLocation>(current + -size)
    #expect(try memory[next].length == 64)
    #expect(try memory[next].byteOffset == 0x1_0000_0000)
    try fixture.call("MmUnlockPages", mdl)
    try fixture.call("IoFreeMdl", mdl)
    try fixture.call("IoReuseIrp", irp, NTStatus.notSupported)
    #expect(try memory[irp].status == .notSupported)
    #expect(try memory[irp].mdlAddress.isNull)
    try fixture.call("IoFreeIrp", irp)
  }

  @Test(arguments: Architecture.allCases)
  func `a device that is opened by name is told so, and when it is closed`(
    architecture: Architecture
  ) throws {
    let fixture = try ExecutiveFixture(architecture)
    let memory = fixture.memory
    let device = try fixture.makeDevice("\\Device\\Lower")
    var seen: [UInt8] = []
    for (index, function) in [MajorFunction.create, .cleanup, .close].enumerated() {
      let dispatch = VirtualAddress(rawValue: 0x5000 + UInt64(index) * 16)
      try fixture.setDispatch(function, dispatch)
      fixture.routines[dispatch] = { call in
        let irp = GuestPointer<IRP>(VirtualAddress(rawValue: call.arguments[1].bits))
        seen.append(try memory[memory[irp].currentStackLocation].majorFunction)
        try fixture.call("IofCompleteRequest", irp, 0 as Int8, convention: .fastcall)
        return 0
      }
    }
    let slots = try fixture.allocate(16)
    let name = try fixture.string("\\Device\\Lower")
    let access: UInt32 = 3
    let status = try fixture.call("IoGetDeviceObjectPointer", name, access, slots, slots + 8)
    #expect(status & 0xFFFF_FFFF == 0)
    #expect(seen == [0, 18])
    let file: VirtualAddress = try memory.load(at: slots)
    #expect(try memory.load(VirtualAddress.self, at: slots + 8) == device.address)
    #expect(try memory[device].referenceCount == 1)
    let related = try fixture.call("IoGetRelatedDeviceObject", file) & fixture.pointerMask
    #expect(related == device.address.rawValue)
    try fixture.call("ObfReferenceObject", file, convention: .fastcall)
    try fixture.call("ObfDereferenceObject", file, convention: .fastcall)
    #expect(seen == [0, 18])
    try fixture.call("ObfDereferenceObject", file, convention: .fastcall)
    #expect(seen == [0, 18, 2])
    #expect(try memory[device].referenceCount == 0)
    let missing = try fixture.string("\\Device\\Other")
    let code = try fixture.call("IoGetDeviceObjectPointer", missing, access, slots, slots + 8)
    #expect(NTStatus(guestBits: code) == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `a named event is made once`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let name = try fixture.string("\\BaseNamedObjects\\Ready")
    let slots = try fixture.allocate(16)
    let event = try fixture.call("IoCreateNotificationEvent", name, slots) & fixture.pointerMask
    #expect(event != 0)
    let place = VirtualAddress(rawValue: event)
    #expect(try fixture.call("KeReadStateEvent", place) & 0xFFFF_FFFF == 1)
    try fixture.call("KeClearEvent", place)
    let again = try fixture.call("IoCreateSynchronizationEvent", name, slots + 8)
    #expect(again & fixture.pointerMask == event)
    #expect(try fixture.call("KeReadStateEvent", place) & 0xFFFF_FFFF == 0)
    for slot in [slots, slots + 8] {
      let handle: VirtualAddress = try fixture.memory.load(at: slot)
      #expect(try fixture.call("ZwClose", handle) & 0xFFFF_FFFF == 0)
    }
    #expect(try fixture.kernel.objects.object(at: "\\BaseNamedObjects\\Ready").object == nil)
  }
}
