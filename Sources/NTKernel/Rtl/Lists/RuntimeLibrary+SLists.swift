import GuestABI
import NTStructures

/// Sequenced lists, on which routines and inline code of drivers work together.
extension RuntimeLibrary {
  private func list(_ head: VirtualAddress) -> SequencedList {
    SequencedList(memory: memory, address: head)
  }

  var x86SListExports: [Export] {
    [
      export("ExInterlockedPushEntrySList", .fastcall) {
        [self] (head: VirtualAddress, entry: VirtualAddress, lock: VirtualAddress) in
        try list(head).push(entry)
      },
      export("ExInterlockedPopEntrySList", .fastcall) {
        [self] (head: VirtualAddress, lock: VirtualAddress) in try list(head).pop()
      },
      export("InterlockedPushEntrySList", .fastcall) {
        [self] (head: VirtualAddress, entry: VirtualAddress) in try list(head).push(entry)
      },
      export("InterlockedPopEntrySList", .fastcall) {
        [self] (head: VirtualAddress) in try list(head).pop()
      },
      export("ExInterlockedFlushSList", .fastcall) {
        [self] (head: VirtualAddress) in try list(head).flush()
      },
    ]
  }

  var x64SListExports: [Export] {
    [
      export("InitializeSListHead") { [self] (head: GuestPointer<SListHeader64>) in
        try checkAlignment(head.address, "InitializeSListHead")
        try memory.modify(head) {
          $0.depthAndSequence = 0
          $0.next = 0
        }
      },
      export("ExQueryDepthSList") { [self] (head: VirtualAddress) in try list(head).depth() },
      export("ExpInterlockedPushEntrySList") {
        [self] (head: VirtualAddress, entry: VirtualAddress) in
        try checkAlignment(head, "ExpInterlockedPushEntrySList")
        try checkAlignment(entry, "ExpInterlockedPushEntrySList")
        return try list(head).push(entry)
      },
      export("ExpInterlockedPopEntrySList") {
        [self] (head: VirtualAddress) in try list(head).pop()
      },
      export("ExpInterlockedFlushSList") {
        [self] (head: VirtualAddress) in try list(head).flush()
      },
    ]
  }

  private func checkAlignment(_ address: VirtualAddress, _ routine: String) throws {
    guard address.rawValue % 16 == 0 else {
      throw Unmodelled("\(routine): an address that is not a multiple of 16")
    }
  }
}
