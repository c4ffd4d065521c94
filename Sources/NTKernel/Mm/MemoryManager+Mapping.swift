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
    var style = MappingStyle()
    style.includesOffset = behaviour.mappedAddressIncludesByteOffset(accessMode, reading)
    style.dependsOnReading = behaviour.mappedAddressDependsOnReading(accessMode)
    return try map(mdl, mode: mode, style) { [self] failure in
      if behaviour.mappingCanFailFlagIsHonoured, try memory[mdl].flags.contains(.mappingCanFail) {
        return .null
      }
      throw bugCheck(for: failure)
    }
  }

  /// Maps the pages that an MDL describes, with a cache type.
  ///
  /// The corresponding kernel routine is `MmMapLockedPagesSpecifyCache`.
  ///
  /// The pages keep the cache type that they have, whatever the caller asks for
  /// (windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmmaplockedpagesspecifycache, remarks; ReactOS's kernel-mode
  /// test of the routine maps noncached memory as cached). But where cached pages are to be mapped in
  /// another way, Windows XP and later refuse (KD-014): OSR article 130, and bug check 0x1A/0x1000.
  ///
  /// - Returns: The buffer, or NULL if there is no room in system space.
  /// - Throws: The ``BugCheck`` `NO_MORE_SYSTEM_PTES` instead of NULL if the caller asks for it;
  ///   ``RaisedStatus`` if the pages cannot be mapped into the process.
  public func mapLockedPages(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode,
    cacheType: UInt32,
    requestedAddress: VirtualAddress,
    stopsOnFailure: Bool,
    priority: UInt32
  ) throws -> VirtualAddress {
    guard let cacheType = CachingType(rawValue: cacheType) else {
      throw Unmodelled("MmMapLockedPagesSpecifyCache with cache type \(cacheType)")
    }
    var style = MappingStyle(cacheType: cacheType)
    if mode == .user { style.requestedAddress = requestedAddress }
    let flags = priority & 0xF000_0000
    if flags != 0 {
      guard flags & ~(behaviour.mappingPriorityFlags & 0xC000_0000) == 0 else {
        throw Unmodelled("MmMapLockedPagesSpecifyCache with MdlMapping… bits in Priority")
      }
      style.isExecutable = priority & 0x4000_0000 == 0
      style.isWritable = priority & 0x8000_0000 == 0
    }
    return try map(mdl, mode: mode, style) { [self] failure in
      guard stopsOnFailure else { return .null }
      throw bugCheck(for: failure)
    }
  }

  func map(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode,
    _ style: MappingStyle,
    onFailure: (MappingFailure) throws -> VirtualAddress
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
    guard try !hasCacheConflict(mdl, pageCount, style.cacheType) else {
      if mode == .user { throw RaisedStatus(.conflictingAddresses) }
      return try onFailure(.cacheConflict)
    }
    let region = mode == .kernel ? systemPTEs : userPTEs
    let owner = freeMappings.popLast() ?? UInt32(mappings.count)
    let reserved: VirtualAddress?
    do {
      reserved = try reserve(pageCount, in: region, mode, owner, at: style.requestedAddress)
    } catch {
      returnOwner(owner)
      throw error
    }
    guard let base = reserved else {
      returnOwner(owner)
      if mode == .user { throw RaisedStatus(.noMemory) }
      return try onFailure(.noRoom(pageCount: pageCount))
    }
    var pte: HardwarePTE = checksAccesses ? [.present, .watched] : .present
    if style.isWritable { pte.insert(.writable) }
    // Mappings for user mode are never executable (KD-017; the release of that is not documented).
    if mode == .user {
      pte.formUnion([.user, .noExecute])
      checkIRQL("MmMapLockedPages with UserMode")
      checkUserMappingGuard()
    }
    if !style.isExecutable { pte.insert(.noExecute) }
    if isLockedForReading(mdl, flags) { pte.insert(.writeWatched) }
    do {
      try mapFrames(of: mdl, pageCount, at: base, pte, style.cacheType)
    } catch {
      unmap(pageCount, at: base)
      region.release(base, pageCount)
      returnOwner(owner)
      throw error
    }
    let returned = style.includesOffset ? base + byteOffset : base
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
      isReserved: false,
      dependsOnReading: style.dependsOnReading && byteOffset != 0
    )
    keep(mapping, owner)
    return returned
  }

  /// Adds a mapping to those that exist.
  func keep(_ mapping: MDLMapping, _ owner: UInt32) {
    if Int(owner) == mappings.count {
      mappings.append(mapping)
    } else {
      mappings[Int(owner)] = mapping
    }
    sink?.record(.mapped(mapping))
  }

  func returnOwner(_ owner: UInt32) {
    if Int(owner) < mappings.count { freeMappings.append(owner) }
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
      mapping.remainder.lowerBound.pageNumber == address.pageNumber
    else {
      throw try failureToUnmap(address, mdl)
    }
    guard !mapping.isReserved else {
      report(
        .reservedMappingMisuse,
        "\(address) was mapped by MmMapLockedPagesWithReservedMapping, and is not unmapped by "
          + "MmUnmapReservedMapping",
        mapping
      )
      throw Unmodelled("MmUnmapLockedPages of a reserved mapping")
    }
    try checkFields(of: mdl, mapping)
    try checkAddress(address, mdl, mapping)
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
