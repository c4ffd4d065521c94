public import GuestABI
internal import NTStructures

extension ObjectManager {
  /// The routines that drivers import to count references to objects and to open and close handles.
  public var referenceExports: [Export] {
    [
      export("ObReferenceObjectByHandle") {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          type: VirtualAddress,
          mode: ProcessorMode,
          object: GuestPointer<VirtualAddress>,
          information: VirtualAddress
        ) in
        try referenceObject(handle, access, type, mode, object, information)
      },
      export("ObReferenceObjectByPointer") {
        [self]
        (body: VirtualAddress, access: AccessMask, type: VirtualAddress, mode: ProcessorMode) in
        let routine = "ObReferenceObjectByPointer"
        let object = try knownObject(body, routine)
        if let kind = try kind(ofType: type, routine), kind != object.kind {
          if mode == .user { return NTStatus.objectTypeMismatch }
          throw Unmodelled("\(routine): another object type in kernel mode")
        }
        reference(object)
        return .success
      },
      export("ObfReferenceObject", .fastcall) { [self] (body: VirtualAddress) in
        let object = try knownObject(body, "ObfReferenceObject")
        reference(object)
        return GuestWord(object.referenceCount)
      },
      export("ObReferenceObjectByName") {
        [self]
        (
          name: GuestPointer<CountedString>,
          flags: ObjectAttributeFlags,
          accessState: VirtualAddress,
          access: AccessMask,
          type: VirtualAddress,
          mode: ProcessorMode,
          context: VirtualAddress,
          object: GuestPointer<VirtualAddress>
        ) in
        guard accessState == .null, context == .null, mode == .kernel else {
          throw Unmodelled("ObReferenceObjectByName: an access state, a context or user mode")
        }
        return try referenceObject(named: name, flags, type, object)
      },
      export("ObOpenObjectByPointer") {
        [self]
        (
          body: VirtualAddress,
          flags: ObjectAttributeFlags,
          accessState: VirtualAddress,
          access: AccessMask,
          type: VirtualAddress,
          mode: ProcessorMode,
          handle: GuestPointer<VirtualAddress>
        ) in
        try openObject(body, flags, accessState, access, type, mode, handle)
      },
      export("ObMakeTemporaryObject") { [self] (body: VirtualAddress) in
        try remove(knownObject(body, "ObMakeTemporaryObject"))
      },
    ]
  }

  /// The routines that give references and handles back, and tell names, where no file object is among
  /// the objects.
  ///
  /// The last reference or handle to a file object takes a request to its driver: ``FileServices`` has
  /// the routines that make it.
  public var dereferenceExports: [Export] {
    [
      export("ObfDereferenceObject", .fastcall) { [self] (body: VirtualAddress) in
        try dereference(body, "ObfDereferenceObject")
      },
      export("ObDereferenceObject") { [self] (body: VirtualAddress) in
        try dereference(body, "ObDereferenceObject")
      },
      export("ObQueryNameString") {
        [self]
        (
          body: VirtualAddress,
          information: GuestPointer<CountedString>,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        try queryName(body, information, Int(length), resultLength)
      },
      export("ObCloseHandle") { [self] (handle: VirtualAddress, mode: ProcessorMode) in
        if mode == .user { return try close(handle, mode: .user) }
        return try closeForKernel(handle, "ObCloseHandle")
      },
      export("ZwClose") { [self] (handle: VirtualAddress) in
        try closeForKernel(handle, "ZwClose")
      },
      export("NtClose") { [self] (handle: VirtualAddress) in
        if previousMode == .user { return try close(handle, mode: .user) }
        return try closeForKernel(handle, "NtClose")
      },
    ]
  }

  /// What `ObDereferenceObject` and its fast form do, which return the count that is left.
  private func dereference(_ body: VirtualAddress, _ routine: String) throws -> GuestWord {
    let object = try knownObject(body, routine)
    try dereference(object)
    return GuestWord(object.referenceCount)
  }

  private func referenceObject(
    _ handle: VirtualAddress,
    _ access: AccessMask,
    _ type: VirtualAddress,
    _ mode: ProcessorMode,
    _ result: GuestPointer<VirtualAddress>,
    _ information: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ObReferenceObjectByHandle"
    guard information == .null else { throw Unmodelled("\(routine): HandleInformation") }
    let kind = try kind(ofType: type, routine)
    try memory.store(VirtualAddress.null, at: result.address)
    guard let entry = entry(for: handle, mode: mode) else {
      guard !isCurrentProcess(handle), !isCurrentThread(handle) else {
        throw Unmodelled("\(routine): the current process or thread")
      }
      return .invalidHandle
    }
    if let kind, kind != entry.object.kind { return .objectTypeMismatch }
    if mode == .user {
      let unknown: AccessMask = [.generic, .maximumAllowed]
      guard entry.access.isDisjoint(with: unknown), access.isDisjoint(with: unknown) else {
        throw Unmodelled("\(routine): the generic rights of type \(entry.object.kind.typeName)")
      }
      guard access.isSubset(of: entry.access) else { return .accessDenied }
    }
    guard let body = try body(of: entry.object) else { return .insufficientResources }
    reference(entry.object)
    try memory.store(body, at: result.address)
    return .success
  }

  private func referenceObject(
    named name: GuestPointer<CountedString>,
    _ flags: ObjectAttributeFlags,
    _ type: VirtualAddress,
    _ result: GuestPointer<VirtualAddress>
  ) throws -> NTStatus {
    let routine = "ObReferenceObjectByName"
    guard flags.isSubset(of: .harmless) else {
      throw Unmodelled("\(routine): OBJ flags 0x\(String(flags.rawValue, radix: 16))")
    }
    let kind = try kind(ofType: type, routine)
    let lookup = try object(at: memory.text(of: name))
    guard let object = lookup.object else { return lookup.status }
    guard lookup.remainder.isEmpty else {
      throw Unmodelled("\(routine): a name within an object of type \(object.kind.typeName)")
    }
    if let kind, kind != object.kind { return .objectTypeMismatch }
    guard let body = try body(of: object) else { return .insufficientResources }
    reference(object)
    try memory.store(body, at: result.address)
    return .success
  }

  private func openObject(
    _ body: VirtualAddress,
    _ flags: ObjectAttributeFlags,
    _ accessState: VirtualAddress,
    _ access: AccessMask,
    _ type: VirtualAddress,
    _ mode: ProcessorMode,
    _ handle: GuestPointer<VirtualAddress>
  ) throws -> NTStatus {
    let routine = "ObOpenObjectByPointer"
    guard flags.isSubset(of: behaviour.validAttributes) else { return .invalidParameter }
    guard flags.isSubset(of: .harmless), accessState == .null, mode == .kernel else {
      throw Unmodelled("\(routine): user mode, an access state, or flags that check access")
    }
    let object = try knownObject(body, routine)
    if let kind = try kind(ofType: type, routine), kind != object.kind {
      return .objectTypeMismatch
    }
    let new = try makeHandle(for: object, access: access, attributes: flags)
    try memory.store(new, at: handle.address)
    return .success
  }

  /// Stores the name of an object that is no file.
  ///
  /// The corresponding kernel routine is `ObQueryNameString`; ``FileServices`` asks for the names of
  /// files.
  func queryName(
    _ body: VirtualAddress,
    _ information: GuestPointer<CountedString>,
    _ length: Int,
    _ resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let object = try knownObject(body, "ObQueryNameString")
    let name: String
    switch object.payload {
    case .key(let key): name = key.path
    default:
      guard object.kind != .file else { throw Unmodelled("ObQueryNameString: a file object") }
      name = fullName(of: object)
    }
    return try storeName(name, information, length, resultLength)
  }

  /// Stores a name as an `OBJECT_NAME_INFORMATION`, with its text behind it.
  func storeName(
    _ name: String,
    _ information: GuestPointer<CountedString>,
    _ length: Int,
    _ resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let bytes = name.isEmpty ? [] : name.littleEndianUTF16 + [0, 0]
    let header = CountedString.size(on: memory.architecture)
    let needed = header + bytes.count
    try memory.store(UInt32(truncatingIfNeeded: needed), at: resultLength.address)
    guard length >= needed else { return .infoLengthMismatch }
    let buffer = information.address + header
    try memory.store(bytes: bytes, at: buffer)
    try memory.set(
      information,
      buffer: bytes.isEmpty ? .null : buffer,
      length: max(0, bytes.count - 2),
      maximumLength: bytes.count
    )
    return .success
  }
}
