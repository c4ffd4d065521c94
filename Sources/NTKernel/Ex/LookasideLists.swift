internal import GuestABI
internal import NTStructures

/// A list of free blocks of one size, and the routines that make and free them.
///
/// The corresponding C type is `GENERAL_LOOKASIDE`, which drivers' inline routines read.
struct GeneralLookaside: GuestStructure {
  /// The start of an `SLIST_HEADER`.
  let listHead = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  let depth = Field<UInt16>(x86: 0x08, x64: 0x10)
  let maximumDepth = Field<UInt16>(x86: 0x0A, x64: 0x12)
  let totalAllocates = Field<UInt32>(x86: 0x0C, x64: 0x14)
  let allocateMisses = Field<UInt32>(x86: 0x10, x64: 0x18)
  let totalFrees = Field<UInt32>(x86: 0x14, x64: 0x1C)
  let freeMisses = Field<UInt32>(x86: 0x18, x64: 0x20)
  let type = Field<UInt32>(x86: 0x1C, x64: 0x24)
  let tag = Field<UInt32>(x86: 0x20, x64: 0x28)
  let size = Field<UInt32>(x86: 0x24, x64: 0x2C)
  let allocate = Field<VirtualAddress>(x86: 0x28, x64: 0x30)
  let free = Field<VirtualAddress>(x86: 0x2C, x64: 0x38)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 72 : 128 }
}

/// Lookaside lists: blocks of one size that are kept for the next who needs one.
final class LookasideLists {
  let memory: AddressSpace
  let manager: MemoryManager
  let addressOfExport: (String) throws -> VirtualAddress
  var lists: Set<GuestPointer<GeneralLookaside>> = []
  /// The lists whose routines also get the list: `LOOKASIDE_LIST_EX`.
  var extendedLists: Set<GuestPointer<GeneralLookaside>> = []

  /// Creates a table without lists.
  init(
    manager: MemoryManager,
    addressOfExport: @escaping (String) throws -> VirtualAddress
  ) {
    memory = manager.memory
    self.manager = manager
    self.addressOfExport = addressOfExport
  }

  /// The routines that drivers import.
  var exports: [Export] {
    let kinds: [(name: String, type: PoolType)] = [("NPaged", .nonpaged), ("Paged", .paged)]
    return kinds.flatMap { name, type in
      [
        export("ExInitialize\(name)LookasideList") {
          [self]
          (
            list: GuestPointer<GeneralLookaside>,
            allocate: VirtualAddress,
            free: VirtualAddress,
            flags: UInt32,
            size: GuestWord,
            tag: UInt32,
            depth: UInt16
          ) in
          try initialize(list, allocate, free, type.rawValue | flags, size, tag)
        },
        export("ExDelete\(name)LookasideList", to: delete(_:)),
      ]
    } + extendedExports + [
      export("ExAllocateFromPagedLookasideList", to: allocate(from:)),
      export("ExFreeToPagedLookasideList", to: free(to:_:)),
    ]
  }

  /// Sets a list up.
  ///
  /// The depth that a driver proposes is reserved. A list starts with a depth of 4; the kernel raises
  /// it as time shows the need, up to 256, which this machine does not do.
  private func initialize(
    _ list: GuestPointer<GeneralLookaside>,
    _ allocate: VirtualAddress,
    _ free: VirtualAddress,
    _ type: UInt32,
    _ size: GuestWord,
    _ tag: UInt32
  ) throws {
    guard memory.architecture == .x86 || list.address.rawValue % 16 == 0 else {
      throw Unmodelled("a lookaside list at an address that is not a multiple of 16")
    }
    extendedLists.remove(list)
    let allocate =
      allocate == .null ? try addressOfExport("ExAllocatePoolWithTag") : allocate
    let free = free == .null ? try addressOfExport("ExFreePool") : free
    try memory.fill(at: list.address, count: GeneralLookaside.size(on: memory.architecture))
    try memory.modify(list) { list in
      list.depth = 4
      list.maximumDepth = 256
      list.type = type
      list.tag = tag
      list.size = UInt32(truncatingIfNeeded: size.rawValue)
      list.allocate = allocate
      list.free = free
    }
    lists.insert(list)
  }

  /// Frees the blocks that a list keeps.
  func delete(_ list: GuestPointer<GeneralLookaside>) throws -> Completion {
    guard lists.remove(list) != nil else {
      throw Unmodelled("ExDeleteLookasideList: a list that is not initialized")
    }
    return try drain(list)
  }

  /// Frees the blocks that a list keeps, one after the other.
  func drain(_ list: GuestPointer<GeneralLookaside>) throws -> Completion {
    while case let entry = try blocks(of: list).pop(), entry != .null {
      if case .call(let call, _) = try release(entry, of: list) {
        return .call(call) { [self] _ in try drain(list) }
      }
    }
    return .done
  }

  private func allocate(from list: GuestPointer<GeneralLookaside>) throws -> Completion {
    let view = memory[list]
    try view.store(view.totalAllocates &+ 1, in: \.totalAllocates)
    let entry = try blocks(of: list).pop()
    guard entry == .null else { return .returned(entry) }
    try view.store(view.allocateMisses &+ 1, in: \.allocateMisses)
    let routine = try view.allocate
    let (type, size, tag) = try (view.type, view.size, view.tag)
    guard try routine == addressOfExport("ExAllocatePoolWithTag") else {
      let call = GuestCall(routine, UInt64(type), UInt64(size), UInt64(tag))
      return .call(call, then: { .value($0) })
    }
    guard type & ~1 == 0 else {
      throw Unmodelled("ExAllocateFromPagedLookasideList with pool type \(type)")
    }
    let caller = manager.context.caller
    let pool = PoolType(rawValue: type)
    let block = try manager.allocatePool(Int(size), pool, tag: tag, caller: caller)
    return .returned(block ?? .null)
  }

  private func free(
    to list: GuestPointer<GeneralLookaside>,
    _ entry: VirtualAddress
  ) throws -> Completion {
    let view = memory[list]
    try view.store(view.totalFrees &+ 1, in: \.totalFrees)
    guard try blocks(of: list).depth() < view.depth else {
      try view.store(view.freeMisses &+ 1, in: \.freeMisses)
      return try release(entry, of: list)
    }
    try blocks(of: list).push(entry)
    return .done
  }

  /// Frees a block by the list's routine.
  private func release(
    _ entry: VirtualAddress,
    of list: GuestPointer<GeneralLookaside>
  ) throws -> Completion {
    let routine = try memory[list].free
    if extendedLists.contains(list) { return try releaseExtended(entry, of: list, routine) }
    guard try routine == addressOfExport("ExFreePool") else {
      return .call(GuestCall(routine, entry.rawValue), then: { _ in .done })
    }
    try manager.freePool(entry)
    return .done
  }

  /// The list of free blocks, which begins the structure.
  func blocks(of list: GuestPointer<GeneralLookaside>) -> SequencedList {
    SequencedList(memory: memory, address: list.address)
  }
}
