internal import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// Allocates pages that have no virtual address, and an MDL that describes them.
  ///
  /// The corresponding kernel routines are `MmAllocatePagesForMdl` and `MmAllocatePagesForMdlEx`.
  ///
  /// `nf-wdm-mmallocatepagesformdlex`: the ranges are tried one after the other; fewer pages than were
  /// asked for are a success (KD-033), unless the flags ask for all; the MDL itself comes from pool, and
  /// its owner frees it with `ExFreePool`.
  ///
  /// - Returns: The MDL, or NULL if there is no page, or no pool for the MDL.
  /// - Throws: ``Unmodelled`` for requests whose effect is not documented.
  func allocatePages(
    _ request: PageRequest,
    routine: String
  ) throws -> GuestPointer<MDL> {
    try requireIRQL(behaviour.pageAllocationIRQL, routine)
    try check(request, routine)
    guard request.low <= request.high else { return GuestPointer(.null) }
    // Some frames stay in reserve for page tables, and for the MDL itself.
    let most = min(request.pageCount, frames.freeCount)
    let reserve = 66 + (mdlSize(for: .null, byteCount: most * 4096) + 4095) / 4096
    let limit = min(most, max(0, frames.freeCount - reserve))
    var taken: [FrameNumber] = []
    taken.reserveCapacity(limit)
    if request.flags.contains(.contiguousChunks) {
      takeChunks(for: request, limit: limit, into: &taken)
    } else {
      takePages(for: request, limit: limit, into: &taken)
    }
    let isEnough = !request.flags.contains(.fullyRequired) || taken.count == request.pageCount
    guard !taken.isEmpty, isEnough, let mdl = try makeMDL(for: taken) else {
      for frame in taken { frames.dereference(frame) }
      return GuestPointer(.null)
    }
    if !request.flags.contains(.doNotZero) {
      for frame in taken where frames.ram.isWritten(frame) { frames.ram.fill(frame) }
    }
    for frame in taken { frames.setCachingType(request.cachingType, of: frame) }
    pageAllocations.add(
      PageAllocation(mdl: mdl.address, frames: taken, caller: context.caller)
    )
    return mdl
  }

  private func check(_ request: PageRequest, _ routine: String) throws {
    let (flags, skip) = (request.flags, request.skip)
    guard request.byteCount > 0, request.byteCount <= 1 << 32 - 4096 else {
      throw Unmodelled("\(routine) of no bytes, or of more than 4 GB less a page")
    }
    guard skip & 0xFFF == 0 else { throw Unmodelled("\(routine) that skips a part of a page") }
    let known: PageRequest.Flags =
      behaviour.pageAllocationHonoursFlags ? PageRequest.Flags.always.union(.later) : .always
    guard flags.isSubset(of: known) else {
      throw Unmodelled(
        "\(routine) with flags 0x\(String(flags.rawValue, radix: 16)), whose effect on this release "
          + "is not documented (KD-032)"
      )
    }
    if flags.contains(.contiguousChunks), skip != 0 {
      guard skip & (skip - 1) == 0, request.byteCount & (skip - 1) == 0 else {
        throw Unmodelled("\(routine) of chunks that are no power of two, or of a part of one")
      }
    }
  }

  /// Takes pages of one range after the other.
  private func takePages(
    for request: PageRequest,
    limit: Int,
    into taken: inout [FrameNumber]
  ) {
    let step = Int(clamping: request.skip >> 12)
    var first = Int(clamping: (request.low >> 12) + (request.low & 0xFFF == 0 ? 0 : 1))
    var last = Int(clamping: request.high >> 12)
    // What earlier ranges covered need not be looked at again.
    var next = first
    while first < frames.ram.frameCount, taken.count < limit {
      let end = min(last, frames.ram.frameCount - 1) + 1
      if max(first, next) < end {
        frames.take(into: &taken, upTo: limit, in: max(first, next)..<end, .mdlPages)
        next = end
      }
      guard step > 0 else { return }
      first += step
      last += step
    }
  }

  /// Takes chunks of pages that follow each other, all of one size and aligned to it.
  private func takeChunks(
    for request: PageRequest,
    limit: Int,
    into taken: inout [FrameNumber]
  ) {
    let chunk = request.skip == 0 ? request.pageCount : Int(clamping: request.skip >> 12)
    let first = Int(clamping: (request.low >> 12) + (request.low & 0xFFF == 0 ? 0 : 1))
    let end = min(Int(clamping: request.high >> 12), frames.ram.frameCount - 1) + 1
    let alignment = request.skip == 0 ? 1 : chunk
    var next = first
    while taken.count < request.pageCount, taken.count + chunk <= limit, next < end {
      guard
        let start = frames.allocateContiguous(
          chunk,
          in: next..<end,
          alignment: alignment,
          .mdlPages
        )
      else { return }
      taken += start..<start + FrameNumber(chunk)
      next = Int(start) + chunk
    }
  }

  /// Makes the MDL of pages that have no virtual address: `StartVa` and `ByteOffset` are 0.
  ///
  /// ReactOS's kernel-mode test `MmMdl` sees `MDL_PAGES_LOCKED` and no mapping.
  private func makeMDL(for taken: [FrameNumber]) throws -> GuestPointer<MDL>? {
    let byteCount = taken.count * 4096
    let size = mdlSize(for: .null, byteCount: byteCount)
    guard let block = try allocatePool(size, .nonpaged, tag: 0x206C_644D, caller: context.caller)
    else { return nil }
    let mdl = GuestPointer<MDL>(block)
    try initializeMDL(mdl, for: .null, byteCount: byteCount)
    try memory.modify(mdl) { mdl in
      mdl.flags = .pagesLocked
      mdl.process = .null
      mdl.mappedSystemVA = .null
    }
    let array = MDL.pageFrames(of: mdl, on: memory.architecture)
    for (index, frame) in taken.enumerated() { try storePageFrame(frame, index, array) }
    return mdl
  }

  /// Frees pages that were allocated for an MDL, which stays.
  ///
  /// The corresponding kernel routine is `MmFreePagesFromMdl`.
  ///
  /// - Throws: ``Unmodelled`` if the MDL has no such pages.
  func freePages(of mdl: GuestPointer<MDL>, routine: String) throws {
    try requireIRQL(behaviour.pageAllocationIRQL, routine)
    guard pageAllocations.contains(mdl.address) else {
      report(
        .freePagesInvalid,
        "pages of the MDL at \(mdl.address) are freed, but none are allocated for it"
      )
      throw Unmodelled("\(routine) of an MDL without allocated pages")
    }
    let view = memory[mdl]
    if try view.flags.contains(.mappedToSystemVA) {
      let address = try view.mappedSystemVA
      if behaviour.freeingMDLPagesUnmaps {
        try unmapLockedPages(address, mdl)
      } else {
        // The mapping stays, onto pages that others get (KD-030).
        report(
          .freeMapped,
          "the pages of the MDL at \(mdl.address) are freed while they are mapped",
          mapping(at: address)
        )
      }
    }
    try memory.modify(mdl) { $0.flags.subtract(.pagesLocked) }
    guard let allocation = pageAllocations.remove(mdl.address) else { return }
    for frame in allocation.frames { frames.dereference(frame) }
  }

  /// The pages that were allocated for MDLs and not freed.
  public var livePageAllocations: [PageAllocation] { pageAllocations.all }

  /// Checks the IRQL of a call against what the release's documents allow.
  ///
  /// - Throws: ``Unmodelled`` above that: what happens then is not documented.
  func requireIRQL(_ limit: IRQLLevel, _ routine: String) throws {
    guard context.irql.rawValue > limit.rawValue, context.irql <= .dispatch else { return }
    throw Unmodelled(
      "\(routine) at IRQL \(context.irql.rawValue), where this release allows \(limit.rawValue)"
    )
  }
}
