public import GuestABI
internal import NTReleases
public import NTStructures

/// The power manager: power requests, and what drivers tell of the states of their devices.
public final class PowerManager {
  let io: IoManager
  /// Whether a driver must call `PoStartNextPowerIrp` before it gets the next power request.
  private let driversStartNextRequest: Bool
  /// What drivers said last of the state of their devices: by device, and `POWER_STATE_TYPE`.
  private var states: [StateKey: UInt32] = [:]
  /// The requests that devices work on, where drivers must say when they are done.
  private var active: [StateKey: GuestPointer<IRP>] = [:]
  /// The requests that wait for such a device, in order.
  private var waiting: [(key: StateKey, irp: GuestPointer<IRP>)] = []
  /// The handles that `PoRegisterSystemState` returned, with what they keep the system from.
  private var systemStates: [UInt64: UInt32] = [:]
  private var nextSystemState: UInt64 = 1

  private struct StateKey: Hashable {
    let device: VirtualAddress
    let type: UInt32
  }

  private var memory: AddressSpace { io.memory }

  init(io: IoManager, behaviour: Behaviour) {
    self.io = io
    driversStartNextRequest = behaviour.driversStartNextPowerRequest
  }

  /// Makes the request that tells drivers of a power state, or asks them for it.
  ///
  /// - Parameters:
  ///   - function: What is asked.
  ///   - state: The state.
  ///   - device: A device of the stack.
  /// - Returns: The request, and the call that hands it to the driver.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func makeRequest(
    _ function: PowerFunction,
    _ state: PowerState,
    for device: GuestPointer<DeviceObject>
  ) throws -> (request: IORequest, completion: Completion) {
    // PowerActionSleep while the system leaves S0, and PowerActionNone.
    var action: UInt64 = 0
    if case .system(let number) = state, number > 1 { action = number > 4 ? 3 : 2 }
    let (request, top) = try io.prepareSystemRequest(
      .power,
      function.rawValue,
      on: device,
      [0, UInt64(state.type), UInt64(state.number), action]
    )
    return (request, try callDriver(top, request.irp))
  }

  /// Hands a power request to a driver.
  ///
  /// The corresponding kernel routine is `PoCallDriver`.
  func callDriver(
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>
  ) throws -> Completion {
    guard driversStartNextRequest else { return try io.callDriver(device, irp) }
    guard let key = try key(of: io.nextStackLocation(of: irp), device) else {
      return try io.callDriver(device, irp)
    }
    if let current = active[key], current != irp {
      guard waiting.count < 4096 else { throw Unmodelled("more than 4,096 power requests") }
      waiting.append((key, irp))
      return .returned(NTStatus.pending)
    }
    active[key] = irp
    return try io.callDriver(device, irp)
  }

  /// The device and kind of state that a request is counted for, or nil if it is not.
  private func key(
    of location: GuestPointer<IOStackLocation>,
    _ device: GuestPointer<DeviceObject>
  ) throws -> StateKey? {
    let view = memory[location]
    switch try PowerFunction(rawValue: view.minorFunction) {
    case .setPower, .queryPower:
      let type = try UInt32(truncatingIfNeeded: view.argument2.rawValue)
      return StateKey(device: device.address, type: type)
    default: return nil
    }
  }

  /// Lets the driver of a request's current stack location have its next power request.
  ///
  /// The corresponding kernel routine is `PoStartNextPowerIrp`.
  func startNextRequest(_ irp: GuestPointer<IRP>) throws -> Completion {
    guard let key = try releasedKey(irp),
      let index = waiting.firstIndex(where: { $0.key == key })
    else { return .done }
    let next = waiting.remove(at: index)
    active[key] = next.irp
    // What the driver answers is nobody's business here.
    let completion = try io.callDriver(GuestPointer(key.device), next.irp)
    guard case .call(let call, _) = completion else { return completion }
    return .call(call, then: { _ in .done })
  }

  /// Notes that the driver of a bus is done with a request; nothing waits for it.
  func startNext(_ irp: GuestPointer<IRP>) throws { _ = try releasedKey(irp) }

  private func releasedKey(_ irp: GuestPointer<IRP>) throws -> StateKey? {
    guard driversStartNextRequest else { return nil }
    let location = try memory[irp].currentStackLocation
    // A request whose locations are all done has none.
    guard try memory[irp].currentLocation <= memory[irp].stackCount else { return nil }
    guard let key = try key(of: location, memory[location].deviceObject),
      active[key] == irp
    else { return nil }
    active[key] = nil
    return key
  }

  /// Forgets a device that is gone.
  func forget(_ device: GuestPointer<DeviceObject>) {
    for type: UInt32 in 0...1 {
      let key = StateKey(device: device.address, type: type)
      states[key] = nil
      active[key] = nil
    }
  }

  /// The routines that drivers import.
  var exports: [Export] { requestExports + stateExports }

  private var requestExports: [Export] {
    [
      export("PoCallDriver", to: callDriver(_:_:)),
      export("PoStartNextPowerIrp", to: startNextRequest(_:)),
      export("PoRequestPowerIrp") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          minor: UInt8,
          state: UInt32,
          routine: VirtualAddress,
          context: VirtualAddress,
          result: VirtualAddress
        ) -> Completion in
        try request(minor, state, for: device, routine, context, result)
      },
    ]
  }

  /// Sends a power request to the highest driver of a device's stack.
  private func request(
    _ minor: UInt8,
    _ state: UInt32,
    for device: GuestPointer<DeviceObject>,
    _ routine: VirtualAddress,
    _ context: VirtualAddress,
    _ result: VirtualAddress
  ) throws -> Completion {
    let words: [UInt64]
    switch PowerFunction(rawValue: minor) {
    // Parameters.WaitWake.PowerState is the first parameter.
    case .waitWake: words = [UInt64(state)]
    case .setPower, .queryPower: words = [0, 1, UInt64(state), 0]
    default: return .returned(NTStatus.invalidParameter2)
    }
    let (request, top) = try io.prepareSystemRequest(.power, minor, on: device, words)
    if routine != .null {
      let follower = PowerRequestFollower(memory, device, minor, state, routine, context)
      request.follower = follower
    }
    if result != .null { try memory.store(request.irp, at: result) }
    let completion = try callDriver(top, request.irp)
    guard case .call(let call, _) = completion else { return completion }
    return .call(call, then: { _ in .returned(NTStatus.pending) })
  }

  private var stateExports: [Export] {
    [
      export("PoSetPowerState") {
        [self]
        (device: GuestPointer<DeviceObject>, type: UInt32, state: UInt32) -> UInt32 in
        let key = StateKey(device: device.address, type: type)
        // A driver that has not said anything is in PowerDeviceUnspecified.
        let old = states[key] ?? 0
        guard states.count < 65_536 else { throw Unmodelled("PoSetPowerState of 65,536 devices") }
        states[key] = state
        return old
      },
      // ES_CONTINUOUS must be set beside what the system is kept from.
      export("PoRegisterSystemState") { [self] (handle: GuestWord, flags: UInt32) in
        guard handle.rawValue != 0 else {
          guard systemStates.count < 65_536 else {
            throw Unmodelled("PoRegisterSystemState 65,536 times")
          }
          let new = nextSystemState
          nextSystemState += 1
          systemStates[new] = flags
          return GuestWord(new)
        }
        guard systemStates[handle.rawValue] != nil else {
          throw Unmodelled("PoRegisterSystemState: a handle that is not registered")
        }
        systemStates[handle.rawValue] = flags
        return GuestWord(handle.rawValue)
      },
      export("PoUnregisterSystemState") { [self] (handle: GuestWord) in
        guard systemStates.removeValue(forKey: handle.rawValue) != nil else {
          throw Unmodelled("PoUnregisterSystemState: a handle that is not registered")
        }
      },
      // This machine never becomes idle.
      export("PoSetSystemState") { (flags: UInt32) in },
      export("PoSetDeviceBusyEx") { (counter: VirtualAddress) in
        throw Unmodelled("PoSetDeviceBusyEx: a counter of which none is given out")
      },
      export("PoRegisterDeviceForIdleDetection") {
        (
          device: GuestPointer<DeviceObject>,
          conservation: UInt32,
          performance: UInt32,
          state: UInt32
        ) -> VirtualAddress in
        // Both times zero cancel the detection.
        guard conservation == 0, performance == 0 else {
          throw Unmodelled("PoRegisterDeviceForIdleDetection: an idle counter")
        }
        return .null
      },
    ]
  }

}

/// Calls the routine that a driver gave with its power request.
private final class PowerRequestFollower: RequestFollower {
  private let memory: AddressSpace
  private let device: GuestPointer<DeviceObject>
  private let minor: UInt8
  private let state: UInt32
  private let routine: VirtualAddress
  private let context: VirtualAddress

  init(
    _ memory: AddressSpace,
    _ device: GuestPointer<DeviceObject>,
    _ minor: UInt8,
    _ state: UInt32,
    _ routine: VirtualAddress,
    _ context: VirtualAddress
  ) {
    self.memory = memory
    self.device = device
    self.minor = minor
    self.state = state
    self.routine = routine
    self.context = context
  }

  /// `REQUEST_POWER_COMPLETE`.
  func call(for request: IORequest) throws -> GuestCall? {
    let status = memory[request.irp].address(of: \.status)
    return GuestCall(
      routine,
      device.address.rawValue,
      UInt64(minor),
      UInt64(state),
      context.rawValue,
      status.rawValue
    )
  }
}
