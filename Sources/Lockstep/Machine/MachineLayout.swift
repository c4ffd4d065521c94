internal import GuestABI
internal import NTKernel

/// Where a machine keeps its own things within the kernel's image.
struct MachineLayout {
  /// The bytes of the descriptor table.
  static let descriptorTableSize = 0x40

  /// The image's first page, which holds its headers.
  let header: VirtualAddress
  /// The descriptor table.
  let descriptorTable: VirtualAddress
  /// The addresses that stop the processor, 16 bytes apart.
  let exportSlots: Range<VirtualAddress>
  /// The exported variables.
  let variables: Range<VirtualAddress>
  /// Addresses of exported variables that are not modelled.
  ///
  /// They are never mapped.
  let unmodelledVariables: Range<VirtualAddress>
  /// The export directory, which is mapped when the guest first looks at the headers.
  let exportDirectory: Range<VirtualAddress>

  init(_ layout: SystemLayout) {
    let base = layout.kernelImage.lowerBound
    header = base
    descriptorTable = base + 0x1000
    exportSlots = base + 0x2000..<base + 0x1_2000
    variables = base + 0x1_2000..<base + 0x1_4000
    unmodelledVariables = base + 0x1_5000..<base + 0x2_5000
    exportDirectory = base + 0x2_6000..<base + 0x6_6000
  }

  /// Maps the pages and fills in what the processor needs.
  func setUp(_ manager: MemoryManager) throws {
    let memory = manager.memory
    try manager.mapKernelPages(0x14, at: header)
    let region = manager.layout.processorControlRegion.rawValue
    // NT's segments are flat, but for FS over the control region: 32-bit data, one page.
    let fs = (region & 0xFF_FFFF) << 16 | (region >> 24 & 0xFF) << 56 | 0x0040_9300_0000_0FFF
    let descriptors: [UInt64] =
      memory.architecture == .x86
      ? [
        0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF,
        0x00CF_F300_0000_FFFF, 0, fs,
      ]
      : [0, 0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF]
    for (index, descriptor) in descriptors.enumerated() {
      try memory.store(descriptor, at: descriptorTable + index * 8)
    }
  }
}
