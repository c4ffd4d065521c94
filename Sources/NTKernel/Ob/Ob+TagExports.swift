internal import GuestABI
internal import NTStructures

extension ObjectManager {
  /// The routines that count references with a tag, which only a debugger sees, and safely.
  var taggedExports: [Export] {
    [
      export("ObfReferenceObjectWithTag", .fastcall) {
        [self] (body: VirtualAddress, tag: UInt32) in
        let object = try knownObject(body, "ObfReferenceObjectWithTag")
        reference(object)
        return GuestWord(object.referenceCount)
      },
      export("ObReferenceObjectByPointerWithTag") {
        [self]
        (
          body: VirtualAddress,
          access: AccessMask,
          type: VirtualAddress,
          mode: ProcessorMode,
          tag: UInt32
        ) in
        try referenceObject(body, type, mode, "ObReferenceObjectByPointerWithTag")
      },
      export("ObOpenObjectByPointerWithTag") {
        [self]
        (
          body: VirtualAddress,
          flags: ObjectAttributeFlags,
          accessState: VirtualAddress,
          access: AccessMask,
          type: VirtualAddress,
          mode: ProcessorMode,
          tag: UInt32,
          handle: GuestPointer<VirtualAddress>
        ) in
        try openObject(body, flags, accessState, access, type, mode, handle)
      },
      export("ObReferenceObjectSafe", .fastcall) { [self] (body: VirtualAddress) in
        try referenceSafely(body, "ObReferenceObjectSafe")
      },
      export("ObReferenceObjectSafeWithTag", .fastcall) {
        [self] (body: VirtualAddress, tag: UInt32) in
        try referenceSafely(body, "ObReferenceObjectSafeWithTag")
      },
      export("ObGetObjectType") { [self] (body: VirtualAddress) in
        let object = try knownObject(body, "ObGetObjectType")
        guard let type = types[object.kind], let address = try self.body(of: type) else {
          throw Unmodelled("ObGetObjectType: the pool is exhausted")
        }
        return address
      },
    ]
  }

  /// Counts a reference to an object unless it is being deleted.
  private func referenceSafely(_ body: VirtualAddress, _ routine: String) throws -> Bool {
    let object = try knownObject(body, routine)
    guard !object.isDeleted, object.referenceCount > 0 else { return false }
    reference(object)
    return true
  }
}
