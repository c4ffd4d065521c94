internal import GuestABI
internal import NTStructures

/// A sequenced list in guest memory: a stack with a depth, and a number that tells one state from the
/// next.
///
/// The corresponding C type is `SLIST_HEADER`, which is another on x86 than on x64.
struct SequencedList {
  let memory: AddressSpace
  let address: VirtualAddress

  private var isX86: Bool { memory.architecture == .x86 }
  private var head86: GuestPointer<SListHeader86> { GuestPointer(address) }
  private var head64: GuestPointer<SListHeader64> { GuestPointer(address) }

  /// The number of entries, as the header counts them.
  func depth() throws -> UInt16 {
    isX86
      ? try memory[head86].depth
      : UInt16(truncatingIfNeeded: try memory[head64].depthAndSequence)
  }

  /// The entry that was pushed last, or null.
  func first() throws -> VirtualAddress {
    isX86
      ? try memory[head86].next
      : VirtualAddress(rawValue: try memory[head64].next & ~0xF)
  }

  /// Adds an entry.
  ///
  /// - Returns: The entry that was the first, or null.
  @discardableResult
  func push(_ entry: VirtualAddress) throws -> VirtualAddress {
    let first = try first()
    try memory.store(first, at: entry)
    if isX86 {
      try memory.modify(head86) {
        $0.next = entry
        $0.depth &+= 1
        $0.sequence &+= 1
      }
    } else {
      try memory.modify(head64) {
        let state = $0.depthAndSequence
        $0.depthAndSequence = (state &+ 0x1_0000) & ~0xFFFF | (state &+ 1) & 0xFFFF
        $0.next = entry.rawValue | $0.next & 0xF
      }
    }
    return first
  }

  /// Removes the first entry.
  ///
  /// - Returns: The entry, or null if there is none.
  func pop() throws -> VirtualAddress {
    let first = try first()
    guard first != .null else { return .null }
    let second = try memory.load(VirtualAddress.self, at: first)
    if isX86 {
      try memory.modify(head86) {
        $0.next = second
        $0.depth &-= 1
      }
    } else {
      try memory.modify(head64) {
        let state = $0.depthAndSequence
        $0.depthAndSequence = state & ~0xFFFF | (state &- 1) & 0xFFFF
        $0.next = second.rawValue | $0.next & 0xF
      }
    }
    return first
  }

  /// Removes all entries.
  ///
  /// - Returns: What was the first, which leads to the others, or null.
  func flush() throws -> VirtualAddress {
    let first = try first()
    if isX86 {
      try memory.modify(head86) {
        $0.next = .null
        $0.depth = 0
      }
    } else {
      try memory.modify(head64) {
        $0.depthAndSequence &= ~0xFFFF
        $0.next &= 0xF
      }
    }
    return first
  }
}
