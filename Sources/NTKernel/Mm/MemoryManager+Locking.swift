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
    try lockPages(mdl, mode, operation, "MmProbeAndLockPages") {
      $0 + $1 * 4096
    }
  }

  /// Locks the pages of a process's buffer in memory and notes them in its MDL.
  ///
  /// The corresponding kernel routine is `MmProbeAndLockProcessPages`.
  ///
  /// - Throws: As ``probeAndLockPages(_:mode:operation:)``.
  public func probeAndLockProcessPages(
    _ mdl: GuestPointer<MDL>,
    of process: VirtualAddress,
    mode: ProcessorMode,
    operation: LockOperation
  ) throws {
    let routine = "MmProbeAndLockProcessPages"
    guard let space = space(of: process) else {
      throw Unmodelled("\(routine) of a process that does not exist")
    }
    try within(space) {
      try lockPages(mdl, mode, operation, routine) { $0 + $1 * 4096 }
    }
  }

  /// Locks the pages that an array of segments lists, and notes them in an MDL.
  ///
  /// The corresponding kernel routine is `MmProbeAndLockSelectedPages`. Each `FILE_SEGMENT_ELEMENT` holds the
  /// 64-bit address of one page, on x86 as well.
  ///
  /// - Throws: As ``probeAndLockPages(_:mode:operation:)``, and ``GuestFault`` if the array cannot be read.
  public func probeAndLockSelectedPages(
    _ mdl: GuestPointer<MDL>,
    _ segments: VirtualAddress,
    mode: ProcessorMode,
    operation: LockOperation
  ) throws {
    try lockPages(mdl, mode, operation, "MmProbeAndLockSelectedPages") {
      [memory] _, index in
      let bits = try memory.load(UInt64.self, at: segments + index * 8)
      guard bits & 0xFFF == 0, memory.architecture == .x64 || bits >> 32 == 0 else {
        throw Unmodelled("MmProbeAndLockSelectedPages with a segment that is no page")
      }
      return VirtualAddress(rawValue: bits)
    }
  }

  /// Locks pages that the current process sees, and notes them in an MDL.
  ///
  /// - Parameters:
  ///   - mdl: The MDL.
  ///   - mode: The mode to check the pages for.
  ///   - operation: What is going to be done with them.
  ///   - routine: The routine that the driver called.
  ///   - page: Returns a page's address, given the MDL's first page and the page's index.
  /// - Throws: ``RaisedStatus``, with nothing locked.
  private func lockPages(
    _ mdl: GuestPointer<MDL>,
    _ mode: ProcessorMode,
    _ operation: LockOperation,
    _ routine: String,
    page: (VirtualAddress, Int) throws -> VirtualAddress
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
      throw Unmodelled("\(routine) of an MDL that is locked, mapped, partial or nonpaged")
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
    var pages: [FrameNumber] = []
    pages.reserveCapacity(min(pageCount, frames.ram.frameCount))
    var isIOSpace = false
    for index in 0..<pageCount {
      // Frames that are no memory can be locked too: a driver may have mapped device memory there.
      guard let found = memory.tables.translate(try page(start, index)),
        operation == .read || found.isWritable, mode == .kernel || found.isUser
      else { throw RaisedStatus(.accessViolation) }
      pages.append(found.frame)
      if !memory.ram.contains(found.frame) { isIOSpace = true }
    }
    let array = MDL.pageFrames(of: mdl, on: memory.architecture)
    for (index, frame) in pages.enumerated() { try storePageFrame(frame, index, array) }
    for frame in pages { frames.reference(frame) }
    let space = isUserAddress ? currentSpace : nil
    space?.lockedPageCount += pages.count
    locks[mdl.address] = LockedPages(frames: pages, caller: context.caller, space: space)
    note(.locked, mdl.address)
    var set: MDL.Flags = .pagesLocked
    if operation != .read { set.insert(.writeOperation) }
    if isIOSpace { set.insert(.ioSpace) }
    try memory.modify(mdl) { mdl in
      mdl.flags.subtract(.writeOperation)
      mdl.flags.formUnion(set)
      mdl.process = isUserAddress ? currentProcess : .null
    }
  }

  /// Unlocks the pages of an MDL, and unmaps them from system space.
  ///
  /// The corresponding kernel routine is `MmUnlockPages`.
  public func unlockPages(_ mdl: GuestPointer<MDL>) throws {
    let flags = try memory[mdl].flags
    if flags.contains(.mappedToSystemVA), !flags.contains(.partial), locks[mdl.address] != nil {
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
    try checkFrames(of: mdl, lock)
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

  /// Unlocks the first pages of an MDL, if it holds a lock.
  func unlock(_ count: Int, of mdl: GuestPointer<MDL>) {
    guard let lock = locks[mdl.address] else { return }
    for frame in lock.frames.prefix(count) { frames.dereference(frame) }
    lock.space?.lockedPageCount -= min(count, lock.frames.count)
    locks[mdl.address] = LockedPages(
      frames: Array(lock.frames.dropFirst(count)),
      caller: lock.caller,
      space: lock.space
    )
  }

  /// The MDLs whose pages are locked, with the callers that locked them, by address.
  public var lockedMDLs: [(mdl: VirtualAddress, caller: VirtualAddress)] {
    locks.map { ($0.key, $0.value.caller) }.sorted { $0.mdl < $1.mdl }
  }
}
