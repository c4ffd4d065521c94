internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures
internal import PortableExecutable

/// A driver that a session has loaded.
struct SessionDriver {
  /// The name of its file.
  let name: String
  let image: LoadedImage
  /// What the kernel is told of it.
  let description: DriverImage
  /// The images that were loaded for it, which are not initialized yet.
  var imports: [DriverImage]
  /// Its driver object, once it was started.
  var object: GuestPointer<DriverObject>?
}

extension DriverSession {
  /// Loads the drivers and calls their `DriverEntry`, in the system process.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  func start() throws {
    try load()
    if end == nil { try initialise() }
  }

  /// Loads the first driver.
  func load() throws {
    guard let first = members.first else { return }
    try endingOnFailure { try load(first) }
  }

  /// Calls `DriverEntry` of the driver that was loaded, and loads and starts the others of its set.
  func initialise() throws {
    for (index, member) in members.enumerated() where end == nil {
      try endingOnFailure {
        if index > 0 { try load(member) }
        if let place = loaded.firstIndex(where: { $0.name == member.name }) { try start(place) }
      }
    }
    guard end == nil else { return }
    if !loaded.isEmpty, loaded.allSatisfy({ $0.object == nil && $0.image.entryPoint != nil }),
      let failed = failedEntries.last
    {
      end = .entryFailed(failed.status)
      return
    }
    try endingOnFailure {
      _ = finish(
        try machine.perform { try machine.kernel.drivers.reinitialize(isForBoot: true) }
      )
      drainEvents()
      if end == nil { try settleDevices() }
    }
  }

  /// The addresses of the drivers that are run, from the first image to the last.
  var watchedRange: Range<VirtualAddress>? {
    guard let start = loaded.map(\.image.range.lowerBound).min(),
      let end = loaded.map(\.image.range.upperBound).max()
    else { return nil }
    return start..<end
  }

  /// The name of the driver that could not be loaded, if it is not the first.
  var failedLoad: String? {
    guard isSet, case .loadFailure = end else { return nil }
    return members.first { member in !loaded.contains { $0.name == member.name } }?.name
  }

  private func endingOnFailure(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let failure as LoadFailure {
      end = .loadFailure(failure)
      let what = failedLoad.map { "cannot load \($0)" } ?? "cannot load"
      log.add("\(what): \(failure.statusName), \(failure.symbol ?? failure.reason)")
    } catch {
      guard let outcome = machine.outcome(of: error, at: .null) else { throw error }
      stop(outcome)
    }
  }

  private func load(_ member: AvailableDriver) throws {
    if let image = machine.images.first(where: { $0.name == member.name }) {
      // Another one has imported from it.
      let description = machine.describe(image)
      loaded.append(
        SessionDriver(name: member.name, image: image, description: description, imports: [])
      )
      return
    }
    let images = try machine.map(member)
    guard let image = images.last else { return }
    for other in images.dropLast() { log.add("loads \(other.name)") }
    loaded.append(
      SessionDriver(
        name: member.name,
        image: image,
        description: machine.describe(image),
        imports: images.dropLast().map(machine.describe)
      )
    )
  }

  /// Calls `DllInitialize` of what a driver imports from, and its `DriverEntry`.
  private func start(_ index: Int) throws {
    let driver = loaded[index]
    let drivers = machine.kernel.drivers
    loaded[index].imports = []
    let prepared = try machine.perform { try drivers.initialize(driver.imports[...]) }
    drainEvents()
    guard let value = finish(prepared) else { return }
    let initialized = NTStatus(guestBits: value)
    guard initialized.isSuccess else { throw LoadFailure(initialized, of: driver.imports) }
    guard driver.image.entryPoint != nil else {
      return log.add("loads an image without an entry point")
    }
    log.add(isSet ? "loads \(driver.name)" : "loads")
    let outcome = try machine.perform {
      try drivers.start(driver.description, as: serviceName(of: driver))
    }
    drainEvents()
    guard let value = finish(outcome) else { return }
    let status = NTStatus(guestBits: value)
    log.add("DriverEntry \(isSet ? "of \(driver.name) " : "")returns \(status.name)")
    guard status.isSuccess else {
      failedEntries.append((driver.name, status))
      if !isSet { end = .entryFailed(status) }
      // NT removes the image of a driver that refuses to start.
      findLeaks(of: driver)
      if isSet { try remove(driver) }
      return
    }
    loaded[index].object = drivers.driver(of: driver.image.range)
    _ = finish(try machine.perform { try drivers.reinitialize() })
    drainEvents()
  }

  /// The name of a driver's service.
  ///
  /// Where two drivers of a set are installed under one name, the later
  /// has that of its file.
  private func serviceName(of driver: SessionDriver) -> String {
    let name = driver.description.service
    let isTaken = loaded.contains {
      $0.name != driver.name && $0.object != nil && $0.description.service == name
    }
    return isTaken ? String(driver.name.prefix { $0 != "." }) : name
  }

  /// Unloads the drivers, those that were started last first, and those whose devices others had open
  /// when those are gone.
  func unloadDrivers() throws {
    try letThreadsEnd()
    neverCompleted += pending.map(\.description)
    pending = []
    var left: [SessionDriver] = loaded.reversed()
    while end == nil, let index = try left.firstIndex(where: { try !isInUse($0) }) {
      try unload(left.remove(at: index))
    }
    guard end == nil else { return }
    for driver in left {
      let name = isSet ? "\(driver.name) " : ""
      log.add("\(name)cannot be unloaded while its devices are in use")
    }
  }

  private func isInUse(_ driver: SessionDriver) throws -> Bool {
    guard let object = driver.object else { return false }
    return try machine.kernel.drivers.isInUse(object)
  }

  private func unload(_ driver: SessionDriver) throws {
    guard let object = driver.object else { return }
    try machine.enter(machine.kernel.processes.system)
    let routine = try machine.memory[object].driverUnload
    guard !routine.isNull else {
      return log.add(isSet ? "\(driver.name) cannot be unloaded" : "cannot be unloaded")
    }
    let outcome = try machine.call(routine.call(object))
    drainEvents()
    guard finish(outcome) != nil else { return }
    log.add(isSet ? "unloads \(driver.name)" : "unloads")
    findLeaks(of: driver)
    try remove(driver)
  }

  private func remove(_ driver: SessionDriver) throws {
    loaded.removeAll { $0.name == driver.name }
    let outcome = try machine.perform { try machine.kernel.drivers.remove(driver.description) }
    drainEvents()
    _ = finish(outcome)
  }
}

extension LoadFailure {
  /// The failure of a driver whose import fails to initialize itself.
  fileprivate init(_ status: NTStatus, of imports: [DriverImage]) {
    let names = imports.filter { $0.initializer != nil }.map(\.name).joined(separator: ", ")
    self.init(
      status: UInt32(bitPattern: status.rawValue),
      statusName: status.name,
      reason: "DllInitialize of \(names) returns \(status.name)",
      symbol: nil,
      module: names,
      evidence: "windows-driver-docs, creating-export-drivers"
    )
  }
}
