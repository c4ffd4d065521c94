internal import GuestABI
internal import NTStructures

extension CacheManager {
  /// The routines that drivers import.
  var exports: [Export] { lifeExports + copyExports + flushExports + mdlExports + pinExports }

  func sizes(at place: VirtualAddress) throws -> CacheMap.Sizes {
    CacheMap.Sizes(
      allocation: try memory.load(at: place),
      file: try memory.load(at: place + 8),
      validData: try memory.load(at: place + 16)
    )
  }

  private var lifeExports: [Export] {
    [
      export("CcInitializeCacheMap") {
        [self]
        (
          file: GuestPointer<FileObject>,
          sizes: VirtualAddress,
          pinsData: Bool,
          callbacks: VirtualAddress,
          context: VirtualAddress
        ) in
        try initialize(file, self.sizes(at: sizes), callbacks, context)
      },
      export("CcUninitializeCacheMap") {
        [self]
        (
          file: GuestPointer<FileObject>,
          truncateSize: GuestPointer<Int64>,
          event: VirtualAddress
        ) in
        try uninitialize(file, truncateSize, event)
      },
      export(Self.closeRoutine) { [self] (number: GuestWord) in
        guard let map = map(number.rawValue) else { return Completion.done }
        return try close(map)
      },
      export("CcSetFileSizes") {
        [self] (file: GuestPointer<FileObject>, sizes: VirtualAddress) in
        // A file that is not cached has no sizes here.
        let pointers = try memory[file].sectionObjectPointer
        guard !pointers.isNull, let map = maps[pointers] else { return }
        let new = try self.sizes(at: sizes)
        if new.file < map.sizes.file {
          let first = (UInt64(max(0, new.file)) + 4095) >> 12
          discard(map, first..<UInt64.max)
        }
        map.sizes = new
      },
      export("CcSetAdditionalCacheAttributes") {
        [self]
        (file: GuestPointer<FileObject>, hasNoReadAhead: Bool, hasNoWriteBehind: Bool) in
        // Nothing is read ahead here, and nothing written before it is flushed.
        _ = try map(of: file, "CcSetAdditionalCacheAttributes")
      },
      export("CcSetReadAheadGranularity") {
        [self] (file: GuestPointer<FileObject>, granularity: UInt32) in
        guard try memory[file].privateCacheMap != .null else {
          throw Unmodelled("CcSetReadAheadGranularity: a file that is not cached")
        }
      },
      export("CcScheduleReadAhead") {
        [self] (file: GuestPointer<FileObject>, offset: VirtualAddress, length: UInt32) in
        _ = try map(of: file, "CcScheduleReadAhead")
      },
      export("CcSetDirtyPageThreshold") {
        [self] (file: GuestPointer<FileObject>, threshold: UInt32) in
        _ = try map(of: file, "CcSetDirtyPageThreshold")
      },
      export("CcGetFileObjectFromSectionPtrs") {
        [self] (pointers: GuestPointer<SectionObjectPointers>) in
        maps[pointers]?.file ?? GuestPointer(.null)
      },
    ]
  }

  /// The first routine of the thread that closes a map; it is not in the export table.
  static let closeRoutine = "CcpCloseCacheMap"

  private func initialize(
    _ file: GuestPointer<FileObject>,
    _ sizes: CacheMap.Sizes,
    _ callbacks: VirtualAddress,
    _ context: VirtualAddress
  ) throws {
    let pointers = try memory[file].sectionObjectPointer
    guard !pointers.isNull else {
      throw Unmodelled("CcInitializeCacheMap: a file without SECTION_OBJECT_POINTERS")
    }
    guard try memory[file].privateCacheMap == .null else { return }
    let map =
      try maps[pointers] ?? makeMap(for: file, sizes, callbacks: callbacks, context: context)
    let own = try io.allocate(0x40, tag: "CcPc")
    try memory[file].store(own, in: \.privateCacheMap)
    map.users.append(file.address)
  }

  /// Lets a file object's map go; with the last file object the map is closed.
  ///
  /// The corresponding kernel routine is `CcUninitializeCacheMap`. Dirty pages are written by a thread
  /// of the system's, as the lazy writer does, after the routine has returned.
  private func uninitialize(
    _ file: GuestPointer<FileObject>,
    _ truncateSize: GuestPointer<Int64>,
    _ event: VirtualAddress
  ) throws -> Completion {
    let pointers = try memory[file].sectionObjectPointer
    let own = try memory[file].privateCacheMap
    guard !pointers.isNull, let map = maps[pointers] else {
      if event != .null {
        _ = try io.dispatcher.setEvent(event + memory.architecture.pointerSize, to: 1)
      }
      return .returned(false)
    }
    if own != .null {
      try manager.freePool(own)
      try memory[file].store(.null, in: \.privateCacheMap)
      map.users.removeAll { $0 == file.address }
    }
    if event != .null { map.waiters.append(event) }
    if !truncateSize.isNull, map.users.isEmpty {
      let size = max(0, try memory.load(Int64.self, at: truncateSize.address))
      discard(map, (UInt64(size) + 4095) >> 12..<UInt64.max)
      map.sizes.file = min(map.sizes.file, size)
    }
    guard map.users.isEmpty, !map.isClosing else { return .returned(false) }
    guard map.pages.values.contains(where: { $0.isDirty || $0.holds > 0 }) else {
      return try remove(map).followed { _ in .returned(true) }
    }
    map.isClosing = true
    let start = GuestCall(try io.addressOfRoutine(Self.closeRoutine), map.number)
    _ = try io.dispatcher.createThread(start)
    return .returned(false)
  }

  /// Writes what is dirty, and forgets the map unless somebody uses it again.
  private func close(_ map: CacheMap) throws -> Completion {
    let acquire: VirtualAddress = try memory.load(at: map.callbacks)
    let release: VirtualAddress = try memory.load(
      at: map.callbacks + memory.architecture.pointerSize
    )
    let acquiring = GuestFunction<Bool, VirtualAddress, Bool>(acquire)
    return acquiring.call(map.context, true) { [self] isAcquired in
      guard isAcquired else {
        throw Unmodelled("a lazy write that the file system does not let begin")
      }
      return try flush(map, 0..<UInt64.max) { [self] _, _ in
        let releasing = GuestFunction<Void, VirtualAddress>(release)
        return .call(releasing.call(map.context)) { [self] _ in
          map.isClosing = false
          guard map.users.isEmpty else { return .done }
          return try remove(map)
        }
      }
    }
  }

  private var copyExports: [Export] {
    [
      export("CcCopyRead") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          waits: Bool,
          buffer: VirtualAddress,
          status: GuestPointer<IOStatusBlock>
        ) in
        let start: Int64 = try memory.load(at: offset.address)
        return try read(file, start, Int(length), waits, buffer, status, "CcCopyRead")
      },
      export("CcFastCopyRead") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: UInt32,
          length: UInt32,
          pageCount: UInt32,
          buffer: VirtualAddress,
          status: GuestPointer<IOStatusBlock>
        ) in
        try read(file, Int64(offset), Int(length), true, buffer, status, "CcFastCopyRead")
      },
      export("CcCopyWrite") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          waits: Bool,
          buffer: VirtualAddress
        ) in
        let start: Int64 = try memory.load(at: offset.address)
        return try write(file, start, Int(length), waits, buffer, "CcCopyWrite")
      },
      export("CcFastCopyWrite") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: UInt32,
          length: UInt32,
          buffer: VirtualAddress
        ) in
        try write(file, Int64(offset), Int(length), true, buffer, "CcFastCopyWrite")
      },
      export("CcZeroData") {
        [self]
        (
          file: GuestPointer<FileObject>,
          start: GuestPointer<Int64>,
          end: GuestPointer<Int64>,
          waits: Bool
        ) in
        try zero(file, memory.load(at: start.address), memory.load(at: end.address), waits)
      },
    ]
  }

  /// Checks that a range lies within a cached file, which the cache manager itself does not.
  func check(_ map: CacheMap, _ start: Int64, _ count: Int, _ routine: String) throws {
    let (end, overflow) = start.addingReportingOverflow(Int64(count))
    guard start >= 0, !overflow, end <= max(map.sizes.file, map.sizes.allocation),
      count <= 64 << 20
    else { throw Unmodelled("\(routine): a range beyond the end of the file") }
  }

  /// Copies for fast I/O, which has checked the range.
  func copyFast(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ count: Int,
    _ buffer: VirtualAddress,
    _ status: GuestPointer<IOStatusBlock>,
    waits: Bool,
    isWrite: Bool,
    _ routine: String
  ) throws -> Completion {
    guard isWrite else { return try read(file, start, count, waits, buffer, status, routine) }
    return try write(file, start, count, waits, buffer, routine).followed { [self] bits in
      if bits & 0xFF != 0 {
        try memory.modify(status) { status in
          status.status = .success
          status.information = GuestWord(count)
        }
      }
      return .value(bits)
    }
  }

  private func read(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ count: Int,
    _ waits: Bool,
    _ buffer: VirtualAddress,
    _ status: GuestPointer<IOStatusBlock>,
    _ routine: String
  ) throws -> Completion {
    let map = try map(of: file, routine)
    try check(map, start, count, routine)
    let pages = CacheMap.pages(start, count)
    guard waits || pages.allSatisfy({ map.pages[$0] != nil }) else { return .returned(false) }
    return try makeResident(map, pages) { [self] in
      try copy(map, start, buffer, count, isWrite: false)
      try memory.modify(status) { status in
        status.status = .success
        status.information = GuestWord(count)
      }
      return .returned(true)
    }
  }

  private func write(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ count: Int,
    _ waits: Bool,
    _ buffer: VirtualAddress,
    _ routine: String
  ) throws -> Completion {
    let map = try map(of: file, routine)
    try check(map, start, count, routine)
    let pages = CacheMap.pages(start, count)
    guard waits || pages.allSatisfy({ map.pages[$0] != nil }) else { return .returned(false) }
    let end = start + Int64(count)
    return try makeResident(
      map,
      pages,
      isOverwritten: CacheMap.wholePages(from: start, to: end)
    ) { [self] in
      try copy(map, start, buffer, count, isWrite: true)
      map.sizes.validData = max(map.sizes.validData, end)
      // FO_WRITE_THROUGH.
      guard try memory[file].flags & 0x10 != 0 else { return .returned(true) }
      return try flush(map, pages) { status, _ in
        guard status.isSuccess else { throw RaisedStatus(status) }
        return .returned(true)
      }
    }
  }

  private func zero(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ end: Int64,
    _ waits: Bool
  ) throws -> Completion {
    guard try memory[file].privateCacheMap != .null else {
      throw Unmodelled("CcZeroData: a file that is not cached")
    }
    let map = try map(of: file, "CcZeroData")
    guard end > start else { return .returned(true) }
    let count = Int(clamping: end &- start)
    try check(map, start, count, "CcZeroData")
    let pages = CacheMap.pages(start, count)
    guard waits || pages.allSatisfy({ map.pages[$0] != nil }) else { return .returned(false) }
    return try makeResident(
      map,
      pages,
      isOverwritten: CacheMap.wholePages(from: start, to: end)
    ) { [self] in
      var place = start
      while place < end {
        let page = UInt64(place) >> 12
        let within = Int(place & 0xFFF)
        let part = min(4096 - within, Int(end - place))
        try memory.fill(at: try address(of: page, in: map) + within, count: part)
        map.pages[page]?.isDirty = true
        place += Int64(part)
      }
      return .returned(true)
    }
  }
}
