public import GuestABI

/// Pages that were allocated for an MDL and not freed.
public struct PageAllocation: Sendable {
  /// The MDL that describes them.
  public let mdl: VirtualAddress
  /// The pages.
  public let frames: [FrameNumber]
  /// The driver's call that allocated them.
  public let caller: VirtualAddress
}

/// The pages that were allocated for MDLs, by the MDLs' addresses.
struct PageAllocations {
  private var live: [VirtualAddress: PageAllocation] = [:]
  /// Pages whose MDL is gone, so that nothing can free them.
  private var lost: [PageAllocation] = []

  /// Whether pages belong to an MDL.
  func contains(_ mdl: VirtualAddress) -> Bool { live[mdl] != nil }

  mutating func add(_ allocation: PageAllocation) {
    if let old = live.updateValue(allocation, forKey: allocation.mdl) { lost.append(old) }
  }

  mutating func remove(_ mdl: VirtualAddress) -> PageAllocation? { live.removeValue(forKey: mdl) }

  /// All of them, by the addresses of their MDLs.
  var all: [PageAllocation] { (lost + live.values).sorted { $0.mdl < $1.mdl } }
}

/// Which pages will do for an MDL, and what is promised of them.
struct PageRequest {
  /// What the caller asks for, in the bits of `MM_ALLOCATE_…`.
  struct Flags: OptionSet {
    let rawValue: UInt32

    /// The pages need not be zero: `MM_DONT_ZERO_ALLOCATION`.
    static var doNotZero: Self { Self(rawValue: 0x01) }
    /// Only the ideal node's pages will do: `MM_ALLOCATE_FROM_LOCAL_NODE_ONLY`.
    static var localNodeOnly: Self { Self(rawValue: 0x02) }
    /// All pages or none: `MM_ALLOCATE_FULLY_REQUIRED`.
    static var fullyRequired: Self { Self(rawValue: 0x04) }
    /// The thread may not wait: `MM_ALLOCATE_NO_WAIT`.
    static var noWait: Self { Self(rawValue: 0x08) }
    /// Free memory should stay in one piece: `MM_ALLOCATE_PREFER_CONTIGUOUS`.
    static var preferContiguous: Self { Self(rawValue: 0x10) }
    /// Pages that follow each other: `MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS`.
    static var contiguousChunks: Self { Self(rawValue: 0x20) }

    /// The flags that every release with the routine knows.
    static var always: Self { [.doNotZero, .localNodeOnly] }
    /// The flags that came later (KD-032).
    static var later: Self { [.fullyRequired, .noWait, .preferContiguous, .contiguousChunks] }
  }

  /// The first physical address of the first range.
  var low: UInt64
  /// The last physical address of the first range.
  var high: UInt64
  /// The bytes from one range to the next; 0 if there is only one.
  var skip: UInt64
  /// The bytes that are asked for.
  var byteCount: UInt64
  var flags: Flags = []
  /// How the pages are to be cached; nil if that is up to who maps them.
  var cachingType: CachingType?

  /// The pages that are asked for.
  var pageCount: Int { Int(clamping: (byteCount &+ 4095) >> 12) }
}
