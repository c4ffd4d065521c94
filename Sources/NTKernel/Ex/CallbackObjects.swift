internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Callback objects: drivers register routines that others have called.
///
/// The kernel has two of its own, `\Callback\SetSystemTime` and `\Callback\PowerState` (Microsoft
/// Docs, "Defining a callback object"); from Windows Vista on a third, `\Callback\ProcessorAdd`
/// (nf-wdm-exregistercallback). The machine's time is never set, its power state never
/// changes and it gets no processors, so that nothing of the kernel's ever notifies them.
final class CallbackObjects {
  /// A routine that is registered.
  struct Registration {
    /// The later of two has the higher number.
    let number: UInt64
    let handle: VirtualAddress
    let routine: VirtualAddress
    let context: VirtualAddress
  }

  struct Callback {
    let allowsMany: Bool
    var registrations: [Registration] = []
  }

  private static var limit: Int { 10_000 }
  private static var tag: UInt32 { 0x7262_6C43 }  // Clbr

  private let memory: AddressSpace
  private let manager: MemoryManager
  private let objects: ObjectManager
  private(set) var callbacks: [VirtualAddress: Callback] = [:]
  /// The object that each registration is with, by its handle.
  private var owners: [VirtualAddress: VirtualAddress] = [:]
  private var nextNumber: UInt64 = 1

  /// Creates the callback objects that the kernel makes at start.
  init(manager: MemoryManager, objects: ObjectManager) throws {
    memory = manager.memory
    self.manager = manager
    self.objects = objects
    var names = ["SetSystemTime", "PowerState"]
    if manager.behaviour.hasProcessorAddCallback { names.append("ProcessorAdd") }
    for name in names {
      let object = KernelObject(.callback)
      _ = try objects.insert(object, at: "\\Callback\\" + name)
    }
    objects.deletionRoutines[.callback] = { [unowned self] in callbacks[$0.body] = nil }
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ExCreateCallback", to: create(_:_:_:_:)),
      export("ExRegisterCallback", to: register(_:_:_:)),
      export("ExUnregisterCallback", to: unregister(_:)),
      export("ExNotifyCallback") {
        [self]
        (object: VirtualAddress, first: GuestWord, second: GuestWord) in
        // A null object is allowed: nothing is registered with it.
        guard object != .null else { return Completion.done }
        let body = try known(object, "ExNotifyCallback")
        return notify(body, (first.rawValue, second.rawValue), after: 0)
      },
    ]
  }

  /// Opens a callback object, or makes one.
  ///
  /// The corresponding kernel routine is `ExCreateCallback`. The caller gets a reference.
  private func create(
    _ result: GuestPointer<VirtualAddress>,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ creates: Bool,
    _ allowsMany: Bool
  ) throws -> NTStatus {
    let routine = "ExCreateCallback"
    let captured: CapturedAttributes
    switch try objects.capture(attributes, for: routine, modelled: [.openIf, .permanent]) {
    case .failed(let status): return status
    case .done(let value): captured = value
    }
    guard !captured.name.isEmpty else { return .unsuccessful }
    guard captured.securityDescriptor == .null else {
      throw Unmodelled("\(routine): a security descriptor")
    }
    switch try objects.open(captured, .callback, for: routine) {
    case .done(let object):
      guard let body = try objects.body(of: object) else { return .insufficientResources }
      if callbacks[body] == nil { callbacks[body] = Callback(allowsMany: true) }
      objects.reference(object)
      try memory.store(body, at: result.address)
      return .success
    case .failed(let status):
      guard creates, status == .objectNameNotFound else { return status }
    }
    guard callbacks.count < Self.limit else {
      throw Unmodelled("\(routine): more than \(Self.limit) callback objects")
    }
    let object = KernelObject(.callback)
    guard let body = try objects.body(of: object) else { return .insufficientResources }
    let status = try objects.insert(
      object,
      at: captured.name,
      from: captured.directory,
      isPermanent: captured.flags.contains(.permanent)
    )
    guard status.isSuccess else {
      try objects.dereference(object)
      return status
    }
    callbacks[body] = Callback(allowsMany: allowsMany)
    try memory.store(body, at: result.address)
    return .success
  }

  private func known(_ object: VirtualAddress, _ routine: String) throws -> VirtualAddress {
    guard callbacks[object] != nil else {
      throw Unmodelled("\(routine): \(object) is no callback object")
    }
    return object
  }

  private func register(
    _ object: VirtualAddress,
    _ routine: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> VirtualAddress {
    let body = try known(object, "ExRegisterCallback")
    guard let callback = callbacks[body], callback.registrations.count < Self.limit else {
      throw Unmodelled("ExRegisterCallback: more than \(Self.limit) routines")
    }
    guard callback.allowsMany || callback.registrations.isEmpty else { return .null }
    let width = memory.architecture.pointerSize
    guard let handle = try manager.allocatePool(6 * width, .nonpaged, tag: Self.tag) else {
      return .null
    }
    // A registration holds a reference to its object, as the debugger shows.
    if let found = objects.object(withBody: body) { objects.reference(found) }
    callbacks[body]?.registrations.append(
      Registration(number: nextNumber, handle: handle, routine: routine, context: context)
    )
    nextNumber += 1
    owners[handle] = body
    return handle
  }

  private func unregister(_ handle: VirtualAddress) throws {
    guard let owner = owners.removeValue(forKey: handle) else {
      throw Unmodelled("ExUnregisterCallback: a handle that ExRegisterCallback did not return")
    }
    callbacks[owner]?.registrations.removeAll { $0.handle == handle }
    try manager.freePool(handle)
    if let object = objects.object(withBody: owner) { try objects.dereference(object) }
  }

  /// Calls the routines that are registered, in the order in which they were, from behind the one with
  /// a number, which may be registered no more.
  private func notify(
    _ body: VirtualAddress,
    _ arguments: (UInt64, UInt64),
    after last: UInt64
  ) -> Completion {
    let registrations = callbacks[body]?.registrations ?? []
    guard let next = registrations.first(where: { $0.number > last }) else { return .done }
    let call = GuestCall(next.routine, next.context.rawValue, arguments.0, arguments.1)
    return .call(call) { [self] _ in notify(body, arguments, after: next.number) }
  }
}
