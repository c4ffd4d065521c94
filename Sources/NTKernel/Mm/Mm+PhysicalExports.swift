public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to work with physical memory.
  public var physicalExports: [Export] { addressExports + ioSpaceExports + contiguousExports }

  private var addressExports: [Export] {
    [
      export("MmGetPhysicalAddress", to: physicalAddress(of:)),
      export("MmGetVirtualForPhysical", to: virtualAddress(of:)),
      export("MmIsAddressValid") { [self] (address: VirtualAddress) in
        memory.tables.translate(address) != nil
      },
      export("MmGetPhysicalMemoryRanges") { [self] () in try physicalMemoryRanges() },
      export("MmGetPhysicalMemoryRangesEx") { [self] (partition: VirtualAddress) in
        try requireSystemPartition(partition, "MmGetPhysicalMemoryRangesEx")
        return try physicalMemoryRanges()
      },
    ]
  }

  private var ioSpaceExports: [Export] {
    [
      export("MmMapIoSpace") {
        [self]
        (physical: PhysicalAddress, byteCount: GuestWord, cacheType: UInt32) in
        try requireIRQL(behaviour.ioSpaceMappingIRQL, "MmMapIoSpace")
        let options = try cachingType(cacheType, "MmMapIoSpace").options.union(.writable)
        return try mapIOSpace(
          physical,
          byteCount: byteCount.byteCount,
          options,
          .ioSpace,
          "MmMapIoSpace"
        )
      },
      export("MmMapIoSpaceEx") {
        [self]
        (physical: PhysicalAddress, byteCount: GuestWord, protection: UInt32) in
        try mapIOSpace(
          physical,
          byteCount: byteCount.byteCount,
          options(ofProtection: protection, "MmMapIoSpaceEx"),
          .ioSpace,
          "MmMapIoSpaceEx"
        )
      },
      export("MmUnmapIoSpace") { [self] (address: VirtualAddress, byteCount: GuestWord) in
        try requireIRQL(behaviour.ioSpaceMappingIRQL, "MmUnmapIoSpace")
        try unmapIOSpace(address, byteCount: byteCount.byteCount)
      },
      export("MmMapVideoDisplay") {
        [self]
        (physical: PhysicalAddress, byteCount: GuestWord, cacheType: UInt32) in
        let options = try cachingType(cacheType, "MmMapVideoDisplay").options.union(.writable)
        return try mapIOSpace(
          physical,
          byteCount: byteCount.byteCount,
          options,
          .videoDisplay,
          "MmMapVideoDisplay"
        )
      },
      export("MmUnmapVideoDisplay") { [self] (address: VirtualAddress, byteCount: GuestWord) in
        try unmapIOSpace(
          address,
          byteCount: byteCount.byteCount,
          .videoDisplay,
          "MmUnmapVideoDisplay"
        )
      },
    ]
  }

  private var contiguousExports: [Export] {
    [
      export("MmAllocateContiguousMemory") {
        [self]
        (byteCount: GuestWord, highest: PhysicalAddress) in
        try allocateContiguous(
          byteCount,
          in: 0...highest.rawValue,
          for: "MmAllocateContiguousMemory"
        )
      },
      export("MmAllocateContiguousMemorySpecifyCache") {
        [self]
        (
          byteCount: GuestWord,
          lowest: PhysicalAddress,
          highest: PhysicalAddress,
          boundary: PhysicalAddress,
          cacheType: UInt32
        ) in
        try allocateContiguous(
          byteCount,
          lowest,
          highest,
          boundary,
          cacheType: cacheType,
          "MmAllocateContiguousMemorySpecifyCache"
        )
      },
      export("MmAllocateContiguousMemorySpecifyCacheNode") {
        [self]
        (
          byteCount: GuestWord,
          lowest: PhysicalAddress,
          highest: PhysicalAddress,
          boundary: PhysicalAddress,
          cacheType: UInt32,
          node: UInt32
        ) in
        let routine = "MmAllocateContiguousMemorySpecifyCacheNode"
        try requireOnlyNode(node, routine)
        return try allocateContiguous(
          byteCount,
          lowest,
          highest,
          boundary,
          cacheType: cacheType,
          routine
        )
      },
      export("MmAllocateContiguousNodeMemory") {
        [self]
        (
          byteCount: GuestWord,
          lowest: PhysicalAddress,
          highest: PhysicalAddress,
          boundary: PhysicalAddress,
          protection: UInt32,
          node: UInt32
        ) in
        let routine = "MmAllocateContiguousNodeMemory"
        try requireOnlyNode(node, routine)
        let options = try options(ofProtection: protection, routine)
        guard options.contains(.writable) else {
          throw Unmodelled("\(routine) of memory that cannot be written")
        }
        guard lowest.rawValue <= highest.rawValue else { return VirtualAddress.null }
        return try allocateContiguous(
          byteCount,
          in: lowest.rawValue...highest.rawValue,
          boundary: boundary.rawValue,
          options: options,
          for: routine
        )
      },
      export("MmFreeContiguousMemory") { [self] (address: VirtualAddress) in
        try freeContiguous(address, "MmFreeContiguousMemory")
      },
      export("MmFreeContiguousMemorySpecifyCache") {
        [self]
        (address: VirtualAddress, byteCount: GuestWord, cacheType: UInt32) in
        try freeContiguous(address, byteCount: byteCount, "MmFreeContiguousMemorySpecifyCache")
      },
      export("MmAllocateNonCachedMemory", to: allocateNoncached(_:)),
      export("MmFreeNonCachedMemory", to: freeNoncached(_:_:)),
    ]
  }

  private func allocateContiguous(
    _ byteCount: GuestWord,
    _ lowest: PhysicalAddress,
    _ highest: PhysicalAddress,
    _ boundary: PhysicalAddress,
    cacheType: UInt32,
    _ routine: String
  ) throws -> VirtualAddress {
    guard let type = CachingType(rawValue: cacheType) else {
      throw Unmodelled("\(routine) with cache type \(cacheType)")
    }
    guard lowest.rawValue <= highest.rawValue else { return .null }
    return try allocateContiguous(
      byteCount,
      in: lowest.rawValue...highest.rawValue,
      boundary: boundary.rawValue,
      options: type.options.union(.writable),
      for: routine
    )
  }

  /// Returns an array of the ranges of physical memory, which ends with one of no bytes.
  ///
  /// The corresponding kernel routine is `MmGetPhysicalMemoryRanges`; `PHYSICAL_MEMORY_RANGE` holds two
  /// 64-bit numbers.
  private func physicalMemoryRanges() throws -> VirtualAddress {
    let ranges: [(UInt64, UInt64)] = [
      (0x1000, 0x9E000), (0x10_0000, UInt64(frames.ram.frameCount) * 4096 - 0x10_0000), (0, 0),
    ]
    guard
      let block = try allocatePool(
        ranges.count * 16,
        .nonpaged,
        tag: 0x6D50_6D4D,
        caller: context.caller
      )
    else { return .null }
    for (index, range) in ranges.enumerated() {
      try memory.store(range.0, at: block + index * 16)
      try memory.store(range.1, at: block + (index * 16 + 8))
    }
    return block
  }
}
