internal import GuestABI
internal import NTStructures

/// Reading and writing the cache's own pages through MDLs, without a copy.
extension CacheManager {
  /// The routines that drivers import.
  var mdlExports: [Export] {
    [
      export("CcMdlRead") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          chain: VirtualAddress,
          status: GuestPointer<IOStatusBlock>
        ) in
        try lockRange(
          file,
          memory.load(at: offset.address),
          Int(length),
          chain,
          status,
          isWrite: false,
          "CcMdlRead"
        )
      },
      export("CcPrepareMdlWrite") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          chain: VirtualAddress,
          status: GuestPointer<IOStatusBlock>
        ) in
        try lockRange(
          file,
          memory.load(at: offset.address),
          Int(length),
          chain,
          status,
          isWrite: true,
          "CcPrepareMdlWrite"
        )
      },
      export("CcMdlReadComplete") {
        [self] (file: GuestPointer<FileObject>, chain: GuestPointer<MDL>) in
        // The driver's fast I/O routine is asked first.
        try askDriver(file, .mdlReadComplete, [chain.address.rawValue]) { [self] isDone in
          if !isDone { try unlock(chain) }
          return .done
        }
      },
      export("CcMdlWriteComplete") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          chain: GuestPointer<MDL>
        ) in
        let arguments = [offset.address.rawValue, chain.address.rawValue]
        return try askDriver(file, .mdlWriteComplete, arguments) { [self] isDone in
          if isDone { return .done }
          return try completeWrite(file, memory.load(at: offset.address), chain)
        }
      },
      export("CcMdlWriteAbort") {
        [self] (file: GuestPointer<FileObject>, chain: GuestPointer<MDL>) in
        try unlock(chain)
      },
    ]
  }

  /// Brings a range into memory, and locks it; what is written as a whole is not read before.
  func lockRange(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ count: Int,
    _ chain: VirtualAddress,
    _ status: GuestPointer<IOStatusBlock>,
    isWrite: Bool,
    _ routine: String
  ) throws -> Completion {
    let map = try map(of: file, routine)
    try check(map, start, count, routine)
    let end = isWrite ? start + Int64(count) : start
    return try makeResident(
      map,
      CacheMap.pages(start, count),
      isOverwritten: CacheMap.wholePages(from: start, to: end)
    ) { [self] in
      try lock(map, start, count, chain, status, isWrite ? .write : .read)
    }
  }

  /// Locks a range of the cache's pages, with an MDL for each view that it touches.
  private func lock(
    _ map: CacheMap,
    _ start: Int64,
    _ count: Int,
    _ chain: VirtualAddress,
    _ status: GuestPointer<IOStatusBlock>,
    _ operation: LockOperation
  ) throws -> Completion {
    var place = UInt64(start)
    var left = count
    var tail = chain
    // An MDL that is in the chain already stays before the new ones.
    for _ in 0..<0x1_0000 {
      let next: GuestPointer<MDL> = try memory.load(at: tail)
      if next.isNull { break }
      tail = memory[next].address(of: \.next)
    }
    while left > 0 {
      let inView = Self.viewSize - Int(place % UInt64(Self.viewSize))
      let part = min(inView, left)
      let address = try address(of: place >> 12, in: map) + Int(place & 0xFFF)
      let caller = manager.context.caller
      guard let mdl = try manager.allocateMDL(for: address, byteCount: part, caller: caller) else {
        throw RaisedStatus(.insufficientResources)
      }
      try manager.probeAndLockPages(mdl, mode: .kernel, operation: operation)
      for page in CacheMap.pages(Int64(place), part) { map.pages[page]?.holds += 1 }
      lockedChains[mdl] = PinnedRange(map: map, pages: CacheMap.pages(Int64(place), part))
      try memory.store(mdl, at: tail)
      tail = memory[mdl].address(of: \.next)
      place += UInt64(part)
      left -= part
    }
    try memory.modify(status) { status in
      status.status = .success
      status.information = GuestWord(count)
    }
    return .done
  }

  /// Unlocks and frees a chain of MDLs of cache pages.
  func unlock(_ chain: GuestPointer<MDL>, marksDirty: Bool = false) throws {
    var mdl = chain
    for _ in 0..<0x1_0000 where !mdl.isNull {
      let next = try memory[mdl].next
      guard let range = lockedChains.removeValue(forKey: mdl) else {
        throw Unmodelled("CcMdlReadComplete: an MDL that the cache manager did not make")
      }
      for page in range.pages {
        range.map.pages[page]?.holds -= 1
        if marksDirty { range.map.pages[page]?.isDirty = true }
      }
      try manager.unlockPages(mdl)
      try manager.freeMDL(mdl)
      mdl = next
    }
  }

  func completeWrite(
    _ file: GuestPointer<FileObject>,
    _ start: Int64,
    _ chain: GuestPointer<MDL>
  ) throws -> Completion {
    let map = try map(of: file, "CcMdlWriteComplete")
    var count: Int64 = 0
    var mdl = chain
    for _ in 0..<0x1_0000 where !mdl.isNull {
      count += Int64(try memory[mdl].byteCount)
      mdl = try memory[mdl].next
    }
    try unlock(chain, marksDirty: true)
    let end = start &+ count
    map.sizes.validData = max(map.sizes.validData, end)
    // FO_WRITE_THROUGH.
    guard try memory[file].flags & 0x10 != 0 else { return .done }
    return try flush(map, CacheMap.pages(start, Int(count))) { status, _ in
      guard status.isSuccess else { throw RaisedStatus(status) }
      return .done
    }
  }

  /// The fast I/O routines that the cache manager asks, by their places in a `FAST_IO_DISPATCH`.
  enum FastRoutine: Int {
    case mdlReadComplete = 17
    case mdlWriteComplete = 19
    case acquireForFlush = 26
    case releaseForFlush = 27
  }

  /// Calls a fast I/O routine of the driver of a file, if there is one, with the file object before the
  /// arguments and the device behind them.
  func askDriver(
    _ file: GuestPointer<FileObject>,
    _ routine: FastRoutine,
    _ arguments: [UInt64],
    then body: @escaping (Bool) throws -> Completion
  ) throws -> Completion {
    let device = try io.relatedDevice(of: file)
    let table = try memory[memory[device].driverObject].fastIODispatch
    guard table != .null else { return try body(false) }
    let place = routine.rawValue * memory.architecture.pointerSize
    // SizeOfFastIoDispatch says how many routines the driver knows of.
    guard try Int(memory.load(UInt32.self, at: table)) > place else { return try body(false) }
    let function: VirtualAddress = try memory.load(at: table + place)
    guard function != .null else { return try body(false) }
    let file = file.address.rawValue
    let device64 = device.address.rawValue
    let call =
      switch arguments.count {
      case 0: GuestCall(function, file, device64)
      case 1: GuestCall(function, file, arguments[0], device64)
      default: GuestCall(function, file, arguments[0], arguments[1], device64)
      }
    return .call(call) { try body($0 & 0xFF != 0) }
  }
}
