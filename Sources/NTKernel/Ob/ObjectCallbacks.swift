internal import GuestABI
internal import NTStructures

/// Routines that drivers want called when handles to processes and threads are made.
///
/// They are registered as documented. A handle to a process or thread that is made while one is
/// registered is not modelled. That the routines lie in a signed image is taken for granted.
final class ObjectCallbacks {
  private struct Registration {
    let handle: UInt64
    let altitude: String
    let kinds: Set<ObjectKind>
  }

  private let objects: ObjectManager
  private let pool: any PoolAllocator
  private var memory: AddressSpace { objects.memory }
  private var registrations: [Registration] = []

  /// `OB_FLT_REGISTRATION_VERSION`.
  private static let version: UInt16 = 0x100

  init(objects: ObjectManager, pool: any PoolAllocator) {
    self.objects = objects
    self.pool = pool
    objects.willMakeHandle = { [weak self] object in
      guard let self, registrations.contains(where: { $0.kinds.contains(object.kind) }) else {
        return
      }
      throw Unmodelled(
        "a handle to a \(object.kind.typeName) while ObRegisterCallbacks has routines"
      )
    }
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ObRegisterCallbacks", to: register(_:handle:)),
      export("ObUnRegisterCallbacks") { [self] (handle: VirtualAddress) in
        let index = registrations.firstIndex { $0.handle == handle.rawValue }
        guard let index else {
          throw Unmodelled("ObUnRegisterCallbacks of something that is not registered")
        }
        registrations.remove(at: index)
        try pool.freePool(handle)
      },
      export("ObGetFilterVersion") { () in Self.version },
    ]
  }

  /// Registers an `OB_CALLBACK_REGISTRATION`: version, number of operations, altitude, context, and the
  /// operations.
  ///
  /// The corresponding kernel routine is `ObRegisterCallbacks`.
  private func register(
    _ registration: VirtualAddress,
    handle: VirtualAddress
  ) throws -> NTStatus {
    let word = memory.architecture.pointerSize
    guard try memory.load(UInt16.self, at: registration) == Self.version else {
      return .invalidParameter
    }
    let count = Int(try memory.load(UInt16.self, at: registration + 2))
    let altitude = GuestPointer<CountedString>(registration + word)
    let text = try memory.text(of: altitude)
    guard count > 0, !text.isEmpty else { return .invalidParameter }
    let array = registration + word + CountedString.size(on: memory.architecture) + word
    let operations = try memory.load(VirtualAddress.self, at: array)
    var kinds: Set<ObjectKind> = []
    for index in 0..<count {
      // OB_OPERATION_REGISTRATION: where the type is, the operations, and two routines.
      let operation = operations + index * 4 * word
      let typePlace = try memory.load(VirtualAddress.self, at: operation)
      guard typePlace != .null else { return .invalidParameter }
      let type = try memory.load(VirtualAddress.self, at: typePlace)
      let kind = try objects.kind(ofType: type, "ObRegisterCallbacks")
      let flags = try memory.load(UInt32.self, at: operation + word)
      let before = try memory.load(VirtualAddress.self, at: operation + 2 * word)
      let after = try memory.load(VirtualAddress.self, at: operation + 3 * word)
      // OB_OPERATION_HANDLE_CREATE and OB_OPERATION_HANDLE_DUPLICATE.
      guard let kind, kind == .process || kind == .thread, flags != 0, flags & ~3 == 0,
        before != .null || after != .null
      else { return .invalidParameter }
      kinds.insert(kind)
    }
    guard !registrations.contains(where: { $0.altitude == text }) else {
      return .altitudeCollision
    }
    guard let block = try pool.allocatePool(64, .paged, tag: 0x6C46_624F) else {
      return .insufficientResources
    }
    registrations.append(Registration(handle: block.rawValue, altitude: text, kinds: kinds))
    try memory.store(block, at: handle)
    return .success
  }
}
