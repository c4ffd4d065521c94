internal import GuestABI
internal import NTStructures

extension NetBuffers {
  /// Returns where a driver finds the bytes of an MDL, which is mapped if it is not yet.
  ///
  /// The corresponding C macro is `MmGetSystemAddressForMdlSafe`.
  ///
  /// - Returns: The first byte, or NULL if there are no system PTEs.
  func systemAddress(of mdl: GuestPointer<MDL>) throws -> VirtualAddress {
    let flags = try memory[mdl].flags
    if !flags.isDisjoint(with: [.mappedToSystemVA, .sourceIsNonpagedPool]) {
      return try memory[mdl].mappedSystemVA
    }
    return try manager.mapLockedPages(
      mdl,
      mode: .kernel,
      cacheType: 1,
      requestedAddress: .null,
      stopsOnFailure: false,
      priority: 16
    )
  }

  /// A part of an MDL's bytes.
  struct Piece {
    let mdl: GuestPointer<MDL>
    /// The bytes of the MDL before the part.
    let offset: Int
    let byteCount: Int
  }

  /// Returns the parts of MDLs that a net buffer's data are in, from an offset in its used data on.
  ///
  /// - Parameters:
  ///   - netBuffer: The net buffer.
  ///   - offset: The bytes of used data before.
  ///   - limit: The most bytes.
  /// - Returns: The parts; fewer bytes if the chain ends.
  /// - Throws: A `GuestFault` if the structures cannot be read.
  func pieces(
    of netBuffer: GuestPointer<NetBuffer>,
    from offset: Int,
    limit: Int
  ) throws -> [Piece] {
    var mdl = try memory[netBuffer].currentMDL
    var skipped = Int(try memory[netBuffer].currentMDLOffset) + offset
    var left = limit
    var pieces: [Piece] = []
    for _ in 0..<Self.longestChain where left > 0 && !mdl.isNull {
      let count = try Int(memory[mdl].byteCount)
      if skipped < count {
        let taken = min(count - skipped, left)
        pieces.append(Piece(mdl: mdl, offset: skipped, byteCount: taken))
        left -= taken
        skipped = 0
      } else {
        skipped -= count
      }
      mdl = try memory[mdl].next
    }
    return pieces
  }

  /// Returns the runs of bytes of a net buffer, each within one MDL.
  ///
  /// - Returns: The runs, or nil if an MDL cannot be mapped.
  private func runs(
    of netBuffer: GuestPointer<NetBuffer>,
    from offset: Int,
    limit: Int
  ) throws -> [(address: VirtualAddress, byteCount: Int)]? {
    var runs: [(address: VirtualAddress, byteCount: Int)] = []
    for piece in try pieces(of: netBuffer, from: offset, limit: limit) {
      let address = try systemAddress(of: piece.mdl)
      if address == .null { return nil }
      runs.append((address + piece.offset, piece.byteCount))
    }
    return runs
  }

  /// Returns where the first bytes of a net buffer's used data are, one behind the other.
  ///
  /// The corresponding kernel routine is `NdisGetDataBuffer`.
  ///
  /// - Parameters:
  ///   - netBuffer: The net buffer.
  ///   - byteCount: The bytes that are needed.
  ///   - storage: Where the bytes are copied to if they are not contiguous, or NULL.
  ///   - multiple: What the address is to be a multiple of, a power of two.
  ///   - offset: What the address is to be more than such a multiple.
  /// - Returns: The first byte, or NULL if there are fewer, or they are not contiguous and there is
  ///   no storage.
  /// - Throws: ``Unmodelled`` if NDIS would have to allocate memory for the alignment.
  func dataBuffer(
    _ netBuffer: GuestPointer<NetBuffer>,
    _ byteCount: UInt32,
    _ storage: VirtualAddress,
    _ multiple: UInt32,
    _ offset: UInt32
  ) throws -> VirtualAddress {
    let length = try memory[netBuffer].dataLength.byteCount
    guard Int(byteCount) <= length else { return .null }
    guard byteCount > 0 else { throw Unmodelled("NdisGetDataBuffer of no bytes") }
    guard let runs = try runs(of: netBuffer, from: 0, limit: Int(byteCount)) else { return .null }
    guard runs.reduce(0, { $0 + $1.byteCount }) == Int(byteCount) else {
      throw Unmodelled("a NET_BUFFER whose MDLs are shorter than its data")
    }
    if runs.count == 1 {
      let address = runs[0].address
      let mask = UInt64(max(multiple, 1)) &- 1
      if (address.rawValue &- UInt64(offset)) & mask == 0 { return address }
      if storage == .null { throw Unmodelled("NdisGetDataBuffer with an alignment of \(multiple)") }
    }
    guard storage != .null else { return .null }
    var place = storage
    for run in runs {
      try memory.copy(from: run.address, to: place, count: run.byteCount)
      place = place + run.byteCount
    }
    return storage
  }

  /// Makes the used data of a net buffer begin later.
  ///
  /// The corresponding kernel routine is `NdisAdvanceNetBufferDataStart`.
  ///
  /// - Parameters:
  ///   - netBuffer: The net buffer.
  ///   - delta: The bytes that are no longer used.
  ///   - freesMDLs: Whether MDLs that become unused are freed, of those that a retreat allocated.
  ///   - free: The driver's routine that frees what its own routine allocated, or NULL.
  /// - Returns: What is left to do.
  /// - Throws: ``Unmodelled`` if there are fewer data.
  func advance(
    _ netBuffer: GuestPointer<NetBuffer>,
    by delta: UInt32,
    freesMDLs: Bool,
    free: VirtualAddress
  ) throws -> Completion {
    let length = try memory[netBuffer].dataLength
    guard UInt64(delta) <= length.rawValue else {
      throw Unmodelled("NdisAdvanceNetBufferDataStart by more than the data")
    }
    let (offset, overflow) = try memory[netBuffer].dataOffset.addingReportingOverflow(delta)
    guard !overflow else { throw Unmodelled("a NET_BUFFER with 4 GiB of unused data") }
    try memory.modify(netBuffer) { netBuffer in
      netBuffer.dataOffset = offset
      netBuffer.dataLength = GuestWord(length.rawValue - UInt64(delta))
    }
    let completion = freesMDLs ? try freeUnusedMDLs(of: netBuffer, free) : .done
    try findCurrentMDL(of: netBuffer)
    return completion
  }

  /// Frees the MDLs at the head of a chain that hold no used data, and that a retreat allocated.
  private func freeUnusedMDLs(
    of netBuffer: GuestPointer<NetBuffer>,
    _ free: VirtualAddress
  ) throws -> Completion {
    var drivers: [GuestPointer<MDL>] = []
    for _ in 0..<Self.longestChain {
      let view = memory[netBuffer]
      let (mdl, offset) = (try view.mdlChain, try view.dataOffset)
      guard !mdl.isNull, let data = mdls[mdl] else { break }
      let count = try memory[mdl].byteCount
      guard count <= offset else { break }
      let next = try memory[mdl].next
      try memory.modify(netBuffer) { netBuffer in
        netBuffer.mdlChain = next
        netBuffer.dataOffset = offset - count
      }
      if data.isDrivers {
        mdls[mdl] = nil
        drivers.append(mdl)
      } else {
        try freeMDL(mdl)
      }
    }
    guard !drivers.isEmpty else { return .done }
    guard free != .null else {
      throw Unmodelled("NdisAdvanceNetBufferDataStart without a NetFreeMdl routine")
    }
    return self.free(drivers, with: free)
  }

  private func free(_ mdls: [GuestPointer<MDL>], with routine: VirtualAddress) -> Completion {
    guard let first = mdls.first else { return .done }
    let rest = Array(mdls.dropFirst())
    return .call(GuestCall(routine, first.address.rawValue)) { [self] _ in
      free(rest, with: routine)
    }
  }

  /// Makes the used data of a net buffer begin earlier.
  ///
  /// The corresponding kernel routine is `NdisRetreatNetBufferDataStart`.
  ///
  /// - Parameters:
  ///   - netBuffer: The net buffer.
  ///   - delta: The bytes that are used in addition.
  ///   - backFill: The bytes of unused data to allocate beside them, if memory is needed.
  ///   - allocate: The driver's routine that allocates an MDL with memory, or NULL.
  /// - Returns: `NDIS_STATUS_SUCCESS`, or `NDIS_STATUS_RESOURCES`.
  /// - Throws: ``Unmodelled`` if memory is needed while a part of the data is unused: how much NDIS
  ///   then allocates is not documented.
  func retreat(
    _ netBuffer: GuestPointer<NetBuffer>,
    by delta: UInt32,
    backFill: UInt32,
    allocate: VirtualAddress
  ) throws -> Completion {
    let view = memory[netBuffer]
    let (offset, length) = (try view.dataOffset, try view.dataLength)
    if delta <= offset {
      try memory.modify(netBuffer) { netBuffer in
        netBuffer.dataOffset = offset - delta
        netBuffer.dataLength = GuestWord(length.rawValue &+ UInt64(delta))
      }
      try findCurrentMDL(of: netBuffer)
      return .returned(NTStatus.success)
    }
    guard offset == 0 else {
      throw Unmodelled(
        "NdisRetreatNetBufferDataStart by \(delta) bytes, of which \(offset) are unused"
      )
    }
    let (needed, overflow) = delta.addingReportingOverflow(backFill)
    guard !overflow else { return .returned(NTStatus.insufficientResources) }
    if allocate == .null {
      guard let mdl = try allocateMDL(Int(needed), tag: Self.retreatTag) else {
        return .returned(NTStatus.insufficientResources)
      }
      try prepend(mdl, needed, to: netBuffer, using: delta)
      return .returned(NTStatus.success)
    }
    return try retreat(netBuffer, by: delta, needed, with: allocate)
  }

  private static var retreatTag: UInt32 { 0x7462_4E4E }  // NNbt

  private func retreat(
    _ netBuffer: GuestPointer<NetBuffer>,
    by delta: UInt32,
    _ needed: UInt32,
    with routine: VirtualAddress
  ) throws -> Completion {
    guard let size = try manager.allocatePool(8, .nonpaged, tag: Self.retreatTag) else {
      return .returned(NTStatus.insufficientResources)
    }
    try memory.store(needed, at: size)
    return .call(GuestCall(routine, size.rawValue)) { [self] result in
      let given = try memory.load(UInt32.self, at: size)
      try manager.freePool(size)
      let mdl = GuestPointer<MDL>(guestBits: result)
      guard !mdl.isNull else { return .returned(NTStatus.insufficientResources) }
      guard given >= needed, try memory[mdl].byteCount == given else {
        throw Unmodelled("a NetAllocateMdl routine whose MDL is not of the size that it tells")
      }
      mdls[mdl] = NetBufferData(data: .null, isDrivers: true)
      try prepend(mdl, given, to: netBuffer, using: delta)
      return .returned(NTStatus.success)
    }
  }

  /// Puts an MDL before the others of a net buffer without unused data, and uses its end.
  private func prepend(
    _ mdl: GuestPointer<MDL>,
    _ byteCount: UInt32,
    to netBuffer: GuestPointer<NetBuffer>,
    using delta: UInt32
  ) throws {
    let view = memory[netBuffer]
    let (chain, length) = (try view.mdlChain, try view.dataLength)
    try memory[mdl].store(chain, in: \.next)
    try set(
      netBuffer,
      chain: mdl,
      offset: byteCount - delta,
      byteCount: GuestWord(length.rawValue &+ UInt64(delta))
    )
  }

  /// Copies data from one net buffer to another.
  ///
  /// The corresponding kernel routine is `NdisCopyFromNetBufferToNetBuffer`.
  ///
  /// - Returns: `NDIS_STATUS_SUCCESS`, also if the source or the destination ends before all is copied;
  ///   `NDIS_STATUS_RESOURCES` if an MDL cannot be mapped.
  func copy(
    _ byteCount: UInt32,
    from source: GuestPointer<NetBuffer>,
    at sourceOffset: UInt32,
    to destination: GuestPointer<NetBuffer>,
    at destinationOffset: UInt32,
    copied: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let available = try memory[source].dataLength.byteCount - Int(sourceOffset)
    let limit = max(0, min(Int(byteCount), available))
    guard let from = try runs(of: source, from: Int(sourceOffset), limit: limit),
      let to = try runs(of: destination, from: Int(destinationOffset), limit: limit)
    else { return .insufficientResources }
    var done = 0
    var (reader, writer) = (RunCursor(from), RunCursor(to))
    while let input = reader.current, let output = writer.current {
      let count = min(input.byteCount, output.byteCount)
      try memory.copy(from: input.address, to: output.address, count: count)
      done += count
      reader.move(by: count)
      writer.move(by: count)
    }
    try memory.store(UInt32(done), at: copied.address)
    return .success
  }
}

/// A place in runs of bytes.
private struct RunCursor {
  private let runs: [(address: VirtualAddress, byteCount: Int)]
  private var index = 0
  private var used = 0

  init(_ runs: [(address: VirtualAddress, byteCount: Int)]) { self.runs = runs }

  /// What is left of the run, or nil at the end.
  var current: (address: VirtualAddress, byteCount: Int)? {
    guard index < runs.count else { return nil }
    return (runs[index].address + used, runs[index].byteCount - used)
  }

  /// Moves on by no more bytes than the run has left.
  mutating func move(by count: Int) {
    used += count
    if used == runs[index].byteCount { (index, used) = (index + 1, 0) }
  }
}
