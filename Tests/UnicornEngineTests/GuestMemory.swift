import GuestABI

/// Two megabytes of memory and page tables that map a few regions of it.
struct GuestMemory {
  let space: AddressSpace

  /// Executable, writable pages: 16 of them.
  let code: VirtualAddress
  /// Export slots: one page.
  let slots: VirtualAddress
  /// The end of a stack of four pages.
  let stackEnd: VirtualAddress
  /// The descriptor table of the processor.
  let descriptors: VirtualAddress
  /// Writable pages that are not executable where the format has such.
  let data: VirtualAddress
  /// Many pages that are not mapped.
  let hole: VirtualAddress

  private var nextFrame: FrameNumber = 1

  init(_ format: PageTableFormat, dataPages: Int) throws {
    let isX64 = format == .fourLevel
    let base = VirtualAddress(rawValue: isX64 ? 0xFFFF_F800_0100_0000 : 0x8040_0000)
    code = base
    slots = base + 0x1_0000
    stackEnd = base + 0x2_4000
    descriptors = base + 0x3_0000
    data = base + 0x10_0000
    hole = base + 0x400_0000
    let ram = try GuestRAM(byteCount: (2 << 20) + dataPages * 4096)
    let tables = PageTables(ram: ram, format: format, root: PhysicalAddress(frame: 0))
    space = AddressSpace(architecture: isX64 ? .x64 : .x86, tables: tables)
    try mapNew(17, at: code, .writable)
    try mapNew(4, at: base + 0x2_0000, .writable)
    try mapNew(1, at: descriptors, .writable)
    try mapNew(dataPages, at: data, format == .twoLevel ? .writable : [.writable, .noExecute])
    try space.fill(at: slots, count: 4096, with: 0xF4)
    try storeDescriptors()
  }

  /// Stores flat segments, as the configuration of an engine wants them.
  private func storeDescriptors() throws {
    let table: [UInt64] =
      space.architecture == .x86
      ? [
        0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF,
        0x00CF_F300_0000_FFFF, 0, 0x0040_9300_0000_0FFF,
      ] : [0, 0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF]
    for (index, descriptor) in table.enumerated() {
      try space.store(descriptor, at: descriptors + index * 8)
    }
  }

  /// Takes a frame that nothing uses.
  mutating func allocateFrame() -> FrameNumber {
    defer { nextFrame += 1 }
    return nextFrame
  }

  mutating func mapNew(_ count: Int, at address: VirtualAddress, _ options: HardwarePTE) throws {
    for page in 0..<count { try map(allocateFrame(), at: address + page * 4096, options) }
  }

  /// Maps a frame at a page, whatever was there before.
  mutating func map(
    _ frame: FrameNumber,
    at page: VirtualAddress,
    _ options: HardwarePTE = .writable
  ) throws {
    var next = nextFrame
    let entry = try space.tables.makeEntry(for: page) {
      next += 1
      return next - 1
    }
    nextFrame = next
    space.tables.store(HardwarePTE(frame, options.union(.present)), at: entry)
    space.invalidate(page)
  }

  /// Takes a page away.
  func unmap(_ page: VirtualAddress) {
    guard let entry = space.tables.entry(for: page) else { return }
    space.tables.store([], at: entry)
    space.invalidate(page)
  }
}
