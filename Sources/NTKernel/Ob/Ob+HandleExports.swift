internal import GuestABI
internal import NTStructures

extension ObjectManager {
  /// The routines that open objects by name, and copy and change handles.
  var handleExports: [Export] {
    [
      export("ObOpenObjectByName") {
        [self]
        (
          attributes: GuestPointer<ObjectAttributes>,
          type: VirtualAddress,
          mode: ProcessorMode,
          accessState: VirtualAddress,
          access: AccessMask,
          context: VirtualAddress,
          handle: GuestPointer<VirtualAddress>
        ) in
        let routine = "ObOpenObjectByName"
        guard let kind = try kind(ofType: type, routine), kind != .key else {
          throw Unmodelled("\(routine): a key, or any type")
        }
        guard accessState == .null, context == .null, mode == .kernel else {
          throw Unmodelled("\(routine): an access state, a context or user mode")
        }
        return try openHandle(
          handle,
          kind,
          access: access,
          attributes: attributes,
          for: routine
        )
      },
      duplicating("ZwDuplicateObject"), duplicating("NtDuplicateObject"),
      export("ObIsKernelHandle") { [self] (handle: VirtualAddress) in isKernelHandle(handle) },
      export("ObSetHandleAttributes") {
        [self] (handle: VirtualAddress, flags: VirtualAddress, mode: ProcessorMode) in
        try setFlags(of: handle, mode, from: flags, "ObSetHandleAttributes")
      },
      export("ZwSetInformationObject") {
        [self] (handle: VirtualAddress, kind: UInt32, buffer: VirtualAddress, length: UInt32) in
        let routine = "ZwSetInformationObject"
        // ObjectHandleFlagInformation.
        guard kind == 4 else { throw Unmodelled("\(routine): OBJECT_INFORMATION_CLASS \(kind)") }
        guard length == 2 else { return NTStatus.infoLengthMismatch }
        return try setFlags(of: handle, .kernel, from: buffer, routine)
      },
    ]
  }

  /// Changes what an `OBJECT_HANDLE_FLAG_INFORMATION` says of a handle: whether it is inherited, and
  /// whether it can be closed.
  private func setFlags(
    of handle: VirtualAddress,
    _ mode: ProcessorMode,
    from flags: VirtualAddress,
    _ routine: String
  ) throws -> NTStatus {
    guard let entry = entry(for: handle, mode: mode) else { return .invalidHandle }
    let inherits = try memory.load(Bool.self, at: flags)
    guard try !memory.load(Bool.self, at: flags + 1) else {
      throw Unmodelled("\(routine): ProtectFromClose")
    }
    let others = entry.attributes.subtracting(.inherit)
    setAttributes(inherits ? others.union(.inherit) : others, of: handle)
    return .success
  }

  private func duplicating(_ name: String) -> Export {
    export(name) {
      [self]
      (
        sourceProcess: VirtualAddress,
        source: VirtualAddress,
        targetProcess: VirtualAddress,
        target: GuestPointer<VirtualAddress>,
        access: AccessMask,
        attributes: ObjectAttributeFlags,
        options: UInt32
      ) in
      guard previousMode == .kernel || name.hasPrefix("Zw") else {
        throw Unmodelled("\(name) for user mode")
      }
      return try duplicate(
        sourceProcess,
        source,
        targetProcess,
        target,
        access,
        attributes,
        options,
        name
      )
    }
  }

  /// Opens another handle to an object that a handle stands for.
  ///
  /// The corresponding kernel routine is `ZwDuplicateObject`.
  private func duplicate(
    _ sourceProcess: VirtualAddress,
    _ source: VirtualAddress,
    _ targetProcess: VirtualAddress,
    _ target: GuestPointer<VirtualAddress>,
    _ access: AccessMask,
    _ attributes: ObjectAttributeFlags,
    _ options: UInt32,
    _ routine: String
  ) throws -> NTStatus {
    // DUPLICATE_CLOSE_SOURCE, DUPLICATE_SAME_ACCESS, DUPLICATE_SAME_ATTRIBUTES.
    guard options & ~7 == 0 else {
      throw Unmodelled("\(routine): options 0x\(String(options, radix: 16))")
    }
    for process in [sourceProcess, targetProcess] where process != .null {
      guard let object = object(for: process) else { return .invalidHandle }
      guard object.kind == .process else { return .objectTypeMismatch }
      guard object.body == current().process else {
        throw Unmodelled("\(routine): handles of another process")
      }
    }
    guard sourceProcess != .null else { return .invalidHandle }
    guard let entry = entry(for: source) else { return .invalidHandle }
    guard targetProcess != .null, !target.isNull else {
      guard options & 1 != 0 else {
        throw Unmodelled("\(routine): no target, and the source stays open")
      }
      return try close(source)
    }
    guard attributes.isSubset(of: .harmless) else {
      throw Unmodelled("\(routine): OBJ flags 0x\(String(attributes.rawValue, radix: 16))")
    }
    let new = try makeHandle(
      for: entry.object,
      access: options & 2 != 0 ? entry.access : access,
      attributes: options & 4 != 0 ? entry.attributes : attributes
    )
    try memory.store(new, at: target.address)
    return options & 1 != 0 ? try close(source) : .success
  }
}
