public import GuestABI
public import NTStructures

/// A mapping of the pages that an MDL describes, as long as it exists.
public struct MDLMapping: Sendable {
  /// The MDL.
  public let mdl: VirtualAddress
  /// The first page of the mapping.
  public let base: VirtualAddress
  /// The number of pages.
  public let pageCount: Int
  /// The MDL's byte offset, when it was mapped.
  public let byteOffset: Int
  /// The MDL's byte count, when it was mapped.
  public let byteCount: Int
  /// Where the buffer itself is: the MDL's virtual address.
  public let buffer: VirtualAddress
  /// The mode that the pages are mapped for.
  public let mode: ProcessorMode
  /// The process that the pages are mapped into, or null for system space.
  public let process: VirtualAddress
  /// The address that the driver got.
  public let returned: VirtualAddress
  /// Where the routine that mapped the pages returned to.
  public let caller: VirtualAddress
  /// Whether the addresses were reserved by `MmAllocateMappingAddress`.
  public let isReserved: Bool
  /// Whether what the driver got depends on how the documents are read (KD-002).
  public let dependsOnReading: Bool

  /// The bytes at the start of the buffer that `MmAdvanceMdl` has passed since.
  public internal(set) var passedByteCount = 0
  /// The first access through the mapping.
  public internal(set) var firstAccess: ObservedAccess?
  /// The lowest address accessed through the mapping.
  public internal(set) var lowestAccess: ObservedAccess?
  /// The first access to its pages but outside the buffer.
  public internal(set) var firstAccessOutside: ObservedAccess?

  /// The bytes of the mapping that belong to the buffer, as it was when it was mapped.
  public var window: Range<VirtualAddress> {
    base + byteOffset..<base + (byteOffset + byteCount)
  }

  /// The bytes that still do, behind those that `MmAdvanceMdl` has passed.
  public var remainder: Range<VirtualAddress> {
    window.lowerBound + passedByteCount..<window.upperBound
  }

  /// The pages of the mapping.
  public var pages: Range<VirtualAddress> { base..<base + pageCount * 4096 }
}

/// A rule that a driver broke, seen where it did.
public struct Violation: Sendable {
  /// The rules.
  public enum Rule: String, Sendable, CaseIterable {
    /// An access to the pages of a mapping, but not to the buffer.
    case accessOutsideBuffer = "mdl-access-outside-buffer"
    /// Pages are mapped that are neither locked nor nonpaged.
    case mapUnlocked = "mdl-map-unlocked"
    /// An MDL is mapped into system space twice.
    case mapTwice = "mdl-map-twice"
    /// An address is unmapped that no mapping of that MDL has.
    case unmapUnknown = "mdl-unmap-unknown"
    /// An MDL is locked that is locked, mapped, partial or describes nonpaged pool.
    case lockInvalid = "mdl-lock-invalid"
    /// Pages are unlocked that are not locked.
    case unlockUnlocked = "mdl-unlock-unlocked"
    /// An MDL is freed while its pages are locked.
    case freeLocked = "mdl-free-locked"
    /// An MDL is freed while its pages are mapped.
    case freeMapped = "mdl-free-mapped"
    /// An address is freed that is not an allocation.
    case freeInvalid = "pool-free-invalid"
    /// Pool is written after it was freed.
    case writeAfterFree = "pool-write-after-free"
    /// Something is left when the driver is gone.
    case leak = "leak"
    /// A mapping is removed that is removed already.
    case unmapTwice = "mdl-unmap-twice"
    /// A mapping of an MDL is removed with another MDL.
    case unmapOther = "mdl-unmap-other"
    /// Pool is read after it was freed.
    case readAfterFree = "pool-read-after-free"
    /// An MDL or a block of pool is freed that is freed already.
    case freeTwice = "pool-free-twice"
    /// The bytes past the end of a block of pool are written.
    case poolOverrun = "pool-overrun"
    /// The bytes before the start of a block of pool are written.
    case poolUnderrun = "pool-underrun"
    /// Pages are unlocked while they are mapped for user mode.
    case unlockMapped = "mdl-unlock-mapped"
    /// Pages of an MDL are freed that were not allocated for it, or are freed already.
    case freePagesInvalid = "mdl-free-pages-invalid"
    /// A user mapping is removed in another process than the one it was made in.
    case unmapInWrongProcess = "mdl-unmap-wrong-process"
    /// A process ends while locked pages are mapped into it.
    case mappingLeftInProcess = "mdl-mapping-left-in-process"
    /// A process ends while pages of it are locked.
    case pagesLockedAtExit = "mdl-locked-at-process-exit"
    /// Pages are mapped for user mode where nothing handles the exception of a failure.
    case userMappingUnguarded = "mdl-user-mapping-unguarded"
    /// A routine of the driver returns while its thread is attached to another process.
    case leftAttached = "process-left-attached"
    /// Cached pages are mapped with another cache type.
    case cacheConflict = "mdl-map-cache-conflict"
    /// A reserved mapping is used as its routines do not allow.
    case reservedMappingMisuse = "mdl-reserved-mapping-misuse"
    /// A routine is called at a higher IRQL than its documents allow.
    case irqlTooHigh = "irql-too-high"
    /// Pages are written that were locked for reading.
    case wrongLockOperation = "mdl-wrong-lock-operation"
    /// A field of an MDL is written that only the system may write.
    case fieldWritten = "mdl-field-written"
    /// The pages of a buffer are taken to be contiguous in physical memory.
    case contiguityAssumed = "physical-contiguity-assumed"
    /// An address is unmapped in the mapping's first page that is not the one that was returned.
    case unmapAddress = "mdl-unmap-address"
  }

  /// The rule.
  public let rule: Rule
  /// What happened, in one sentence.
  public let detail: String
  /// Where: an instruction of the driver, or where the routine that noticed returns to.
  public let location: VirtualAddress
  /// Whether ``location`` is exact.
  public let isPrecise: Bool
  /// The access, if it is one.
  public let access: ObservedAccess?
  /// The mapping, if there is one.
  public let mapping: MDLMapping?
  /// Whether it does harm, and not only may.
  public let isCertain: Bool
  /// What was done before with the object that it is about.
  public let life: [ObjectEvent]
  /// The MDL that it is about, as it was then.
  public let mdl: MDLState?

  init(
    _ rule: Rule,
    _ detail: String,
    at location: VirtualAddress,
    isPrecise: Bool = true,
    access: ObservedAccess? = nil,
    mapping: MDLMapping? = nil,
    isCertain: Bool = true,
    life: [ObjectEvent] = [],
    mdl: MDLState? = nil
  ) {
    self.rule = rule
    self.detail = detail
    self.location = location
    self.isPrecise = isPrecise
    self.access = access
    self.mapping = mapping
    self.isCertain = isCertain
    self.life = life
    self.mdl = mdl
  }
}
