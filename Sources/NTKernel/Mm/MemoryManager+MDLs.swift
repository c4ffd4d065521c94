public import GuestABI
internal import NTReleases
public import NTStructures

extension MemoryManager {
  /// Returns the bytes of an MDL for a range.
  ///
  /// The corresponding kernel routine is `MmSizeOfMdl`.
  public func mdlSize(for address: VirtualAddress, byteCount: Int) -> Int {
    let architecture = memory.architecture
    let pages = MDL.pageCount(from: address, byteCount: byteCount)
    return MDL.size(on: architecture) + pages * architecture.pointerSize
  }

  /// Sets up an MDL without pages.
  ///
  /// The corresponding C macro is `MmInitializeMdl`.
  public func initializeMDL(
    _ mdl: GuestPointer<MDL>,
    for address: VirtualAddress,
    byteCount: Int
  ) throws {
    let size = mdlSize(for: address, byteCount: byteCount)
    try memory.modify(mdl) { mdl in
      mdl.next = GuestPointer(.null)
      mdl.size = Int16(truncatingIfNeeded: size)
      mdl.flags = []
      mdl.startVA = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
      mdl.byteOffset = UInt32(address.offsetInPage)
      mdl.byteCount = UInt32(truncatingIfNeeded: byteCount)
    }
  }

  /// Allocates an MDL for a range.
  ///
  /// The corresponding kernel routine is `IoAllocateMdl`, without its effects on an IRP.
  ///
  /// - Parameters:
  ///   - address: The first byte of the range.
  ///   - byteCount: The number of bytes.
  ///   - caller: Where the routine returns to with which a driver allocates it, or NULL.
  /// - Returns: The MDL, or nil if the range is longer than the release allows or the pool is empty.
  /// - Throws: A ``GuestFault`` if the new block cannot be written, which no driver can cause.
  public func allocateMDL(
    for address: VirtualAddress,
    byteCount: Int,
    caller: VirtualAddress = .null
  ) throws -> GuestPointer<MDL>? {
    let pages = MDL.pageCount(from: address, byteCount: byteCount)
    guard
      behaviour.allowsMDL(
        length: byteCount,
        pages: pages,
        pageSize: 4096,
        pointerSize: memory.architecture.pointerSize
      )
    else { return nil }
    guard let mdl = try newMDL(for: address, byteCount: byteCount, caller: caller) else {
      return nil
    }
    if pages <= behaviour.fixedSizeMDLPages {
      try memory.modify(mdl) { $0.flags = .allocatedFixedSize }
    }
    return mdl
  }

  private func newMDL(
    for address: VirtualAddress,
    byteCount: Int,
    caller: VirtualAddress
  ) throws -> GuestPointer<MDL>? {
    let size = mdlSize(for: address, byteCount: byteCount)
    guard let block = try allocatePool(size, .nonpaged, tag: Self.mdlTag, caller: caller) else {
      return nil
    }
    let mdl = GuestPointer<MDL>(block)
    try initializeMDL(mdl, for: address, byteCount: byteCount)
    allocatedMDLs[block] = size
    ledger.note(ObjectEvent(.allocated, block, at: caller))
    return mdl
  }

  /// Sets up an MDL, and allocates it if the caller has none.
  ///
  /// The corresponding kernel routine is `MmCreateMdl`, which sets no flags. No limit for the length is
  /// documented but what an MDL can hold.
  ///
  /// - Returns: The MDL, or NULL if the pool is empty.
  func createMDL(
    _ mdl: GuestPointer<MDL>,
    for address: VirtualAddress,
    _ byteCount: GuestWord
  ) throws -> GuestPointer<MDL> {
    guard byteCount.rawValue <= UInt64(UInt32.max) else {
      throw Unmodelled("MmCreateMdl for 4 GiB or more")
    }
    guard mdl.isNull else {
      try initializeMDL(mdl, for: address, byteCount: byteCount.byteCount)
      note(.initialized, mdl.address)
      return mdl
    }
    return try newMDL(for: address, byteCount: byteCount.byteCount, caller: context.caller)
      ?? GuestPointer(.null)
  }

  private static var mdlTag: UInt32 { 0x206C_644D }

  /// Frees an MDL.
  ///
  /// The corresponding kernel routine is `IoFreeMdl`.
  public func freeMDL(_ mdl: GuestPointer<MDL>) throws {
    guard !isFreed(mdl.address) else { return try freePool(mdl.address, caller: context.caller) }
    let flags = try memory[mdl].flags
    if flags.contains([.partial, .partialHasBeenMapped]) {
      try unmapLockedPages(memory[mdl].mappedSystemVA, mdl)
    } else if let mapping = try remainingMapping(of: mdl) {
      report(
        .freeMapped,
        "the MDL at \(mdl.address) is freed while it is mapped",
        mapping,
        about: mdl.address
      )
    }
    if locks[mdl.address] != nil {
      report(
        .freeLocked,
        "the MDL at \(mdl.address) is freed while its pages are locked",
        about: mdl.address
      )
    }
    // Nobody can unlock the pages any more, and another MDL may soon be at this address.
    locks[mdl.address] = nil
    noteChain(behind: try memory[mdl].next.address)
    try freePool(mdl.address, caller: context.caller)
  }

  /// Describes nonpaged memory, which needs neither a lock nor another mapping.
  ///
  /// The corresponding kernel routine is `MmBuildMdlForNonPagedPool`.
  public func buildMDLForNonpagedPool(_ mdl: GuestPointer<MDL>) throws {
    let view = memory[mdl]
    let start = try view.startVA
    let offset = try Int(view.byteOffset)
    let count = MDL.pageCount(from: start + offset, byteCount: try Int(view.byteCount))
    let pages = MDL.pageFrames(of: mdl, on: memory.architecture)
    var isIOSpace = false
    for index in 0..<count {
      guard let page = memory.tables.translate(start + index * 4096) else {
        throw Unmodelled("MmBuildMdlForNonPagedPool of memory that is not mapped")
      }
      if !memory.ram.contains(page.frame) { isIOSpace = true }
      try storePageFrame(page.frame, index, pages)
    }
    note(.built, mdl.address)
    try memory.modify(mdl) { mdl in
      mdl.process = .null
      mdl.mappedSystemVA = start + offset
      mdl.flags.insert(.sourceIsNonpagedPool)
      if isIOSpace { mdl.flags.insert(.ioSpace) }
    }
  }

  /// Describes a part of a buffer that another MDL describes.
  ///
  /// The corresponding kernel routine is `IoBuildPartialMdl`.
  public func buildPartialMDL(
    from source: GuestPointer<MDL>,
    to target: GuestPointer<MDL>,
    at address: VirtualAddress,
    byteCount length: UInt32
  ) throws {
    let view = memory[source]
    let buffer = try view.startVA + Int(view.byteOffset)
    let sourceCount = try Int(view.byteCount)
    let skipped = Int64(bitPattern: address.rawValue &- buffer.rawValue)
    let byteCount = length == 0 ? sourceCount - Int(clamping: skipped) : Int(length)
    guard skipped >= 0, skipped + Int64(byteCount) <= sourceCount, byteCount >= 0 else {
      guard behaviour.partialMDLBugCheck == 0x12E else {
        throw Unmodelled("IoBuildPartialMdl of a range outside the source MDL")
      }
      throw invalidPartialMDL(source, target, address, length)
    }
    let pageSize = memory.architecture.pointerSize
    let pageCount = MDL.pageCount(from: address, byteCount: byteCount)
    guard try pageCount * pageSize <= room(in: target) else {
      throw invalidPartialMDL(source, target, address, length)
    }
    let firstPage = Int(address.pageNumber &- buffer.pageNumber)
    let from = MDL.pageFrames(of: source, on: memory.architecture)
    let to = MDL.pageFrames(of: target, on: memory.architecture)
    var copied: MDL.Flags = [.sourceIsNonpagedPool, .mappedToSystemVA, .ioPageRead]
    if behaviour.partialMDLCopiesIOSpaceFlag { copied.insert(.ioSpace) }
    let sourceFlags = try view.flags
    let process = try view.process
    let mapped = try view.mappedSystemVA
    note(.builtAsPart, target.address, source.address)
    try memory.modify(target) { target in
      target.startVA = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
      target.byteOffset = UInt32(address.offsetInPage)
      target.byteCount = UInt32(byteCount)
      target.process = process
      target.flags.formIntersection(.allocatedFixedSize)
      target.flags.formUnion(sourceFlags.intersection(copied))
      target.flags.insert(.partial)
      target.mappedSystemVA = mapped + Int(skipped)
    }
    try memory.copy(from: from + firstPage * pageSize, to: to, count: pageCount * pageSize)
  }

  /// Returns the bytes that an MDL has for page frame numbers.
  ///
  /// `Size` says it, but loses its upper bits in MDLs of 64 KiB and more (KD-021); what was allocated is
  /// known.
  private func room(in mdl: GuestPointer<MDL>) throws -> Int {
    let size = try allocatedMDLs[mdl.address] ?? Int(UInt16(bitPattern: memory[mdl].size))
    return size - MDL.size(on: memory.architecture)
  }

  private func invalidPartialMDL(
    _ source: GuestPointer<MDL>,
    _ target: GuestPointer<MDL>,
    _ address: VirtualAddress,
    _ length: UInt32
  ) -> BugCheck {
    if behaviour.partialMDLBugCheck == 0x12E {
      let (source, target) = (source.address.rawValue, target.address.rawValue)
      return BugCheck(.invalidMDLRange, source, target, address.rawValue, UInt64(length))
    }
    return BugCheck(.targetMDLTooSmall)
  }

  func storePageFrame(_ frame: FrameNumber, _ index: Int, _ array: VirtualAddress) throws {
    let place = array + index * memory.architecture.pointerSize
    try memory.store(GuestWord(frame), at: place)
  }

  /// Returns the frames that an MDL describes.
  ///
  /// - Throws: A ``GuestFault`` if the MDL cannot be read.
  func pageFrames(of mdl: GuestPointer<MDL>, count: Int) throws -> [FrameNumber] {
    let array = MDL.pageFrames(of: mdl, on: memory.architecture)
    var frames: [FrameNumber] = []
    frames.reserveCapacity(count)
    for index in 0..<count {
      let number = try memory.load(
        GuestWord.self,
        at: array + index * memory.architecture.pointerSize
      )
      frames.append(FrameNumber(clamping: number.rawValue))
    }
    return frames
  }
}
