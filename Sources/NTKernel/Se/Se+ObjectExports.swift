internal import GuestABI
internal import NTStructures

extension SecurityMonitor {
  /// The routines that get an object's security descriptor by the object's address.
  var objectExports: [Export] {
    [
      export("ObGetObjectSecurity") {
        [self]
        (
          body: VirtualAddress,
          descriptor: GuestPointer<VirtualAddress>,
          isAllocated: VirtualAddress
        ) in
        let object = try objects.knownObject(body, "ObGetObjectSecurity")
        let known = object.security.known
        guard !known.isEmpty else {
          throw Unmodelled("ObGetObjectSecurity: the security that an object has from its creation")
        }
        let bytes = object.security.part(known).selfRelativeBytes
        guard let copy = try pool.allocatePool(bytes.count, .paged, tag: Self.tag) else {
          return NTStatus.insufficientResources
        }
        try memory.store(bytes: bytes, at: copy)
        try memory.store(copy, at: descriptor.address)
        try memory.store(true, at: isAllocated)
        return .success
      },
      export("ObReleaseObjectSecurity") {
        [self] (descriptor: VirtualAddress, isAllocated: Bool) in
        guard descriptor != .null else { return }
        guard isAllocated else {
          throw Unmodelled("ObReleaseObjectSecurity: a descriptor that was not allocated")
        }
        try pool.freePool(descriptor)
      },
    ]
  }
}
