public import GuestABI

extension MemoryManager {
  /// Locks the section of a driver's image that an address is in.
  ///
  /// The corresponding kernel routines are `MmLockPagableDataSection` and, its older name,
  /// `MmLockPagableImageSection`. Nothing is paged out in this model, so only the count is kept.
  ///
  /// - Returns: An opaque handle of the section.
  /// - Throws: The ``BugCheck`` `MEMORY_MANAGEMENT` (0x1234) if there is no such section.
  public func lockPageableSection(at address: VirtualAddress) throws -> VirtualAddress {
    guard let handle = try sectionHeader(for: address) else {
      throw BugCheck(.memoryManagement, 0x1234, nil, nil, nil)
    }
    sectionLocks[handle, default: 0] &+= 1
    return handle
  }

  /// Locks a section again.
  ///
  /// The corresponding kernel routine is `MmLockPagableSectionByHandle`. A handle stays valid when its
  /// count is zero.
  public func lockPageableSection(byHandle handle: VirtualAddress) throws {
    guard let count = sectionLocks[handle] else {
      throw Unmodelled("MmLockPagableSectionByHandle of a handle that no routine returned")
    }
    sectionLocks[handle] = count &+ 1
  }

  /// Takes one lock from a section.
  ///
  /// The corresponding kernel routine is `MmUnlockPagableImageSection`.
  ///
  /// - Throws: The ``BugCheck`` `MEMORY_MANAGEMENT` (0x1010) if the section is not locked.
  public func unlockPageableSection(_ handle: VirtualAddress) throws {
    guard let count = sectionLocks[handle] else {
      throw Unmodelled("MmUnlockPagableImageSection of a handle that no routine returned")
    }
    guard count > 0 else { throw BugCheck(.memoryManagement, 0x1010, nil, nil, nil) }
    sectionLocks[handle] = count - 1
  }

  /// How often each section of an image is locked, for those that are.
  public func lockedSections(
    of image: Range<VirtualAddress>
  ) -> [(handle: VirtualAddress, count: Int)] {
    sectionLocks.filter { image.contains($0.key) && $0.value > 0 }
      .map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  /// Returns the first address of the driver that an address is in.
  ///
  /// The corresponding kernel routine is `MmPageEntireDriver`, whose effect, that the driver may be
  /// paged out, shows in nothing as long as nothing is.
  public func imageBase(of address: VirtualAddress) throws -> VirtualAddress {
    guard let base = image(of: address) else {
      throw Unmodelled("MmPageEntireDriver of an address in no driver")
    }
    return base
  }

  /// Checks an address for `MmResetDriverPaging`, which undoes what ``imageBase(of:)`` says.
  func resetDriverPaging(_ address: VirtualAddress) throws {
    guard image(of: address) != nil else {
      throw Unmodelled("MmResetDriverPaging of an address in no driver")
    }
  }

  /// Whether a system address is mapped by memory that is never paged out.
  ///
  /// The corresponding kernel routine is `MmIsNonPagedSystemAddressValid`.
  public func isValidNonpagedAddress(_ address: VirtualAddress) -> Bool {
    layout.isSystem(address) && !layout.pagedPool.contains(address)
      && memory.tables.translate(address) != nil
  }

  private func image(of address: VirtualAddress) -> VirtualAddress? {
    otherRuns.first { base, run in
      run.kind == .image && base <= address && address < base + run.pageCount * 4096
    }?.key
  }

  /// Returns where the header of the section is that an address is in, as its image says.
  private func sectionHeader(for address: VirtualAddress) throws -> VirtualAddress? {
    guard let base = image(of: address), let size = otherRuns[base]?.pageCount else { return nil }
    // IMAGE_DOS_HEADER.e_lfanew, then FileHeader: NumberOfSections at 6, SizeOfOptionalHeader at 20.
    let offset = try memory.load(UInt32.self, at: base + 0x3C)
    guard offset < UInt32(clamping: size * 4096) else { return nil }
    let header = base + Int(offset)
    let count = try memory.load(UInt16.self, at: header + 6)
    var section = header + (24 + Int(try memory.load(UInt16.self, at: header + 20)))
    for _ in 0..<min(count, 96) {
      // IMAGE_SECTION_HEADER: VirtualSize at 8, VirtualAddress at 12; 40 bytes.
      let byteCount = try memory.load(UInt32.self, at: section + 8)
      let first = base + Int(try memory.load(UInt32.self, at: section + 12))
      if first <= address, address < first + Int(byteCount) { return section }
      section = section + 40
    }
    return nil
  }
}
