internal import GuestABI
internal import NTKernel
internal import NTStructures
internal import PortableExecutable

/// How a driver gets its devices.
extension DriverSession {
  /// The devices that suit what a driver imports, in the order in which it is offered them.
  ///
  /// What calls the USB's library is for USB devices, and what the class driver for mice can connect to is
  /// for a mouse. Anything else may be for a device that an
  /// installer makes up; a driver that does not start that may be for one that the machine has.
  static func offers(for drivers: [AvailableDriver], on bus: PCIBus) -> [ReportedDevice] {
    let usesUSB = drivers.contains { driver in
      driver.image.imports.contains { $0.name.lowercased() == "usbd.sys" }
    }
    if usesUSB { return [ReportedDevice(bus: .usb)] }
    var made = ReportedDevice(bus: .root)
    made.isMouse = drivers.contains { $0.image.takesMouseConnections }
    return [made]
      + bus.functions.compactMap { $0.isBridge ? nil : ReportedDevice($0) }
  }

  /// Lets a bus report a device, and calls the drivers' `AddDevice` for it.
  ///
  /// Of several drivers the first is the lowest, as the function driver is below its filters.
  func addDevice(_ description: ReportedDevice?, _ step: Scenario.Step) throws {
    guard plugAndPlay.isPresent else { return miss(step, "no driver takes devices") }
    let memory = machine.memory
    let drivers = try loaded.filter { driver in
      guard let object = driver.object else { return false }
      return try !memory[memory[object].driverExtension].addDevice.isNull
    }
    guard let first = drivers.first else { return miss(step, "the driver has no AddDevice") }
    wasOffered = description == nil
    let description = description ?? offers.first ?? ReportedDevice(bus: .root)
    var node: DeviceNode?
    for driver in drivers where end == nil {
      guard let object = driver.object else { continue }
      let routine = try memory[memory[object].driverExtension].addDevice
      try machine.enter(machine.kernel.processes.system)
      machine.context.caller = .null
      let outcome = try machine.perform { [plugAndPlay] in
        let device =
          try node ?? plugAndPlay.report(description, service: first.description.service)
        node = device
        return .call(routine.call(object, device.device), then: { .value($0) })
      }
      drainEvents()
      guard let value = finish(outcome), let node else { return }
      let status = NTStatus(guestBits: value)
      let name = isSet ? "AddDevice of \(driver.name)" : "AddDevice"
      log.add("\(name) returns \(status.name)")
      check(step, name, status, 0, [])
      guard status.isSuccess else {
        // What the drivers before have attached is removed with the device.
        let isEmpty = try memory[node.device].attachedDevice.isNull
        if isEmpty { try plugAndPlay.remove(node) } else { _ = try remove(node) }
        return
      }
    }
    if end == nil, let node, description.isMouse { try connectMouse(node, step) }
  }

  /// Lets the class driver for mice connect to a mouse's drivers; it does not take a mouse that refuses.
  private func connectMouse(_ node: DeviceNode, _ step: Scenario.Step) throws {
    let name = "MOUSE_CONNECT"
    let request = try send(name) { [plugAndPlay] in try plugAndPlay.makeMouseConnection(for: node) }
    guard let request, let status = request.status else { return }
    try plugAndPlay.finishMouseConnection(request)
    log.add("\(name): \(status.name)")
    check(step, name, status, 0, [])
    if !status.isSuccess { _ = try remove(node) }
  }

  /// Offers a driver that has not started a device the next one that may suit it.
  ///
  /// - Returns: Whether there was one.
  func offerNext(after node: DeviceNode, _ step: Scenario.Step) throws -> Bool {
    guard node.description == offers.first, offers.count > 1, wasOffered else { return false }
    offers.removeFirst()
    try addDevice(nil, step)
    if end == nil { try tell(.start, step) }
    return true
  }
}
