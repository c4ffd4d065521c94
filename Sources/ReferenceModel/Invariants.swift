internal import GuestABI
internal import NTKernel
internal import NTStructures

extension RandomActs {
  /// Checks what must hold between any two acts.
  mutating func checkInvariants() throws {
    try checkMDLs()
    try checkFrames()
    let manager = calls.manager
    let mappings = state.lists.values.reduce(0) {
      $0 + ($1.systemAddress == nil ? 0 : 1) + ($1.userMapping == nil ? 0 : 1)
    }
    try expect(manager.liveMappings.count, mappings, "the number of mappings")
    let locks = state.lists.values.count { $0.state == .locked }
    try expect(manager.lockedMDLs.count, locks, "the number of locks")
    for (number, process) in state.processes {
      try expect(
        process.space.lockedPageCount,
        state.lockedPages(of: number),
        "the number of locked pages of a process"
      )
    }
    try expect(
      manager.currentProcess,
      state.processes[state.current]?.body ?? .null,
      "the current process"
    )
    try expect(
      calls.violations.count,
      expectedViolations,
      "the number of broken rules (\(calls.violations.last?.detail ?? ""))"
    )
  }

  /// The MDLs say of themselves what was done with them.
  private func checkMDLs() throws {
    for list in state.lists.values {
      let view = calls.memory[list.mdl]
      let flags = try view.flags
      let isLocked = list.state == .locked || list.state == .pages
      try expect(flags.contains(.pagesLocked), isLocked, "MDL_PAGES_LOCKED")
      let isMapped = list.systemAddress != nil
      try expect(flags.contains(.mappedToSystemVA), isMapped, "MDL_MAPPED_TO_SYSTEM_VA")
      let isNonpaged = list.state == .nonpaged
      try expect(flags.contains(.sourceIsNonpagedPool), isNonpaged, "MDL_SOURCE_IS_NONPAGED_POOL")
      if list.state == .locked {
        let isWritten = list.operation != .read
        try expect(flags.contains(.writeOperation), isWritten, "MDL_WRITE_OPERATION")
      }
      try expect(try Int(view.byteCount), list.byteCount, "ByteCount")
    }
  }

  /// Each frame has one owner, the references that are due, and is behind each address that shows it.
  private mutating func checkFrames() throws {
    var owners: [FrameNumber: Int] = [:]
    var references: [FrameNumber: Int] = [:]
    for (number, block) in state.blocks where !block.isFreed && block.kind != .pages {
      if let process = block.process { try enter(process) }
      let isOwned = block.kind == .user || block.kind == .contiguous
      for index in 0..<block.pageCount {
        let page = block.address + (index * 4096 - block.address.offsetInPage)
        guard let frame = frame(at: page) else { throw Difference("\(page) is not mapped") }
        if isOwned, let other = owners.updateValue(number, forKey: frame), other != number {
          throw Difference("frame \(frame) is in two places")
        }
        references[frame] = 1
      }
    }
    for list in state.lists.values where list.state == .locked || list.state == .pages {
      for frame in try frames(of: list) { references[frame, default: 0] += 1 }
    }
    for (frame, expected) in references {
      let seen = calls.manager.frames.referenceCount(of: frame)
      try expect(seen, expected, "the reference count of frame \(frame)")
    }
    for list in state.lists.values where list.isMapped { try checkMapping(list) }
    try enter(state.current)
  }

  private func checkMapping(_ list: List) throws {
    guard let block = state.blocks[list.block] else { return }
    let frames = try frames(of: list)
    var places: [VirtualAddress] = []
    if let address = list.systemAddress { places.append(address) }
    if let mapping = list.userMapping {
      try enter(mapping.process)
      places.append(mapping.address)
    }
    for place in places {
      for (index, expected) in frames.enumerated() {
        let page = place + (index * 4096 - place.offsetInPage)
        guard let seen = frame(at: page) else { throw Difference("\(page) is not mapped") }
        try expect(seen, expected, "the frame at \(page)")
      }
      try compare(at: place, list, 0..<min(16, list.byteCount), block)
      try compare(at: place, list, max(0, list.byteCount - 16)..<list.byteCount, block)
    }
  }

  private func frame(at page: VirtualAddress) -> FrameNumber? {
    calls.memory.tables.translate(page)?.frame
  }

  private func frames(of list: List) throws -> [FrameNumber] {
    let architecture = calls.memory.architecture
    let view = calls.memory[list.mdl]
    let start = try view.startVA + Int(view.byteOffset)
    let array = MDL.pageFrames(of: list.mdl, on: architecture)
    return try (0..<MDL.pageCount(from: start, byteCount: list.byteCount)).map {
      let number = try calls.memory.load(GuestWord.self, at: array + $0 * architecture.pointerSize)
      return FrameNumber(clamping: number.rawValue)
    }
  }
}
