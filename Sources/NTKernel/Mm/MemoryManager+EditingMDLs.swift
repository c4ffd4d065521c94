public import GuestABI
internal import NTReleases
public import NTStructures

extension MemoryManager {
  /// Moves the start of an MDL's buffer towards its end, and unlocks the pages that it passes.
  ///
  /// The corresponding kernel routine is `MmAdvanceMdl`. The pages that it passes stay mapped until the
  /// rest is unmapped, but are the buffer's no more (KD-029).
  ///
  /// - Returns: `STATUS_INVALID_PARAMETER_2` past the end.
  public func advanceMDL(_ mdl: GuestPointer<MDL>, _ byteCount: UInt32) throws -> NTStatus {
    let view = memory[mdl]
    let flags = try view.flags
    let oldCount = try view.byteCount
    guard byteCount <= oldCount else { return .invalidParameter2 }
    guard byteCount < oldCount || byteCount == 0 else {
      throw Unmodelled("MmAdvanceMdl to the very end of the buffer")
    }
    guard !flags.isDisjoint(with: [.pagesLocked, .sourceIsNonpagedPool, .partial]) else {
      throw Unmodelled("MmAdvanceMdl of an MDL whose pages are not locked")
    }
    let startVA = try view.startVA
    let oldOffset = try Int(view.byteOffset & 0xFFF)
    let buffer = startVA + (oldOffset + Int(byteCount))
    let passed = (oldOffset + Int(byteCount)) / 4096
    let pageCount = MDL.pageCount(from: startVA + oldOffset, byteCount: Int(oldCount))
    if passed > 0 {
      guard !pageAllocations.contains(mdl.address) else {
        throw Unmodelled("MmAdvanceMdl past pages that were allocated for the MDL")
      }
      let width = memory.architecture.pointerSize
      let array = MDL.pageFrames(of: mdl, on: memory.architecture)
      try memory.copy(
        from: array + passed * width,
        to: array,
        count: (pageCount - passed) * width
      )
      unlock(passed, of: mdl)
    }
    let isMapped = !flags.isDisjoint(with: [.mappedToSystemVA, .sourceIsNonpagedPool])
    let mapped = try view.mappedSystemVA
    if isMapped { advanceMapping(at: mapped, of: mdl, Int(byteCount)) }
    try memory.modify(mdl) { mdl in
      mdl.startVA = VirtualAddress(rawValue: buffer.rawValue & ~0xFFF)
      mdl.byteOffset = UInt32(buffer.offsetInPage)
      mdl.byteCount = oldCount - byteCount
      if isMapped { mdl.mappedSystemVA = mapped + Int(byteCount) }
    }
    return .success
  }

  /// Moves the window of a mapping, and watches the pages that have left it.
  private func advanceMapping(
    at address: VirtualAddress,
    of mdl: GuestPointer<MDL>,
    _ byteCount: Int
  ) {
    guard let owner = systemPTEs.owner(of: address), let mapping = mappings[Int(owner)],
      mapping.mdl == mdl.address
    else { return }
    // A driver that has changed the MDL's own fields may pass more than was ever mapped.
    let passed = min(mapping.passedByteCount + byteCount, mapping.byteCount)
    mappings[Int(owner)]?.passedByteCount = passed
    let first = min((mapping.byteOffset + mapping.passedByteCount) / 4096, mapping.pageCount - 1)
    let last = min((mapping.byteOffset + passed) / 4096, mapping.pageCount - 1)
    for index in first...last {
      let page = mapping.base + index * 4096
      guard let entry = memory.tables.entry(for: page) else { continue }
      memory.tables.store(memory.tables.load(entry).union(.watched), at: entry)
      memory.invalidate(page)
    }
  }

  /// Changes how the pages may be used through an MDL's system mapping.
  ///
  /// The corresponding kernel routine is `MmProtectMdlSystemAddress`.
  ///
  /// - Parameters:
  ///   - mdl: The MDL.
  ///   - protection: `PAGE_NOACCESS` (1), `READONLY` (2), `READWRITE` (4), `EXECUTE` (0x10),
  ///     `EXECUTE_READ` (0x20) or `EXECUTE_READWRITE` (0x40).
  /// - Returns: `STATUS_INVALID_PAGE_PROTECTION` for another protection; `STATUS_NOT_MAPPED_VIEW` if the MDL is
  ///   not mapped.
  /// - Throws: The ``BugCheck`` `MEMORY_MANAGEMENT` (0x1235) if there is no mapping where the MDL says.
  public func protectMDLSystemAddress(
    _ mdl: GuestPointer<MDL>,
    _ protection: UInt32
  ) throws -> NTStatus {
    guard protection & ~0xFF == 0 else {
      throw Unmodelled("MmProtectMdlSystemAddress with 0x\(String(protection, radix: 16))")
    }
    guard let options = Self.options(forProtection: protection) else {
      return .invalidPageProtection
    }
    let view = memory[mdl]
    guard try view.flags.contains(.mappedToSystemVA) else { return .notMappedView }
    let address = try view.mappedSystemVA
    let count = try MDL.pageCount(
      from: view.startVA + Int(view.byteOffset & 0xFFF),
      byteCount: Int(view.byteCount)
    )
    // A part uses the mapping of the whole, so the mapping need not be the MDL's own.
    let first = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    guard let owner = systemPTEs.owner(of: address), let mapping = mappings[Int(owner)],
      first >= mapping.base, first + count * 4096 <= mapping.pages.upperBound
    else { throw BugCheck(.memoryManagement, 0x1235, nil, nil, nil) }
    for index in 0..<count {
      let page = first + index * 4096
      guard let entry = memory.tables.entry(for: page) else { continue }
      let changed: HardwarePTE = [.present, .writable, .noExecute]
      let pte = memory.tables.load(entry).subtracting(changed).union(options)
      memory.tables.store(pte, at: entry)
      memory.invalidate(page)
    }
    return .success
  }

  /// Returns the bits of an entry, or nil if the protection is not one that the routine takes.
  ///
  /// Hardware cannot forbid to read what it executes.
  private static func options(forProtection protection: UInt32) -> HardwarePTE? {
    switch protection {
    case 0x01: []
    case 0x02: [.present, .noExecute]
    case 0x04: [.present, .writable, .noExecute]
    case 0x10, 0x20: [.present]
    case 0x40: [.present, .writable]
    default: nil
    }
  }

  /// Maps an MDL for the time of one call of a driver's routine.
  ///
  /// The corresponding kernel routine is `MmMapMdl`. An MDL that is mapped is not mapped again.
  ///
  /// - Returns: A completion with `STATUS_SUCCESS`.
  /// - Throws: ``Unmodelled`` if there is no room: which status the routine returns then is not documented.
  public func mapMDL(
    _ mdl: GuestPointer<MDL>,
    _ protection: UInt32,
    _ routine: GuestFunction<UInt64, VirtualAddress, VirtualAddress>,
    _ driverContext: VirtualAddress
  ) throws -> Completion {
    let flags = try memory[mdl].flags
    if !flags.isDisjoint(with: [.mappedToSystemVA, .sourceIsNonpagedPool]) {
      let mapped = try memory[mdl].mappedSystemVA
      return routine.call(driverContext, mapped) { _ in .returned(NTStatus.success) }
    }
    guard let options = Self.options(forProtection: protection), options.contains(.present) else {
      throw Unmodelled("MmMapMdl with protection 0x\(String(protection, radix: 16))")
    }
    var style = MappingStyle()
    style.isWritable = options.contains(.writable)
    style.isExecutable = !options.contains(.noExecute)
    let mapped = try map(mdl, mode: .kernel, style) { _ in
      throw Unmodelled("MmMapMdl without room in system space")
    }
    return routine.call(driverContext, mapped) { [self] _ in
      try unmapLockedPages(mapped, mdl)
      return .returned(NTStatus.success)
    }
  }

  /// Whether all the pages of an MDL are cached.
  ///
  /// The corresponding kernel routine is `MmAreMdlPagesCached`.
  public func areMDLPagesCached(_ mdl: GuestPointer<MDL>) throws -> UInt32 {
    let view = memory[mdl]
    let offset = try Int(view.byteOffset & 0xFFF)
    let count = try MDL.pageCount(from: view.startVA + offset, byteCount: Int(view.byteCount))
    for frame in try pageFrames(of: mdl, count: count) {
      guard let type = frames.cachingType(of: frame) else {
        throw Unmodelled("MmAreMdlPagesCached of pages without a cache type")
      }
      guard type == .cached else { return 0 }
    }
    return 1
  }

  /// Returns whether the contents of an MDL's pages are said never to change.
  ///
  /// The corresponding kernel routine is `MmMdlPageContentsState` with `MmMdlPageContentsQuery` (2): it
  /// returns `MmMdlPageContentsDynamic` (0) or `Invariant` (1), by bit 0x4000 of the flags (KD-024).
  public func mdlPageContentsState(_ mdl: GuestPointer<MDL>, _ state: UInt32) throws -> UInt32 {
    guard state == 2 else {
      // What the routine returns then, the old state or the new, is not documented.
      throw Unmodelled("MmMdlPageContentsState that sets the state")
    }
    return try memory[mdl].flags.contains(.pageContentsInvariant) ? 1 : 0
  }
}
