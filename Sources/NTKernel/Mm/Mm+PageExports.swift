public import GuestABI
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to allocate pages without virtual addresses.
  public var pageExports: [Export] {
    [
      export("MmAllocatePagesForMdl") {
        [self]
        (low: PhysicalAddress, high: PhysicalAddress, skip: PhysicalAddress, byteCount: GuestWord)
        in
        try allocatePages(
          PageRequest(
            low: low.rawValue,
            high: high.rawValue,
            skip: skip.rawValue,
            byteCount: byteCount.rawValue
          ),
          routine: "MmAllocatePagesForMdl"
        )
      },
      export("MmAllocatePagesForMdlEx") {
        [self]
        (
          low: PhysicalAddress,
          high: PhysicalAddress,
          skip: PhysicalAddress,
          byteCount: GuestWord,
          cacheType: UInt32,
          flags: UInt32
        ) in
        try allocatePages(
          low,
          high,
          skip,
          byteCount,
          cacheType,
          flags: flags,
          routine: "MmAllocatePagesForMdlEx"
        )
      },
      export("MmAllocateNodePagesForMdlEx") {
        [self]
        (
          low: PhysicalAddress,
          high: PhysicalAddress,
          skip: PhysicalAddress,
          byteCount: GuestWord,
          cacheType: UInt32,
          node: UInt32,
          flags: UInt32
        ) in
        let routine = "MmAllocateNodePagesForMdlEx"
        try requireOnlyNode(node, routine)
        return try allocatePages(
          low,
          high,
          skip,
          byteCount,
          cacheType,
          flags: flags,
          routine: routine
        )
      },
      export("MmAllocatePartitionNodePagesForMdlEx") {
        [self]
        (
          low: PhysicalAddress,
          high: PhysicalAddress,
          skip: PhysicalAddress,
          byteCount: GuestWord,
          cacheType: UInt32,
          node: UInt32,
          flags: UInt32,
          partition: VirtualAddress
        ) in
        let routine = "MmAllocatePartitionNodePagesForMdlEx"
        try requireOnlyNode(node, routine)
        try requireSystemPartition(partition, routine)
        return try allocatePages(
          low,
          high,
          skip,
          byteCount,
          cacheType,
          flags: flags,
          routine: routine
        )
      },
      export("MmFreePagesFromMdl") { [self] (mdl: GuestPointer<MDL>) in
        try freePages(of: mdl, routine: "MmFreePagesFromMdl")
      },
      export("MmFreePagesFromMdlEx") { [self] (mdl: GuestPointer<MDL>, flags: UInt32) in
        // MM_FREE_MDL_PAGES_ZERO is 1; nobody sees the pages once they are freed.
        guard flags & ~1 == 0 else { throw Unmodelled("MmFreePagesFromMdlEx with flags \(flags)") }
        try freePages(of: mdl, routine: "MmFreePagesFromMdlEx")
      },
      export("MmAllocateMdlForIoSpace") {
        [self]
        (list: VirtualAddress, count: GuestWord, result: GuestPointer<VirtualAddress>) in
        try allocateIOSpaceMDL(list, count: count, result)
      },
    ]
  }

  private func allocatePages(
    _ low: PhysicalAddress,
    _ high: PhysicalAddress,
    _ skip: PhysicalAddress,
    _ byteCount: GuestWord,
    _ cacheType: UInt32,
    flags: UInt32,
    routine: String
  ) throws -> GuestPointer<MDL> {
    guard let cachingType = CachingType(rawValue: cacheType) else {
      throw Unmodelled("\(routine) with cache type \(cacheType)")
    }
    return try allocatePages(
      PageRequest(
        low: low.rawValue,
        high: high.rawValue,
        skip: skip.rawValue,
        byteCount: byteCount.rawValue,
        flags: PageRequest.Flags(rawValue: flags),
        cachingType: cachingType
      ),
      routine: routine
    )
  }

  /// Checks that a node is the only one that the machine has.
  func requireOnlyNode(_ node: UInt32, _ routine: String) throws {
    // MM_ANY_NODE_OK is 0x80000000.
    guard node == 0 || node == 0x8000_0000 else { throw Unmodelled("\(routine) of node \(node)") }
  }

  /// Checks that a partition of memory is the system's.
  func requireSystemPartition(_ partition: VirtualAddress, _ routine: String) throws {
    guard partition == .null else { throw Unmodelled("\(routine) of a partition") }
  }
}
