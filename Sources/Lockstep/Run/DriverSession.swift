internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures
internal import PortableExecutable

/// Drivers in one machine, one as a rule: loads them, does a scenario to them, and unloads them.
final class DriverSession {
  /// Why a session ended before the scenario did.
  enum End {
    case loadFailure(LoadFailure)
    case entryFailed(NTStatus)
    case stopped(Outcome)
  }

  let machine: Machine
  /// The drivers that are run, in the order in which they are started.
  let members: [AvailableDriver]
  /// The drivers that have been loaded, in that order.
  var loaded: [SessionDriver] = []
  /// The drivers that did not start, where others did.
  var failedEntries: [(name: String, status: NTStatus)] = []
  var end: End?
  /// What was seen, in a form that can be compared between releases.
  var log = EventLog()
  /// What the scenario expected in vain, with the step.
  var failedExpectations: [String] = []
  /// The requests that drivers have not completed yet.
  var pending: [PendingRequest] = []
  /// The requests that no driver completed.
  var neverCompleted: [String] = []
  /// What was left when the drivers were gone.
  var leaks: [Leak] = []

  var open: [OpenDevice] = []

  /// Whether a device is open.
  var hasOpenDevices: Bool { !open.isEmpty }

  /// The name of the driver that the session is about: the first one that was given.
  let name: String
  /// The image of that driver, once it has been loaded.
  var image: LoadedImage? { machine.imageHistory.first { $0.name == name } }
  /// Whether the drivers are a set, so that events must name theirs.
  var isSet: Bool { members.count > 1 }

  /// Creates a session that has done nothing yet.
  init(_ machine: Machine, _ set: DriverSet) {
    self.machine = machine
    name = set.name
    members = set.startOrder
    machine.available = set.available
    for driver in set.available {
      machine.kernel.registry.makeServiceKey(driver.service, file: driver.installedName)
      guard driver.image.isMiniFilter,
        let instance = machine.kernel.makeFilterInstance(of: driver.service)
      else { continue }
      log.add("\(driver.service) is a mini-filter; assumed of its registry: \(instance)")
    }
  }

  func stop(_ outcome: Outcome) {
    end = .stopped(outcome)
    log.add(outcome)
  }

  /// Returns the value of an outcome, or ends the session.
  func finish(_ outcome: Outcome) -> UInt64? {
    if case .returned(let value) = outcome { return value }
    stop(outcome)
    return nil
  }

  func drainEvents() { log.add(newEntriesOf: machine.trace) }

  /// Does the steps, until one ends the session.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  func run(_ scenario: Scenario) throws {
    for index in scenario.steps.indices where end == nil { try run(scenario, index) }
    finishScenario()
  }

  /// Looks at what the scenario left.
  func finishScenario() {
    machine.context.caller = .null
    machine.manager.checkPools()
    drainEvents()
  }

  /// Does one step.
  func run(_ scenario: Scenario, _ index: Int) throws {
    let step = scenario.steps[index]
    machine.trace.step = index + 1
    do {
      try machine.enter(machine.kernel.processes.requester(step.process))
      try run(step)
      try reapPendingRequests()
    } catch {
      // What the system itself does for the driver can meet what the driver left behind.
      guard let outcome = machine.outcome(of: error, at: .null) else { throw error }
      stop(outcome)
    }
    drainEvents()
  }

  private func run(_ step: Scenario.Step) throws {
    switch step.action {
    case .open(let name): try openDevices(name, step.process)
    case .read(let buffer):
      try forEachDevice {
        try request(.read, input: nil, output: buffer, on: $0, step)
      }
    case .write(let buffer):
      try forEachDevice {
        try request(.write, input: buffer, output: nil, on: $0, step)
      }
    case .control(let code, let input, let output):
      try forEachDevice {
        try request(.deviceControl, code: code, input: input, output: output, on: $0, step)
      }
    case .cancel: try cancelRequests(of: step.process)
    case .cleanup: try cleanUpDevices(step)
    case .close: try closeDevices(step)
    case .exit: try exit(step)
    case .unload: try unloadDrivers()
    }

    func forEachDevice(_ body: (OpenDevice) throws -> Void) throws {
      for device in open where device.process == step.process && end == nil { try body(device) }
    }
  }

  private func openDevices(_ name: String?, _ process: Int) throws {
    let devices: [KernelObject]
    if let name {
      guard let object = try machine.kernel.objects.object(at: name).object, object.kind == .device
      else {
        failedExpectations.append("there is no device \(name)")
        return
      }
      devices = [object]
    } else {
      devices = machine.kernel.io.devices.filter { $0.name != nil }
    }
    for object in devices where end == nil {
      let device = GuestPointer<DeviceObject>(object.body)
      let file = try machine.kernel.io.makeFile(for: device)
      let handle = OpenDevice(device: device, file: file, process: process)
      let step = Scenario.Step(.open(name), process: process)
      let status = try request(.create, input: nil, output: nil, on: handle, step)
      if status?.isSuccess == true { open.append(handle) }
    }
  }
}
