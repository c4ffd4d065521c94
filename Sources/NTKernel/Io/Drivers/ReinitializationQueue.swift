public import GuestABI
internal import NTStructures

/// The routines that drivers want called when others have started.
struct ReinitializationQueue {
  /// A `DRIVER_REINITIALIZE` routine.
  struct Entry {
    let driver: GuestPointer<DriverObject>
    let routine: VirtualAddress
    let context: VirtualAddress
    /// Whether it waits until the machine has started all its devices.
    let isForBoot: Bool
  }

  private var entries: [Entry] = []

  /// The most routines that may be in the queue.
  static let limit = 1_000

  var count: Int { entries.count }

  mutating func append(_ entry: Entry) { entries.append(entry) }

  /// Takes the first routine of a kind.
  mutating func next(isForBoot: Bool) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.isForBoot == isForBoot }) else { return nil }
    return entries.remove(at: index)
  }

  mutating func remove(_ driver: GuestPointer<DriverObject>) {
    entries.removeAll { $0.driver == driver }
  }
}

extension DriverServices {
  /// The most times that drivers may ask to be called again in a row.
  private static var longestChain: Int { 10_000 }

  /// Calls the `Reinitialize` routines that wait.
  ///
  /// - Parameter isForBoot: Whether to call those that `IoRegisterBootDriverReinitialization` took.
  /// - Returns: What the guest does.
  /// - Throws: A `GuestFault` if a driver's object cannot be used.
  public func reinitialize(isForBoot: Bool = false) throws -> Completion {
    try reinitialize(isForBoot: isForBoot, Self.longestChain)
  }

  private func reinitialize(isForBoot: Bool, _ left: Int) throws -> Completion {
    guard let entry = reinitializations.next(isForBoot: isForBoot) else { return .done }
    guard left > 0 else { throw Unmodelled("Reinitialize routines that never end") }
    let driverExtension = try memory[entry.driver].driverExtension
    // DRIVER_EXTENSION counts the calls.
    let count = try memory[driverExtension].count &+ 1
    try memory[driverExtension].store(count, in: \.count)
    let call = GuestCall(
      entry.routine,
      entry.driver.address.rawValue,
      entry.context.rawValue,
      UInt64(count)
    )
    return .call(call) { [self] _ in try reinitialize(isForBoot: isForBoot, left - 1) }
  }

  /// The routines with which drivers ask to be called later.
  var reinitializationExports: [Export] {
    [
      export("IoRegisterDriverReinitialization") {
        [self]
        (driver: GuestPointer<DriverObject>, routine: VirtualAddress, context: VirtualAddress) in
        try register(driver, routine, context, isForBoot: false)
      },
      export("IoRegisterBootDriverReinitialization") {
        [self]
        (driver: GuestPointer<DriverObject>, routine: VirtualAddress, context: VirtualAddress) in
        try register(driver, routine, context, isForBoot: true)
      },
    ]
  }

  private func register(
    _ driver: GuestPointer<DriverObject>,
    _ routine: VirtualAddress,
    _ context: VirtualAddress,
    isForBoot: Bool
  ) throws {
    guard reinitializations.count < ReinitializationQueue.limit else {
      throw Unmodelled("more than \(ReinitializationQueue.limit) Reinitialize routines")
    }
    // What waits for the machine to start is never called if the driver was not there then.
    guard !isForBoot || isBootDriver(driver) else { return }
    // The flag says that the driver is in the queue: DRVO_REINIT_REGISTERED, DRVO_BOOTREINIT_REGISTERED.
    let flags = try memory[driver].flags
    try memory[driver].store(flags | (isForBoot ? 0x20 : 0x08), in: \.flags)
    reinitializations.append(
      .init(driver: driver, routine: routine, context: context, isForBoot: isForBoot)
    )
  }
}
