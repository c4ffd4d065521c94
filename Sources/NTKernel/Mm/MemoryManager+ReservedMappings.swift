public import GuestABI
internal import NTReleases
public import NTStructures

/// A range of system PTEs that a driver reserved to map pages with them again and again.
public struct ReservedRange: Sendable {
  /// The first page.
  public let base: VirtualAddress
  /// The number of pages.
  public let pageCount: Int
  /// The tag of the driver that may use it, without its lowest bit.
  public let tag: UInt32
  /// Where the routine that reserved it returned to.
  public let caller: VirtualAddress
  /// The owner number of what is mapped, or nil.
  var mapping: UInt32?
}

extension MemoryManager {
  /// The ranges of addresses that drivers have reserved, the lowest first.
  public var reservedMappings: [ReservedRange] {
    reservedRanges.values.sorted { $0.base < $1.base }
  }

  /// Reserves system addresses for mappings.
  ///
  /// The corresponding kernel routine is `MmAllocateMappingAddress`.
  ///
  /// - Returns: The first page, or NULL for a tag of 0 (ReactOS's kernel-mode test MmReservedMapping) and
  ///   if there is no room.
  /// - Throws: The ``BugCheck`` `SYSTEM_PTE_MISUSE` for no bytes.
  public func allocateMappingAddress(
    _ byteCount: GuestWord,
    tag: UInt32
  ) throws -> VirtualAddress {
    guard tag != 0 else { return .null }
    guard byteCount.rawValue > 0 else {
      // The last parameter is where the caller returns to, which only its stack tells.
      throw BugCheck(.systemPTEMisuse, 0x100, 0, UInt64(tag), nil)
    }
    let pageCount = (byteCount.byteCount - 1) / 4096 + 1
    // Two PTEs before the range hold its size and its tag.
    guard pageCount < systemPTEs.freeCount,
      let first = try systemPTEs.reserve(pageCount + 2, owner: nil)
    else { return .null }
    let range = ReservedRange(
      base: first + 2 * 4096,
      pageCount: pageCount,
      tag: tag & ~1,
      caller: context.caller
    )
    try storeHeader(of: range)
    reservedRanges[range.base] = range
    return range.base
  }

  /// Writes the two invalid PTEs that NT keeps before a reserved range.
  ///
  /// What is in them on x86 with 4-byte entries is only known before Vista: later it does not fit.
  private func storeHeader(of range: ReservedRange) throws {
    let shifts = behaviour.reservedMappingShifts(pointerSize: memory.architecture.pointerSize)
    guard memory.tables.format.entrySize == 8 || shifts.tag == 0 else { return }
    let tag = UInt64(range.tag) + (shifts.tag == 0 ? 0 : 1)
    let header = [UInt64(range.pageCount + 2) << UInt64(shifts.size), tag << UInt64(shifts.tag)]
    for (index, bits) in header.enumerated() {
      let entry = try makeEntry(for: range.base + (index - 2) * 4096)
      memory.tables.store(HardwarePTE(rawValue: bits), at: entry)
    }
  }

  /// Gives reserved addresses back.
  ///
  /// The corresponding kernel routine is `MmFreeMappingAddress`.
  ///
  /// - Parameters:
  ///   - address: Any address in the first page: ReactOS's kernel-mode test MmReservedMapping frees one that is
  ///     not aligned.
  ///   - tag: The tag that the range was reserved with.
  /// - Throws: The ``BugCheck`` `SYSTEM_PTE_MISUSE` for another tag, and if pages are mapped still.
  public func freeMappingAddress(_ address: VirtualAddress, tag: UInt32) throws {
    let range = try reservedRange(at: address, "MmFreeMappingAddress")
    try check(tag, of: range, or: 0x101)
    if let owner = range.mapping {
      report(
        .reservedMappingMisuse,
        "the reserved addresses at \(range.base) are freed while pages are mapped there",
        mappings[Int(owner)]
      )
      throw BugCheck(.systemPTEMisuse, 0x103, nil, UInt64(tag), UInt64(range.pageCount))
    }
    unmap(2, at: range.base + -2 * 4096)
    systemPTEs.release(range.base + -2 * 4096, range.pageCount + 2)
    reservedRanges[range.base] = nil
  }

  /// Maps the pages of an MDL at reserved addresses, which cannot fail for want of PTEs.
  ///
  /// The corresponding kernel routine is `MmMapLockedPagesWithReservedMapping`.
  ///
  /// - Returns: The buffer, or NULL if the range is shorter than the MDL. `MappedSystemVa` gets the address
  ///   without the byte offset (KD-005).
  /// - Throws: The ``BugCheck`` `SYSTEM_PTE_MISUSE` for another tag, and if pages are mapped there already.
  public func mapLockedPagesWithReservedMapping(
    _ address: VirtualAddress,
    tag: UInt32,
    _ mdl: GuestPointer<MDL>,
    cacheType: UInt32
  ) throws -> VirtualAddress {
    let range = try reservedRange(at: address, "MmMapLockedPagesWithReservedMapping")
    try check(tag, of: range, or: 0x104)
    guard let cacheType = CachingType(rawValue: cacheType) else {
      throw Unmodelled("MmMapLockedPagesWithReservedMapping with cache type \(cacheType)")
    }
    let view = memory[mdl]
    let flags = try view.flags
    guard !flags.isDisjoint(with: [.pagesLocked, .partial, .sourceIsNonpagedPool, .ioSpace]) else {
      report(.mapUnlocked, "the MDL at \(mdl.address) is mapped, but its pages are not locked")
      throw Unmodelled("MmMapLockedPagesWithReservedMapping of an MDL whose pages are not locked")
    }
    if flags.contains(.mappedToSystemVA), !flags.contains(.partial) {
      report(.mapTwice, "the MDL at \(mdl.address) is mapped into system space twice")
    }
    let byteOffset = try Int(view.byteOffset & 0xFFF)
    let byteCount = try Int(view.byteCount)
    let start = try view.startVA
    let pageCount = MDL.pageCount(from: start + byteOffset, byteCount: byteCount)
    guard pageCount > 0 else {
      throw Unmodelled("MmMapLockedPagesWithReservedMapping of an empty MDL")
    }
    guard pageCount <= range.pageCount else { return .null }
    if let owner = range.mapping {
      report(
        .reservedMappingMisuse,
        "pages are mapped at the reserved addresses at \(range.base), where others are mapped",
        mappings[Int(owner)]
      )
      throw BugCheck(.systemPTEMisuse, 0x107, range.base.rawValue, nil, nil)
    }
    guard try !hasCacheConflict(mdl, pageCount, cacheType) else {
      throw Unmodelled(
        "MmMapLockedPagesWithReservedMapping of pages with another cache type (KD-014)"
      )
    }
    // KD-006: the low bits of the address stay, but for those that the release drops.
    let place = VirtualAddress(
      rawValue: address.rawValue & ~UInt64(behaviour.reservedMappingAlignment - 1)
    )
    guard place == range.base || byteOffset == 0 else {
      throw Unmodelled(
        "MmMapLockedPagesWithReservedMapping at an unaligned address, of an unaligned buffer"
      )
    }
    do {
      let pte: HardwarePTE = [.present, .watched, .writable]
      try mapFrames(of: mdl, pageCount, at: range.base, pte, cacheType)
    } catch {
      unmap(pageCount, at: range.base)
      throw error
    }
    let returned = place + byteOffset
    try memory.modify(mdl) { mdl in
      mdl.mappedSystemVA = behaviour.reservedMappingStoresByteOffset ? returned : place
      mdl.flags.insert(.mappedToSystemVA)
      if mdl.flags.contains(.partial) { mdl.flags.insert(.partialHasBeenMapped) }
    }
    note(.mapped, mdl.address, returned)
    let owner = freeMappings.popLast() ?? UInt32(mappings.count)
    systemPTEs.setOwner(owner, of: range.base, pageCount)
    reservedRanges[range.base]?.mapping = owner
    keep(
      MDLMapping(
        mdl: mdl.address,
        base: range.base,
        pageCount: pageCount,
        byteOffset: place.offsetInPage + byteOffset,
        byteCount: byteCount,
        buffer: start + byteOffset,
        mode: .kernel,
        process: .null,
        returned: returned,
        caller: context.caller,
        isReserved: true,
        dependsOnReading: false
      ),
      owner
    )
    return returned
  }

  /// Removes a mapping from reserved addresses, which stay reserved.
  ///
  /// The corresponding kernel routine is `MmUnmapReservedMapping`.
  ///
  /// - Parameters:
  ///   - address: What `MmMapLockedPagesWithReservedMapping` returned, or any address in its page.
  ///   - tag: The tag that the range was reserved with.
  ///   - mdl: The MDL that is mapped.
  /// - Throws: The ``BugCheck`` `SYSTEM_PTE_MISUSE` for another tag, if nothing is mapped there, and if the MDL
  ///   does not have as many pages as are mapped.
  public func unmapReservedMapping(
    _ address: VirtualAddress,
    tag: UInt32,
    _ mdl: GuestPointer<MDL>
  ) throws {
    let range = try reservedRange(at: address, "MmUnmapReservedMapping")
    try check(tag, of: range, or: 0x108)
    let first = range.base.rawValue
    guard let owner = range.mapping, let mapping = mappings[Int(owner)] else {
      report(.reservedMappingMisuse, "nothing is mapped at the reserved addresses at \(range.base)")
      throw BugCheck(.systemPTEMisuse, 0x109, first, UInt64(tag))
    }
    let view = memory[mdl]
    let offset = try Int(view.byteOffset & 0xFFF)
    let count = try MDL.pageCount(from: view.startVA + offset, byteCount: Int(view.byteCount))
    guard count == mapping.pageCount, mapping.mdl == mdl.address else {
      report(
        .reservedMappingMisuse,
        "the MDL at \(mdl.address) is unmapped from the reserved addresses at \(range.base), where "
          + "\(mapping.pageCount) pages of the MDL at \(mapping.mdl) are mapped",
        mapping
      )
      let (reserved, asked) = (UInt64(range.pageCount), UInt64(count))
      if count > range.pageCount { throw BugCheck(.systemPTEMisuse, 0x10A, first, reserved, asked) }
      if count > mapping.pageCount {
        throw BugCheck(.systemPTEMisuse, 0x10B, first, UInt64(tag), asked)
      }
      if count < mapping.pageCount {
        throw BugCheck(.systemPTEMisuse, 0x10C, first, UInt64(tag), asked)
      }
      throw Unmodelled("MmUnmapReservedMapping with another MDL of the same size")
    }
    note(.unmapped, mdl.address, address, pageCount: mapping.pageCount)
    unmap(mapping.pageCount, at: mapping.base)
    systemPTEs.setOwner(0, of: mapping.base, mapping.pageCount)
    reservedRanges[range.base]?.mapping = nil
    mappings[Int(owner)] = nil
    freeMappings.append(owner)
    try memory.modify(mdl) { $0.flags.subtract([.mappedToSystemVA, .partialHasBeenMapped]) }
    sink?.record(.unmapped(mapping))
  }

  private func reservedRange(
    at address: VirtualAddress,
    _ routine: String
  ) throws -> ReservedRange {
    let page = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    if let range = reservedRanges[page] { return range }
    report(
      .reservedMappingMisuse,
      "\(address) is passed to \(routine), but MmAllocateMappingAddress did not return it"
    )
    // The stop depends on what NT takes for the tag, before the address.
    throw Unmodelled("\(routine) of an address that MmAllocateMappingAddress did not return")
  }

  private func check(_ tag: UInt32, of range: ReservedRange, or stop: UInt64) throws {
    guard tag & ~1 != range.tag else { return }
    report(
      .reservedMappingMisuse,
      "the reserved addresses at \(range.base) are used with another tag than they were reserved with"
    )
    throw BugCheck(.systemPTEMisuse, stop, range.base.rawValue, UInt64(tag), UInt64(range.tag))
  }
}
