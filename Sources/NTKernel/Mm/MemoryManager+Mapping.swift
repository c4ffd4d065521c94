public import GuestABI
internal import NTReleases
public import NTStructures

extension MemoryManager {
  /// Maps the pages that an MDL describes.
  ///
  /// The corresponding kernel routine is `MmMapLockedPages`.
  ///
  /// - Returns: The first page up to NT 4.0 SP3, and the buffer itself from SP4 on (KD-001).
  /// - Throws: The ``BugCheck`` `NO_MORE_SYSTEM_PTES` if there is no room in system space and the MDL
  ///   does not allow a failure; ``RaisedStatus`` if there is none in the process.
  public func mapLockedPages(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode
  ) throws -> VirtualAddress {
    let accessMode: MappingAccessMode = mode == .user ? .user : .kernel
    let includesOffset = behaviour.mappedAddressIncludesByteOffset(accessMode, reading)
    let dependsOnReading = behaviour.mappedAddressDependsOnReading(accessMode)
    return try map(
      mdl,
      mode: mode,
      includesOffset: includesOffset,
      dependsOnReading: dependsOnReading,
      options: []
    ) { [self] in
      if behaviour.mappingCanFailFlagIsHonoured, try memory[mdl].flags.contains(.mappingCanFail) {
        return .null
      }
      throw noMoreSystemPTEs($0)
    }
  }

  /// Maps the pages that an MDL describes, with a cache type.
  ///
  /// The corresponding kernel routine is `MmMapLockedPagesSpecifyCache`.
  ///
  /// - Returns: The buffer, or NULL if there is no room in system space.
  /// - Throws: The ``BugCheck`` `NO_MORE_SYSTEM_PTES` instead of NULL if the caller asks for it;
  ///   ``RaisedStatus`` if there is no room in the process.
  public func mapLockedPages(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode,
    cacheType: UInt32,
    requestedAddress: VirtualAddress,
    stopsOnFailure: Bool,
    priority: UInt32
  ) throws -> VirtualAddress {
    guard cacheType <= 2 else {
      throw Unmodelled("MmMapLockedPagesSpecifyCache with cache type \(cacheType)")
    }
    guard mode == .kernel || requestedAddress == .null else {
      throw Unmodelled("MmMapLockedPagesSpecifyCache at a requested address")
    }
    var options: HardwarePTE = cacheType == 0 ? [.cacheDisabled, .writeThrough] : []
    var isWritable = true
    let flags = priority & 0xF000_0000
    if flags != 0 {
      guard flags & ~(behaviour.mappingPriorityFlags & 0xC000_0000) == 0 else {
        throw Unmodelled("MmMapLockedPagesSpecifyCache with MdlMapping… bits in Priority")
      }
      if priority & 0x4000_0000 != 0 { options.insert(.noExecute) }
      if priority & 0x8000_0000 != 0 { isWritable = false }
    }
    return try map(
      mdl,
      mode: mode,
      includesOffset: true,
      dependsOnReading: false,
      options: options,
      isWritable: isWritable
    ) { [self] in
      guard stopsOnFailure else { return .null }
      throw noMoreSystemPTEs($0)
    }
  }

  private func map(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode,
    includesOffset: Bool,
    dependsOnReading: Bool,
    options: HardwarePTE,
    isWritable: Bool = true,
    onExhaustion: (_ pageCount: Int) throws -> VirtualAddress
  ) throws -> VirtualAddress {
    let view = memory[mdl]
    let flags = try view.flags
    let byteOffset = try Int(view.byteOffset & 0xFFF)
    let byteCount = try Int(view.byteCount)
    let start = try view.startVA
    guard !flags.isDisjoint(with: [.pagesLocked, .partial, .sourceIsNonpagedPool, .ioSpace]) else {
      report(
        .mapUnlocked,
        "the MDL at \(mdl.address) is mapped, but its pages are not locked",
        about: mdl.address
      )
      throw Unmodelled("MmMapLockedPages of an MDL whose pages are not locked")
    }
    if mode == .kernel, flags.contains(.mappedToSystemVA), !flags.contains(.partial) {
      report(
        .mapTwice,
        "the MDL at \(mdl.address) is mapped into system space twice",
        about: mdl.address
      )
    }
    let pageCount = MDL.pageCount(from: start + byteOffset, byteCount: byteCount)
    guard pageCount > 0 else { throw Unmodelled("MmMapLockedPages of an empty MDL") }
    let region = mode == .kernel ? systemPTEs : userPTEs
    let owner = freeMappings.popLast() ?? UInt32(mappings.count)
    // User views begin at multiples of 64 KiB: NT's allocation granularity.
    guard
      let base = region.reserve(pageCount, owner: owner, alignment: mode == .kernel ? 1 : 16)
    else {
      returnOwner(owner)
      if mode == .user { throw RaisedStatus(.noMemory) }
      return try onExhaustion(pageCount)
    }
    var pte: HardwarePTE = options.union([.present, .watched])
    if isWritable { pte.insert(.writable) }
    if mode == .user { pte.insert(.user) }
    do {
      try mapFrames(of: mdl, pageCount, at: base, pte)
    } catch {
      unmap(pageCount, at: base)
      region.release(base, pageCount)
      returnOwner(owner)
      throw error
    }
    let returned = includesOffset ? base + byteOffset : base
    if mode == .kernel {
      try memory.modify(mdl) { mdl in
        mdl.mappedSystemVA = returned
        mdl.flags.insert(.mappedToSystemVA)
        if mdl.flags.contains(.partial) { mdl.flags.insert(.partialHasBeenMapped) }
      }
    }
    note(.mapped, mdl.address, returned)
    if mode == .user { userMappingCounts[mdl.address, default: 0] += 1 }
    let mapping = MDLMapping(
      mdl: mdl.address,
      base: base,
      pageCount: pageCount,
      byteOffset: byteOffset,
      byteCount: byteCount,
      buffer: start + byteOffset,
      mode: mode,
      process: mode == .user ? currentProcess : .null,
      returned: returned,
      caller: context.caller,
      dependsOnReading: dependsOnReading && byteOffset != 0
    )
    if Int(owner) == mappings.count {
      mappings.append(mapping)
    } else {
      mappings[Int(owner)] = mapping
    }
    sink?.record(.mapped(mapping))
    return returned
  }

  private func noMoreSystemPTEs(_ pageCount: Int) -> BugCheck {
    if behaviour.noMoreSystemPTEsParametersAreZero { return BugCheck(.noMoreSystemPTEs) }
    return BugCheck(.noMoreSystemPTEs, 0, UInt64(pageCount), UInt64(systemPTEs.freeCount))
  }

  private func returnOwner(_ owner: UInt32) {
    if Int(owner) < mappings.count { freeMappings.append(owner) }
  }

  /// Writes the entries of a mapping straight from the MDL's page frame numbers.
  private func mapFrames(
    of mdl: GuestPointer<MDL>,
    _ pageCount: Int,
    at base: VirtualAddress,
    _ options: HardwarePTE
  ) throws {
    let width = memory.architecture.pointerSize
    let entrySize = memory.tables.format.entrySize
    var place = MDL.pageFrames(of: mdl, on: memory.architecture)
    var entry = PhysicalAddress(rawValue: 0)
    for index in 0..<pageCount {
      let number = try memory.load(GuestWord.self, at: place)
      if index == 0 || entry.offsetInFrame == 0 {
        entry = try makeEntry(for: base + index * 4096)
      }
      memory.tables.store(HardwarePTE(FrameNumber(clamping: number.rawValue), options), at: entry)
      entry = entry + entrySize
      place = place + width
    }
  }

  /// Removes a mapping of locked pages.
  ///
  /// The corresponding kernel routine is `MmUnmapLockedPages`.
  ///
  /// - Parameters:
  ///   - address: What the routine that mapped the pages returned. Any address in the same page
  ///     is taken as well: which other addresses a release accepts is not established (KD-069).
  ///   - mdl: The MDL.
  /// - Throws: ``Unmodelled`` if the MDL is not mapped there.
  public func unmapLockedPages(_ address: VirtualAddress, _ mdl: GuestPointer<MDL>) throws {
    let region = address < layout.userProbeAddress ? userPTEs : systemPTEs
    guard
      let owner = region.owner(of: address),
      let mapping = mappings[Int(owner)],
      mapping.mdl == mdl.address,
      mapping.base.pageNumber == address.pageNumber
    else {
      if try memory[mdl].flags.contains(.sourceIsNonpagedPool),
        try memory[mdl].mappedSystemVA == address
      {
        // NT ignores the mapping that nonpaged pool has anyway.
        throw Unmodelled("MmUnmapLockedPages of an MDL for nonpaged pool")
      }
      if let process = processOfMapping(at: address, of: mdl.address) {
        report(
          .unmapInWrongProcess,
          "\(address) is unmapped in another process than \(process), into which it is mapped",
          about: mdl.address
        )
        throw Unmodelled("MmUnmapLockedPages of a user mapping in another process")
      }
      reportUnmap(of: address, mdl)
      throw Unmodelled("MmUnmapLockedPages of an address that is not a mapping of the MDL")
    }
    note(.unmapped, mdl.address, address, pageCount: mapping.pageCount)
    unmap(mapping.pageCount, at: mapping.base)
    region.release(mapping.base, mapping.pageCount)
    mappings[Int(owner)] = nil
    freeMappings.append(owner)
    if mapping.mode == .user {
      forgetUserMapping(of: mdl.address)
    } else {
      try memory.modify(mdl) { $0.flags.subtract([.mappedToSystemVA, .partialHasBeenMapped]) }
    }
    sink?.record(.unmapped(mapping))
  }

  /// Returns the mapping that an address is in, or nil if it is in none.
  public func mapping(at address: VirtualAddress) -> MDLMapping? {
    let region = address < layout.userProbeAddress ? userPTEs : systemPTEs
    return region.owner(of: address).flatMap { mappings[Int($0)] }
  }

  /// The mappings that exist, by the order in which they were made.
  public var liveMappings: [MDLMapping] { mappings.compactMap { $0 } }
}
