public import GuestABI
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to lock, reserve, protect and edit what MDLs describe.
  public var mappingExports: [Export] {
    lockingExports + reservedMappingExports + editingExports + sectionExports
  }

  private var lockingExports: [Export] {
    [
      export("MmProbeAndLockProcessPages") {
        [self]
        (
          mdl: GuestPointer<MDL>,
          process: VirtualAddress,
          mode: ProcessorMode,
          operation: LockOperation
        ) in
        try probeAndLockProcessPages(mdl, of: process, mode: mode, operation: operation)
      },
      export("MmProbeAndLockSelectedPages") {
        [self]
        (
          mdl: GuestPointer<MDL>,
          segments: VirtualAddress,
          mode: ProcessorMode,
          operation: LockOperation
        ) in
        try probeAndLockSelectedPages(mdl, segments, mode: mode, operation: operation)
      },
      export("MmSecureVirtualMemory") {
        [self]
        (address: VirtualAddress, byteCount: GuestWord, probeMode: UInt32) in
        try secureVirtualMemory(address, byteCount, probeMode: probeMode)
      },
      export("MmSecureVirtualMemoryEx") {
        [self]
        (address: VirtualAddress, byteCount: GuestWord, probeMode: UInt32, flags: UInt32) in
        // MM_SECURE_EXCLUSIVE 1, NO_CHANGE 2, USER_MODE_ONLY 4, NO_INHERIT 8.
        guard flags == 0 else { throw Unmodelled("MmSecureVirtualMemoryEx with flags \(flags)") }
        return try secureVirtualMemory(address, byteCount, probeMode: probeMode)
      },
      export("MmUnsecureVirtualMemory", to: unsecureVirtualMemory(_:)),
    ]
  }

  private var reservedMappingExports: [Export] {
    [
      export("MmAllocateMappingAddress") { [self] (byteCount: GuestWord, tag: UInt32) in
        try allocateMappingAddress(byteCount, tag: tag)
      },
      export("MmAllocateMappingAddressEx") {
        [self]
        (byteCount: GuestWord, tag: UInt32, flags: UInt32) in
        // MM_MAPPING_ADDRESS_DIVISIBLE is 1.
        guard flags == 0 else { throw Unmodelled("MmAllocateMappingAddressEx with flags \(flags)") }
        return try allocateMappingAddress(byteCount, tag: tag)
      },
      export("MmFreeMappingAddress") { [self] (address: VirtualAddress, tag: UInt32) in
        try freeMappingAddress(address, tag: tag)
      },
      export("MmMapLockedPagesWithReservedMapping") {
        [self]
        (address: VirtualAddress, tag: UInt32, mdl: GuestPointer<MDL>, cacheType: UInt32) in
        try mapLockedPagesWithReservedMapping(address, tag: tag, mdl, cacheType: cacheType)
      },
      export("MmUnmapReservedMapping") {
        [self]
        (address: VirtualAddress, tag: UInt32, mdl: GuestPointer<MDL>) in
        try unmapReservedMapping(address, tag: tag, mdl)
      },
    ]
  }

  private var editingExports: [Export] {
    [
      export("MmAdvanceMdl", to: advanceMDL(_:_:)),
      export("MmProtectMdlSystemAddress", to: protectMDLSystemAddress(_:_:)),
      export("MmMapMdl", to: mapMDL(_:_:_:_:)),
      export("MmAreMdlPagesCached", to: areMDLPagesCached(_:)),
      export("MmMdlPageContentsState", to: mdlPageContentsState(_:_:)),
    ]
  }

  private var sectionExports: [Export] {
    [
      export("MmLockPagableDataSection", to: lockPageableSection(at:)),
      export("MmLockPagableImageSection", to: lockPageableSection(at:)),
      export("MmLockPagableSectionByHandle", to: lockPageableSection(byHandle:)),
      export("MmUnlockPagableImageSection", to: unlockPageableSection(_:)),
      export("MmPageEntireDriver", to: imageBase(of:)),
      export("MmResetDriverPaging", to: resetDriverPaging(_:)),
      export("MmIsNonPagedSystemAddressValid", to: isValidNonpagedAddress(_:)),
      // TRUE while the thread waits for a page to be read: nothing is paged out in this model.
      export("MmIsRecursiveIoFault") { () in false },
    ]
  }
}
