import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct TransferTests {
  private static let input = (0..<24).map { UInt8($0 + 1) }

  /// Makes a request, whose driver does what is given, and returns what it came to.
  private func request(
    _ stack: DriverStack,
    _ flags: DeviceObject.Flags,
    _ function: MajorFunction,
    code: UInt32 = 0,
    body: @escaping (GuestPointer<IRP>) throws -> Void
  ) throws -> (request: IORequest, output: VirtualAddress) {
    let manager = stack.fixture.manager
    let device = try stack.makeDevice(flags)
    let input = try manager.allocateUserBuffer(24, byteOffset: 0x123)
    let output = try manager.allocateUserBuffer(5000, byteOffset: 0x321)
    try stack.memory.store(bytes: Self.input, at: input)
    try stack.dispatch(function) { _, irp in
      try body(irp)
      return .success
    }
    let file = try stack.fixture.kernel.io.makeFile(for: device)
    let isWrite = function == .write
    let operation = IOOperation(
      function,
      controlCode: code,
      input: function == .read ? .none : .init(address: input, byteCount: 24),
      output: isWrite ? .none : .init(address: output, byteCount: 5000)
    )
    let made = try stack.fixture.kernel.io.makeRequest(operation, on: device, file)
    #expect(try stack.fixture.carryOut(made.completion) == 0)
    #expect(manager.lockedMDLs.isEmpty)
    #expect(manager.liveMappings.isEmpty)
    try stack.fixture.kernel.io.removeFile(file)
    return (made.request, output)
  }

  @Test(arguments: Host.few)
  func `a buffered read returns as many bytes as the driver says`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    let done = try request(stack, .bufferedIO, .read) { irp in
      let view = stack.memory[irp]
      let buffer = try view.systemBuffer
      #expect(stack.fixture.manager.layout.nonpagedPool.contains(buffer))
      #expect(try view.mdlAddress.isNull)
      #expect(try stack.memory[stack.location(of: irp)].length == 5000)
      try stack.memory.fill(at: buffer, count: 5000, with: 0x66)
      try stack.complete(irp, .success, information: 4999)
    }
    #expect(done.request.status == .success)
    #expect(done.request.information == 4999)
    #expect(try stack.memory.load(UInt8.self, at: done.output + 4998) == 0x66)
    #expect(try stack.memory.load(UInt8.self, at: done.output + 4999) == 0)
  }

  @Test(arguments: Host.few)
  func `a buffered write brings the caller's bytes`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    _ = try request(stack, .bufferedIO, .write) { irp in
      let buffer = try stack.memory[irp].systemBuffer
      #expect(try stack.memory.bytes(at: buffer, count: 24) == Self.input)
      try stack.complete(irp, .success, information: 24)
    }
  }

  @Test(arguments: Host.few)
  func `a direct read locks the caller's pages for writing`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    let done = try request(stack, .directIO, .read) { irp in
      let mdl = try stack.memory[irp].mdlAddress
      #expect(try stack.memory[irp].systemBuffer == .null)
      #expect(try stack.memory[mdl].flags.contains([.pagesLocked, .writeOperation]))
      #expect(try stack.memory[mdl].byteOffset == 0x321)
      #expect(try stack.memory[mdl].byteCount == 5000)
      // A mapping that the driver leaves goes with the lock.
      let address = try stack.fixture.pointer("MmMapLockedPages", mdl, ProcessorMode.kernel)
      let buffer = address + (-address.offsetInPage + 0x321)
      try stack.memory.fill(at: buffer, count: 5000, with: 0x67)
      try stack.complete(irp, .success, information: 5000)
    }
    #expect(try stack.memory.load(UInt8.self, at: done.output + 4999) == 0x67)
  }

  @Test(arguments: Host.few)
  func `a direct write locks the caller's pages for reading`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    _ = try request(stack, .directIO, .write) { irp in
      let flags = try stack.memory[stack.memory[irp].mdlAddress].flags
      #expect(flags.contains(.pagesLocked) && !flags.contains(.writeOperation))
      try stack.complete(irp, .success)
    }
  }

  @Test(arguments: Host.few)
  func `neither method hands over the caller's addresses`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    let done = try request(stack, [], .deviceControl, code: 0x22_0003) { irp in
      let view = stack.memory[irp]
      #expect(try view.systemBuffer == .null)
      #expect(try view.mdlAddress.isNull)
      let location = stack.memory[try stack.location(of: irp)]
      let input = try location.type3InputBuffer
      #expect(try stack.memory.bytes(at: input, count: 24) == Self.input)
      try stack.memory.store(UInt8(9), at: view.userBuffer)
      try stack.complete(irp, .success)
    }
    #expect(try stack.memory.load(UInt8.self, at: done.output) == 9)
  }

  @Test(arguments: Host.few, [0, 1, 2] as [UInt32])
  func `a control code's method decides how its buffers arrive`(
    host: Host,
    method: UInt32
  ) throws {
    let stack = try DriverStack(try host.fixture())
    let done = try request(stack, [], .deviceControl, code: 0x22_0000 | method) { irp in
      let view = stack.memory[irp]
      let location = stack.memory[try stack.location(of: irp)]
      #expect(try location.ioControlCode == 0x22_0000 | method)
      #expect(try location.inputBufferLength == 24)
      #expect(try location.outputBufferLength == 5000)
      #expect(try stack.memory.bytes(at: view.systemBuffer, count: 24) == Self.input)
      #expect(try view.mdlAddress.isNull == (method == 0))
      if method == 0 {
        try stack.memory.fill(at: view.systemBuffer, count: 5000, with: 0x68)
      } else {
        let flags = try stack.memory[view.mdlAddress].flags
        #expect(flags.contains(.writeOperation) == (method == 2))
      }
      try stack.complete(irp, .success, information: 10)
    }
    let bytes = try stack.memory.bytes(at: done.output, count: 11)
    #expect(
      bytes == (method == 0 ? Array(repeating: 0x68, count: 10) : Array(repeating: 0, count: 10))
        + [0]
    )
  }

  @Test(arguments: Host.few)
  func `an error returns no data, a warning does`(host: Host) throws {
    for (status, isReturned) in [(NTStatus.unsuccessful, false), (.bufferOverflow, true)] {
      let stack = try DriverStack(try host.fixture())
      let done = try request(stack, .bufferedIO, .read) { irp in
        let buffer = try stack.memory[irp].systemBuffer
        try stack.memory.fill(at: buffer, count: 10, with: 0x69)
        try stack.complete(irp, status, information: 10)
      }
      #expect(done.request.status == status)
      #expect(try stack.memory.load(UInt8.self, at: done.output) == (isReturned ? 0x69 : 0))
    }
  }

  @Test(arguments: Host.few)
  func `a request for a buffer that is not there raises an exception`(host: Host) throws {
    let stack = try DriverStack(try host.fixture())
    let device = try stack.makeDevice(.directIO)
    let file = try stack.fixture.kernel.io.makeFile(for: device)
    let nowhere = IOOperation.Buffer(address: VirtualAddress(rawValue: 0x10_0000), byteCount: 100)
    #expect(throws: RaisedStatus(.accessViolation)) {
      try stack.fixture.kernel.io.makeRequest(IOOperation(.read, output: nowhere), on: device, file)
    }
    #expect(stack.fixture.manager.lockedMDLs.isEmpty)
  }
}
