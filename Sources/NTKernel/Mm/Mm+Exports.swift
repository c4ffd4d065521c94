public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to work with MDLs.
  public var mdlExports: [Export] {
    [
      export("MmSizeOfMdl") { [self] (address: VirtualAddress, byteCount: GuestWord) in
        GuestWord(mdlSize(for: address, byteCount: min(byteCount.byteCount, 1 << 40)))
      },
      export("MmCreateMdl", to: createMDL(_:for:_:)),
      export("MmBuildMdlForNonPagedPool", to: buildMDLForNonpagedPool(_:)),
      export("MmProbeAndLockPages") {
        [self]
        (mdl: GuestPointer<MDL>, mode: ProcessorMode, operation: LockOperation) in
        try probeAndLockPages(mdl, mode: mode, operation: operation)
      },
      export("MmUnlockPages", to: unlockPages(_:)),
      export("MmMapLockedPages", to: mapLockedPages(_:mode:)),
      export("MmMapLockedPagesSpecifyCache") {
        [self]
        (
          mdl: GuestPointer<MDL>,
          mode: ProcessorMode,
          cacheType: UInt32,
          requestedAddress: VirtualAddress,
          stopsOnFailure: UInt32,
          priority: UInt32
        ) in
        try mapLockedPages(
          mdl,
          mode: mode,
          cacheType: cacheType,
          requestedAddress: requestedAddress,
          stopsOnFailure: stopsOnFailure != 0,
          priority: priority
        )
      },
      export("MmUnmapLockedPages", to: unmapLockedPages(_:_:)),
      export("IoBuildPartialMdl") {
        [self]
        (
          source: GuestPointer<MDL>,
          target: GuestPointer<MDL>,
          address: VirtualAddress,
          length: UInt32
        ) in
        try buildPartialMDL(from: source, to: target, at: address, byteCount: length)
      },
      export("IoFreeMdl", to: freeMDL(_:)),
      export("IoAllocateMdl") {
        [self]
        (
          address: VirtualAddress,
          length: UInt32,
          isSecondary: Bool,
          chargesQuota: Bool,
          irp: GuestPointer<IRP>
        ) in
        try allocateMDL(for: address, length, isSecondary: isSecondary, for: irp)
      },
    ]
  }

  /// Allocates an MDL and attaches it to a request, if there is one.
  private func allocateMDL(
    for address: VirtualAddress,
    _ length: UInt32,
    isSecondary: Bool,
    for irp: GuestPointer<IRP>
  ) throws -> GuestPointer<MDL> {
    guard
      let mdl = try allocateMDL(for: address, byteCount: Int(length), caller: context.caller)
    else {
      return GuestPointer(.null)
    }
    guard !irp.isNull else { return mdl }
    if !isSecondary {
      try memory[irp].store(mdl, in: \.mdlAddress)
      return mdl
    }
    var last = try memory[irp].mdlAddress
    // A chain that is longer than memory can hold goes in circles.
    for _ in 0..<0x10_0000 {
      let next = try memory[last].next
      if next.isNull {
        try memory[last].store(mdl, in: \.next)
        return mdl
      }
      last = next
    }
    throw Unmodelled("IoAllocateMdl with a cyclic chain of MDLs")
  }
}
