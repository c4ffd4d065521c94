import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `IoRegisterDeviceInterface` and what belongs to it, and properties of devices.
@Suite struct DeviceInterfaceTests {
  /// A machine with a device that a bus has reported.
  private struct Fixture {
    let kernel: KernelFixture
    let node: DeviceNode
    let guid: VirtualAddress
    let name: GuestPointer<CountedString>

    init(_ host: Host) throws {
      kernel = try host.fixture()
      node = try kernel.kernel.plugAndPlay.report(ReportedDevice(bus: .root), service: "Test")
      guid = try kernel.allocate(16)
      try kernel.memory.store(bytes: Array(1...16), at: guid)
      name = GuestPointer(try kernel.allocate(16))
    }

    func string(_ text: String) throws -> GuestPointer<CountedString> {
      let units = Array(text.utf16)
      let block = try kernel.allocate(16 + units.count * 2 + 2)
      for (index, unit) in units.enumerated() {
        try kernel.memory.store(unit, at: block + 16 + index * 2)
      }
      let string = GuestPointer<CountedString>(block)
      try kernel.memory.set(
        string,
        buffer: block + 16,
        length: units.count * 2,
        maximumLength: units.count * 2
      )
      return string
    }

    func register(
      _ device: GuestPointer<DeviceObject>? = nil,
      reference: String? = nil
    ) throws -> NTStatus {
      let text = try reference.map(string(_:)) ?? GuestPointer(.null)
      return try kernel.status(
        "IoRegisterDeviceInterface",
        device ?? node.device,
        guid,
        text,
        name
      )
    }

    var text: String { get throws { try kernel.memory.text(of: name) } }
  }

  @Test(arguments: Host.few)
  func `an interface is registered once, by device, class and reference string`(
    host: Host
  ) throws {
    let fixture = try Fixture(host)
    #expect(try fixture.register() == .success)
    let first = try fixture.text
    #expect(first == #"\??\ROOT#TEST#0000#{04030201-0605-0807-090a-0b0c0d0e0f10}"#)
    #expect(try fixture.register() == .objectNameExists)
    #expect(try fixture.text == first)
    #expect(try fixture.register(reference: "port0") == .success)
    #expect(try fixture.text == first + #"\port0"#)
    #expect(try fixture.register(reference: #"a\b"#) == .invalidDeviceRequest)
    #expect(try fixture.register(reference: "a/b") == .invalidDeviceRequest)
    let other = try DriverStack(fixture.kernel).makeDevice()
    #expect(try fixture.register(other) == .invalidDeviceRequest)
  }

  @Test(arguments: Host.few)
  func `an interface can be opened while it is enabled`(host: Host) throws {
    let fixture = try Fixture(host)
    _ = try fixture.register()
    let link = try fixture.text
    func device() throws -> VirtualAddress? {
      try fixture.kernel.kernel.objects.object(at: link).object?.body
    }
    func set(_ enables: Bool) throws -> NTStatus {
      try fixture.kernel.status("IoSetDeviceInterfaceState", fixture.name, enables)
    }
    #expect(try device() == nil)
    #expect(try set(false) == .objectNameNotFound)
    #expect(try set(true) == .success)
    #expect(try set(true) == .objectNameExists)
    #expect(try device() == fixture.node.device.address)
    #expect(try set(false) == .success)
    #expect(try device() == nil)
    #expect(try set(true) == .success)
    // The Plug and Play manager disables what a removed device leaves enabled.
    try fixture.kernel.kernel.plugAndPlay.remove(fixture.node)
    #expect(try device() == nil)
    #expect(try fixture.register() == .invalidDeviceRequest)
  }

  @Test(arguments: Host.few)
  func `IoGetDeviceInterfaces lists enabled interfaces, and others if asked`(host: Host) throws {
    let fixture = try Fixture(host)
    let (kernel, memory) = (fixture.kernel, fixture.kernel.memory)
    let result = try kernel.allocate(8)
    func list(_ flags: UInt32, _ device: GuestPointer<DeviceObject>) throws -> [UInt16] {
      let status = try kernel.status("IoGetDeviceInterfaces", fixture.guid, device, flags, result)
      #expect(status == .success)
      let block: VirtualAddress = try memory.load(at: result)
      var units: [UInt16] = []
      repeat {
        units.append(try memory.load(at: block + units.count * 2))
      } while units.count < 2 || units.suffix(2) != [0, 0]
      return units
    }
    _ = try fixture.register()
    let name = Array(try fixture.text.utf16)
    #expect(try list(0, GuestPointer(.null)) == [0, 0])
    #expect(try list(1, GuestPointer(.null)) == name + [0, 0])
    _ = try kernel.status("IoSetDeviceInterfaceState", fixture.name, true)
    #expect(try list(0, GuestPointer(.null)) == name + [0, 0])
    #expect(try list(0, fixture.node.device) == name + [0, 0])
    let bad = try DriverStack(kernel).makeDevice()
    let status = try kernel.status("IoGetDeviceInterfaces", fixture.guid, bad, UInt32(0), result)
    #expect(status == .invalidDeviceRequest)
  }

  @Test(arguments: Host.few)
  func `a driver's own properties come back as they were set`(host: Host) throws {
    let fixture = try Fixture(host)
    let (kernel, device) = (fixture.kernel, fixture.node.device)
    let key = try kernel.allocate(20)
    try kernel.memory.store(bytes: Array(repeating: 7, count: 16), at: key)
    let buffer = try kernel.allocate(16)
    let (size, type) = (try kernel.allocate(4), try kernel.allocate(4))
    func get(_ length: UInt32) throws -> NTStatus {
      try kernel.status(
        "IoGetDevicePropertyData",
        device,
        key,
        UInt32(0),
        UInt32(0),
        length,
        buffer + 8,
        size,
        type
      )
    }
    func set(_ kind: UInt32) throws -> NTStatus {
      try kernel.status(
        "IoSetDevicePropertyData",
        device,
        key,
        UInt32(0),
        UInt32(0),
        kind,
        UInt32(4),
        buffer
      )
    }
    #expect(try get(8) == .objectNameNotFound)
    try kernel.memory.store(UInt32(0xA1B2_C3D4), at: buffer)
    #expect(try set(7) == .success)
    #expect(try get(2) == .bufferTooSmall)
    #expect(try kernel.memory.load(UInt32.self, at: size) == 4)
    #expect(try get(4) == .success)
    #expect(try kernel.memory.load(UInt32.self, at: buffer + 8) == 0xA1B2_C3D4)
    #expect(try kernel.memory.load(UInt32.self, at: type) == 7)
    #expect(try set(0) == .success)
    #expect(try get(8) == .objectNameNotFound)
  }

  @Test(arguments: Host.few)
  func `a wish for a device that no bus reported stops the machine`(host: Host) throws {
    let fixture = try Fixture(host)
    let device = try DriverStack(fixture.kernel).makeDevice()
    let error = #expect(throws: BugCheck.self) {
      try fixture.kernel.call("IoInvalidateDeviceState", device)
    }
    #expect(error?.code.rawValue == 0xCA)
    #expect(error?.parameters.prefix(2) == [2, device.address.rawValue])
    try fixture.kernel.call("IoInvalidateDeviceState", fixture.node.device)
    try fixture.kernel.call("IoInvalidateDeviceState", fixture.node.device)
    #expect(fixture.node.wishes == [.queryState])
  }

  @Test(arguments: Host.few)
  func `the devices of a stack know what is below them`(host: Host) throws {
    let fixture = try Fixture(host)
    let stack = try DriverStack(fixture.kernel)
    let devices = try (0..<2).map { _ in try stack.makeDevice() }
    for device in devices {
      _ = try fixture.kernel.call("IoAttachDeviceToDeviceStack", device, fixture.node.device)
    }
    func ask(_ routine: String, _ device: GuestPointer<DeviceObject>) throws -> VirtualAddress {
      try fixture.kernel.pointer(routine, device)
    }
    let bottom = fixture.node.device
    #expect(try ask("IoGetLowerDeviceObject", devices[1]) == devices[0].address)
    #expect(try ask("IoGetLowerDeviceObject", devices[0]) == bottom.address)
    #expect(try ask("IoGetLowerDeviceObject", bottom) == .null)
    #expect(try ask("IoGetDeviceAttachmentBaseRef", devices[1]) == bottom.address)
    #expect(try ask("IoGetAttachedDeviceReference", bottom) == devices[1].address)
    try fixture.kernel.call("IoDetachDevice", devices[0])
    #expect(try ask("IoGetLowerDeviceObject", devices[1]) == .null)
    #expect(try ask("IoGetAttachedDeviceReference", bottom) == devices[0].address)
  }
}
