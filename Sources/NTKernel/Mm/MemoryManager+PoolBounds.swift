internal import GuestABI

extension MemoryManager {
  /// What the bytes behind a driver's block hold, which nobody asked for.
  private static var slackByte: UInt8 { 0xFD }

  /// Fills the bytes behind a block, so that it is seen when they are written.
  func fillSlack(of address: VirtualAddress, in pool: Pool) {
    guard let block = pool.blocks[address] else { return }
    let slack = pool.slack(of: address, block)
    withHostBytes(of: slack) { bytes in
      for index in bytes.indices { bytes[index] = Self.slackByte }
    }
  }

  /// Checks what lies beside a block that a driver frees.
  ///
  /// - Throws: ``Unmodelled`` if a block's header was written: what a release makes of that is not
  ///   established for each.
  func checkBounds(of address: VirtualAddress, in pool: Pool) throws {
    guard let block = pool.blocks[address], block.caller != .null else { return }
    if reportWriteOutside(address, block, in: pool) {
      throw Unmodelled("a pool block whose header was written")
    }
  }

  /// Tells of writes to what lies beside a block.
  ///
  /// - Returns: Whether a header was written.
  func reportWriteOutside(_ address: VirtualAddress, _ block: Pool.Block, in pool: Pool) -> Bool {
    guard !isIntact(address, block, in: pool) else { return false }
    let slack = pool.slack(of: address, block)
    var past = 0
    withHostBytes(of: slack) { bytes in
      if let last = bytes.lastIndex(where: { $0 != Self.slackByte }) { past = last + 1 }
    }
    guard block.pageCount == 0 else {
      if past > 0 { reportOverrun(address, block, past) }
      fillSlack(of: address, in: pool)
      return false
    }
    let isNextWritten =
      slack.upperBound.offsetInPage != 0 && clearHeader(at: slack.upperBound, pool)
    if isNextWritten { past = max(past, slack.count + 1) }
    if past > 0 {
      reportOverrun(address, block, past)
      fillSlack(of: address, in: pool)
    }
    let header = address + -pool.headerSize
    guard clearHeader(at: header, pool) else { return isNextWritten }
    if let previous = pool.blocks.first(where: { pool.slack(of: $0, $1).upperBound == header }),
      previous.value.caller != .null, pool.slack(of: previous.key, previous.value).isEmpty
    {
      reportOverrun(previous.key, previous.value, 1)
    } else {
      report(
        .poolUnderrun,
        "bytes before the start of a block of \(block.byteCount) bytes of pool at \(address) were "
          + "written",
        about: address
      )
    }
    return true
  }

  /// Whether what lies beside a small block is as it was, which is nearly always so.
  private func isIntact(_ address: VirtualAddress, _ block: Pool.Block, in pool: Pool) -> Bool {
    guard block.pageCount == 0, let page = memory.tables.translate(address),
      memory.ram.contains(page.frame)
    else { return false }
    let slack = pool.slack(of: address, block)
    let host = UnsafeRawPointer(memory.ram.host(page.frame))
    let start = address.offsetInPage
    let end = start + Int(slack.upperBound.rawValue - address.rawValue)
    for offset in start + block.byteCount..<end
    where host.load(fromByteOffset: offset, as: UInt8.self) != Self.slackByte { return false }
    var bits: UInt64 = 0
    for offset in stride(from: 0, to: pool.headerSize, by: 8) {
      bits |= host.loadUnaligned(fromByteOffset: start - pool.headerSize + offset, as: UInt64.self)
      if end < 4096 { bits |= host.loadUnaligned(fromByteOffset: end + offset, as: UInt64.self) }
    }
    return bits == 0
  }

  private func reportOverrun(_ address: VirtualAddress, _ block: Pool.Block, _ byteCount: Int) {
    report(
      .poolOverrun,
      "bytes past the end of a block of \(block.byteCount) bytes of pool at \(address) were written, "
        + "up to \(byteCount) past it",
      about: address
    )
  }

  /// Makes a header all zero again, which it is as long as nobody writes to it.
  ///
  /// - Returns: Whether it was written.
  private func clearHeader(at address: VirtualAddress, _ pool: Pool) -> Bool {
    var isWritten = false
    withHostBytes(of: address..<address + pool.headerSize) { bytes in
      isWritten = bytes.contains { $0 != 0 }
      for index in bytes.indices { bytes[index] = 0 }
    }
    return isWritten
  }

  /// Calls a closure with the bytes behind a range that lies in one page, without being observed.
  private func withHostBytes(
    of range: Range<VirtualAddress>,
    _ body: (UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    let start = range.lowerBound
    guard !range.isEmpty, let page = memory.tables.translate(start), memory.ram.contains(page.frame)
    else { return }
    memory.ram.markDirty(page.frame)
    let host = memory.ram.host(page.frame) + start.offsetInPage
    let count = min(range.count, 4096 - start.offsetInPage)
    body(
      UnsafeMutableBufferPointer(
        start: host.assumingMemoryBound(to: UInt8.self),
        count: count
      )
    )
  }
}

extension Range<VirtualAddress> {
  /// The number of bytes.
  fileprivate var count: Int { Int(clamping: upperBound.rawValue &- lowerBound.rawValue) }
}
