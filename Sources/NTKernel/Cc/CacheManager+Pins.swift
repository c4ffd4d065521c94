internal import GuestABI
internal import NTStructures

/// Ranges of cached files that drivers map or pin, and use by their addresses.
extension CacheManager {
  /// The routines that drivers import.
  var pinExports: [Export] {
    ["CcMapData", "CcPinRead"].map { name in
      export(name) {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          flags: UInt32,
          bcb: VirtualAddress,
          buffer: VirtualAddress
        ) in
        try pin(file, memory.load(at: offset.address), Int(length), flags, bcb, buffer, name)
      }
    } + [
      export("CcPreparePinWrite") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          zeroes: Bool,
          flags: UInt32,
          bcb: VirtualAddress,
          buffer: VirtualAddress
        ) in
        let name = "CcPreparePinWrite"
        let start: Int64 = try memory.load(at: offset.address)
        return try pin(file, start, Int(length), flags, bcb, buffer, name).followed { [self] bits in
          guard bits & 0xFF != 0 else { return .value(bits) }
          let place: VirtualAddress = try memory.load(at: buffer)
          if zeroes { try memory.fill(at: place, count: Int(length)) }
          try markDirty(memory.load(at: bcb), name)
          return .returned(true)
        }
      },
      export("CcPinMappedData") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          flags: UInt32,
          bcb: VirtualAddress
        ) in
        // What is mapped stays in memory just as what is pinned.
        let known: VirtualAddress = try memory.load(at: bcb)
        guard pinned[known] != nil else {
          throw Unmodelled("CcPinMappedData: a BCB that the cache manager did not make")
        }
        return true
      },
      export("CcSetDirtyPinnedData") { [self] (bcb: VirtualAddress, number: VirtualAddress) in
        try markDirty(bcb, "CcSetDirtyPinnedData")
      },
      export("CcUnpinData") { [self] (bcb: VirtualAddress) in try unpin(bcb, "CcUnpinData") },
      export("CcUnpinDataForThread") { [self] (bcb: VirtualAddress, thread: VirtualAddress) in
        try unpin(bcb, "CcUnpinDataForThread")
      },
    ]
  }

  /// Keeps a range in memory, and says where it is.
  private func pin(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ count: Int,
    _ flags: UInt32,
    _ bcb: VirtualAddress,
    _ buffer: VirtualAddress,
    _ routine: String
  ) throws -> Completion {
    let map = try map(of: file, routine)
    try check(map, start, count, routine)
    let view = Int64(Self.viewSize)
    guard count > 0, start / view == (start + Int64(count) - 1) / view else {
      throw Unmodelled("\(routine): a range in more than one view of 256 KiB")
    }
    let pages = CacheMap.pages(start, count)
    // MAP_WAIT and PIN_WAIT.
    guard flags & 1 != 0 || pages.allSatisfy({ map.pages[$0] != nil }) else {
      return .returned(false)
    }
    return try makeResident(map, pages) { [self] in
      let block = try io.allocate(0x20, tag: "CcBc")
      let first = Int64(pages.lowerBound << 12)
      // PUBLIC_BCB: the type, the size, and the range that is mapped.
      try memory.store(UInt16(0x2FD), at: block)
      try memory.store(UInt16(0x20), at: block + 2)
      try memory.store(UInt32(pages.count * 4096), at: block + 4)
      try memory.store(first, at: block + 8)
      for page in pages { map.pages[page]?.holds += 1 }
      pinned[block] = PinnedRange(map: map, pages: pages)
      let place = try address(of: pages.lowerBound, in: map) + Int(start - first)
      try memory.store(block, at: bcb)
      try memory.store(place, at: buffer)
      return .returned(true)
    }
  }

  private func markDirty(_ bcb: VirtualAddress, _ routine: String) throws {
    guard let range = pinned[bcb] else {
      throw Unmodelled("\(routine): a BCB that the cache manager did not make")
    }
    for page in range.pages { range.map.pages[page]?.isDirty = true }
    let end = Int64(range.pages.upperBound << 12)
    range.map.sizes.validData = max(range.map.sizes.validData, min(end, range.map.sizes.file))
  }

  private func unpin(_ bcb: VirtualAddress, _ routine: String) throws {
    guard let range = pinned.removeValue(forKey: bcb) else {
      throw Unmodelled("\(routine): a BCB that the cache manager did not make")
    }
    for page in range.pages { range.map.pages[page]?.holds -= 1 }
    try manager.freePool(bcb)
  }
}
