public import GuestABI

extension MemoryManager {
  /// Allocates memory of the user process.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - byteOffset: The bytes from the start of a page to the buffer: 0 to 4095.
  /// - Returns: The buffer.
  /// - Throws: ``Unmodelled`` if the process has no room for it.
  public func allocateUserBuffer(_ byteCount: Int, byteOffset: Int) throws -> VirtualAddress {
    let count = max(1, (byteOffset + byteCount + 4095) / 4096)
    guard let base = try reserve(count, in: userBuffers, .userBuffer, alignment: 16),
      try mapNewPages(count, at: base, [.present, .writable, .user], .user)
    else { throw Unmodelled("running out of user memory for buffers") }
    return base + byteOffset
  }

  /// Frees memory of the user process.
  public func freeUserBuffer(_ buffer: VirtualAddress) {
    let base = VirtualAddress(rawValue: buffer.rawValue & ~0xFFF)
    guard let run = run(at: base), run.kind == .userBuffer else { return }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: userBuffers, .userBuffer)
  }

  /// Allocates the stack of a thread.
  ///
  /// - Returns: The lowest address, which follows a page that is never mapped.
  public func allocateStack() throws -> Range<VirtualAddress>? {
    let count = layout.kernelStackSize / 4096
    guard let base = try reserve(count, in: kernelStacks, .stack) else { return nil }
    guard try mapNewPages(count, at: base, [.present, .writable], .stack) else {
      _ = release(base, in: kernelStacks, .stack)
      return nil
    }
    return base..<base + layout.kernelStackSize
  }

  /// Frees the stack of a thread.
  public func freeStack(_ base: VirtualAddress) {
    guard let run = otherRuns[base], run.kind == .stack else { return }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: kernelStacks, .stack)
  }

  /// Reserves room for an image of a driver.
  ///
  /// - Returns: The base, or nil if there is no room.
  public func reserveImage(pageCount: Int) throws -> VirtualAddress? {
    try reserve(pageCount, in: driverImages, .image, alignment: 16)
  }

  /// Maps the pages of an image, all of which start zeroed, with the protection of each.
  public func mapImage(
    at base: VirtualAddress,
    protections: [HardwarePTE]
  ) throws -> Bool {
    guard frames.freeCount > protections.count + 64 else { return false }
    for (index, protection) in protections.enumerated() {
      guard let frame = frames.allocateZeroed(.driverImage) else { return false }
      try map(CollectionOfOne(frame), at: base + index * 4096, protection.union(.present))
    }
    return true
  }

  /// Removes an image of a driver.
  public func unmapImage(at base: VirtualAddress) {
    guard let run = otherRuns[base], run.kind == .image else { return }
    let image = base..<base + run.pageCount * 4096
    for handle in sectionLocks.keys where image.contains(handle) { sectionLocks[handle] = nil }
    unmapAndFree(run.pageCount, at: base)
    _ = release(base, in: driverImages, .image)
  }

  /// Maps new zeroed pages of the kernel itself at a fixed place.
  public func mapKernelPages(_ count: Int, at address: VirtualAddress) throws {
    guard try mapNewPages(count, at: address, [.present, .writable], .kernelImage) else {
      throw Unmodelled("running out of physical memory for the kernel")
    }
  }

  /// Takes the permission to write from pages of an image.
  public func writeProtect(_ pages: Range<Int>, of base: VirtualAddress) {
    for index in pages {
      let address = base + index * 4096
      guard let entry = memory.tables.entry(for: address) else { continue }
      memory.tables.store(memory.tables.load(entry).subtracting(.writable), at: entry)
      memory.invalidate(address)
    }
  }
}
