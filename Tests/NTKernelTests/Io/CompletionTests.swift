import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct CompletionTests {
  static let moreProcessingRequired = NTStatus(0xC000_0016)
  static let always: IOStackLocation.Control = [.invokeOnSuccess, .invokeOnError, .invokeOnCancel]

  /// Sends a request down three devices, each of which asks to hear of its completion.
  private func send(
    _ host: Host,
    status: NTStatus,
    controls: [IOStackLocation.Control],
    result: @escaping (Int) -> NTStatus = { _ in .success }
  ) throws -> (stack: DriverStack, irp: GuestPointer<IRP>, order: () -> [Int]) {
    let stack = try DriverStack(try host.fixture())
    let devices = try (0..<3).map { _ in try stack.makeDevice() }
    let log = Log()
    try stack.dispatch(.read) { device, irp in
      let level = try #require(devices.firstIndex(of: device))
      #expect(try stack.memory[stack.location(of: irp)].deviceObject == device)
      if level == 2 {
        try stack.complete(irp, status)
        return status
      }
      try Self.pass(irp, from: level, stack, controls[level + 1], log, result)
      let bits = try stack.fixture.call("IofCallDriver", devices[level + 1], irp)
      return NTStatus(guestBits: bits)
    }
    let irp = GuestPointer<IRP>(
      try stack.fixture.pointer("IoAllocateIrp", Int8(3), false)
    )
    try Self.pass(irp, from: -1, stack, controls[0], log, result)
    let bits = try stack.fixture.call("IofCallDriver", devices[0], irp)
    #expect(NTStatus(guestBits: bits) == status)
    return (stack, irp, { log.levels })
  }

  /// Sets up the next lower location.
  private static func pass(
    _ irp: GuestPointer<IRP>,
    from level: Int,
    _ stack: DriverStack,
    _ control: IOStackLocation.Control,
    _ log: Log,
    _ result: @escaping (Int) -> NTStatus
  ) throws {
    let size = IOStackLocation.size(on: stack.memory.architecture)
    let next = GuestPointer<IOStackLocation>(try stack.location(of: irp).address + -size)
    try stack.memory[next].store(MajorFunction.read.rawValue, in: \.majorFunction)
    try stack.setCompletion(of: irp, on: control) { call in
      #expect(call.arguments[1].bits == irp.address.rawValue)
      #expect(call.arguments[2].bits == 0x77)
      log.levels.append(level)
      return result(level)
    }
  }

  private final class Log {
    var levels: [Int] = []
  }

  @Test(arguments: Host.few)
  func `completion routines run from the lowest driver's to the highest's`(host: Host) throws {
    let always = [Self.always, Self.always, Self.always]
    let sent = try send(host, status: .success, controls: always)
    #expect(sent.order() == [1, 0, -1])
  }

  @Test(arguments: Host.few)
  func `a routine runs only for what it asked for`(host: Host) throws {
    let controls: [IOStackLocation.Control] = [.invokeOnError, .invokeOnSuccess, .invokeOnError]
    #expect(try send(host, status: .success, controls: controls).order() == [0])
    #expect(try send(host, status: .unsuccessful, controls: controls).order() == [1, -1])
  }

  @Test(arguments: Host.few)
  func `a routine that needs more processing keeps the request`(host: Host) throws {
    let always = [Self.always, Self.always, Self.always]
    let sent = try send(host, status: .success, controls: always) { level in
      level == 0 ? Self.moreProcessingRequired : .success
    }
    #expect(sent.order() == [1, 0])
    // The driver completes it later, from where it stopped.
    try sent.stack.complete(sent.irp, .success)
    #expect(sent.order() == [1, 0, -1])
  }

  @Test(arguments: Host.few)
  func `a request that is completed twice stops the machine`(host: Host) throws {
    let always = [Self.always, Self.always, Self.always]
    let sent = try send(host, status: .success, controls: always)
    let error = #expect(throws: BugCheck.self) { try sent.stack.complete(sent.irp, .success) }
    #expect(error?.code.rawValue == 0x44)
    #expect(error?.parameters[0] == sent.irp.address.rawValue)
  }

  @Test(arguments: Host.few)
  func `what is no request cannot be completed`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.allocate(512)
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("IofCompleteRequest", block, Int8(0))
    }
    #expect(error?.code.rawValue == 0x44)
  }

  @Test(arguments: Host.few)
  func `a request without a stack location for a driver stops the machine`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    let device = try stack.makeDevice()
    try stack.dispatch(.create) { device, irp in
      NTStatus(guestBits: try stack.fixture.call("IofCallDriver", device, irp))
    }
    for count in Int8(0)...2 {
      let irp = try stack.fixture.pointer("IoAllocateIrp", count, false)
      let error = #expect(throws: BugCheck.self) {
        try stack.fixture.call("IofCallDriver", device, irp)
      }
      #expect(error?.code.rawValue == 0x35)
      #expect(error?.parameters[0] == irp.rawValue)
    }
  }
}
