public import GuestABI
internal import NTStructures

/// A routine that a driver registered to be told of events.
public final class PlugAndPlayRegistration {
  /// What the routine is told of: `IO_NOTIFICATION_EVENT_CATEGORY`.
  enum Category: Equatable {
    case hardwareProfile
    case interfaces(classGUID: [UInt8])
    case device(VirtualAddress)
  }

  let category: Category
  let routine: VirtualAddress
  let context: VirtualAddress
  /// What the driver gets as the registration's handle.
  let handle: VirtualAddress
  /// The call with which the driver registered the routine.
  public let caller: VirtualAddress

  init(
    _ category: Category,
    _ routine: VirtualAddress,
    _ context: VirtualAddress,
    handle: VirtualAddress,
    caller: VirtualAddress
  ) {
    self.category = category
    self.routine = routine
    self.context = context
    self.handle = handle
    self.caller = caller
  }
}

/// Something that registered routines are told.
struct PlugAndPlayEvent {
  let isArrival: Bool
  let classGUID: [UInt8]
  let name: String
}

/// Routines that drivers want called when interfaces come and go.
extension PlugAndPlay {
  /// The routines that drivers import.
  var notificationExports: [Export] {
    [
      export("IoRegisterPlugPlayNotification") {
        [self]
        (
          category: UInt32,
          flags: UInt32,
          data: VirtualAddress,
          driver: GuestPointer<DriverObject>,
          routine: VirtualAddress,
          context: VirtualAddress,
          result: VirtualAddress
        ) -> Completion in
        try register(category, flags, data, routine, context, result)
      },
      export("IoUnregisterPlugPlayNotification") { [self] (handle: VirtualAddress) in
        try unregister(handle, "IoUnregisterPlugPlayNotification")
      },
      export("IoUnregisterPlugPlayNotificationEx") { [self] (handle: VirtualAddress) in
        try unregister(handle, "IoUnregisterPlugPlayNotificationEx")
      },
      export("IoReportTargetDeviceChange") {
        [self] (device: GuestPointer<DeviceObject>, notification: VirtualAddress) in
        try report(device, "IoReportTargetDeviceChange")
      },
      export("IoReportTargetDeviceChangeAsynchronous") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          notification: VirtualAddress,
          routine: VirtualAddress,
          context: VirtualAddress
        ) in
        guard routine == .null else {
          throw Unmodelled("IoReportTargetDeviceChangeAsynchronous with a routine to call")
        }
        return try report(device, "IoReportTargetDeviceChangeAsynchronous")
      },
    ]
  }

  private func register(
    _ category: UInt32,
    _ flags: UInt32,
    _ data: VirtualAddress,
    _ routine: VirtualAddress,
    _ context: VirtualAddress,
    _ result: VirtualAddress
  ) throws -> Completion {
    let kind: PlugAndPlayRegistration.Category
    switch category {
    case 1: kind = .hardwareProfile
    case 2: kind = .interfaces(classGUID: try memory.bytes(at: data, count: 16))
    case 3: kind = .device(data)
    default: return .returned(NTStatus.invalidParameter)
    }
    guard registrations.count < 4096 else {
      throw Unmodelled("IoRegisterPlugPlayNotification 4,096 times")
    }
    // The entry is the system's own; drivers must not look into it.
    let handle = try io.allocate(0x40, tag: "PnpN")
    let registration = PlugAndPlayRegistration(
      kind,
      routine,
      context,
      handle: handle,
      caller: manager.context.caller
    )
    registrations.append(registration)
    try memory.store(handle, at: result)
    guard case .interfaces(let guid) = kind, flags & 1 != 0 else {
      return .returned(NTStatus.success)
    }
    // PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES.
    let events = interfaces.filter { $0.isEnabled && $0.classGUID == guid }.map {
      PlugAndPlayEvent(isArrival: true, classGUID: guid, name: $0.name)
    }
    return try tell(events[...], to: registration)
  }

  private func tell(
    _ events: ArraySlice<PlugAndPlayEvent>,
    to registration: PlugAndPlayRegistration
  ) throws -> Completion {
    guard let event = events.first else { return .returned(NTStatus.success) }
    let (call, block) = try call(registration, event)
    return .call(call) { [self] _ in
      try manager.freePool(block)
      return try tell(events.dropFirst(), to: registration)
    }
  }

  /// Notes that the routines for an interface's class are to be called.
  func notify(of interface: DeviceInterface, isArrival: Bool) {
    let event = PlugAndPlayEvent(
      isArrival: isArrival,
      classGUID: interface.classGUID,
      name: interface.name
    )
    for registration in registrations
    where registration.category == .interfaces(classGUID: interface.classGUID) {
      if dueCalls.count < 4096 { dueCalls.append((registration, event)) }
    }
  }

  /// Calls the routines that are to be told of what has happened, on a system thread.
  public func deliverNotifications() throws -> Completion {
    guard !dueCalls.isEmpty else { return .done }
    let (registration, event) = dueCalls.removeFirst()
    guard registrations.contains(where: { $0 === registration }) else {
      return try deliverNotifications()
    }
    let (call, block) = try call(registration, event)
    return .call(call) { [self] _ in
      try manager.freePool(block)
      return try deliverNotifications()
    }
  }

  /// Whether routines are to be told of what has happened.
  public var hasDueNotifications: Bool { !dueCalls.isEmpty }

  /// Makes a `DEVICE_INTERFACE_CHANGE_NOTIFICATION`, and the call that hands it over.
  private func call(
    _ registration: PlugAndPlayRegistration,
    _ event: PlugAndPlayEvent
  ) throws -> (call: GuestCall, block: VirtualAddress) {
    let width = memory.architecture.pointerSize
    let size = width == 4 ? 40 : 48
    let text = event.name.littleEndianUTF16
    let stringSize = CountedString.size(on: memory.architecture)
    let block = try io.allocate(size + stringSize + text.count + 2, tag: "PnpE")
    // GUID_DEVICE_INTERFACE_ARRIVAL and GUID_DEVICE_INTERFACE_REMOVAL.
    let guid =
      event.isArrival
      ? GUIDText.bytes("cb3a4004-46f0-11d0-b08f-00609713053f")
      : GUIDText.bytes("cb3a4005-46f0-11d0-b08f-00609713053f")
    try memory.store(UInt16(1), at: block)
    try memory.store(UInt16(size), at: block + 2)
    try memory.store(bytes: guid + event.classGUID, at: block + 4)
    let string = GuestPointer<CountedString>(block + size)
    try memory.store(string, at: block + (width == 4 ? 36 : 40))
    let buffer = string.address + stringSize
    try memory.store(bytes: text, at: buffer)
    try memory.set(string, buffer: buffer, length: text.count, maximumLength: text.count + 2)
    let call = GuestCall(registration.routine, block.rawValue, registration.context.rawValue)
    return (call, block)
  }

  private func unregister(_ handle: VirtualAddress, _ routine: String) throws -> NTStatus {
    guard let index = registrations.firstIndex(where: { $0.handle == handle }) else {
      throw Unmodelled("\(routine): a registration that does not exist")
    }
    registrations.remove(at: index)
    try manager.freePool(handle)
    return .success
  }

  private func report(
    _ device: GuestPointer<DeviceObject>,
    _ routine: String
  ) throws -> NTStatus {
    guard node(of: device) != nil else { return .invalidDeviceRequest }
    let isWatched = registrations.contains {
      if case .device = $0.category { true } else { false }
    }
    guard !isWatched else { throw Unmodelled("\(routine): a device that a driver watches") }
    return .success
  }
}
