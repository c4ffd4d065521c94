internal import GuestABI
internal import NTStructures

/// What an `OBJECT_ATTRIBUTES` says.
struct CapturedAttributes {
  /// The object that the name is relative to.
  let directory: KernelObject?
  let name: String
  let flags: ObjectAttributeFlags
  let securityDescriptor: VirtualAddress
}

extension ObjectManager {
  /// Reads an `OBJECT_ATTRIBUTES` and checks it.
  ///
  /// - Parameters:
  ///   - pointer: The structure.
  ///   - routine: The routine that was called with it.
  ///   - modelled: The flags that the routine gives a meaning to.
  /// - Returns: What it says, or why it is not valid.
  /// - Throws: A ``GuestFault`` if it cannot be read, or ``Unmodelled``.
  func capture(
    _ pointer: GuestPointer<ObjectAttributes>,
    for routine: String,
    modelled: ObjectAttributeFlags = []
  ) throws -> Attempt<CapturedAttributes> {
    let view = memory[pointer]
    let size = ObjectAttributes.size(on: memory.architecture)
    let flags = ObjectAttributeFlags(rawValue: try view.attributes)
    guard try view.length == size, flags.isSubset(of: behaviour.validAttributes) else {
      return .failed(.invalidParameter)
    }
    guard flags.isSubset(of: modelled.union(.harmless)) else {
      throw Unmodelled("\(routine): OBJ flags 0x\(String(flags.rawValue, radix: 16))")
    }
    let string = try view.objectName
    var name = ""
    if !string.isNull {
      guard try memory[string].length & 1 == 0 else { return .failed(.objectNameInvalid) }
      name = try memory.text(of: string)
    }
    var directory: KernelObject?
    let handle = try view.rootDirectory
    if handle != .null {
      guard let object = object(for: handle) else { return .failed(.invalidHandle) }
      directory = object
    }
    return .done(
      CapturedAttributes(
        directory: directory,
        name: name,
        flags: flags,
        securityDescriptor: try view.securityDescriptor
      )
    )
  }

  /// Finds the object of one kind that an `OBJECT_ATTRIBUTES` names.
  ///
  /// - Returns: The object, or the status with which opening it fails.
  /// - Throws: A ``GuestFault`` or ``Unmodelled``.
  func open(
    _ attributes: CapturedAttributes,
    _ kind: ObjectKind,
    for routine: String
  ) throws -> Attempt<KernelObject> {
    if let directory = attributes.directory {
      guard case .directory = directory.payload else {
        throw Unmodelled("\(routine): a name within an object of type \(directory.kind.typeName)")
      }
    }
    let lookup = try object(
      at: attributes.name,
      from: attributes.directory,
      followingLinks: kind != .symbolicLink
    )
    guard let object = lookup.object else { return .failed(lookup.status) }
    guard lookup.remainder.isEmpty else {
      throw Unmodelled("\(routine): a name within an object of type \(object.kind.typeName)")
    }
    guard object.kind == kind else { return .failed(.objectTypeMismatch) }
    return .done(object)
  }

  /// Finds an object of one kind, opens a handle to it, and stores the handle.
  ///
  /// - Returns: The status of the routine.
  /// - Throws: A ``GuestFault`` or ``Unmodelled``.
  func openHandle(
    _ handle: GuestPointer<VirtualAddress>,
    _ kind: ObjectKind,
    access: AccessMask,
    attributes: GuestPointer<ObjectAttributes>,
    for routine: String
  ) throws -> NTStatus {
    let flags: ObjectAttributeFlags
    let object: KernelObject
    switch try capture(attributes, for: routine, modelled: [.openIf, .openLink]) {
    case .failed(let status): return status
    case .done(let captured):
      flags = captured.flags
      switch try open(captured, kind, for: routine) {
      case .failed(let status): return status
      case .done(let found): object = found
      }
    }
    let new = try makeHandle(for: object, access: access, attributes: flags)
    try memory.store(new, at: handle.address)
    return .success
  }
}
