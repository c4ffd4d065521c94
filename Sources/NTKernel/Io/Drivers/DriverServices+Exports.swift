public import GuestABI
public import NTStructures

extension DriverServices {
  /// The routines that drivers import.
  public var exports: [Export] { loadingExports + reinitializationExports }

  private var loadingExports: [Export] {
    [
      export("ZwLoadDriver") { [self] (service: GuestPointer<CountedString>) in
        try load(memory.text(of: service))
      },
      export("ZwUnloadDriver") { [self] (service: GuestPointer<CountedString>) in
        try unload(memory.text(of: service))
      },
      export(Self.unloadRoutine, to: unloadWaiting(_:)),
    ]
  }

  /// Loads the driver of a service and starts it.
  ///
  /// The corresponding kernel routine is `ZwLoadDriver`.
  private func load(_ path: String) throws -> Completion {
    let key: RegistryKey
    switch try registry.key(at: path) {
    case .failed(let status): return .returned(status)
    case .done(let found): key = found
    }
    guard started(as: key.name) == nil else { return .returned(NTStatus.imageAlreadyLoaded) }
    guard let loader else { throw Unmodelled("ZwLoadDriver without a loader of images") }
    let file = key.serviceFile
    switch try loader.mapDriver(file) {
    case .noSuchFile: return .returned(NTStatus.objectNameNotFound)
    case .alreadyMapped: throw Unmodelled("ZwLoadDriver: \(file), which is loaded as an import")
    case .failed(let status):
      record(.notLoaded(status), file)
      return .returned(status)
    case .mapped(let images):
      guard let image = images.last else { return .returned(NTStatus.objectNameNotFound) }
      for image in images { record(.loaded, image.name) }
      return try asSystem {
        try then(initialize(images.dropLast())) { [self] status in
          guard status.isSuccess else { return try discard(image, status) }
          return try then(start(image, as: key.name)) { [self] status in
            record(.started(status), image.name)
            guard status.isSuccess else { return try discard(image, status) }
            return try then(reinitialize()) { _ in .returned(NTStatus.success) }
          }
        }
      }
    }
  }

  /// Removes a driver that did not start.
  private func discard(_ image: DriverImage, _ status: NTStatus) throws -> Completion {
    record(.unloaded, image.name)
    return try then(remove(image)) { _ in .returned(status) }
  }

  /// Does something in the memory of the system's process, as the thread does that loads drivers.
  func asSystem(_ body: () throws -> Completion) throws -> Completion {
    let thread = io.dispatcher.current
    let space = io.manager.systemSpace
    guard thread.space !== space else { return try body() }
    let depth = thread.attachments.count
    thread.attachments.append(
      .init(space: space, state: .null, caller: io.manager.context.caller)
    )
    io.manager.activate(space)
    return try then(body()) { [self] status in
      thread.attachments.removeSubrange(min(depth, thread.attachments.count)...)
      io.manager.activate(thread.space)
      return .returned(status)
    }
  }

  /// Goes on with the status in which a completion ends.
  func then(
    _ completion: Completion,
    _ body: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    switch completion {
    case .value(let bits): return try body(NTStatus(guestBits: bits))
    case .call(let call, let next):
      return .call(call) { [self] value in try then(next(value), body) }
    case .wait, .exitThread, .resume:
      throw Unmodelled("a driver's start that waits in the kernel")
    }
  }
}

extension IoManager {
  /// The devices that a driver made, in the order of creation.
  public func devices(
    of driver: GuestPointer<DriverObject>
  ) throws -> [GuestPointer<DeviceObject>] {
    try devices.map { GuestPointer<DeviceObject>($0.body) }
      .filter { try memory[$0].driverObject == driver }
  }
}
