import GuestABI
import NTKernel
import NTStructures
import Testing

/// A driver with devices, whose routines are the test's.
struct DriverStack {
  let fixture: KernelFixture
  let driver: GuestPointer<DriverObject>

  var memory: AddressSpace { fixture.memory }

  init(_ fixture: KernelFixture) throws {
    self.fixture = fixture
    let start = VirtualAddress(rawValue: 0x6000_0000)
    driver = try fixture.kernel.io.createDriver(
      "Test",
      registryPath: #"\Registry\Machine\System\CurrentControlSet\Services\Test"#,
      image: start..<start + 0x1000,
      entryPoint: start
    ).driver
  }

  /// Makes a device without a name.
  func makeDevice(_ flags: DeviceObject.Flags = []) throws -> GuestPointer<DeviceObject> {
    let result = try fixture.allocate(8)
    let status = try fixture.status(
      "IoCreateDevice",
      driver,
      UInt32(16),
      GuestPointer<CountedString>(.null),
      UInt32(0x22),
      UInt32(0),
      false,
      result
    )
    #expect(status == .success)
    let device: GuestPointer<DeviceObject> = try memory.load(at: result)
    try memory[device].store(flags, in: \.flags)
    return device
  }

  /// Sets the routine for a kind of request.
  func dispatch(
    _ function: MajorFunction,
    _ body: @escaping (GuestPointer<DeviceObject>, GuestPointer<IRP>) throws -> NTStatus
  ) throws {
    let routine = fixture.routine { call in
      let device = GuestPointer<DeviceObject>(guestBits: call.arguments[0].bits)
      return try body(device, GuestPointer(guestBits: call.arguments[1].bits)).guestBits
    }
    let place =
      memory[driver].address(of: \.majorFunction)
      + Int(function.rawValue) * memory.architecture.pointerSize
    try memory.store(routine, at: place)
  }

  /// The stack location that a driver sees.
  func location(of irp: GuestPointer<IRP>) throws -> GuestPointer<IOStackLocation> {
    try memory[irp].currentStackLocation
  }

  /// What `IoSetCompletionRoutine` does.
  func setCompletion(
    of irp: GuestPointer<IRP>,
    on control: IOStackLocation.Control,
    _ body: @escaping (GuestCall) throws -> NTStatus
  ) throws {
    let routine = fixture.routine { try body($0).guestBits }
    let next = try location(of: irp).address + -IOStackLocation.size(on: memory.architecture)
    try memory.modify(GuestPointer<IOStackLocation>(next)) { location in
      location.completionRoutine = GuestFunction(routine)
      location.context = VirtualAddress(rawValue: 0x77)
      location.control = control
    }
  }

  /// Completes a request as a driver does.
  func complete(_ irp: GuestPointer<IRP>, _ status: NTStatus, information: Int = 0) throws {
    try memory.modify(irp) { irp in
      irp.status = status
      irp.information = GuestWord(information)
    }
    try fixture.call("IofCompleteRequest", irp, Int8(0))
  }
}
