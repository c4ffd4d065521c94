internal import GuestABI
internal import NTReleases

/// The structures that the kernel keeps at known places for drivers to read.
enum ControlRegion {
  /// Maps the processor control region and the page shared with user mode, and fills in the fields that
  /// are documented.
  static func setUp(_ manager: MemoryManager, _ release: Release) throws {
    let memory = manager.memory
    let region = manager.layout.processorControlRegion
    let architecture = memory.architecture
    // The KPRCB lies within the region; where it ends beyond what is modelled does not matter.
    let vendor = manager.behaviour.processorVendorOffset(pointerSize: architecture.pointerSize)
      .map { $0 + (architecture == .x86 ? 0x120 : 0x180) }
    let name = Array(ProcessorIdentity(architecture).vendor.utf8) + [0]
    let pageCount = ((vendor ?? 0) + name.count + 4095) / 4096
    try manager.mapKernelPages(pageCount, at: region)
    if let vendor { try memory.store(bytes: name, at: region + vendor) }
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
    manager.watch(
      OpaqueStructure(
        name: "the processor control region",
        base: region,
        modelled: modelledFields(architecture) + (vendor.map { [$0..<$0 + name.count] } ?? [])
      ),
      byteCount: pageCount * 4096
    )
    try SharedData.setUp(manager, release)
  }

  /// The offsets of the fields that documents name and that hold what NT puts there.
  private static func modelledFields(_ architecture: Architecture) -> [Range<Int>] {
    switch architecture {
    // The exception list; SelfPcr, Prcb and Irql; the processor's number; the current thread.
    case .x86: [0..<4, 0x1C..<0x25, 0x51..<0x52, 0x124..<0x128]
    // Self and CurrentPrcb; the number before and after Windows 7; the current thread.
    case .x64: [0x18..<0x28, 0x184..<0x185, 0x188..<0x190, 0x1A4..<0x1A8]
    }
  }
}
