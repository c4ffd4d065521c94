public import GuestABI
public import NTStructures

/// The object manager: named objects, handles to them, and how long they live.
///
/// As in NT, an object has one count of references, in which each handle and the object's name count
/// as one. The object is deleted when the count reaches zero.
public final class ObjectManager {
  /// The memory that objects' bodies are in.
  public let memory: AddressSpace

  let pool: any PoolAllocator

  /// What the release does differently from others.
  public let behaviour: ObjectBehaviour

  /// The directory `\`.
  public let root: KernelObject

  /// Returns the bodies of the process and of the thread that are the current ones.
  public var current: () -> (process: VirtualAddress, thread: VirtualAddress) = { (.null, .null) }

  /// The object that the handle -1 stands for.
  public var currentProcess: KernelObject? { objects[current().process] }

  /// The object that the handle -2 stands for.
  public var currentThread: KernelObject? { objects[current().thread] }

  /// The mode from which the current thread entered the kernel, which `NtClose` goes by.
  public var previousMode = ProcessorMode.kernel

  /// What is to be done when an object of a kind is deleted, before its body is freed.
  public var deletionRoutines: [ObjectKind: (KernelObject) throws -> Void] = [:]

  /// What makes objects that few drivers look for, when one does.
  var lateObjects: [any LateObjectSource] = []

  var objects: [VirtualAddress: KernelObject] = [:]
  var types: [ObjectKind: KernelObject] = [:]
  /// The handles of each process, by its body.
  private var handles: [VirtualAddress: HandleTable] = [:]
  var kernelHandles = HandleTable()

  /// Creates an object manager with the directories and types that the kernel makes at start.
  ///
  /// - Parameters:
  ///   - memory: The memory that objects' bodies are in.
  ///   - pool: Where opaque bodies come from.
  ///   - behaviour: What the release does differently from others.
  public init(memory: AddressSpace, pool: any PoolAllocator, behaviour: ObjectBehaviour) {
    self.memory = memory
    self.pool = pool
    self.behaviour = behaviour
    root = KernelObject(.directory, payload: .directory([:]))
    root.name = ""
    for name in behaviour.directories {
      adopt(KernelObject(.directory, payload: .directory([:])), name, in: root)
    }
    for (name, target) in behaviour.links {
      adopt(
        KernelObject(.symbolicLink, payload: .symbolicLink(SymbolicLink(target))),
        name,
        in: root
      )
    }
    if case .global = behaviour.dosDevices, let directory = root.child(ObjectName("GLOBAL??")) {
      // What leads past a session's own names (WDK, local and global MS-DOS device names).
      let link = SymbolicLink("\\GLOBAL??")
      adopt(KernelObject(.symbolicLink, payload: .symbolicLink(link)), "Global", in: directory)
    }
    for kind in ObjectKind.allCases {
      let type = KernelObject(.type, payload: .type(kind))
      types[kind] = type
      if let directory = root.child(ObjectName("ObjectTypes")) {
        adopt(type, kind.typeName, in: directory)
      }
    }
  }

  /// The handles of the current process.
  var userHandles: HandleTable {
    get { handles[current().process] ?? HandleTable() }
    _modify { yield &handles[current().process, default: HandleTable()] }
  }

  /// The number of handles that processes have open.
  var userHandleCount: Int { handles.values.reduce(0) { $0 + $1.count } }

  /// The handles to files that a process has open, in the order in which it opened them.
  func fileHandles(ofProcess process: VirtualAddress) -> [(VirtualAddress, KernelObject)] {
    (handles[process]?.numbered ?? []).compactMap { number, entry in
      guard case .file = entry.object.payload else { return nil }
      return (VirtualAddress(rawValue: UInt64(number)), entry.object)
    }
  }

  /// Closes what a process that ends has open.
  ///
  /// - Throws: What ``dereference(_:)`` throws.
  func closeAllHandles(ofProcess process: VirtualAddress) throws {
    guard let table = handles.removeValue(forKey: process) else { return }
    for entry in table.all {
      entry.object.handleCount -= 1
      try removeNameIfUnused(entry.object)
      try dereference(entry.object)
    }
  }

  /// Gives an object a name that is known to be free.
  func adopt(_ object: KernelObject, _ name: String, in directory: KernelObject) {
    object.name = name
    object.directory = directory
    object.isPermanent = true
    object.referenceCount += 1
    directory.setChild(ObjectName(name), object)
  }

  /// Makes an object without a name known by its body.
  public func register(_ object: KernelObject) {
    if object.body != .null { objects[object.body] = object }
  }

  /// Returns the object whose body is at an address.
  public func object(withBody body: VirtualAddress) -> KernelObject? { objects[body] }

  /// Returns where an object's body is, having allocated an opaque one if it has none.
  ///
  /// - Returns: The body, or nil if the pool is exhausted.
  /// - Throws: A ``GuestFault`` if the pool's memory cannot be written.
  public func body(of object: KernelObject) throws -> VirtualAddress? {
    if object.body != .null { return object.body }
    let byteCount = 0x100
    let tag: UInt32 = 0x6A62_4F4C  // LObj
    guard let body = try pool.allocatePool(byteCount, .nonpaged, tag: tag) else { return nil }
    try memory.fill(at: body, count: byteCount)
    object.body = body
    object.ownsBody = true
    objects[body] = object
    return body
  }

  /// Counts one more reference to an object.
  public func reference(_ object: KernelObject) { object.referenceCount += 1 }

  /// Counts one reference less, and deletes the object if it was the last.
  ///
  /// - Throws: What the deletion routine of the object's kind throws.
  public func dereference(_ object: KernelObject) throws {
    guard !object.isDeleted else {
      throw Unmodelled("ObfDereferenceObject: an object without references")
    }
    object.referenceCount -= 1
    guard object.referenceCount == 0 else { return }
    object.isDeleted = true
    try deletionRoutines[object.kind]?(object)
    if object.body != .null { objects[object.body] = nil }
    if object.ownsBody { try pool.freePool(object.body) }
  }

  /// Lets an object lose its name: at once if it has no handles, or with its last one.
  ///
  /// The corresponding kernel routine is `ObMakeTemporaryObject`.
  ///
  /// - Throws: What ``dereference(_:)`` throws.
  public func remove(_ object: KernelObject) throws {
    object.isPermanent = false
    try removeNameIfUnused(object)
  }

  func removeNameIfUnused(_ object: KernelObject) throws {
    guard object.handleCount == 0, !object.isPermanent else { return }
    guard let directory = object.directory, let name = object.name else { return }
    directory.setChild(ObjectName(name), nil)
    object.directory = nil
    object.name = nil
    try dereference(object)
  }

  /// Returns the kind of object that a `POBJECT_TYPE` stands for.
  ///
  /// - Parameters:
  ///   - type: The type object's body, or null.
  ///   - routine: The routine that was called with it.
  /// - Returns: The kind, or nil for null.
  /// - Throws: ``Unmodelled`` for the address of anything else.
  func kind(ofType type: VirtualAddress, _ routine: String) throws -> ObjectKind? {
    if type == .null { return nil }
    guard case .type(let kind)? = objects[type]?.payload else {
      throw Unmodelled("\(routine): an object type that the kernel does not export")
    }
    return kind
  }

  /// Returns the object at an address that a driver supplied.
  ///
  /// - Throws: ``Unmodelled`` if no object is there.
  func knownObject(_ body: VirtualAddress, _ routine: String) throws -> KernelObject {
    guard let object = objects[body] else {
      throw Unmodelled("\(routine): \(body) is no object")
    }
    return object
  }
}

/// Something that makes objects of the system's when their names are first looked up.
protocol LateObjectSource: AnyObject {
  /// Makes the object of a name, if it is one of the source's and has not been made.
  ///
  /// - Returns: Whether it was made.
  func makeObjects(for name: ObjectName, in directory: String) throws -> Bool
}

extension KernelObject {
  /// Returns an object that a directory holds.
  func child(_ name: ObjectName) -> KernelObject? {
    guard case .directory(let children) = payload else { return nil }
    return children[name]
  }

  /// Changes what a directory holds.
  func setChild(_ name: ObjectName, _ child: KernelObject?) {
    guard case .directory(var children) = payload else { return }
    payload = .none
    children[name] = child
    payload = .directory(children)
  }
}
