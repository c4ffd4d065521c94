internal import GuestABI
internal import NTKernel
internal import NTStructures

/// One kind of act.
///
/// What cannot be done at the moment does nothing.
struct Act: Sendable {
  let name: String
  let body: @Sendable (inout RandomActs) throws -> Void

  init(_ name: String, _ body: @escaping @Sendable (inout RandomActs) throws -> Void) {
    self.name = name
    self.body = body
  }

  /// Every act, more often those that should be done more often.
  static let all: [Act] =
    [
      Act("start a process") { try $0.startProcess() },
      Act("end a process") { try $0.endRandomProcess() },
      Act("end a process with locked pages") { try $0.endProcessWithLockedPages() },
      Act("lock in another process") { try $0.lockElsewhere() },
      Act("allocate pages") { try $0.allocatePages() },
      Act("describe a part") { try $0.describePart() },
      Act("describe and map a part") { try $0.describePart(mapping: true) },
      Act("free a block") { try $0.freeRandomBlock() },
      Act("free an MDL") { try $0.freeRandomList() },
      Act("free an MDL") { try $0.freeRandomList() },
    ]
    + Array(repeating: Act("change the process") { try $0.changeProcess() }, count: 2)
    + Array(repeating: Act("allocate a block") { try $0.allocateBlock() }, count: 3)
    + Array(repeating: Act("allocate an MDL") { try $0.allocateList() }, count: 4)
    + Array(repeating: Act("lock") { try $0.lockRandomList() }, count: 5)
    + Array(repeating: Act("unlock") { try $0.unlockRandomList() }, count: 2)
    + Array(repeating: Act("map for the system") { try $0.mapForSystem() }, count: 5)
    + Array(repeating: Act("map for a process") { try $0.mapForProcess() }, count: 3)
    + Array(repeating: Act("unmap") { try $0.unmapRandomList() }, count: 3)
    + Array(repeating: Act("write") { try $0.writeSomewhere() }, count: 6)
    + Array(repeating: Act("read") { try $0.readSomewhere() }, count: 6)
}

extension RandomActs {
  /// A random number of a block or list that can take part.
  mutating func random(_ numbers: [Int]) -> Int? {
    // The order of a dictionary differs from run to run.
    numbers.sorted().randomElement(using: &generator)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  // Processes

  func enter(_ number: Int) throws {
    guard let process = state.processes[number] else { return }
    try calls.kernel.processes.enter(process)
  }

  mutating func startProcess() throws {
    guard state.processes.count < 4 else { return }
    state.processes[state.newNumber()] = try calls.kernel.processes.makeProcess()
  }

  mutating func changeProcess() throws {
    guard let number = random(Array(state.processes.keys)) else { return }
    state.current = number
    try enter(number)
  }

  mutating func endRandomProcess() throws {
    let free = state.processes.keys.filter { $0 != 0 && state.lockedPages(of: $0) == 0 }
    // A process should live long enough to be used.
    guard number(0...7) == 0 else { return }
    guard let number = random(Array(free)) else { return }
    try endProcess(number)
  }

  /// Ends a process without locked pages: its memory is gone, and so is what was mapped into it.
  mutating func endProcess(_ number: Int) throws {
    guard let process = state.processes[number] else { return }
    for (key, list) in state.lists where list.userMapping?.process == number {
      state.lists[key]?.userMapping = nil
      expectedViolations += 1
    }
    try enter(number)
    try calls.kernel.processes.exit(process)
    state.processes[number] = nil
    state.current = 0
    for (key, block) in state.blocks where block.process == number { free(block, key) }
  }

  mutating func endProcessWithLockedPages() throws {
    let locked = state.processes.keys.filter { $0 != 0 && state.lockedPages(of: $0) > 0 }
    guard let number = random(Array(locked)), let process = state.processes[number] else { return }
    let lists = state.lists.values.filter {
      $0.state == .locked && state.blocks[$0.block]?.process == number
    }
    expectedViolations += lists.count
    guard expectations.processExitStops else { return try endProcess(number) }
    try enter(number)
    do {
      try calls.kernel.processes.exit(process)
      throw Difference("a process with locked pages ends")
    } catch let stop as BugCheck {
      try expect(stop.code, .processHasLockedPages, "the bug check")
      try expect(stop.parameters[2], UInt64(state.lockedPages(of: number)), "the number of pages")
    }
    try enter(state.current)
  }

  // Blocks

  mutating func allocateBlock() throws {
    let kinds: [Block.Kind] = [.user, .user, .user, .nonpagedPool, .pagedPool, .contiguous]
    let kind = kinds[number(0...kinds.count - 1)]
    guard state.blocks.values.count(where: { $0.kind == kind }) < (kind == .user ? 16 : 4) else {
      return
    }
    let byteCount = number(1...[64, 6000, 30_000][number(0...2)])
    var address = VirtualAddress.null
    switch kind {
    case .user:
      guard state.current != 0 else { return }
      let offset = number(0...4095)
      address = try calls.manager.allocateUserBuffer(byteCount, byteOffset: offset)
    case .nonpagedPool, .pagedPool:
      let type = PoolType(rawValue: kind == .pagedPool ? 1 : 0)
      address = try calls.pointer("ExAllocatePool", type, GuestWord(UInt64(byteCount)))
    case .contiguous:
      address = try calls.pointer(
        "MmAllocateContiguousMemory",
        GuestWord(UInt64(byteCount)),
        PhysicalAddress(rawValue: 0xFFFF_FFFF)
      )
      try checkContiguity(address, byteCount)
    case .pages: break
    }
    guard address != .null else { throw Difference("no memory for \(byteCount) bytes of \(kind)") }
    try calls.memory.fill(at: address, count: byteCount)
    let bytes = [UInt8](repeating: 0, count: byteCount)
    let process = kind == .user ? state.current : nil
    state.blocks[state.newNumber()] =
      Block(kind: kind, address: address, process: process, bytes: bytes)
  }

  private func checkContiguity(_ address: VirtualAddress, _ byteCount: Int) throws {
    let first = calls.manager.physicalAddress(of: address)
    for offset in stride(from: 0, to: byteCount, by: 4096) {
      let frame = calls.manager.physicalAddress(of: address + offset)
      try expect(frame.rawValue, first.rawValue + UInt64(offset), "the physical address")
    }
  }

  /// Takes a block away from its owner, which MDLs that lock it do not notice.
  private mutating func free(_ block: Block, _ number: Int) {
    if state.isDescribed(number) {
      state.blocks[number]?.isFreed = true
    } else {
      state.blocks[number] = nil
    }
  }

  mutating func freeRandomBlock() throws {
    let free = state.blocks.filter { number, block in
      guard !block.isFreed else { return false }
      // An application may free what a driver has locked; a driver may not.
      return block.kind == .user ? block.process == state.current : !state.isDescribed(number)
    }
    guard let number = random(Array(free.keys)), free[number]?.kind != .pages else { return }
    try remove(block: number)
  }

  mutating func remove(block number: Int) throws {
    guard let block = state.blocks[number], !block.isFreed else { return }
    switch block.kind {
    case .user:
      if let process = block.process { try enter(process) }
      calls.manager.freeUserBuffer(block.address)
      try enter(state.current)
    case .nonpagedPool, .pagedPool: try calls.call("ExFreePool", block.address)
    case .contiguous: try calls.call("MmFreeContiguousMemory", block.address)
    case .pages: return
    }
    free(block, number)
  }
}
