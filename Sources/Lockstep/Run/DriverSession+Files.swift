internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

/// A device that a process has open.
struct OpenDevice {
  let device: GuestPointer<DeviceObject>
  let file: GuestPointer<FileObject>
  /// The number of the process in the scenario.
  let process: Int
  /// Whether the driver has been told that the last handle is closed.
  var isCleanedUp = false
}

/// A request that a driver keeps.
struct PendingRequest {
  let request: IORequest
  let description: String
  let device: OpenDevice
  /// The caller's buffers, which stay until the request is completed.
  let buffers: [VirtualAddress]
  let step: Scenario.Step
}

extension DriverSession {
  /// Takes note of the pending requests that have been completed meanwhile.
  func reapPendingRequests() throws {
    for sent in pending where sent.request.status != nil && end == nil {
      log.add("\(sent.description), which was pending:")
      try machine.enter(machine.kernel.processes.requester(sent.device.process))
      try finish(sent)
    }
    pending.removeAll { $0.request.status != nil }
  }

  /// Asks the drivers to complete the requests of a process that are pending, and lets them do so.
  func cancelRequests(of process: Int, for file: GuestPointer<FileObject>? = nil) throws {
    for sent in pending where sent.device.process == process && end == nil {
      guard sent.request.status == nil, file == nil || file == sent.device.file else { continue }
      log.add("cancels the \(sent.description)")
      let outcome = try machine.perform { try machine.kernel.io.cancel(sent.request.irp) }
      drainEvents()
      guard finish(outcome) != nil else { return }
      let waited = try machine.wait { sent.request.status != nil }
      drainEvents()
      switch waited {
      case .returned, .deadlock: break
      case .bugCheck, .unmodelled, .budgetExhausted: return stop(waited)
      }
    }
    try reapPendingRequests()
  }

  /// Tells the driver that a process has closed its last handles.
  func cleanUpDevices(_ step: Scenario.Step) throws {
    for index in open.indices where open[index].process == step.process && end == nil {
      guard !open[index].isCleanedUp else { continue }
      open[index].isCleanedUp = true
      try request(.cleanup, input: nil, output: nil, on: open[index], step)
    }
  }

  /// Closes what a process has open.
  ///
  /// NT closes a file when no request for it is left.
  func closeDevices(_ step: Scenario.Step) throws {
    for device in open where device.process == step.process && end == nil {
      try cancelRequests(of: step.process, for: device.file)
      guard end == nil else { return }
      let left = pending.filter { $0.device.file == device.file }
      guard left.isEmpty else {
        neverCompleted += left.map(\.description)
        log.add("cannot be closed: a request is never completed")
        continue
      }
      try request(.close, input: nil, output: nil, on: device, step)
      if end == nil { try machine.kernel.io.removeFile(device.file) }
    }
    pending.removeAll { $0.device.process == step.process }
    open.removeAll { $0.process == step.process }
  }

  /// Ends a process: its requests are cancelled, its handles closed, and its memory is given back.
  func exit(_ step: Scenario.Step) throws {
    let process = try machine.kernel.processes.requester(step.process)
    log.add("a process ends")
    let announced = try machine.perform { try machine.kernel.announceExit() }
    drainEvents()
    guard finish(announced) != nil else { return }
    let closed = try machine.perform { try machine.kernel.closeFiles(of: process) }
    drainEvents()
    guard finish(closed) != nil else { return }
    try cancelRequests(of: step.process)
    try cleanUpDevices(step)
    if end == nil { try closeDevices(step) }
    guard end == nil else { return }
    let outcome = try machine.perform {
      try machine.kernel.processes.exit(process)
      return .done
    }
    drainEvents()
    guard finish(outcome) != nil else { return }
    try machine.enter(machine.kernel.processes.system)
  }
}
