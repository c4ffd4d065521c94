internal import GuestABI
internal import NTStructures

/// What the cache manager keeps of one file: `SHARED_CACHE_MAP`.
final class CacheMap {
  /// The number by which a thread of the cache manager's finds the map.
  let number: UInt64
  /// The structure by which the file's file objects share the map.
  let pointers: GuestPointer<SectionObjectPointers>
  /// The file object whose driver the pages are read from and written to.
  let file: GuestPointer<FileObject>
  /// The blocks that `SharedCacheMap` and `DataSectionObject` point to, whose contents are opaque.
  let body: VirtualAddress
  /// `CACHE_MANAGER_CALLBACKS`.
  let callbacks: VirtualAddress
  /// What the callbacks are called with.
  let context: VirtualAddress
  var sizes: Sizes
  /// The file objects that use the map.
  var users: [VirtualAddress] = []
  /// The places of the views in the cache's addresses, by their numbers in the file.
  var views: [UInt64: Int] = [:]
  /// The pages that are in memory, by their numbers in the file.
  var pages: [UInt64: Page] = [:]
  /// The event structures to be told when the map is gone.
  var waiters: [VirtualAddress] = []
  /// Whether a thread of the cache manager's is going to close the map.
  var isClosing = false

  /// A page of the file in memory.
  struct Page {
    var isDirty = false
    /// Whether the file's driver is being asked for it.
    var isLoading = false
    /// The locks and pins that keep the page.
    var holds = 0
  }

  /// `CC_FILE_SIZES`.
  struct Sizes {
    var allocation: Int64
    var file: Int64
    var validData: Int64
  }

  init(
    number: UInt64,
    pointers: GuestPointer<SectionObjectPointers>,
    file: GuestPointer<FileObject>,
    body: VirtualAddress,
    callbacks: VirtualAddress,
    context: VirtualAddress,
    sizes: Sizes
  ) {
    self.number = number
    self.pointers = pointers
    self.file = file
    self.body = body
    self.callbacks = callbacks
    self.context = context
    self.sizes = sizes
  }

  /// The pages that a range of bytes touches.
  static func pages(_ offset: Int64, _ byteCount: Int) -> Range<UInt64> {
    let start = UInt64(max(0, offset))
    guard byteCount > 0 else { return start >> 12..<start >> 12 }
    return start >> 12..<(start + UInt64(byteCount - 1)) >> 12 + 1
  }

  /// Returns what tells whether a page lies wholly within a range of bytes.
  static func wholePages(from start: Int64, to end: Int64) -> (UInt64) -> Bool {
    { page in
      let place = Int64(clamping: page &<< 12)
      return place >= start && place <= end - 4096
    }
  }

  /// The dirty pages within a range, in order.
  func dirtyPages(in range: Range<UInt64>) -> [UInt64] {
    pages.filter { $0.value.isDirty && range.contains($0.key) }.keys.sorted()
  }
}

/// The cache manager: pages of files in the system's memory, read from and written to the files' own
/// drivers.
///
/// A file is seen through views of 256 KiB. A page that is not in memory is read by a paging request to
/// the driver, as a page fault in a view is; what is written stays in memory until it is flushed, or
/// the last file object lets the map go.
final class CacheManager {
  /// The bytes of a view.
  static var viewSize: Int { 256 << 10 }
  /// The bytes between the beginnings of two views, which keeps pages without memory between them.
  private static var viewDistance: Int { 512 << 10 }
  /// The pages that one paging request reads or writes at most: 64 KiB.
  static var clusterPageCount: Int { 16 }

  let files: FileServices
  private(set) var maps: [GuestPointer<SectionObjectPointers>: CacheMap] = [:]
  private var usedViews: [Bool]
  private var nextNumber: UInt64 = 1
  /// The pages that MDLs of the cache manager's keep.
  var lockedChains: [GuestPointer<MDL>: PinnedRange] = [:]
  /// The pinned ranges, by their BCBs.
  var pinned: [VirtualAddress: PinnedRange] = [:]

  /// Creates a cache without files.
  init(_ files: FileServices) {
    self.files = files
    let range = files.io.manager.layout.systemCache
    let count = range.pageCount * 4096 / Self.viewDistance
    usedViews = [Bool](repeating: false, count: count)
  }

  var io: IoManager { files.io }
  var memory: AddressSpace { io.memory }
  var manager: MemoryManager { io.manager }

  // Maps

  /// Returns the map of a file object's file.
  ///
  /// - Throws: ``Unmodelled`` if the file is not cached, which the routines of the cache manager do not
  ///   check.
  func map(of file: GuestPointer<FileObject>, _ routine: String) throws -> CacheMap {
    let pointers = try memory[file].sectionObjectPointer
    guard let map = maps[pointers] else {
      throw Unmodelled("\(routine): a file that is not cached")
    }
    return map
  }

  /// Returns the map with a number.
  func map(_ number: UInt64) -> CacheMap? { maps.values.first { $0.number == number } }

  /// Makes a file's map.
  func makeMap(
    for file: GuestPointer<FileObject>,
    _ sizes: CacheMap.Sizes,
    callbacks: VirtualAddress,
    context: VirtualAddress
  ) throws -> CacheMap {
    let pointers = try memory[file].sectionObjectPointer
    let body = try io.allocate(0x40, tag: "CcSc")
    let map = CacheMap(
      number: nextNumber,
      pointers: pointers,
      file: file,
      body: body,
      callbacks: callbacks,
      context: context,
      sizes: sizes
    )
    nextNumber += 1
    maps[pointers] = map
    if let object = io.objects.object(withBody: file.address) { io.objects.reference(object) }
    try memory.modify(pointers) { pointers in
      pointers.sharedCacheMap = body
      pointers.dataSectionObject = body + 0x20
    }
    return map
  }

  /// Forgets a map, with its pages.
  func remove(_ map: CacheMap) throws -> Completion {
    discard(map, 0..<UInt64.max)
    maps[map.pointers] = nil
    try memory.modify(map.pointers) { pointers in
      pointers.sharedCacheMap = .null
      pointers.dataSectionObject = .null
    }
    try manager.freePool(map.body)
    for waiter in map.waiters {
      // CACHE_UNINITIALIZE_EVENT: the next one, and the event.
      _ = try io.dispatcher.setEvent(waiter + memory.architecture.pointerSize, to: 1)
    }
    guard let object = io.objects.object(withBody: map.file.address) else { return .done }
    return try files.dereference(object)
  }

  // Pages

  /// Returns where a page of a file is in the cache's addresses.
  func address(of page: UInt64, in map: CacheMap) throws -> VirtualAddress {
    let (view, index) = page.quotientAndRemainder(dividingBy: UInt64(Self.viewSize >> 12))
    let slot: Int
    if let known = map.views[view] {
      slot = known
    } else {
      guard let free = usedViews.firstIndex(of: false) else {
        throw Unmodelled("a cache of more than \(usedViews.count) views of 256 KiB")
      }
      usedViews[free] = true
      map.views[view] = free
      slot = free
    }
    let base = manager.layout.systemCache.lowerBound + slot * Self.viewDistance
    return base + Int(index) << 12
  }

  /// Gives a page that is not in memory a frame of zeros.
  ///
  /// - Throws: ``RaisedStatus`` if physical memory is used up.
  func materialise(_ page: UInt64, in map: CacheMap) throws {
    guard map.pages[page] == nil else { return }
    let place = try address(of: page, in: map)
    let tables = memory.tables.format.entrySize / 1024 + 2
    guard manager.frames.freeCount > tables + 64,
      try manager.mapNewPages(1, at: place, [.present, .writable], .systemCache)
    else { throw RaisedStatus(.insufficientResources) }
    map.pages[page] = CacheMap.Page()
  }

  /// Drops pages that nothing holds, whatever was written to them, and the views that are empty then.
  ///
  /// - Returns: Whether every page of the range is gone.
  @discardableResult
  func discard(_ map: CacheMap, _ range: Range<UInt64>) -> Bool {
    var isComplete = true
    for page in map.pages.keys.filter(range.contains).sorted() {
      guard map.pages[page]?.holds == 0, let place = try? address(of: page, in: map) else {
        isComplete = false
        continue
      }
      map.pages[page] = nil
      manager.unmapAndFree(1, at: place)
    }
    let pagesPerView = UInt64(Self.viewSize >> 12)
    let usedByPages = Set(map.pages.keys.map { $0 / pagesPerView })
    for (view, slot) in map.views where !usedByPages.contains(view) {
      usedViews[slot] = false
      map.views[view] = nil
    }
    return isComplete
  }

  /// Brings pages into memory, by paging requests to the file's driver.
  ///
  /// Pages behind the valid data are zeros that no driver is asked for; one that is about to be written as
  /// a whole is not read.
  func makeResident(
    _ map: CacheMap,
    _ range: Range<UInt64>,
    isOverwritten: @escaping (UInt64) -> Bool = { _ in false },
    then body: @escaping () throws -> Completion
  ) throws -> Completion {
    let pagesPerView = UInt64(Self.viewSize >> 12)
    var page = range.lowerBound
    func isRead(_ page: UInt64) -> Bool {
      map.pages[page] == nil && page << 12 < UInt64(max(0, map.sizes.validData))
        && !isOverwritten(page)
    }
    while page < range.upperBound {
      guard map.pages[page]?.isLoading != true else {
        throw Unmodelled("a page of a file that two threads bring into the cache")
      }
      guard isRead(page) else {
        try materialise(page, in: map)
        page += 1
        continue
      }
      var end = page
      while end < range.upperBound, isRead(end), end - page < UInt64(Self.clusterPageCount),
        end / pagesPerView == page / pagesPerView
      {
        do {
          try materialise(end, in: map)
        } catch {
          discard(map, page..<end)
          throw error
        }
        end += 1
      }
      for loading in page..<end { map.pages[loading]?.isLoading = true }
      let rest = end..<range.upperBound
      let cluster = page..<end
      return try transfer(map, cluster, isWrite: false) { [self] status in
        for page in cluster { map.pages[page]?.isLoading = false }
        guard status.isSuccess || status == .endOfFile else {
          discard(map, cluster)
          throw RaisedStatus(status)
        }
        return try makeResident(map, rest, isOverwritten: isOverwritten, then: body)
      }
    }
    return try body()
  }

  /// Reads pages from the file's driver, or writes them to it.
  func transfer(
    _ map: CacheMap,
    _ pages: Range<UInt64>,
    isWrite: Bool,
    then body: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    let place = try address(of: pages.lowerBound, in: map)
    let count = pages.count * 4096
    guard let mdl = try manager.allocateMDL(for: place, byteCount: count) else {
      throw RaisedStatus(.insufficientResources)
    }
    try manager.probeAndLockPages(mdl, mode: .kernel, operation: isWrite ? .read : .write)
    if !isWrite { try memory[mdl].store(memory[mdl].flags.union(.ioPageRead), in: \.flags) }
    // IRP_NOCACHE, IRP_PAGING_IO and IRP_SYNCHRONOUS_PAGING_IO.
    let packet = try files.begin(isWrite ? .write : .read, for: map.file, flags: 0x43)
    try memory.modify(packet.irp) { irp in
      irp.mdlAddress = mdl
      irp.userBuffer = place
    }
    let offset = Int64(pages.lowerBound << 12)
    try memory.modify(packet.location) { location in
      location.length = UInt32(count)
      location.byteOffset = offset
    }
    for page in pages { map.pages[page]?.holds += 1 }
    return try files.submit(packet, waits: true) { request in
      for page in pages { map.pages[page]?.holds -= 1 }
      return try body(request.status ?? .unsuccessful)
    }
  }

  /// Writes the dirty pages of a range to the file's driver.
  func flush(
    _ map: CacheMap,
    _ range: Range<UInt64>,
    then body: @escaping (NTStatus, UInt64) throws -> Completion
  ) throws -> Completion {
    try flush(map, map.dirtyPages(in: range)[...], 0, .success, then: body)
  }

  private func flush(
    _ map: CacheMap,
    _ pages: ArraySlice<UInt64>,
    _ done: UInt64,
    _ result: NTStatus,
    then body: @escaping (NTStatus, UInt64) throws -> Completion
  ) throws -> Completion {
    guard let first = pages.first else { return try body(result, done) }
    let pagesPerView = UInt64(Self.viewSize >> 12)
    var end = first
    for page in pages.prefix(Self.clusterPageCount) where page == end {
      guard page / pagesPerView == first / pagesPerView else { break }
      end += 1
    }
    let cluster = first..<end
    // What is written from now on makes the pages dirty again.
    for page in cluster { map.pages[page]?.isDirty = false }
    return try transfer(map, cluster, isWrite: true) { [self] status in
      if !status.isSuccess { for page in cluster { map.pages[page]?.isDirty = true } }
      let rest = pages.drop { $0 < end }
      let written = status.isSuccess ? UInt64(cluster.count * 4096) : 0
      return try flush(
        map,
        rest,
        done + written,
        status.isSuccess ? result : status,
        then: body
      )
    }
  }

  /// Copies between the cache and a buffer, page by page; the pages must be in memory.
  func copy(
    _ map: CacheMap,
    _ offset: Int64,
    _ buffer: VirtualAddress,
    _ byteCount: Int,
    isWrite: Bool
  ) throws {
    var (place, other, left) = (UInt64(max(0, offset)), buffer, byteCount)
    while left > 0 {
      let page = place >> 12
      let within = Int(place & 0xFFF)
      let count = min(4096 - within, left)
      let cached = try address(of: page, in: map) + within
      if isWrite {
        try memory.copy(from: other, to: cached, count: count)
        map.pages[page]?.isDirty = true
      } else {
        try memory.copy(from: cached, to: other, count: count)
      }
      place += UInt64(count)
      other = other + count
      left -= count
    }
  }
}

/// A range of a cached file that a driver has mapped or pinned: what a BCB stands for.
struct PinnedRange {
  let map: CacheMap
  let pages: Range<UInt64>
}
