public import GuestABI
internal import Snapshots

/// How the processor caches a page: the `MEMORY_CACHING_TYPE` values that x86 and x64 have.
public enum CachingType: UInt32, Sendable, CaseIterable {
  /// `MmNonCached`.
  case noncached = 0
  /// `MmCached`.
  case cached = 1
  /// `MmWriteCombined`.
  case writeCombined = 2

  /// The bits of a page-table entry.
  var options: HardwarePTE {
    switch self {
    case .noncached: [.cacheDisabled, .writeThrough]
    case .cached: []
    case .writeCombined: .writeThrough
    }
  }

  /// Creates the type that the bits of a page-table entry stand for.
  init(_ options: HardwarePTE) {
    self =
      options.contains(.cacheDisabled)
      ? .noncached : options.contains(.writeThrough) ? .writeCombined : .cached
  }
}

extension PFNDatabase {
  /// Returns how a frame is cached where it is mapped, or nil if it has no type yet.
  ///
  /// Memory is cached unless it was allocated otherwise. The pages of `MmAllocatePagesForMdl` have no
  /// type until they are mapped (windows-driver-docs-ddi@6dcd4d9f nf-wdm-mmmaplockedpagesspecifycache,
  /// remarks), and frames that are no memory have none.
  public func cachingType(of frame: FrameNumber) -> CachingType? {
    guard ram.contains(frame) else { return nil }
    return CachingType(rawValue: UInt32(cachingTypes[Int(frame)]))
  }

  /// Says how a frame is cached, until it is freed; nil if that is open.
  public func setCachingType(_ type: CachingType?, of frame: FrameNumber) {
    guard ram.contains(frame) else { return }
    cachingTypes[Int(frame)] = type.map { UInt8($0.rawValue) } ?? .max
  }
}
