internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

/// What the Plug and Play manager, the power manager and WMI do to the drivers of devices.
extension DriverSession {
  var plugAndPlay: PlugAndPlay { machine.kernel.plugAndPlay }

  /// Says that a step has nothing to do, unless it may be left out.
  func miss(_ step: Scenario.Step, _ what: String) {
    guard !step.isTentative else { return }
    guard plugAndPlay.isPresent else { return log.add("the release has no Plug and Play") }
    let place = step.line.map { "line \($0): " } ?? ""
    failedExpectations.append("\(place)\(what)")
  }

  /// Tells the drivers of each device what a step says.
  func tell(_ deviceStep: Scenario.DeviceStep, _ step: Scenario.Step) throws {
    let nodes = plugAndPlay.nodes.filter { $0.parent == nil && $0.state.allows(deviceStep) }
    guard !nodes.isEmpty else {
      return miss(step, "\(deviceStep.rawValue): there is no device to which it could happen")
    }
    for node in nodes where end == nil {
      guard let status = try tell(deviceStep, node) else { return }
      if deviceStep == .start, !status.isSuccess, try offerNext(after: node, step) { return }
      check(step, deviceStep.rawValue, status, 0, [])
    }
  }

  /// - Returns: The status that the step ends in, or nil if it ended the session.
  private func tell(_ step: Scenario.DeviceStep, _ node: DeviceNode) throws -> NTStatus? {
    switch step {
    case .start: return try start(node)
    case .queryStop: return try ask(.queryStopDevice, node)
    case .cancelStop: return try ask(.cancelStopDevice, node)
    case .stop:
      if node.state == .started {
        guard let status = try ask(.queryStopDevice, node) else { return nil }
        guard status.isSuccess else {
          return try ask(.cancelStopDevice, node) == nil ? nil : status
        }
      }
      return try ask(.stopDevice, node)
    case .queryRemove: return try queryRemove(node)
    case .cancelRemove: return try ask(.cancelRemoveDevice, node)
    case .surpriseRemoval: return try pullOut(node)
    case .remove:
      if node.state == .started {
        guard let status = try queryRemove(node) else { return nil }
        guard status.isSuccess, try !isOpen(node) else {
          return try ask(.cancelRemoveDevice, node) == nil ? nil : status
        }
      }
      guard try !isOpen(node) else {
        log.add("REMOVE_DEVICE waits: the device is still open")
        return .deviceBusy
      }
      return try remove(node)
    }
  }

  /// Starts a device, and asks what it became.
  ///
  /// The order is that of the WDK, "Adding a PnP Device to a Running System".
  private func start(_ node: DeviceNode) throws -> NTStatus? {
    if node.state == .added, try ask(.filterResourceRequirements, node) == nil { return nil }
    guard let status = try ask(.startDevice, node) else { return nil }
    guard status.isSuccess else {
      // "Starting a Device": the manager sends IRP_MN_REMOVE_DEVICE if a driver fails the request.
      return try remove(node) == nil ? nil : status
    }
    for function in [PlugAndPlayFunction.queryCapabilities, .queryState, .queryDeviceRelations] {
      guard try ask(function, node) != nil else { return nil }
      // A driver that says that its device has failed loses it.
      guard node.state == .started else { break }
    }
    return status
  }

  private func queryRemove(_ node: DeviceNode) throws -> NTStatus? {
    // RemovalRelations.
    guard try ask(.queryDeviceRelations, node, kind: 3) != nil else { return nil }
    return try ask(.queryRemoveDevice, node)
  }

  func remove(_ node: DeviceNode) throws -> NTStatus? {
    // What the device's drivers have reported goes before.
    for child in plugAndPlay.nodes where child.parent === node && end == nil {
      try removeChild(child)
    }
    guard end == nil else { return nil }
    guard let status = try ask(.removeDevice, node) else { return nil }
    // NT unloads a driver some time after its last device is gone.
    try letThreadsEnd()
    guard end == nil else { return nil }
    try plugAndPlay.remove(node)
    return status
  }

  private func pullOut(_ node: DeviceNode) throws -> NTStatus? {
    plugAndPlay.disconnect(node)
    return try ask(.surpriseRemoval, node)
  }

  /// Whether a device of a node's stack is open.
  private func isOpen(_ node: DeviceNode) throws -> Bool {
    let stack = try stack(of: node)
    return open.contains { stack.contains($0.device) }
  }

  /// The devices of a stack, the lowest first.
  private func stack(of node: DeviceNode) throws -> [GuestPointer<DeviceObject>] {
    var stack = [node.device]
    while let top = stack.last, stack.count < 256 {
      let above = try machine.memory[top].attachedDevice
      if above.isNull { break }
      stack.append(above)
    }
    return stack
  }

  /// The devices that are opened if none is named: those with names, and stacks of devices that
  /// have none, which programs open by an interface or by the name that the bus gave.
  func devicesToOpen() throws -> [GuestPointer<DeviceObject>] {
    let named = machine.kernel.io.driverDevices.filter { $0.name != nil }.map {
      GuestPointer<DeviceObject>($0.body)
    }
    let stacks = try plugAndPlay.nodes.filter { node in
      let stack = try stack(of: node)
      guard node.state == .started, node.parent == nil, stack.count > 1 else { return false }
      return !named.contains(where: stack.contains)
    }
    return named + stacks.map(\.device)
  }

  /// Removes the devices that are left before the driver is unloaded, as NT does.
  func removeDevices() throws {
    for node in plugAndPlay.nodes where end == nil && node.parent == nil {
      if node.state == .started || node.state == .stopped || node.state == .stopPending {
        guard try pullOut(node) != nil else { return }
      }
      _ = try remove(node)
    }
  }

  /// Sends a Plug and Play request to the drivers of a device.
  ///
  /// - Returns: Its status, or nil if it ended the session.
  func ask(
    _ function: PlugAndPlayFunction,
    _ node: DeviceNode,
    kind: UInt32 = 0
  ) throws -> NTStatus? {
    var name = function.name
    switch function {
    case .queryDeviceRelations: name += kind == 0 ? " (bus)" : kind == 3 ? " (removal)" : ""
    case .queryID, .queryDeviceText: name += " (\(kind))"
    default: break
    }
    if node.parent != nil { name = "child: \(name)" }
    let request = try send(name) { [plugAndPlay] in
      try plugAndPlay.makeRequest(function, for: node, kind: kind)
    }
    guard let request, let status = request.status else { return nil }
    plugAndPlay.note(function, status, for: node)
    let answer = try plugAndPlay.finish(function, request, for: node)
    log.add("\(name): \(status.name)" + (answer.map { ", \($0)" } ?? ""))
    if function == .queryDeviceRelations, kind == 0 {
      try settleChildren(of: node)
      guard end == nil else { return nil }
    }
    if function == .queryState, status.isSuccess, request.information & 0xC != 0 {
      // PNP_DEVICE_FAILED or PNP_DEVICE_REMOVED.
      guard try ask(.surpriseRemoval, node) != nil else { return nil }
      guard try remove(node) != nil else { return nil }
    }
    return status
  }

  /// Asks the drivers of each device for a power state, or tells them of it.
  func power(_ state: PowerState, isQuery: Bool, _ step: Scenario.Step) throws {
    let nodes = plugAndPlay.nodes.filter { $0.parent == nil && $0.state == .started }
    guard !nodes.isEmpty else { return miss(step, "there is no started device") }
    let function: PowerFunction = isQuery ? .queryPower : .setPower
    let name = "\(isQuery ? "QUERY_POWER" : "SET_POWER") \(state.name)"
    for node in nodes where end == nil {
      let request = try send(name) { [machine] in
        try machine.kernel.power.makeRequest(function, state, for: node.device)
      }
      guard let status = request?.status else { return }
      log.add("\(name): \(status.name)")
      check(step, name, status, 0, [])
    }
  }

  /// Makes a request of the system's own on a system thread, and waits until it is completed.
  ///
  /// - Returns: The request, or nil if it ended the session.
  func send(
    _ name: String,
    _ body: @escaping () throws -> (request: IORequest, completion: Completion)
  ) throws -> IORequest? {
    try machine.enter(machine.kernel.processes.system)
    machine.context.caller = .null
    var made: IORequest?
    var outcome = try machine.perform {
      let (request, completion) = try body()
      made = request
      return completion
    }
    drainEvents()
    guard finish(outcome) != nil, let request = made else { return nil }
    if request.status == nil {
      outcome = try machine.wait { request.status != nil }
      drainEvents()
    }
    guard request.status == nil else { return request }
    if case .returned = outcome { outcome = .deadlock(at: .null) }
    if case .deadlock = outcome { stuck.append(name) }
    stop(outcome)
    return nil
  }

  /// Does what drivers have asked the system for meanwhile, and tells them what has happened.
  func settleDevices() throws {
    for _ in 0..<256 where end == nil {
      if plugAndPlay.hasDueNotifications {
        try machine.enter(machine.kernel.processes.system)
        let outcome = try machine.perform { [plugAndPlay] in
          try plugAndPlay.deliverNotifications()
        }
        drainEvents()
        guard finish(outcome) != nil else { return }
      } else if let question = machine.kernel.wmi.takeQuestion() {
        try ask(question)
      } else if let (node, wish) = nextWish() {
        try grant(wish, node)
      } else {
        return
      }
    }
  }

  private func nextWish() -> (DeviceNode, DeviceNode.Wish)? {
    for node in plugAndPlay.nodes {
      if let wish = plugAndPlay.takeWish(of: node) { return (node, wish) }
    }
    return nil
  }

  private func grant(_ wish: DeviceNode.Wish, _ node: DeviceNode) throws {
    // A device that does not run is asked when it is started.
    guard node.state == .started else { return }
    switch wish {
    case .queryState: _ = try ask(.queryState, node)
    case .queryRelations(let kind): _ = try ask(.queryDeviceRelations, node, kind: kind)
    case .eject:
      log.add("the driver asks for its device to be ejected")
      guard let status = try queryRemove(node) else { return }
      guard status.isSuccess, try !isOpen(node) else {
        _ = try ask(.cancelRemoveDevice, node)
        return
      }
      guard try ask(.removeDevice, node) != nil else { return }
      guard try ask(.eject, node) != nil else { return }
      try plugAndPlay.remove(node)
    }
  }

  /// Asks a provider of data what it has, and once more for each time that it wants more room.
  private func ask(_ first: WMIRegistry.Question) throws {
    let name = "WMI registration"
    var next: WMIRegistry.Question? = first
    for _ in 0..<4 {
      guard var question = next else { return }
      let request = try send(name) { [machine] in
        try machine.kernel.wmi.makeRequest(&question)
      }
      guard let request, let status = request.status else { return }
      let (count, again) = try machine.kernel.wmi.finish(question, request)
      next = again
      guard again == nil else { continue }
      log.add("\(name): \(status.name)" + (count.map { ", \($0) blocks" } ?? ""))
    }
  }
}

extension DeviceNode.State {
  /// Whether a step can happen to a device in this state.
  func allows(_ step: Scenario.DeviceStep) -> Bool {
    switch step {
    case .start: self == .added || self == .stopped
    case .queryStop: self == .started
    case .cancelStop: self == .stopPending
    case .stop: self == .started || self == .stopPending
    case .queryRemove: self == .started
    case .cancelRemove: self == .removePending
    case .surpriseRemoval: self == .started || self == .stopped || self == .stopPending
    case .remove: self != .removed
    }
  }
}
