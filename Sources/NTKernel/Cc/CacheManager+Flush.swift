internal import GuestABI
internal import NTStructures

/// Writing back, purging, and what file systems ask before they write.
extension CacheManager {
  /// The routines that drivers import.
  var flushExports: [Export] {
    [
      export("CcFlushCache") {
        [self]
        (
          pointers: GuestPointer<SectionObjectPointers>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          status: GuestPointer<IOStatusBlock>
        ) in
        try flush(pointers, offset, length, status)
      },
      export("CcPurgeCacheSection") {
        [self]
        (
          pointers: GuestPointer<SectionObjectPointers>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          uninitializes: UInt32
        ) in
        guard let map = maps[pointers] else { return true }
        // PurgeCacheMaps, as some file systems do when a file is truncated.
        guard uninitializes & 0xFF == 0 || map.users.isEmpty else {
          throw Unmodelled("CcPurgeCacheSection: UninitializeCacheMaps")
        }
        return discard(map, try range(offset, length))
      },
      export("CcCanIWrite") {
        [self]
        (file: GuestPointer<FileObject>, count: UInt32, waits: Bool, isRetry: Bool) in
        try canWrite(count)
      },
      export("CcDeferWrite") {
        [self]
        (
          file: GuestPointer<FileObject>,
          routine: GuestFunction<Void, VirtualAddress, VirtualAddress>,
          first: VirtualAddress,
          second: VirtualAddress,
          count: UInt32,
          isRetry: Bool
        ) in
        guard try canWrite(count) else { throw Unmodelled("CcDeferWrite: waiting for dirty pages") }
        return Completion.call(routine.call(first, second)) { _ in .done }
      },
      export("CcWaitForCurrentLazyWriterActivity") { () in NTStatus.success },
      export("MmCanFileBeTruncated") {
        [self] (pointers: GuestPointer<SectionObjectPointers>, size: GuestPointer<Int64>) in
        try checkNoImage(pointers, "MmCanFileBeTruncated")
        return true
      },
      export("MmFlushImageSection") {
        [self] (pointers: GuestPointer<SectionObjectPointers>, type: UInt32) in
        try checkNoImage(pointers, "MmFlushImageSection")
        return true
      },
      export("MmForceSectionClosed") {
        [self] (pointers: GuestPointer<SectionObjectPointers>, isDelayed: Bool) in
        try checkNoImage(pointers, "MmForceSectionClosed")
        // The cache's own section of a file cannot be closed while the cache uses it.
        return maps[pointers] == nil
      },
      export("MmDoesFileHaveUserWritableReferences") {
        [self] (pointers: GuestPointer<SectionObjectPointers>) in
        try checkNoImage(pointers, "MmDoesFileHaveUserWritableReferences")
        return UInt32(0)
      },
    ]
  }

  /// No section of a file as an image or as data exists but the cache's.
  private func checkNoImage(
    _ pointers: GuestPointer<SectionObjectPointers>,
    _ routine: String
  ) throws {
    guard try memory[pointers].imageSectionObject == .null else {
      throw Unmodelled("\(routine): an image section that the memory manager did not make")
    }
  }

  /// Whether there is room for more dirty pages: fewer than an eighth of the memory.
  private func canWrite(_ count: UInt32) throws -> Bool {
    let dirty = maps.values.reduce(0) { $0 + $1.pages.values.count { $0.isDirty } }
    guard (dirty + Int(count) >> 12) * 8 < memory.ram.frameCount else {
      throw Unmodelled("CcCanIWrite: more dirty pages than an eighth of the memory")
    }
    return true
  }

  /// The pages of an optional range; without one, all of the file's.
  private func range(_ offset: GuestPointer<Int64>, _ length: UInt32) throws -> Range<UInt64> {
    guard !offset.isNull else { return 0..<UInt64.max }
    let start: Int64 = try memory.load(at: offset.address)
    // No length means up to the end of the file.
    guard length > 0 else { return UInt64(max(0, start)) >> 12..<UInt64.max }
    return CacheMap.pages(start, Int(length))
  }

  private func flush(
    _ pointers: GuestPointer<SectionObjectPointers>,
    _ offset: GuestPointer<Int64>,
    _ length: UInt32,
    _ statusBlock: GuestPointer<IOStatusBlock>
  ) throws -> Completion {
    let range = try range(offset, length)
    guard let map = maps[pointers] else { return try finish(statusBlock, .success, 0) }
    return try askDriver(map.file, .acquireForFlush, []) { [self] _ in
      try flush(map, range) { [self] status, count in
        try askDriver(map.file, .releaseForFlush, []) { [self] _ in
          try finish(statusBlock, status, count)
        }
      }
    }
  }

  private func finish(
    _ statusBlock: GuestPointer<IOStatusBlock>,
    _ status: NTStatus,
    _ count: UInt64
  ) throws -> Completion {
    guard !statusBlock.isNull else { return .done }
    try memory.modify(statusBlock) { block in
      block.status = status
      block.information = GuestWord(rawValue: count)
    }
    return .done
  }
}
