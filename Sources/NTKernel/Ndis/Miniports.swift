internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The miniport drivers of NDIS 6 that are registered.
///
/// The facts are those of the pages of `ndis.h`.
final class Miniports {
  /// What a miniport driver registers with.
  struct Driver {
    let object: GuestPointer<DriverObject>
    let context: VirtualAddress
    let characteristics: Characteristics
  }

  /// The routines of a miniport driver: `NDIS_MINIPORT_DRIVER_CHARACTERISTICS`.
  struct Characteristics {
    let setOptions: VirtualAddress
    let initialize: VirtualAddress
    let halt: VirtualAddress
    let unload: VirtualAddress
    let returnLists: VirtualAddress
  }

  /// The routines that a driver object then has; they are not in the export table.
  private static let unloadRoutine = "NdispUnloadDriver"
  private static let dispatchRoutine = "NdispDispatchRequest"
  private static let addDeviceRoutine = "NdispAddDevice"

  private let memory: AddressSpace
  private let manager: MemoryManager
  private let version: UInt32
  private let addressOfRoutine: (String) throws -> VirtualAddress
  private var drivers: [VirtualAddress: Driver] = [:]

  init(
    _ manager: MemoryManager,
    _ behaviour: Behaviour,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    memory = manager.memory
    self.manager = manager
    version = behaviour.ndisVersion
    self.addressOfRoutine = addressOfRoutine
  }

  /// `NDIS_STATUS_BAD_VERSION`.
  private static var badVersion: NTStatus { NTStatus(0xC001_0004) }
  /// `NDIS_STATUS_BAD_CHARACTERISTICS`.
  private static var badCharacteristics: NTStatus { NTStatus(0xC001_0005) }

  /// The routines that miniport drivers import.
  var exports: [Export] {
    [
      export("NdisMRegisterMiniportDriver", to: register(_:_:_:_:_:)),
      export("NdisMDeregisterMiniportDriver") { [self] (handle: VirtualAddress) in
        guard drivers.removeValue(forKey: handle) != nil else {
          throw Unmodelled("NdisMDeregisterMiniportDriver of a handle that is none")
        }
        try manager.freePool(handle, caller: manager.context.caller)
      },
      export(Self.unloadRoutine, to: unload(_:)),
      export(Self.dispatchRoutine) {
        (device: GuestPointer<DeviceObject>, irp: GuestPointer<IRP>) -> NTStatus in
        throw Unmodelled("NDIS's dispatch routine")
      },
      export(Self.addDeviceRoutine) {
        (driver: GuestPointer<DriverObject>, device: GuestPointer<DeviceObject>) -> NTStatus in
        throw Unmodelled("NDIS's AddDevice routine: a network adapter")
      },
    ] + adapterExports
  }

  /// The routines that take an adapter's handle, which a driver is given when its adapter is initialized.
  private var adapterExports: [Export] {
    [
      export("NdisMSetMiniportAttributes") {
        (adapter: VirtualAddress, attributes: VirtualAddress) -> NTStatus in
        throw Self.noAdapter(adapter, "NdisMSetMiniportAttributes")
      },
      export("NdisMGetDeviceProperty") {
        (
          adapter: VirtualAddress,
          physical: VirtualAddress,
          functional: VirtualAddress,
          next: VirtualAddress,
          resources: VirtualAddress,
          translated: VirtualAddress
        ) -> Void in
        throw Self.noAdapter(adapter, "NdisMGetDeviceProperty")
      },
      export("NdisMIndicateReceiveNetBufferLists") {
        (
          adapter: VirtualAddress,
          lists: GuestPointer<NetBufferList>,
          port: UInt32,
          count: UInt32,
          flags: UInt32
        ) -> Void in
        throw Self.noAdapter(adapter, "NdisMIndicateReceiveNetBufferLists")
      },
      export("NdisMSendNetBufferListsComplete") {
        (adapter: VirtualAddress, lists: GuestPointer<NetBufferList>, flags: UInt32) -> Void in
        throw Self.noAdapter(adapter, "NdisMSendNetBufferListsComplete")
      },
      export("NdisMIndicateStatusEx") {
        (adapter: VirtualAddress, indication: VirtualAddress) -> Void in
        throw Self.noAdapter(adapter, "NdisMIndicateStatusEx")
      },
    ]
  }

  private static func noAdapter(_ adapter: VirtualAddress, _ routine: String) -> Unmodelled {
    Unmodelled("\(routine) with \(adapter), which is not the handle of an adapter")
  }

  /// Registers a miniport driver.
  ///
  /// The corresponding kernel routine is `NdisMRegisterMiniportDriver`.
  ///
  /// - Returns: `NDIS_STATUS_BAD_VERSION` for a version that the release's NDIS does not have,
  ///   `NDIS_STATUS_BAD_CHARACTERISTICS` for a structure that is too small for it, or what the driver's
  ///   `MiniportSetOptions` returns.
  private func register(
    _ driver: GuestPointer<DriverObject>,
    _ registryPath: VirtualAddress,
    _ context: VirtualAddress,
    _ characteristics: VirtualAddress,
    _ result: VirtualAddress
  ) throws -> Completion {
    let size = Int(try memory.load(UInt16.self, at: characteristics + 2))
    let major = UInt32(try memory.load(UInt8.self, at: characteristics + 4))
    let minor = UInt32(try memory.load(UInt8.self, at: characteristics + 5))
    // Drivers for NDIS 5 register with NdisMRegisterMiniport.
    guard major == 6, major << 16 | minor <= version else { return .returned(Self.badVersion) }
    // Through CancelOidRequestHandler; from NDIS 6.1 on through CancelDirectOidRequestHandler.
    let width = memory.architecture.pointerSize
    let routines = characteristics + (width == 4 ? 0x0C : 0x10)
    let count = minor == 0 ? 15 : 17
    let needed = (width == 4 ? 0x0C : 0x10) + count * width
    guard size >= needed else { return .returned(Self.badCharacteristics) }
    func routine(_ index: Int) throws -> VirtualAddress {
      try memory.load(at: routines + index * width)
    }
    let tag: UInt32 = 0x6470_444E  // NDpd
    let caller = manager.context.caller
    guard let handle = try manager.allocatePool(0x40, .nonpaged, tag: tag, caller: caller) else {
      return .returned(NTStatus.insufficientResources)
    }
    try memory.fill(at: handle, count: 0x40)
    let registered = Driver(
      object: driver,
      context: context,
      characteristics: Characteristics(
        setOptions: try routine(0),
        initialize: try routine(1),
        halt: try routine(2),
        unload: try routine(3),
        returnLists: try routine(8)
      )
    )
    drivers[handle] = registered
    try memory.store(handle, at: result)
    try take(driver)
    let setOptions = registered.characteristics.setOptions
    guard setOptions != .null else { return .returned(NTStatus.success) }
    return .call(GuestCall(setOptions, handle.rawValue, context.rawValue)) { [self] result in
      let status = NTStatus(guestBits: result)
      if !status.isSuccess {
        drivers[handle] = nil
        try manager.freePool(handle)
      }
      return .returned(status)
    }
  }

  /// Puts NDIS's own routines in a driver object.
  private func take(_ driver: GuestPointer<DriverObject>) throws {
    let view = memory[driver]
    try view.store(GuestFunction(addressOfRoutine(Self.unloadRoutine)), in: \.driverUnload)
    let driverExtension = memory[try view.driverExtension]
    let addDevice = try addressOfRoutine(Self.addDeviceRoutine)
    try driverExtension.store(GuestFunction(addDevice), in: \.addDevice)
    let dispatch = try addressOfRoutine(Self.dispatchRoutine)
    for index in 0..<MajorFunction.count {
      let place = view.address(of: \.majorFunction) + index * memory.architecture.pointerSize
      try memory.store(dispatch, at: place)
    }
  }

  /// Calls the `MiniportDriverUnload` routines of a driver.
  private func unload(_ driver: GuestPointer<DriverObject>) throws -> Completion {
    let found = drivers.filter { $0.value.object == driver }.sorted { $0.key < $1.key }
    let routines = found.map(\.value.characteristics.unload).filter { $0 != .null }
    return call(routines[...], driver)
  }

  private func call(
    _ routines: ArraySlice<VirtualAddress>,
    _ driver: GuestPointer<DriverObject>
  ) -> Completion {
    guard let routine = routines.first else { return .done }
    return .call(GuestCall(routine, driver.address.rawValue)) { [self] _ in
      call(routines.dropFirst(), driver)
    }
  }
}
