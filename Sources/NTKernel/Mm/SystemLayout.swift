public import GuestABI

/// Where a machine keeps the regions of its virtual address space.
///
/// The bases are data of one machine, because releases chose them differently and later ones
/// randomise them: nothing else may depend on a constant.
public struct SystemLayout: Sendable {
  /// The kernel's own image: export slots and exported variables.
  public var kernelImage: Range<VirtualAddress>
  /// The image of the hardware abstraction layer, which the kernel's follows.
  public var halImage: Range<VirtualAddress>
  /// Images of drivers.
  public var driverImages: Range<VirtualAddress>
  /// Memory that is always resident.
  public var nonpagedPool: Range<VirtualAddress>
  /// Memory that NT may page out.
  public var pagedPool: Range<VirtualAddress>
  /// System PTEs: mappings of locked pages and of device memory.
  public var systemPTEs: Range<VirtualAddress>
  /// Stacks of kernel threads.
  public var kernelStacks: Range<VirtualAddress>
  /// The processor control region.
  public var processorControlRegion: VirtualAddress
  /// The page that the kernel shares with user mode: `KUSER_SHARED_DATA`.
  public var userSharedData: VirtualAddress
  /// Where the page tables see themselves.
  public var pageTableBase: VirtualAddress
  /// Buffers of the user process.
  public var userBuffers: Range<VirtualAddress>
  /// Mappings of locked pages, and views, in the user process.
  public var userMappings: Range<VirtualAddress>
  /// The first address that user mode may not use: `MmUserProbeAddress`.
  public var userProbeAddress: VirtualAddress
  /// The first address of the system: `MmSystemRangeStart`.
  public var systemRangeStart: VirtualAddress
  /// The bytes of a kernel thread's stack.
  public var kernelStackSize: Int
  /// Where pools and system PTEs end.
  public let limits: SystemLimits

  /// Creates the layout of an architecture.
  ///
  /// - Parameters:
  ///   - architecture: The architecture.
  ///   - limits: Where pools and system PTEs end.
  ///   - userProbeAddress: The release's `MmUserProbeAddress`.
  ///   - systemRangeStart: The release's `MmSystemRangeStart`.
  public init(
    _ architecture: Architecture,
    limits: SystemLimits,
    userProbeAddress: VirtualAddress,
    systemRangeStart: VirtualAddress
  ) {
    func range(_ start: UInt64, _ byteCount: UInt64) -> Range<VirtualAddress> {
      VirtualAddress(rawValue: start)..<VirtualAddress(rawValue: start + byteCount)
    }
    // Pages that cannot be in memory need no addresses either.
    func pool(_ start: UInt64, _ pageCount: Int, room: UInt64) -> Range<VirtualAddress> {
      let pages = PTERegion.pageCount(for: min(pageCount, limits.memory))
      return range(start, min(UInt64(pages) << 12, room))
    }
    self.limits = limits
    self.userProbeAddress = userProbeAddress
    self.systemRangeStart = systemRangeStart
    switch architecture {
    case .x86:
      halImage = range(0x8040_0000, 0x1_0000)
      kernelImage = range(0x8041_0000, 0x10_0000)
      nonpagedPool = pool(0x8100_0000, limits.nonpagedPool, room: 0x3F00_0000)
      systemPTEs = range(0xC100_0000, 0x2000_0000)
      pagedPool = pool(0xE100_0000, limits.pagedPool, room: 0x1500_0000)
      driverImages = range(0xF600_0000, 0x0200_0000)
      kernelStacks = range(0xF800_0000, 0x0200_0000)
      processorControlRegion = VirtualAddress(rawValue: 0xFFDF_F000)
      userSharedData = VirtualAddress(rawValue: 0xFFDF_0000)
      pageTableBase = VirtualAddress(rawValue: 0xC000_0000)
      userBuffers = range(0x0040_0000, 0x0800_0000)
      userMappings = range(0x2000_0000, 0x1000_0000)
      kernelStackSize = 0x3000
    case .x64:
      halImage = range(0xFFFF_F800_0100_0000, 0x1_0000)
      kernelImage = range(0xFFFF_F800_0101_0000, 0x10_0000)
      driverImages = range(0xFFFF_F880_0100_0000, 0x0800_0000)
      systemPTEs = range(0xFFFF_F880_4000_0000, 0x8000_0000)
      kernelStacks = range(0xFFFF_F880_2000_0000, 0x0400_0000)
      pagedPool = pool(0xFFFF_F8A0_0000_0000, limits.pagedPool, room: 128 << 30)
      nonpagedPool = pool(0xFFFF_FA80_0100_0000, limits.nonpagedPool, room: 128 << 30)
      processorControlRegion = VirtualAddress(rawValue: 0xFFFF_F800_0300_0000)
      userSharedData = VirtualAddress(rawValue: 0xFFFF_F780_0000_0000)
      pageTableBase = VirtualAddress(rawValue: 0xFFFF_F680_0000_0000)
      userBuffers = range(0x0000_0002_0040_0000, 0x0800_0000)
      userMappings = range(0x0000_0007_0000_0000, 0x4000_0000)
      kernelStackSize = 0x6000
    }
  }

  /// Moves the page tables' own addresses to where a seed says, as x64 kernels do that choose them
  /// anew at each start (KD-073).
  mutating func relocatePageTables(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    // An entry of the root in the system's half, below those of the other regions.
    let index = 0x100 + generator.next() % 0xE0
    pageTableBase = VirtualAddress(rawValue: 0xFFFF_0000_0000_0000 | index << 39)
  }

  /// Whether an address belongs to the system.
  public func isSystem(_ address: VirtualAddress) -> Bool { address >= systemRangeStart }
}

extension Range<VirtualAddress> {
  /// The number of pages in the range.
  var pageCount: Int { Int(upperBound.pageNumber - lowerBound.pageNumber) }
}
