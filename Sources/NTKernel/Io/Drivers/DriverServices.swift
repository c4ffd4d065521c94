public import GuestABI
public import NTStructures

/// Drivers as services: how their images become drivers, and what drivers do with each other's.
///
/// The driver that imports from another has it loaded; so has the one that calls `ZwLoadDriver`. What
/// is loaded as an import is an export driver, whose `DllInitialize` is called, and not its
/// `DriverEntry` (windows-driver-docs, creating-export-drivers).
public final class DriverServices {
  /// A driver whose `DriverEntry` has succeeded.
  struct Started {
    let service: String
    let image: DriverImage
    let driver: GuestPointer<DriverObject>
  }

  let io: IoManager
  let registry: Registry
  let memory: AddressSpace
  /// Whether the release calls `DllInitialize` and `DllUnload`.
  private let initializesExportDrivers: Bool
  private var started: [Started] = []
  /// The drivers that leave as soon as their devices are no longer in use.
  var waitingToUnload: [GuestPointer<DriverObject>] = []
  /// What was taken for granted without a public source.
  public private(set) var assumptions: [String] = []
  /// The routines that want to hear of images.
  var notifications: SystemNotifications?
  var reinitializations = ReinitializationQueue()
  private var host = Host()

  /// A weak reference in a structure, which snapshots can copy.
  private struct Host {
    weak var loader: (any DriverImageLoader)?
  }

  /// Creates the services of a machine that has no driver yet.
  ///
  /// - Parameters:
  ///   - io: The I/O manager.
  ///   - registry: Where the services are written down.
  ///   - initializesExportDrivers: Whether the release calls `DllInitialize`.
  init(_ io: IoManager, registry: Registry, initializesExportDrivers: Bool) {
    self.io = io
    self.registry = registry
    self.initializesExportDrivers = initializesExportDrivers
    memory = io.memory
    io.deviceReleased = { [weak self] device in try self?.released(device) }
  }

  /// What maps images.
  public var loader: (any DriverImageLoader)? {
    get { host.loader }
    set { host.loader = newValue }
  }

  /// Calls `DllInitialize` of export drivers, in their order, until one fails.
  ///
  /// - Returns: What the guest does, with the status of the last one.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func initialize(_ images: ArraySlice<DriverImage>) throws -> Completion {
    guard initializesExportDrivers, let image = images.first else {
      return .returned(NTStatus.success)
    }
    guard let initializer = image.initializer else { return try initialize(images.dropFirst()) }
    let key = registry.makeServiceKey(image.service, file: image.name)
    let path = try io.makeString(key.path)
    return .call(GuestCall(initializer, path.address.rawValue)) { [self] value in
      // NT frees the buffer when DllInitialize returns.
      try io.manager.freePool(path.address)
      let status = NTStatus(guestBits: value)
      record(.initialized(status), image.name)
      return status.isSuccess ? try initialize(images.dropFirst()) : .returned(status)
    }
  }

  /// Makes a driver's object and calls its `DriverEntry`.
  ///
  /// - Parameters:
  ///   - image: The driver's image, which has an entry point.
  ///   - service: The name of its service.
  /// - Returns: What the guest does, with the status of `DriverEntry`.
  /// - Throws: ``RaisedStatus`` if the pool is exhausted.
  public func start(_ image: DriverImage, as service: String) throws -> Completion {
    guard let entry = image.entryPoint else { return .returned(NTStatus.invalidImageFormat) }
    let key = registry.makeServiceKey(service, file: image.name)
    let created = try io.createDriver(
      service,
      registryPath: key.path,
      image: image.range,
      entryPoint: entry,
      isFileSystem: key.isFileSystemService
    )
    let driver = created.driver
    started.append(Started(service: service, image: image, driver: driver))
    let call = GuestCall(entry, driver.address.rawValue, created.registryPath.address.rawValue)
    let next = Completion.call(call) { [self] value in
      let status = NTStatus(guestBits: value)
      if status.isSuccess {
        try io.finishInitialization(of: driver)
      } else {
        reinitializations.remove(driver)
      }
      return .returned(status)
    }
    let path = "\\SystemRoot\\System32\\drivers\\" + image.name
    return try notifications?.imageLoads(path, image.range, then: next) ?? next
  }

  /// The object of the driver that has an image, or nil if it was not started.
  public func driver(of image: Range<VirtualAddress>) -> GuestPointer<DriverObject>? {
    started.first { $0.image.range == image }?.driver
  }

  /// Removes a driver that was told to unload, or that did not start, with the export drivers that no
  /// other one needs.
  ///
  /// - Returns: What the guest does: `DllUnload` of those export drivers.
  /// - Throws: What the object manager throws.
  public func remove(_ image: DriverImage) throws -> Completion {
    if let index = started.firstIndex(where: { $0.image.range == image.range }) {
      let driver = started.remove(at: index).driver
      waitingToUnload.removeAll { $0 == driver }
      reinitializations.remove(driver)
      try io.removeDriver(driver)
    }
    return try unmap(image, then: [])
  }

  /// Calls `DllUnload` of what only this image imports from, then unmaps it and them.
  ///
  /// Which of the two NT does first is not documented. An export driver may look at what its clients
  /// have registered, so it gets to do so while they are there.
  private func unmap(_ image: DriverImage, then others: [DriverImage]) throws -> Completion {
    let orphans = try loader?.orphans(of: image.range) ?? []
    // Counting imports is a matter of the releases that know DllUnload.
    return try finalize((initializesExportDrivers ? orphans : [])[...], of: image, then: others)
  }

  private func finalize(
    _ orphans: ArraySlice<DriverImage>,
    of image: DriverImage,
    then others: [DriverImage]
  ) throws -> Completion {
    if let orphan = orphans.first, let finalizer = orphan.finalizer {
      let text =
        "NT calls DllUnload of \(orphan.name) before it unmaps the last driver that imports from it"
      if !assumptions.contains(text) { assumptions.append(text) }
      return .call(GuestCall(finalizer)) { [self] _ in
        record(.unloaded, orphan.name)
        return try finalize(orphans.dropFirst(), of: image, then: others + [orphan])
      }
    }
    try loader?.unmapDriver(at: image.range)
    guard let next = others.first else { return .returned(NTStatus.success) }
    return try unmap(next, then: Array(others.dropFirst()))
  }

  /// Returns the driver of a service, or nil if it is not started.
  func started(as service: some StringProtocol) -> Started? {
    let name = ObjectName(service)
    return started.first { ObjectName($0.service) == name }
  }

  /// Returns what is known of a driver that is started.
  func started(_ driver: GuestPointer<DriverObject>) -> Started? {
    started.first { $0.driver == driver }
  }

  /// Whether a driver starts with the machine: by the `Start` of its service, 0.
  func isBootDriver(_ driver: GuestPointer<DriverObject>) -> Bool {
    guard let service = started.first(where: { $0.driver == driver })?.service else { return false }
    return registry.makeServiceKey(service, imagePath: "").value("Start")?.number == 0
  }

  func record(_ act: DriverAct, _ file: String) { io.sink?.record(.driver(act, file: file)) }
}
