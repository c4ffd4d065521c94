internal import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// Reserves addresses for a mapping.
  ///
  /// User views begin at multiples of 64 KiB, NT's allocation granularity, but where the caller asks for
  /// an address. What is refused then is what ReactOS's kernel-mode test of
  /// `MmMapLockedPagesSpecifyCache` expects of Windows; the documents only say that the system may round the
  /// address down.
  ///
  /// - Returns: The first address, or nil if there is no room.
  /// - Throws: ``RaisedStatus`` if the caller asks for an address that it cannot have.
  func reserve(
    _ pageCount: Int,
    in region: PTERegion,
    _ mode: ProcessorMode,
    _ owner: UInt32,
    at requested: VirtualAddress
  ) throws -> VirtualAddress? {
    guard requested != .null else {
      return try region.reserve(pageCount, owner: owner, alignment: mode == .kernel ? 1 : 16)
    }
    // The last 64 KiB below `MmUserProbeAddress` hold no views.
    let end = layout.userProbeAddress + -0x1_0000
    let bytesToEnd = Int64(bitPattern: end.rawValue &- requested.rawValue)
    guard requested.offsetInPage == 0, bytesToEnd >= Int64(pageCount) * 4096 else {
      throw RaisedStatus(.invalidAddress)
    }
    guard region.range.contains(requested) else {
      if memory.tables.translate(requested) != nil { throw RaisedStatus(.conflictingAddresses) }
      throw Unmodelled(
        "MmMapLockedPagesSpecifyCache at a requested address outside the views' region"
      )
    }
    switch region.occupancy(of: requested, pageCount) {
    case .free:
      region.reserve(at: requested, pageCount, owner: owner)
      return requested
    case .owned: throw RaisedStatus(.conflictingAddresses)
    case .other:
      throw Unmodelled("MmMapLockedPagesSpecifyCache at a requested address beside another view")
    }
  }

  /// Whether a release refuses to map the pages of an MDL because they are cached, and the caller wants
  /// them otherwise.
  ///
  /// Before Windows XP such pages are mapped as the caller wants (KD-014), which is an error all the same.
  func hasCacheConflict(
    _ mdl: GuestPointer<MDL>,
    _ pageCount: Int,
    _ type: CachingType
  ) throws -> Bool {
    guard type != .cached else { return false }
    let width = memory.architecture.pointerSize
    var place = MDL.pageFrames(of: mdl, on: memory.architecture)
    for _ in 0..<pageCount {
      let number = try memory.load(GuestWord.self, at: place)
      if let known = frames.cachingType(of: FrameNumber(clamping: number.rawValue)), known != type {
        report(
          .cacheConflict,
          "the pages of the MDL at \(mdl.address) are \(known), and are mapped as \(type)"
        )
        return behaviour.mappingRefusesCacheTypeConflict
      }
      place = place + width
    }
    return false
  }

  /// Reports that an address is unmapped that no mapping of the MDL has, and says what is not modelled.
  func failureToUnmap(
    _ address: VirtualAddress,
    _ mdl: GuestPointer<MDL>
  ) throws -> Unmodelled {
    if let process = processOfMapping(at: address, of: mdl.address) {
      report(
        .unmapInWrongProcess,
        "\(address) is unmapped in another process than \(process), into which it is mapped",
        about: mdl.address
      )
      return Unmodelled("MmUnmapLockedPages of a user mapping in another process")
    }
    reportUnmap(of: address, mdl)
    if try memory[mdl].flags.contains(.sourceIsNonpagedPool),
      try memory[mdl].mappedSystemVA == address
    {
      // "The resulting behavior is undefined": nf-wdm-mmbuildmdlfornonpagedpool, remarks.
      return Unmodelled("MmUnmapLockedPages of an MDL for nonpaged pool")
    }
    return Unmodelled("MmUnmapLockedPages of an address that is not a mapping of the MDL (KD-069)")
  }

  /// The stop for pages that cannot be mapped, where the caller did not allow a failure.
  func bugCheck(for failure: MappingFailure) -> BugCheck {
    switch failure {
    case .cacheConflict: return BugCheck(.memoryManagement, 0x1000, nil, nil, nil)
    case .noRoom(let pageCount):
      if behaviour.noMoreSystemPTEsParametersAreZero { return BugCheck(.noMoreSystemPTEs) }
      return BugCheck(
        .noMoreSystemPTEs,
        0,
        UInt64(pageCount),
        UInt64(systemPTEs.freeCount),
        UInt64(systemPTEs.limit)
      )
    }
  }

  /// Writes the entries of a mapping straight from the MDL's page frame numbers.
  ///
  /// From Windows XP on pages keep the cache type that they have.
  func mapFrames(
    of mdl: GuestPointer<MDL>,
    _ pageCount: Int,
    at base: VirtualAddress,
    _ options: HardwarePTE,
    _ type: CachingType
  ) throws {
    let width = memory.architecture.pointerSize
    let tables = memory.tables
    let entrySize = tables.format.entrySize
    let keepsType = behaviour.mappingRefusesCacheTypeConflict
    let asked = options.union(type.options)
    var place = MDL.pageFrames(of: mdl, on: memory.architecture)
    var entry = PhysicalAddress(rawValue: 0)
    for index in 0..<pageCount {
      let number = try memory.load(GuestWord.self, at: place)
      let frame = FrameNumber(clamping: number.rawValue)
      if index == 0 || entry.offsetInFrame == 0 {
        entry = try makeEntry(for: base + index * 4096)
      }
      var pte = asked
      if keepsType, let known = frames.cachingType(of: frame), known != type {
        pte = options.union(known.options)
      }
      tables.store(HardwarePTE(frame, pte), at: entry)
      entry = entry + entrySize
      place = place + width
    }
  }
}
