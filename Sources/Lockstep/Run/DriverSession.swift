internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures
internal import PortableExecutable

/// One driver in one machine: loads it, does a scenario to it, and unloads it.
final class DriverSession {
  /// Why a session ended before the scenario did.
  enum End {
    case loadFailure(LoadFailure)
    case entryFailed(NTStatus)
    case stopped(Outcome)
  }

  let machine: Machine
  let name: String
  private(set) var image: LoadedImage?
  private(set) var end: End?
  /// What was seen, in a form that can be compared between releases.
  var log = EventLog()
  /// What the scenario expected in vain, with the step.
  var failedExpectations: [String] = []
  /// The requests that drivers have not completed yet.
  var pending: [PendingRequest] = []
  /// The requests that no driver completed.
  var neverCompleted: [String] = []
  /// What was left when the driver was gone.
  private(set) var leaks: [Leak] = []

  private var driver: GuestPointer<DriverObject>?
  var open: [OpenDevice] = []

  /// Whether a device is open.
  var hasOpenDevices: Bool { !open.isEmpty }

  init(_ machine: Machine, name: String) {
    self.machine = machine
    self.name = name
  }

  /// Loads the driver and calls its `DriverEntry`, in the system process.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  func start(_ image: Image, companions: [(name: String, image: Image)]) throws {
    try load(image, companions: companions)
    if end == nil { try initialise() }
  }

  /// Calls `DriverEntry` of the driver that was loaded.
  func initialise() throws { try endingOnFailure { try callDriverEntry() } }

  /// Loads the driver.
  func load(_ image: Image, companions: [(name: String, image: Image)]) throws {
    try endingOnFailure {
      try loadImports(of: image, from: companions, depth: 0)
      self.image = try machine.load(image, name: name)
    }
  }

  private func endingOnFailure(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let failure as LoadFailure {
      end = .loadFailure(failure)
      log.add("cannot load: \(failure.statusName), \(failure.symbol ?? failure.reason)")
    } catch {
      guard let outcome = machine.outcome(of: error, at: .null) else { throw error }
      stop(outcome)
    }
  }

  private func callDriverEntry() throws {
    guard let image = self.image, let entry = image.entryPoint else {
      return log.add("loads an image without an entry point")
    }
    log.add("loads")
    let serviceName = String(name.prefix { $0 != "." })
    let outcome = try machine.perform { [machine] in
      let key = machine.kernel.registry.makeServiceKey(
        serviceName,
        imagePath: #"System32\drivers\"# + name
      )
      let created = try machine.kernel.io.createDriver(
        serviceName,
        registryPath: key.path,
        image: image.range,
        entryPoint: entry
      )
      driver = created.driver
      return .call(
        GuestCall(entry, created.driver.address.rawValue, created.registryPath.address.rawValue),
        then: { .value($0) }
      )
    }
    drainEvents()
    guard let value = finish(outcome) else { return }
    let status = NTStatus(guestBits: value)
    log.add("DriverEntry returns \(status.name)")
    if status.isSuccess {
      try machine.kernel.io.finishInitialization()
    } else {
      end = .entryFailed(status)
      // NT removes the image of a driver that refuses to start.
      findLeaks(of: image)
    }
  }

  /// Loads the drivers that an image imports from, before those that import from them.
  private func loadImports(
    of image: Image,
    from companions: [(name: String, image: Image)],
    depth: Int
  ) throws {
    guard depth < 16 else { throw Unmodelled("drivers that import from each other in a circle") }
    for module in image.imports {
      let wanted = module.name.lowercased()
      guard !machine.images.contains(where: { $0.isModule(wanted) }),
        let found = companions.first(where: {
          $0.name.lowercased() == wanted || $0.image.exports?.moduleName.lowercased() == wanted
        })
      else { continue }
      try loadImports(of: found.image, from: companions, depth: depth + 1)
      _ = try machine.load(found.image, name: found.name)
      log.add("loads \(found.name)")
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
    case .unload: try unload()
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

  private func unload() throws {
    guard let driver, let image else { return }
    try machine.enter(machine.kernel.processes.system)
    let routine = try machine.memory[driver].driverUnload
    neverCompleted += pending.map(\.description)
    pending = []
    guard !routine.isNull else { return log.add("cannot be unloaded") }
    let outcome = try machine.call(routine.call(driver))
    drainEvents()
    guard finish(outcome) != nil else { return }
    log.add("unloads")
    findLeaks(of: image)
    try machine.kernel.io.removeDriver(driver)
    try machine.unload(image)
  }

  /// Whether a mapping is one that its MDL left behind when it was freed, which was told then.
  private func isReported(_ mapping: MDLMapping) -> Bool {
    machine.trace.entries.contains { entry in
      guard case .violation(let violation) = entry.event else { return false }
      return violation.rule == .freeMapped && violation.mapping?.base == mapping.base
    }
  }

  private func findLeaks(of image: LoadedImage) {
    let kernel = machine.kernel
    for device in kernel.io.devices {
      leaks.append(Leak("the device \(device.name ?? "without a name")", nil))
    }
    for link in kernel.io.symbolicLinks { leaks.append(Leak("the symbolic link \(link)", nil)) }
    for block in kernel.manager.poolBlocks(allocatedIn: image.range) {
      leaks.append(leak(of: block))
    }
    for (mdl, caller) in kernel.manager.lockedMDLs {
      leaks.append(Leak("the lock on the pages of the MDL at \(mdl)", caller, mdl))
    }
    for mapping in kernel.manager.liveMappings where !isReported(mapping) {
      leaks.append(Leak("the mapping of the MDL at \(mapping.mdl)", mapping.caller, mapping.mdl))
    }
    for pages in kernel.manager.livePageAllocations {
      let count = pages.frames.count
      leaks.append(
        Leak("\(count) pages allocated for the MDL at \(pages.mdl)", pages.caller, pages.mdl)
      )
    }
    for range in kernel.manager.reservedMappings {
      let what = "\(range.pageCount) pages of reserved addresses at \(range.base)"
      leaks.append(Leak(what, range.caller))
    }
    for (_, count) in kernel.manager.lockedSections(of: image.range) {
      leaks.append(Leak("\(count) lock\(count == 1 ? "" : "s") on a pageable section", nil))
    }
    for (what, caller) in kernel.manager.otherAllocations(madeIn: image.range) {
      leaks.append(Leak(what, caller))
    }
    if kernel.dispatcher.threads.contains(where: { $0.start != nil }) {
      leaks.append(Leak("a system thread", nil))
    }
  }
}
