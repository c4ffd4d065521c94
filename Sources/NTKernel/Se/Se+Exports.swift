public import GuestABI
internal import NTStructures

extension SecurityMonitor {
  /// The routines that drivers import to work with security.
  public var exports: [Export] {
    [
      export("SeCaptureSecurityDescriptor") {
        [self]
        (
          descriptor: VirtualAddress,
          mode: ProcessorMode,
          poolType: PoolType,
          copiesKernelMemory: Bool,
          result: GuestPointer<VirtualAddress>
        ) in
        try capture(
          descriptor,
          mode: mode,
          poolType: poolType,
          copiesKernelMemory: copiesKernelMemory,
          to: result
        )
      },
      export("SeReleaseSecurityDescriptor") {
        [self]
        (descriptor: VirtualAddress, mode: ProcessorMode, copiesKernelMemory: Bool) in
        if descriptor != .null, mode == .user || copiesKernelMemory {
          try pool.freePool(descriptor)
        }
        return NTStatus.success
      },
      export("ZwSetSecurityObject") {
        [self]
        (
          handle: VirtualAddress,
          components: CapturedSecurityDescriptor.Components,
          descriptor: VirtualAddress
        ) in
        try setSecurity(of: handle, components, to: descriptor)
      },
      export("ZwQuerySecurityObject") {
        [self]
        (
          handle: VirtualAddress,
          components: CapturedSecurityDescriptor.Components,
          buffer: VirtualAddress,
          length: UInt32,
          neededLength: GuestPointer<UInt32>
        ) in
        try querySecurity(of: handle, components, buffer, length, neededLength)
      },
    ]
  }
}
