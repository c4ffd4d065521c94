internal import GuestABI
internal import NTKernel
internal import NTStructures

extension RandomActs {
  // MDLs

  mutating func allocateList() throws {
    let blocks = state.blocks.filter { number, block in
      !block.isFreed && block.kind != .pages && !state.isDescribed(number)
        || state.lists.count < 24 && !block.isFreed && block.kind == .user
    }
    guard let number = random(Array(blocks.keys)), let block = blocks[number] else { return }
    let offset = self.number(0...block.bytes.count - 1)
    let byteCount = self.number(1...block.bytes.count - offset)
    let mdl = try allocateMDL(block.address + offset, byteCount)
    let list = List(mdl: mdl, block: number, offset: offset, byteCount: byteCount)
    if block.kind == .nonpagedPool || block.kind == .contiguous {
      try calls.call("MmBuildMdlForNonPagedPool", mdl)
      state.lists[state.newNumber()] = list.with { $0.state = .nonpaged }
    } else {
      state.lists[state.newNumber()] = list
    }
  }

  private func allocateMDL(
    _ address: VirtualAddress,
    _ byteCount: Int
  ) throws -> GuestPointer<MDL> {
    let mdl = try calls.pointer(
      "IoAllocateMdl",
      address,
      UInt32(byteCount),
      false,
      false,
      GuestPointer<IRP>(.null)
    )
    if mdl == .null { throw Difference("IoAllocateMdl returns NULL") }
    let view = calls.memory[GuestPointer<MDL>(mdl)]
    try expect(try view.startVA.rawValue, address.rawValue & ~0xFFF, "StartVa")
    try expect(try Int(view.byteOffset), address.offsetInPage, "ByteOffset")
    try expect(try Int(view.byteCount), byteCount, "ByteCount")
    return GuestPointer(mdl)
  }

  mutating func allocatePages() throws {
    guard expectations.hasPageAllocation,
      state.blocks.values.count(where: { $0.kind == .pages }) < 4
    else { return }
    let byteCount = number(1...8) * 4096
    let none = PhysicalAddress(rawValue: 0)
    let mdl = GuestPointer<MDL>(
      try calls.pointer(
        "MmAllocatePagesForMdl",
        none,
        PhysicalAddress(rawValue: 0xFFFF_FFFF),
        none,
        GuestWord(UInt64(byteCount))
      )
    )
    if mdl.isNull { throw Difference("no pages for \(byteCount) bytes") }
    try expect(try Int(calls.memory[mdl].byteCount), byteCount, "ByteCount")
    let block = state.newNumber()
    let bytes = [UInt8](repeating: 0, count: byteCount)
    state.blocks[block] = Block(kind: .pages, address: .null, process: nil, bytes: bytes)
    let list = List(mdl: mdl, block: block, offset: 0, byteCount: byteCount)
    state.lists[state.newNumber()] = list.with { $0.state = .pages }
  }

  mutating func freeRandomList() throws {
    guard let number = random(Array(state.lists.keys)) else { return }
    try remove(list: number)
  }

  mutating func remove(list number: Int) throws {
    try unmap(number)
    if state.lists[number]?.state == .locked { try unlock(number) }
    guard let list = state.lists[number] else { return }
    if list.state == .pages {
      try calls.call("MmFreePagesFromMdl", list.mdl)
      try calls.call("ExFreePool", list.mdl.address)
    } else {
      try calls.call("IoFreeMdl", list.mdl)
    }
    state.lists[number] = nil
    if let block = state.blocks[list.block], block.isFreed || list.state == .pages,
      !state.isDescribed(list.block)
    {
      state.blocks[list.block] = nil
    }
  }

  // Locks

  private func block(of list: List) -> Block? { state.blocks[list.block] }

  mutating func lockRandomList() throws {
    let lists = state.lists.filter { _, list in
      guard list.state == .fresh, let block = block(of: list), !block.isFreed else { return false }
      return block.process == nil || block.process == state.current
    }
    guard let number = random(Array(lists.keys)), let list = lists[number],
      let block = block(of: list)
    else { return }
    let mode: ProcessorMode = block.process == nil ? .kernel : .user
    let operation = LockOperation(rawValue: UInt32(self.number(0...2))) ?? .modify
    try calls.call("MmProbeAndLockPages", list.mdl, mode, operation)
    state.lists[number]?.state = .locked
    state.lists[number]?.operation = operation
  }

  /// Locks an address of another process, which raises an exception if nothing is there.
  mutating func lockElsewhere() throws {
    let lists = state.lists.filter { _, list in
      guard list.state == .fresh, let block = block(of: list), let owner = block.process,
        owner != state.current
      else { return false }
      let start = block.address + list.offset
      return state.userBlock(at: start, in: state.current) == nil
    }
    guard let number = random(Array(lists.keys)), let list = lists[number] else { return }
    do {
      try calls.call("MmProbeAndLockPages", list.mdl, ProcessorMode.user, LockOperation.read)
      throw Difference("pages of another process are locked")
    } catch let raised as RaisedStatus {
      try expect(raised.status, .accessViolation, "the status")
    }
  }

  mutating func unlockRandomList() throws {
    let locked = state.lists.filter { $0.value.state == .locked && $0.value.userMapping == nil }
    guard let number = random(Array(locked.keys)) else { return }
    try unlock(number)
  }

  /// Unlocks pages, which unmaps them from system space, too.
  private mutating func unlock(_ number: Int) throws {
    guard let list = state.lists[number] else { return }
    try calls.call("MmUnlockPages", list.mdl)
    state.lists[number]?.state = .fresh
    state.lists[number]?.systemAddress = nil
    guard let block = block(of: list), block.isFreed else { return }
    // What it saw is gone for good.
    try calls.call("IoFreeMdl", list.mdl)
    state.lists[number] = nil
    if !state.isDescribed(list.block) { state.blocks[list.block] = nil }
  }

  // Mappings

  mutating func mapForSystem() throws {
    let lists = state.lists.filter {
      $0.value.systemAddress == nil && ($0.value.state == .locked || $0.value.state == .pages)
    }
    guard let number = random(Array(lists.keys)), let list = lists[number] else { return }
    let (result, first) = try map(list, .kernel)
    state.lists[number]?.systemAddress = first
    state.lists[number]?.systemResult = result
    try expect(try calls.memory[list.mdl].mappedSystemVA, result, "MappedSystemVa")
  }

  mutating func mapForProcess() throws {
    guard state.current != 0 else { return }
    let lists = state.lists.filter { $0.value.userMapping == nil && $0.value.state != .fresh }
    guard let number = random(Array(lists.keys)), let list = lists[number] else { return }
    let (result, first) = try map(list, .user)
    state.lists[number]?.userMapping = (state.current, first, result)
  }

  /// Maps an MDL with one of the routines.
  ///
  /// - Returns: What the routine returns, and where the first byte should be.
  private mutating func map(
    _ list: List,
    _ mode: ProcessorMode
  ) throws -> (result: VirtualAddress, first: VirtualAddress) {
    let byteOffset = try Int(calls.memory[list.mdl].byteOffset)
    let result: VirtualAddress
    var includesOffset = expectations.mappedAddressIncludesOffset
    if expectations.hasSpecifyCache, Bool.random(using: &generator) {
      includesOffset = true
      result = try calls.pointer(
        "MmMapLockedPagesSpecifyCache",
        list.mdl,
        mode,
        UInt32(1),
        VirtualAddress.null,
        UInt32(0),
        UInt32(16)
      )
    } else {
      result = try calls.pointer("MmMapLockedPages", list.mdl, mode)
    }
    if result == .null { throw Difference("the mapping is NULL") }
    try expect(result.offsetInPage, includesOffset ? byteOffset : 0, "the offset of the mapping")
    try expect(
      result < calls.manager.layout.userProbeAddress,
      mode == .user,
      "whether the mapping is for user mode"
    )
    return (result, includesOffset ? result : result + byteOffset)
  }

  mutating func unmapRandomList() throws {
    guard let number = random(state.lists.filter(\.value.isMapped).map(\.key)) else { return }
    try unmap(number)
  }

  private mutating func unmap(_ number: Int) throws {
    guard let list = state.lists[number] else { return }
    if list.systemAddress != nil {
      try calls.call("MmUnmapLockedPages", list.systemResult, list.mdl)
      state.lists[number]?.systemAddress = nil
    }
    if let mapping = list.userMapping {
      try enter(mapping.process)
      try calls.call("MmUnmapLockedPages", mapping.result, list.mdl)
      try enter(state.current)
      state.lists[number]?.userMapping = nil
    }
  }

  /// Describes a part of what a locked MDL describes, looks at it, and forgets it again.
  mutating func describePart(mapping: Bool = false) throws {
    let lists = state.lists.filter { $0.value.state == .locked && !$0.value.isMapped }
    guard let number = random(Array(lists.keys)), let source = lists[number],
      let block = block(of: source)
    else { return }
    let skipped = self.number(0...source.byteCount - 1)
    let byteCount = self.number(1...source.byteCount - skipped)
    let address = block.address + (source.offset + skipped)
    let part = try allocateMDL(address, byteCount)
    try calls.call("IoBuildPartialMdl", source.mdl, part, address, UInt32(byteCount))
    try expect(try calls.memory[part].flags.contains(.partial), true, "MDL_PARTIAL")
    let list = List(
      mdl: part,
      block: source.block,
      offset: source.offset + skipped,
      byteCount: byteCount
    )
    if mapping {
      let (result, first) = try map(list, .kernel)
      try compare(at: first, list, 0..<byteCount, block)
      // IoFreeMdl removes the mapping of a partial MDL.
      if Bool.random(using: &generator) { try calls.call("MmUnmapLockedPages", result, part) }
    }
    try calls.call("IoFreeMdl", part)
  }
}

extension List {
  func with(_ change: (inout List) -> Void) -> List {
    var list = self
    change(&list)
    return list
  }
}
