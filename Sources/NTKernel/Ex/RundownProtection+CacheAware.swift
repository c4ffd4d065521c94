internal import GuestABI

/// Run-down protection with a count for each processor, of which there is one: the structure that the
/// kernel allocates holds an `EX_RUNDOWN_REF`.
extension RundownProtection {
  private static var size: Int { 64 }

  /// The routines that drivers import to allocate it.
  private func lifeExports(_ manager: MemoryManager) -> [Export] {
    [
      export("ExAllocateCacheAwareRundownProtection") {
        [self] (type: PoolType, tag: UInt32) in
        let caller = manager.context.caller
        let block = try manager.allocatePool(Self.size, type, tag: tag, caller: caller)
        guard let block else { return VirtualAddress.null }
        try set(block, 0)
        return block
      },
      export("ExFreeCacheAwareRundownProtection") { (place: VirtualAddress) in
        try manager.freePool(place)
      },
      export("ExSizeOfRundownProtectionCacheAware") { () in GuestWord(Self.size) },
      export("ExInitializeRundownProtectionCacheAware") {
        [self] (place: VirtualAddress, size: GuestWord) in
        try set(place, 0)
      },
    ]
  }

  /// The routines that drivers import.
  func cacheAwareExports(_ manager: MemoryManager) -> [Export] {
    lifeExports(manager) + [
      export("ExReInitializeRundownProtectionCacheAware", .fastcall) {
        [self] (place: VirtualAddress) in
        try set(place, 0)
      },
      export("ExRundownCompletedCacheAware", .fastcall) { [self] (place: VirtualAddress) in
        try set(place, 1)
      },
      export("ExAcquireRundownProtectionCacheAware", .fastcall) {
        [self] (place: VirtualAddress) in
        try acquire(place, 1)
      },
      export("ExAcquireRundownProtectionCacheAwareEx", .fastcall) {
        [self] (place: VirtualAddress, count: UInt32) in
        try acquire(place, UInt64(count))
      },
      export("ExReleaseRundownProtectionCacheAware", .fastcall) {
        [self] (place: VirtualAddress) in
        try release(place, 1)
      },
      export("ExReleaseRundownProtectionCacheAwareEx", .fastcall) {
        [self] (place: VirtualAddress, count: UInt32) in
        try release(place, UInt64(count))
      },
      export("ExWaitForRundownProtectionReleaseCacheAware", .fastcall, to: wait(for:)),
    ]
  }
}
