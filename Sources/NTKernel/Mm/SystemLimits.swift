internal import GuestABI
internal import NTReleases

/// Where the pools and the system PTEs of a machine end, in pages.
///
/// Only pages in use count: NT puts no guard pages between them, as this model does.
public struct SystemLimits: Sendable {
  /// The pages of physical memory.
  public let memory: Int
  /// The pages that nonpaged pool can have.
  public let nonpagedPool: Int
  /// The pages that paged pool can have, in memory and in the paging file.
  public let pagedPool: Int
  /// The number of system PTEs.
  public let systemPTEs: Int
}

extension SystemLimits {
  /// Creates the limits of a release on a machine.
  ///
  /// - Parameters:
  ///   - behaviour: The release's.
  ///   - architecture: The machine's.
  ///   - memorySize: The bytes of physical memory.
  init(_ behaviour: Behaviour, _ architecture: Architecture, memorySize: Int) {
    let width = architecture.pointerSize
    memory = memorySize >> 12
    nonpagedPool = behaviour.nonpagedPoolPages(memorySize: memorySize, pointerSize: width)
    pagedPool = behaviour.pagedPoolPages(memorySize: memorySize, pointerSize: width)
    systemPTEs = behaviour.systemPTECount(memorySize: memorySize, pointerSize: width)
  }
}

/// Pages in use, of those that there can be.
public struct MemoryUse: Hashable, Sendable {
  /// The pages in use, without guard pages.
  public let used: Int
  /// The pages that there can be.
  public let limit: Int

  /// Creates a use from its two numbers.
  public init(used: Int, limit: Int) {
    self.used = used
    self.limit = limit
  }
}

extension MemoryManager {
  /// How much of nonpaged pool is in use.
  public var nonpagedPoolUse: MemoryUse { nonpagedPool.region.use }
  /// How much of paged pool is in use.
  public var pagedPoolUse: MemoryUse { pagedPool.region.use }
  /// How many system PTEs are in use.
  public var systemPTEUse: MemoryUse { systemPTEs.use }
}

extension PTERegion {
  fileprivate var use: MemoryUse { MemoryUse(used: usedCount, limit: limit) }
}
