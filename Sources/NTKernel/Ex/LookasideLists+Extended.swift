internal import GuestABI
internal import NTStructures

/// Lookaside lists of any pool, whose routines get the list also: `LOOKASIDE_LIST_EX`.
///
/// Up to Windows 11 drivers take blocks and give them back with code of the header's, which always calls
/// the routines in the structure. So there are routines for lists without any of their own.
extension LookasideLists {
  private static let allocateRoutine = "ExpLookasideAllocate"
  private static let freeRoutine = "ExpLookasideFree"

  /// The flags of pool types that say what an allocation does when it fails.
  private static let raises: UInt32 = 16
  private static let failsInsteadOfRaising: UInt32 = 8

  /// The routines that drivers import, and those for lists without routines.
  var extendedExports: [Export] {
    [
      export("ExInitializeLookasideListEx", to: initializeExtended),
      export("ExDeleteLookasideListEx", to: delete(_:)),
      export("ExFlushLookasideListEx") { [self] (list: GuestPointer<GeneralLookaside>) in
        guard lists.contains(list) else {
          throw Unmodelled("ExFlushLookasideListEx: a list that is not initialized")
        }
        return try drain(list)
      },
      export(Self.allocateRoutine) {
        [self]
        (type: UInt32, size: GuestWord, tag: UInt32, list: GuestPointer<GeneralLookaside>) in
        let pool = PoolType(rawValue: type & ~(Self.raises | Self.failsInsteadOfRaising))
        let caller = manager.context.caller
        let block = try manager.allocatePool(size.byteCount, pool, tag: tag, caller: caller)
        if block == nil, type & Self.raises != 0 { throw RaisedStatus(.insufficientResources) }
        return block ?? .null
      },
      export(Self.freeRoutine) {
        [self] (block: VirtualAddress, list: GuestPointer<GeneralLookaside>) in
        try manager.freePool(block)
      },
    ]
  }

  /// Sets a list up.
  ///
  /// The corresponding kernel routine is `ExInitializeLookasideListEx`. The depth is reserved; the
  /// lists start with a depth of 4, as the older ones do.
  private func initializeExtended(
    _ list: GuestPointer<GeneralLookaside>,
    _ allocate: VirtualAddress,
    _ free: VirtualAddress,
    _ type: UInt32,
    _ flags: UInt32,
    _ size: GuestWord,
    _ tag: UInt32,
    _ depth: UInt16
  ) throws -> NTStatus {
    guard memory.architecture == .x86 || list.address.rawValue % 16 == 0 else {
      throw Unmodelled("a lookaside list at an address that is not a multiple of 16")
    }
    guard flags < 3 else { return .invalidParameter5 }
    // POOL_TYPE: the seven kinds, the same for a session, and with NonPagedPoolNx for those.
    guard type & ~(0x200 | 0x20 | 7) == 0, type & 7 != 7 else { return .invalidParameter4 }
    let failing = flags == 1 ? Self.raises : flags == 2 ? Self.failsInsteadOfRaising : 0
    let allocate = allocate == .null ? try addressOfExport(Self.allocateRoutine) : allocate
    let free = free == .null ? try addressOfExport(Self.freeRoutine) : free
    try memory.fill(at: list.address, count: memory.architecture == .x86 ? 0x48 : 0x60)
    try memory.modify(list) { list in
      list.depth = 4
      list.maximumDepth = 256
      list.type = type | failing
      list.tag = tag
      list.size = UInt32(truncatingIfNeeded: size.rawValue)
      list.allocate = allocate
      list.free = free
    }
    lists.insert(list)
    extendedLists.insert(list)
    return .success
  }

  /// Frees a block by the routine of a list whose routine also gets the list.
  func releaseExtended(
    _ entry: VirtualAddress,
    of list: GuestPointer<GeneralLookaside>,
    _ routine: VirtualAddress
  ) throws -> Completion {
    guard try routine == addressOfExport(Self.freeRoutine) else {
      return .call(
        GuestCall(routine, entry.rawValue, list.address.rawValue),
        then: { _ in .done }
      )
    }
    try manager.freePool(entry)
    return .done
  }
}

extension NTStatus {
  /// `STATUS_INVALID_PARAMETER_4`.
  static var invalidParameter4: Self { Self(0xC000_00F2) }
  /// `STATUS_INVALID_PARAMETER_5`.
  static var invalidParameter5: Self { Self(0xC000_00F3) }
}
