internal import Findings
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
  /// The call in which the session met what is not modelled.
  var unmodelledCall: UnmodelledCall?
  /// What was seen, in a form that can be compared between releases.
  var log = EventLog()
  /// What the scenario expected in vain, with the step.
  var failedExpectations: [String] = []
  /// The requests that drivers have not completed yet.
  var pending: [PendingRequest] = []
  /// The requests that no driver completed.
  var neverCompleted: [String] = []
  /// The devices that a driver about which nothing is said is offered, until it starts one.
  var offers: [ReportedDevice] = []
  /// Whether the last device was such an offer.
  var wasOffered = false
  /// The requests of the system's own for which it waits in vain.
  var stuck: [String] = []
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
    offers = Self.offers(for: members, on: machine.kernel.bus)
    for driver in set.available {
      machine.kernel.registry.makeServiceKey(driver.service, file: driver.installedName)
      guard driver.image.isMiniFilter,
        let instance = machine.kernel.makeFilterInstance(of: driver.service)
      else { continue }
      log.add("\(driver.service) is a mini-filter; assumed of its registry: \(instance)")
    }
  }

  func stop(_ outcome: Outcome) {
    if case .unmodelled = outcome { unmodelledCall = machine.describeUnmodelledCall() }
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
      if let process = try startRequester(step.process) {
        try machine.enter(process)
        try run(step)
        if end == nil { try settleDevices() }
        try reapPendingRequests()
      }
    } catch {
      // What the system itself does for the driver can meet what the driver left behind.
      guard let outcome = machine.outcome(of: error, at: .null) else { throw error }
      stop(outcome)
    }
    drainEvents()
  }

  /// Returns the process that makes the requests of a number, having started it and told the drivers if
  /// it does not run; nil if that ended the session.
  private func startRequester(_ number: Int) throws -> Process? {
    let kernel = machine.kernel
    let isNew = !kernel.processes.hasRequester(number)
    let process = try kernel.processes.requester(number)
    guard isNew, kernel.hearsOfProcesses else { return process }
    try machine.enter(kernel.processes.system)
    let outcome = try machine.perform { try kernel.announceStart(of: process) }
    drainEvents()
    return finish(outcome) == nil ? nil : process
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
    case .addDevice(let description): try addDevice(description, step)
    case .tell(let deviceStep): try tell(deviceStep, step)
    case .power(let state, let isQuery): try power(state, isQuery: isQuery, step)
    case .unload:
      try removeDevices()
      if end == nil { try unloadDrivers() }
    }

    func forEachDevice(_ body: (OpenDevice) throws -> Void) throws {
      for device in open where device.process == step.process && end == nil { try body(device) }
    }
  }

  private func openDevices(_ name: String?, _ process: Int) throws {
    let devices: [GuestPointer<DeviceObject>]
    if let name {
      guard let object = try machine.kernel.objects.object(at: name).object, object.kind == .device
      else {
        failedExpectations.append("there is no device \(name)")
        return
      }
      devices = [GuestPointer(object.body)]
    } else {
      devices = try devicesToOpen()
    }
    for device in devices where end == nil {
      guard try !machine.memory[device].flags.contains(.initializing) else {
        log.add("cannot open a device: its driver has not cleared DO_DEVICE_INITIALIZING")
        continue
      }
      let file = try machine.kernel.io.makeFile(for: device)
      let handle = OpenDevice(device: device, file: file, process: process)
      let step = Scenario.Step(.open(name), process: process)
      let status = try request(.create, input: nil, output: nil, on: handle, step)
      if status?.isSuccess == true {
        open.append(handle)
      } else if status != nil {
        // NT takes the file object back that the driver did not want.
        try machine.kernel.io.removeFile(file)
      }
    }
  }
}
