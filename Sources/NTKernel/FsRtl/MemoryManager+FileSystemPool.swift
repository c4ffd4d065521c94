internal import GuestABI
internal import NTStructures

/// Pool for file systems, which raise `STATUS_INSUFFICIENT_RESOURCES` in place of returning NULL.
extension MemoryManager {
  /// The routines that drivers import.
  var fileSystemPoolExports: [Export] {
    let tag: UInt32 = 0x6C52_7346  // "FsRl"
    return ["FsRtlAllocatePool", "FsRtlAllocatePoolWithQuota"].map { name in
      export(name) { [self] (type: PoolType, byteCount: GuestWord) in
        try allocateOrRaise(byteCount, type, tag: tag)
      }
    }
      + ["FsRtlAllocatePoolWithTag", "FsRtlAllocatePoolWithQuotaTag"].map { name in
        export(name) { [self] (type: PoolType, byteCount: GuestWord, tag: UInt32) in
          try allocateOrRaise(byteCount, type, tag: tag)
        }
      }
  }
}
