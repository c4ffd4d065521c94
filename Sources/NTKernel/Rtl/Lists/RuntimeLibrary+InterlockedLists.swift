import GuestABI
import NTStructures

/// Lists that are changed under a spin lock, which is left alone as for numbers.
extension RuntimeLibrary {
  /// The routines that both architectures export.
  var interlockedListExports: [Export] {
    [
      export("ExInterlockedAddUlong") {
        [self] (target: GuestPointer<UInt32>, value: UInt32, lock: VirtualAddress) in
        try change(target) { $0 &+ value }.old
      },
      export("ExInterlockedAddLargeInteger") {
        [self] (target: GuestPointer<UInt64>, value: UInt64, lock: VirtualAddress) in
        try change(target) { $0 &+ value }.old
      },
      export("ExInterlockedInsertHeadList", to: insertHead(_:_:lock:)),
      export("ExInterlockedInsertTailList", to: insertTail(_:_:lock:)),
      export("ExInterlockedRemoveHeadList", to: removeHead(_:lock:)),
      export("ExInterlockedPushEntryList", to: push(_:_:lock:)),
      export("ExInterlockedPopEntryList", to: pop(_:lock:)),
    ]
  }

  /// The same routines with arguments in registers, which only x86 exports.
  var x86ListExports: [Export] {
    [
      export("ExfInterlockedInsertHeadList", .fastcall, to: insertHead(_:_:lock:)),
      export("ExfInterlockedInsertTailList", .fastcall, to: insertTail(_:_:lock:)),
      export("ExfInterlockedRemoveHeadList", .fastcall, to: removeHead(_:lock:)),
      export("ExfInterlockedPushEntryList", .fastcall, to: push(_:_:lock:)),
      export("ExfInterlockedPopEntryList", .fastcall, to: pop(_:lock:)),
    ]
  }

  /// - Returns: The entry that was first, or null if the list was empty.
  private func insertHead(
    _ head: GuestPointer<ListEntry>,
    _ entry: GuestPointer<ListEntry>,
    lock: VirtualAddress
  ) throws -> GuestPointer<ListEntry> {
    let first = try memory[head].flink
    try check(first, isBetween: head, and: nil)
    try link(entry, between: head, and: first)
    return first == head ? GuestPointer(.null) : first
  }

  /// - Returns: The entry that was last, or null if the list was empty.
  private func insertTail(
    _ head: GuestPointer<ListEntry>,
    _ entry: GuestPointer<ListEntry>,
    lock: VirtualAddress
  ) throws -> GuestPointer<ListEntry> {
    let last = try memory[head].blink
    try check(last, isBetween: nil, and: head)
    try link(entry, between: last, and: head)
    return last == head ? GuestPointer(.null) : last
  }

  /// - Returns: The entry that was first, or null if the list was empty.
  private func removeHead(
    _ head: GuestPointer<ListEntry>,
    lock: VirtualAddress
  ) throws -> GuestPointer<ListEntry> {
    let first = try memory[head].flink
    guard first != head else { return GuestPointer(.null) }
    let second = try memory[first].flink
    try check(first, isBetween: head, and: second)
    try memory[head].store(second, in: \.flink)
    try memory[second].store(head, in: \.blink)
    return first
  }

  private func link(
    _ entry: GuestPointer<ListEntry>,
    between last: GuestPointer<ListEntry>,
    and next: GuestPointer<ListEntry>
  ) throws {
    try memory.modify(entry) {
      $0.flink = next
      $0.blink = last
    }
    try memory[last].store(entry, in: \.flink)
    try memory[next].store(entry, in: \.blink)
  }

  /// Checks the links around an entry: what a broken list leads to depends on the release.
  private func check(
    _ entry: GuestPointer<ListEntry>,
    isBetween last: GuestPointer<ListEntry>?,
    and next: GuestPointer<ListEntry>?
  ) throws {
    let isSound =
      if let last, let next {
        try memory[entry].blink == last && memory[next].blink == entry
      } else if let last {
        try memory[entry].blink == last
      } else {
        try next == nil || memory[entry].flink == next
      }
    guard isSound else { throw Unmodelled("a doubly linked list whose links disagree") }
  }

  /// - Returns: The entry that was first, or null if the list was empty.
  private func push(
    _ head: GuestPointer<VirtualAddress>,
    _ entry: GuestPointer<VirtualAddress>,
    lock: VirtualAddress
  ) throws -> VirtualAddress {
    let first = try memory.load(VirtualAddress.self, at: head.address)
    try memory.store(first, at: entry.address)
    try memory.store(entry.address, at: head.address)
    return first
  }

  /// - Returns: The entry that was first, or null if the list was empty.
  private func pop(
    _ head: GuestPointer<VirtualAddress>,
    lock: VirtualAddress
  ) throws -> VirtualAddress {
    let first = try memory.load(VirtualAddress.self, at: head.address)
    if first != .null {
      try memory.store(memory.load(VirtualAddress.self, at: first), at: head.address)
    }
    return first
  }
}
