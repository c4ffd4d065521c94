public import GuestABI
internal import NTStructures

/// The security reference monitor: descriptors of objects, well-known identifiers, and privileges.
public final class SecurityMonitor {
  let memory: AddressSpace
  let pool: any PoolAllocator
  let objects: ObjectManager

  /// What the release does differently from others, and who calls the driver.
  public var behaviour: SecurityBehaviour

  static var tag: UInt32 { 0x6553_4F4C }  // LOSe

  /// Creates a monitor.
  ///
  /// - Parameters:
  ///   - objects: The object manager.
  ///   - memory: The memory of the drivers that use the monitor.
  ///   - pool: Where descriptors for drivers come from.
  ///   - behaviour: What the release does differently from others, and who calls the driver.
  public init(
    objects: ObjectManager,
    memory: AddressSpace,
    pool: any PoolAllocator,
    behaviour: SecurityBehaviour = SecurityBehaviour()
  ) {
    self.objects = objects
    self.memory = memory
    self.pool = pool
    self.behaviour = behaviour
  }

  /// The variables that drivers import: `SeExports`, a pointer to well-known privileges and
  /// identifiers.
  public var dataExports: [DataExport] {
    [DataExport(pointer: "SeExports") { [self] in try makeConstants() }]
  }

  /// Stores the well-known constants in guest memory, the identifiers after the structure.
  private func makeConstants() throws -> VirtualAddress {
    let members = SecurityConstant.members(upTo: behaviour.exportsExtent)
    let pointerSize = memory.architecture.pointerSize
    var size = 0
    var identifierSize = 0
    for member in members {
      switch member {
      case .privilege: size += 8
      case .identifier(let identifier):
        size += pointerSize
        identifierSize += identifier.bytes.count
      }
    }
    guard let start = try pool.allocatePool(size + identifierSize, .nonpaged, tag: Self.tag) else {
      throw Unmodelled("SeExports: the pool is exhausted when the kernel starts")
    }
    var place = start
    var identifierPlace = start + size
    for member in members {
      switch member {
      case .privilege(let privilege):
        try memory.store(UInt64(privilege.rawValue), at: place)
        place = place + 8
      case .identifier(let identifier):
        try memory.store(identifierPlace, at: place)
        try memory.store(bytes: identifier.bytes, at: identifierPlace)
        place = place + pointerSize
        identifierPlace = identifierPlace + identifier.bytes.count
      }
    }
    return start
  }

  /// Copies a security descriptor into the pool, in self-relative form.
  ///
  /// The corresponding kernel routine is `SeCaptureSecurityDescriptor`. It hands on the original if
  /// that is the kernel's own and no copy of it was asked for.
  func capture(
    _ descriptor: VirtualAddress,
    mode: ProcessorMode,
    poolType: PoolType,
    copiesKernelMemory: Bool,
    to result: GuestPointer<VirtualAddress>
  ) throws -> NTStatus {
    guard mode == .kernel else { throw Unmodelled("SeCaptureSecurityDescriptor: user mode") }
    guard descriptor != .null, copiesKernelMemory else {
      try memory.store(descriptor, at: result.address)
      return .success
    }
    switch try CapturedSecurityDescriptor.read(at: descriptor, in: memory) {
    case .failed(let status): return status
    case .done(let descriptor):
      let bytes = descriptor.selfRelativeBytes
      guard let copy = try pool.allocatePool(bytes.count, poolType, tag: Self.tag) else {
        return .insufficientResources
      }
      try memory.store(bytes: bytes, at: copy)
      try memory.store(copy, at: result.address)
      return .success
    }
  }

  /// Sets parts of an object's security.
  ///
  /// The corresponding kernel routine is `ZwSetSecurityObject`.
  func setSecurity(
    of handle: VirtualAddress,
    _ components: CapturedSecurityDescriptor.Components,
    to address: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwSetSecurityObject"
    guard address != .null else { return .accessViolation }
    try requireKnown(components, routine)
    guard let object = objects.object(for: handle) else { return .invalidHandle }
    switch try CapturedSecurityDescriptor.read(at: address, in: memory) {
    case .failed(let status): return status
    case .done(let descriptor):
      guard components.isSubset(of: descriptor.presentComponents) else {
        throw Unmodelled("\(routine): a part that the descriptor does not have")
      }
      object.security.set(descriptor, components)
      return .success
    }
  }

  /// Returns parts of an object's security.
  ///
  /// The corresponding kernel routine is `ZwQuerySecurityObject`.
  func querySecurity(
    of handle: VirtualAddress,
    _ components: CapturedSecurityDescriptor.Components,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ neededLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let routine = "ZwQuerySecurityObject"
    try requireKnown(components, routine)
    guard let object = objects.object(for: handle) else { return .invalidHandle }
    guard components.isSubset(of: object.security.known) else {
      throw Unmodelled("\(routine): the security that an object has from its creation")
    }
    let bytes = object.security.part(components).selfRelativeBytes
    try memory.store(UInt32(truncatingIfNeeded: bytes.count), at: neededLength.address)
    guard length >= bytes.count else { return .bufferTooSmall }
    try memory.store(bytes: bytes, at: buffer)
    return .success
  }

  private func requireKnown(
    _ components: CapturedSecurityDescriptor.Components,
    _ routine: String
  ) throws {
    guard components.isSubset(of: .all) else {
      let bits = String(components.rawValue, radix: 16)
      throw Unmodelled("\(routine): SECURITY_INFORMATION 0x\(bits)")
    }
  }
}
