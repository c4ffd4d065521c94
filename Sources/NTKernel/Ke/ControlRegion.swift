internal import GuestABI
internal import NTReleases

/// The structures that the kernel keeps at known places for drivers to read.
enum ControlRegion {
  /// Maps the processor control region and the page shared with user mode, and fills in their
  /// documented fields.
  static func setUp(_ manager: MemoryManager, _ release: Release) throws {
    let memory = manager.memory
    let region = manager.layout.processorControlRegion
    let shared = manager.layout.userSharedData
    try manager.mapKernelPages(1, at: region)
    try manager.mapKernelPages(1, at: shared)
    switch memory.architecture {
    case .x86:
      // The exception list ends at once; then SelfPcr and Prcb.
      try memory.store(UInt32.max, at: region)
      try memory.store(region, at: region + 0x1C)
      try memory.store(region + 0x120, at: region + 0x20)
    case .x64:
      try memory.store(region, at: region + 0x18)
      try memory.store(region + 0x180, at: region + 0x20)
    }
    // KUSER_SHARED_DATA: the product type (a workstation), that it is valid, and the version.
    try memory.store(UInt32(1), at: shared + 0x264)
    try memory.store(UInt8(1), at: shared + 0x268)
    try memory.store(UInt32(release.majorVersion), at: shared + 0x26C)
    try memory.store(UInt32(release.minorVersion), at: shared + 0x270)
  }
}
