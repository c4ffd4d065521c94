internal import GuestABI
internal import NTKernel

/// Where a machine keeps its own things within the images of the kernel and the HAL.
struct MachineLayout {
  /// One of the two images that are made, not loaded.
  struct SystemImage {
    /// All of the image; its first page holds its headers.
    let range: Range<VirtualAddress>
    /// The addresses of its routines, which stop the processor.
    let slots: Range<VirtualAddress>
    /// The addresses of what is not modelled, which are never mapped.
    let unmodelled: Range<VirtualAddress>
    /// The export directory, which is mapped when the guest first looks at the headers.
    let exportDirectory: Range<VirtualAddress>
  }

  /// The bytes of the descriptor table.
  static let descriptorTableSize = 0x40

  let kernel: SystemImage
  let hal: SystemImage
  /// The descriptor table.
  let descriptorTable: VirtualAddress
  /// Where user mode enters the system.
  var systemCallEntry: VirtualAddress { descriptorTable + 0x800 }
  /// The exported variables.
  let variables: Range<VirtualAddress>

  /// The addresses that stop the processor, 16 bytes apart.
  ///
  /// The kernel's image follows the HAL's, so that one range has the routines of both.
  var exportSlots: Range<VirtualAddress> { hal.slots.lowerBound..<kernel.slots.upperBound }

  init(_ layout: SystemLayout) {
    // Drivers look for an image's headers by going down from one of its routines, page by page: so
    // routines follow the headers, and all that is never mapped comes after them.
    let base = layout.kernelImage.lowerBound
    kernel = SystemImage(
      range: layout.kernelImage,
      slots: base + 0x1000..<base + 0x1_1000,
      unmodelled: base + 0x1_5000..<base + 0x2_5000,
      exportDirectory: base + 0x2_6000..<base + 0x9_6000
    )
    descriptorTable = base + 0x1_1000
    variables = base + 0x1_2000..<base + 0x1_4000
    let hal = layout.halImage.lowerBound
    self.hal = SystemImage(
      range: layout.halImage,
      slots: hal + 0x1000..<hal + 0x4000,
      unmodelled: hal + 0x5000..<hal + 0x8000,
      exportDirectory: hal + 0x9000..<hal + 0x1_0000
    )
  }

  /// Maps the pages and fills in what the processor needs.
  func setUp(_ manager: MemoryManager) throws {
    let memory = manager.memory
    try manager.mapKernelPages(0x14, at: kernel.range.lowerBound)
    try manager.mapKernelPages(4, at: hal.range.lowerBound)
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
