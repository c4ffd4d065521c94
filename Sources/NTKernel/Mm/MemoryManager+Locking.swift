public import GuestABI
public import NTStructures

/// What a driver is going to do with pages that it locks: `LOCK_OPERATION`.
public enum LockOperation: UInt32, Sendable, GuestScalar, GuestArgument {
  /// The pages are read: `IoReadAccess`.
  case read = 0
  /// The pages are written: `IoWriteAccess`.
  case write = 1
  /// The pages are read and written: `IoModifyAccess`.
  case modify = 2

  public static func size(on architecture: Architecture) -> Int { 4 }

  /// Creates an operation from its bits; all values but those of reading and writing modify.
  public init(guestBits: UInt64) {
    self = Self(rawValue: UInt32(truncatingIfNeeded: guestBits)) ?? .modify
  }

  public var guestBits: UInt64 { UInt64(rawValue) }
}

extension MemoryManager {
  /// Locks the pages of a buffer in memory and notes them in its MDL.
  ///
  /// The corresponding kernel routine is `MmProbeAndLockPages`.
  ///
  /// - Throws: ``RaisedStatus`` with `STATUS_ACCESS_VIOLATION` if a page cannot be accessed, with
  ///   nothing locked.
  public func probeAndLockPages(
    _ mdl: GuestPointer<MDL>,
    mode: ProcessorMode,
    operation: LockOperation
  ) throws {
    let view = memory[mdl]
    let flags = try view.flags
    let invalid: MDL.Flags = [
      .pagesLocked, .mappedToSystemVA, .sourceIsNonpagedPool, .partial, .ioSpace,
    ]
    guard flags.isDisjoint(with: invalid) else {
      report(
        .lockInvalid,
        "the MDL at \(mdl.address) is locked, mapped, partial or nonpaged already",
        about: mdl.address
      )
      throw Unmodelled("MmProbeAndLockPages of an MDL that is locked, mapped, partial or nonpaged")
    }
    let start = try view.startVA
    let byteCount = try Int(view.byteCount)
    let address = start + (try Int(view.byteOffset))
    let pageCount = MDL.pageCount(from: address, byteCount: byteCount)
    let isUserAddress = address < layout.userProbeAddress
    if mode == .user {
      let end = address + byteCount
      guard end <= layout.userProbeAddress, end >= address else {
        throw RaisedStatus(.accessViolation)
      }
    }
    let access: GuestFault.Access = operation == .read ? .read : .write
    var pages: [FrameNumber] = []
    pages.reserveCapacity(min(pageCount, frames.ram.frameCount))
    for index in 0..<pageCount {
      let page: Translation
      do {
        page = try memory.translate(start + index * 4096, for: access)
      } catch {
        throw RaisedStatus(.accessViolation)
      }
      guard mode == .kernel || page.isUser else { throw RaisedStatus(.accessViolation) }
      pages.append(page.frame)
    }
    let array = MDL.pageFrames(of: mdl, on: memory.architecture)
    for (index, frame) in pages.enumerated() {
      frames.reference(frame)
      try storePageFrame(frame, index, array)
    }
    let space = isUserAddress ? currentSpace : nil
    space?.lockedPageCount += pages.count
    locks[mdl.address] = LockedPages(frames: pages, caller: context.caller, space: space)
    note(.locked, mdl.address)
    let written: MDL.Flags = operation == .read ? [] : .writeOperation
    try memory.modify(mdl) { mdl in
      mdl.flags.subtract(.writeOperation)
      mdl.flags.formUnion(written.union(.pagesLocked))
      mdl.process = isUserAddress ? currentProcess : .null
    }
  }

  /// Unlocks the pages of an MDL, and unmaps them from system space.
  ///
  /// The corresponding kernel routine is `MmUnlockPages`.
  public func unlockPages(_ mdl: GuestPointer<MDL>) throws {
    let flags = try memory[mdl].flags
    if flags.contains(.mappedToSystemVA), !flags.contains(.partial) {
      try unmapLockedPages(memory[mdl].mappedSystemVA, mdl)
    }
    guard let lock = locks.removeValue(forKey: mdl.address) else {
      report(
        .unlockUnlocked,
        "the MDL at \(mdl.address) is unlocked, but its pages are not locked",
        about: mdl.address
      )
      throw Unmodelled("MmUnlockPages of pages that are not locked")
    }
    if let mapping = userMapping(of: mdl.address) {
      report(
        .unlockMapped,
        "the MDL at \(mdl.address) is unlocked while it is mapped for user mode at "
          + "\(mapping.returned)",
        mapping
      )
    }
    note(.unlocked, mdl.address)
    for frame in lock.frames { frames.dereference(frame) }
    lock.space?.lockedPageCount -= lock.frames.count
    try memory.modify(mdl) { $0.flags.subtract(.pagesLocked) }
  }

  /// The MDLs whose pages are locked, with the callers that locked them, by address.
  public var lockedMDLs: [(mdl: VirtualAddress, caller: VirtualAddress)] {
    locks.map { ($0.key, $0.value.caller) }.sorted { $0.mdl < $1.mdl }
  }
}
