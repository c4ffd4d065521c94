internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures
internal import PortableExecutable

extension DriverSession {
  /// Makes a request and waits until it is done.
  @discardableResult
  func request(
    _ function: MajorFunction,
    code: UInt32 = 0,
    input: Scenario.Buffer?,
    output: Scenario.Buffer?,
    on device: OpenDevice,
    _ step: Scenario.Step
  ) throws -> NTStatus? {
    let manager = machine.manager
    var buffers: [VirtualAddress] = []
    func place(_ buffer: Scenario.Buffer?) throws -> IOOperation.Buffer {
      guard let buffer, buffer.size > 0 else { return .none }
      let address = try manager.allocateUserBuffer(buffer.size, byteOffset: buffer.byteOffset)
      buffers.append(address)
      try machine.memory.store(bytes: buffer.bytes, at: address)
      return IOOperation.Buffer(address: address, byteCount: buffer.size)
    }
    // What the system does to make the request is nobody's call.
    machine.context.caller = .null
    let operation = IOOperation(
      function,
      controlCode: code,
      input: try place(input),
      output: try place(output)
    )
    let description = step.action.description(of: function)
    log.add(description)
    var request: IORequest?
    var outcome = try machine.perform {
      let made = try machine.kernel.io.makeRequest(operation, on: device.device, device.file)
      request = made.request
      return made.completion
    }
    drainEvents()
    guard let returned = finish(outcome) else { return nil }
    if request?.status == nil, NTStatus(guestBits: returned) == .pending {
      outcome = try machine.wait { request?.status != nil }
      drainEvents()
    }
    guard let request else { return nil }
    let sent = PendingRequest(
      request: request,
      description: description,
      device: device,
      buffers: buffers,
      step: step
    )
    guard request.status != nil else {
      switch outcome {
      case .bugCheck, .unmodelled, .budgetExhausted:
        stop(outcome)
        neverCompleted.append(description)
      case .returned, .deadlock:
        log.add("the request is pending")
        pending.append(sent)
      }
      return nil
    }
    return try finish(sent)
  }

  /// Takes note of what a request has come to.
  @discardableResult
  func finish(_ sent: PendingRequest) throws -> NTStatus? {
    let request = sent.request
    guard let status = request.status else { return nil }
    let output = request.operation.output
    let bytes = try machine.memory.bytes(at: output.address, count: output.byteCount)
    log.add(
      "completed with \(status.name), information \(hex(request.information))"
        + (bytes.isEmpty ? "" : ", output \(hex(EventLog.digest(bytes)))")
    )
    check(sent.step, sent.description, status, request.information, bytes)
    for buffer in sent.buffers { machine.manager.freeUserBuffer(buffer) }
    return status
  }

  func check(
    _ step: Scenario.Step,
    _ description: String,
    _ status: NTStatus,
    _ information: UInt64,
    _ output: [UInt8]
  ) {
    guard let expectation = step.expectation else { return }
    func fail(_ what: String) {
      let place = step.line.map { "line \($0): " } ?? ""
      failedExpectations.append("\(place)\(description): \(what)")
    }
    if let expected = expectation.status, expected != status {
      fail("status \(status.name), expected \(expected.name)")
    }
    if let expected = expectation.information, expected != information {
      fail("information \(hex(information)), expected \(hex(expected))")
    }
    if let expected = expectation.output, Array(output.prefix(expected.count)) != expected {
      let index = zip(output, expected).enumerated().first { $1.0 != $1.1 }?.offset
      fail("the output differs from byte \(index ?? output.count)")
    }
    if let expected = expectation.prints, !log.printed(expected, since: machine.trace.step) {
      fail("nothing printed has \"\(expected)\"")
    }
  }
}
