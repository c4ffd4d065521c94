internal import GuestABI
internal import NTKernel
internal import NTStructures

extension RandomActs {
  /// A place at which a block can be seen in the current process: its own address, or a mapping.
  private struct View {
    let block: Int
    /// Where the byte of the block with this number is.
    let address: VirtualAddress
    let bytes: Range<Int>
  }

  /// Where blocks can be seen; what is locked with `IoReadAccess` may not be written through a mapping.
  private func views(forWriting: Bool) -> [View] {
    var views: [View] = []
    for number in state.blocks.keys.sorted() {
      guard let block = state.blocks[number], !block.isFreed, block.kind != .pages,
        block.process == nil || block.process == state.current
      else { continue }
      views.append(View(block: number, address: block.address, bytes: 0..<block.bytes.count))
    }
    for number in state.lists.keys.sorted() {
      guard let list = state.lists[number] else { continue }
      if forWriting, list.state == .locked, list.operation == .read { continue }
      let bytes = list.offset..<list.offset + list.byteCount
      if let address = list.systemAddress {
        views.append(View(block: list.block, address: address, bytes: bytes))
      }
      if let mapping = list.userMapping, mapping.process == state.current {
        views.append(View(block: list.block, address: mapping.address, bytes: bytes))
      }
    }
    return views
  }

  /// Some bytes of something that can be seen.
  private mutating func someBytes(forWriting: Bool) -> (view: View, bytes: Range<Int>)? {
    guard let view = views(forWriting: forWriting).randomElement(using: &generator) else {
      return nil
    }
    let first = number(view.bytes.lowerBound...view.bytes.upperBound - 1)
    let last = number(first...min(first + 300, view.bytes.upperBound - 1))
    // The first and the last byte are those that are missed most easily.
    let start = Int.random(in: 0..<4, using: &generator) == 0 ? view.bytes.lowerBound : first
    return (view, start..<min(start + (last - first) + 1, view.bytes.upperBound))
  }

  mutating func writeSomewhere() throws {
    guard let (view, bytes) = someBytes(forWriting: true) else { return }
    let stamp = UInt8(truncatingIfNeeded: count)
    let data = bytes.map { UInt8(truncatingIfNeeded: $0) &+ stamp }
    let place = view.address + (bytes.lowerBound - view.bytes.lowerBound)
    try calls.memory.store(bytes: data, at: place)
    state.blocks[view.block]?.bytes.replaceSubrange(bytes, with: data)
  }

  mutating func readSomewhere() throws {
    guard let (view, bytes) = someBytes(forWriting: false), let block = state.blocks[view.block]
    else { return }
    let place = view.address + (bytes.lowerBound - view.bytes.lowerBound)
    let seen = try calls.memory.bytes(at: place, count: bytes.count)
    try expect(seen, Array(block.bytes[bytes]), "what is read at \(place)")
  }

  /// Compares a part of what an MDL shows with the block.
  func compare(
    at address: VirtualAddress,
    _ list: List,
    _ bytes: Range<Int>,
    _ block: Block
  ) throws {
    let seen = try calls.memory.bytes(at: address + bytes.lowerBound, count: bytes.count)
    let expected = block.bytes[list.offset + bytes.lowerBound..<list.offset + bytes.upperBound]
    try expect(seen == Array(expected), true, "whether the mapping at \(address) shows the block")
  }
}
