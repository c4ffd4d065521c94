internal import GuestABI

/// One pool: memory in blocks of any size.
///
/// Blocks smaller than a page are carved from pages by size and lie behind a header; larger ones are
/// whole pages. A freed block is the first to be used again, as on NT.
final class Pool {
  /// A block that is in use.
  struct Block {
    /// The bytes that were asked for.
    let byteCount: Int
    let tag: UInt32
    /// The pages of a block that is not smaller than one, or 0.
    let pageCount: Int
    /// Where the routine that allocated it returned to.
    let caller: VirtualAddress
  }

  /// A block that was freed and not used again.
  struct FreeBlock {
    let address: VirtualAddress
    /// What the block held when a driver freed it, or nil if the kernel did.
    let contents: Contents?
  }

  /// What a freed block held: enough to see that it was written since.
  struct Contents {
    let byteCount: Int
    let digest: UInt64
    /// Where the routine returned to that allocated it.
    let allocatedBy: VirtualAddress
    /// Where the routine returns to with which the driver freed it.
    let freedBy: VirtualAddress
  }

  /// The addresses of the pool.
  let region: PTERegion
  /// The unit in which sizes and addresses are counted, in bytes.
  let granularity: Int
  let headerSize: Int

  /// The blocks in use, by address.
  private(set) var blocks: [VirtualAddress: Block] = [:]
  private var freeBlocks: [[FreeBlock]]
  /// The blocks that drivers freed last, which are not used again yet, the oldest first.
  var quarantine: ArraySlice<FreeBlock> { quarantineStorage[oldestInQuarantine...] }
  private var quarantineStorage: [FreeBlock] = []
  /// How many blocks at the start of the storage may be used again.
  private var oldestInQuarantine = 0
  private var quarantinedByteCount = 0
  private var carved = VirtualAddress.null
  private var carvedEnd = VirtualAddress.null

  init(
    _ range: Range<VirtualAddress>,
    limit: Int,
    granularity: Int,
    _ architecture: Architecture
  ) {
    region = PTERegion(range, limit: limit)
    self.granularity = granularity
    headerSize = architecture == .x86 ? 8 : 16
    freeBlocks = Array(repeating: [], count: 4096 / granularity + 1)
  }

  /// Allocates a block.
  ///
  /// - Parameters:
  ///   - byteCount: The bytes that are asked for.
  ///   - tag: Four characters that name the owner.
  ///   - caller: Where the routine returns to that allocates it.
  ///   - beginsPage: Whether the block must begin a page.
  ///   - mapPages: Maps new pages, and says whether there were enough frames.
  ///   - check: Looks at a block that is about to be used again.
  ///   - forget: Is told of a block that may be used again from now on.
  /// - Returns: The block, or nil if the pool is exhausted.
  /// - Throws: What `mapPages` throws.
  func allocate(
    _ byteCount: Int,
    tag: UInt32,
    caller: VirtualAddress,
    beginsPage: Bool = false,
    mapPages: (VirtualAddress, Int) throws -> Bool,
    check: (FreeBlock) -> Void,
    forget: (FreeBlock) -> Void
  ) throws -> VirtualAddress? {
    guard byteCount <= region.limit * 4096 else { return nil }
    let pageLimit = 4096 - headerSize - granularity
    if byteCount > pageLimit || beginsPage {
      let pages = max(1, (byteCount + 4095) / 4096)
      guard let address = try newPages(pages, mapPages) else { return nil }
      blocks[address] = Block(byteCount: byteCount, tag: tag, pageCount: pages, caller: caller)
      return address
    }
    let units = units(byteCount)
    let address: VirtualAddress
    if let free = freeBlocks[units].popLast() {
      check(free)
      address = free.address
    } else {
      let size = units * granularity
      if UInt64(size) > carvedEnd.rawValue - carved.rawValue {
        guard let page = try newPages(1, mapPages) else {
          // The release's pool would not be used up yet.
          guard !quarantine.isEmpty else { return nil }
          while !quarantine.isEmpty { endQuarantineOfOldest(forget) }
          return try allocate(
            byteCount,
            tag: tag,
            caller: caller,
            mapPages: mapPages,
            check: check,
            forget: forget
          )
        }
        keepRemainder()
        carved = page
        carvedEnd = page + 4096
      }
      address = carved + headerSize
      carved = carved + size
    }
    blocks[address] = Block(byteCount: byteCount, tag: tag, pageCount: 0, caller: caller)
    return address
  }

  /// Frees a block.
  ///
  /// - Parameters:
  ///   - address: The block.
  ///   - contents: Returns what a block holds, if that is worth knowing; such a block is used
  ///     again as late as possible.
  ///   - forget: Is told of a block that may be used again from now on.
  /// - Returns: The block, whose pages the caller unmaps, or nil if there is none at the address.
  func free(
    _ address: VirtualAddress,
    contents: (Block) -> Contents?,
    forget: (FreeBlock) -> Void
  ) -> Block? {
    guard let block = blocks.removeValue(forKey: address) else { return nil }
    if block.pageCount == 0 {
      let contents = contents(block)
      let free = FreeBlock(address: address, contents: contents)
      guard let contents else {
        freeBlocks[units(block.byteCount)].append(free)
        return block
      }
      quarantineStorage.append(free)
      quarantinedByteCount += contents.byteCount
      while quarantine.count > Self.mostQuarantined
        || quarantinedByteCount > Self.mostQuarantinedBytes
      {
        endQuarantineOfOldest(forget)
      }
    }
    return block
  }

  /// How many freed blocks, and of how many bytes, are not used again yet.
  private static var mostQuarantined: Int { 128 }
  private static var mostQuarantinedBytes: Int { 64 << 10 }

  private func endQuarantineOfOldest(_ forget: (FreeBlock) -> Void) {
    let block = quarantineStorage[oldestInQuarantine]
    oldestInQuarantine += 1
    if oldestInQuarantine > Self.mostQuarantined {
      quarantineStorage.removeFirst(oldestInQuarantine)
      oldestInQuarantine = 0
    }
    let byteCount = block.contents?.byteCount ?? 0
    quarantinedByteCount -= byteCount
    freeBlocks[units(byteCount)].append(block)
    forget(block)
  }

  /// The units that a block of a size takes with its header.
  private func units(_ byteCount: Int) -> Int {
    (max(byteCount, 1) + headerSize + granularity - 1) / granularity
  }

  /// Returns the block that was freed at an address and not used again, or nil.
  func freedBlock(at address: VirtualAddress) -> FreeBlock? {
    if let last = quarantineStorage.last, last.address == address { return last }
    return quarantine.first { $0.address == address }
  }

  /// The bytes behind a block, up to where the next may begin, that nobody asked for.
  func slack(of address: VirtualAddress, _ block: Block) -> Range<VirtualAddress> {
    let end = address + block.byteCount
    if block.pageCount > 0 { return end..<address + block.pageCount * 4096 }
    return end..<address + (units(block.byteCount) * granularity - headerSize)
  }

  /// Looks at each block that was freed and not used again.
  func forEachFreeBlock(_ body: (FreeBlock) -> Void) {
    quarantine.forEach(body)
    for blocks in freeBlocks { blocks.forEach(body) }
  }

  private func newPages(
    _ count: Int,
    _ mapPages: (VirtualAddress, Int) throws -> Bool
  ) throws -> VirtualAddress? {
    guard let address = try region.reserve(count, owner: nil) else { return nil }
    var isMapped = false
    defer { if !isMapped { region.release(address, count) } }
    isMapped = try mapPages(address, count)
    return isMapped ? address : nil
  }

  /// Makes what is left of a page a free block of its size.
  private func keepRemainder() {
    let units = Int(carvedEnd.rawValue - carved.rawValue) / granularity
    if units * granularity > headerSize {
      freeBlocks[units].append(FreeBlock(address: carved + headerSize, contents: nil))
    }
  }
}
