import GuestABI
import NTStructures

/// Sequenced lists: stacks with a depth, and a number that tells one state from the next.
extension RuntimeLibrary {
  var x86SListExports: [Export] {
    [
      export("ExInterlockedPushEntrySList", .fastcall) {
        [self]
        (
          head: GuestPointer<SListHeader86>,
          entry: GuestPointer<VirtualAddress>,
          lock: VirtualAddress
        ) in
        try push(head, entry)
      },
      export("ExInterlockedPopEntrySList", .fastcall) {
        [self] (head: GuestPointer<SListHeader86>, lock: VirtualAddress) in try pop(head)
      },
      export("InterlockedPushEntrySList", .fastcall, to: push(_:_:)),
      export("InterlockedPopEntrySList", .fastcall, to: pop(_:)),
      export("ExInterlockedFlushSList", .fastcall) { [self] (head: GuestPointer<SListHeader86>) in
        let first = try memory[head].next
        try memory.modify(head) {
          $0.next = .null
          $0.depth = 0
        }
        return first
      },
    ]
  }

  private func push(
    _ head: GuestPointer<SListHeader86>,
    _ entry: GuestPointer<VirtualAddress>
  ) throws -> VirtualAddress {
    let first = try memory[head].next
    try memory.store(first, at: entry.address)
    try memory.modify(head) {
      $0.next = entry.address
      $0.depth &+= 1
      $0.sequence &+= 1
    }
    return first
  }

  private func pop(_ head: GuestPointer<SListHeader86>) throws -> VirtualAddress {
    let first = try memory[head].next
    guard first != .null else { return .null }
    let second = try memory.load(VirtualAddress.self, at: first)
    try memory.modify(head) {
      $0.next = second
      $0.depth &-= 1
    }
    return first
  }
}

extension RuntimeLibrary {
  var x64SListExports: [Export] {
    [
      export("InitializeSListHead") { [self] (head: GuestPointer<SListHeader64>) in
        try checkAlignment(head.address, "InitializeSListHead")
        try memory.modify(head) {
          $0.depthAndSequence = 0
          $0.next = 0
        }
      },
      export("ExQueryDepthSList") { [self] (head: GuestPointer<SListHeader64>) in
        UInt16(truncatingIfNeeded: try memory[head].depthAndSequence)
      },
      export("ExpInterlockedPushEntrySList") {
        [self] (head: GuestPointer<SListHeader64>, entry: GuestPointer<VirtualAddress>) in
        try checkAlignment(head.address, "ExpInterlockedPushEntrySList")
        try checkAlignment(entry.address, "ExpInterlockedPushEntrySList")
        let first = try first(of: head)
        try memory.store(first, at: entry.address)
        try memory.modify(head) {
          let state = $0.depthAndSequence
          $0.depthAndSequence = (state &+ 0x1_0000) & ~0xFFFF | (state &+ 1) & 0xFFFF
          $0.next = entry.address.rawValue | $0.next & 0xF
        }
        return first
      },
      export("ExpInterlockedPopEntrySList") { [self] (head: GuestPointer<SListHeader64>) in
        let first = try first(of: head)
        guard first != .null else { return first }
        let second = try memory.load(UInt64.self, at: first)
        try memory.modify(head) {
          let state = $0.depthAndSequence
          $0.depthAndSequence = state & ~0xFFFF | (state &- 1) & 0xFFFF
          $0.next = second | $0.next & 0xF
        }
        return first
      },
      export("ExpInterlockedFlushSList") { [self] (head: GuestPointer<SListHeader64>) in
        let first = try first(of: head)
        try memory.modify(head) {
          $0.depthAndSequence &= ~0xFFFF
          $0.next &= 0xF
        }
        return first
      },
    ]
  }

  private func first(of head: GuestPointer<SListHeader64>) throws -> VirtualAddress {
    VirtualAddress(rawValue: try memory[head].next & ~0xF)
  }

  private func checkAlignment(_ address: VirtualAddress, _ routine: String) throws {
    guard address.rawValue % 16 == 0 else {
      throw Unmodelled("\(routine): an address that is not a multiple of 16")
    }
  }
}
