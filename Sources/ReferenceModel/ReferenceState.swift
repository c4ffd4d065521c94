internal import GuestABI
internal import NTKernel
internal import NTStructures

/// Memory with an owner: its bytes are what its owner and whoever maps it should see.
struct Block {
  enum Kind: CaseIterable {
    /// Memory of a process.
    case user
    case nonpagedPool, pagedPool
    case contiguous
    /// Pages without an address, which belong to an MDL.
    case pages
  }

  let kind: Kind
  /// Where the first byte is; null for pages.
  let address: VirtualAddress
  /// The process whose memory it is.
  let process: Int?
  var bytes: [UInt8]
  /// Whether its owner has freed it; MDLs that lock it still see it.
  var isFreed = false

  var pageCount: Int { MDL.pageCount(from: address, byteCount: bytes.count) }
}

/// An MDL, and what was done with it.
struct List {
  enum State { case fresh, nonpaged, locked, pages }

  let mdl: GuestPointer<MDL>
  /// The block that it describes a part of, and the part.
  let block: Int
  let offset: Int
  let byteCount: Int
  var state = State.fresh
  var operation = LockOperation.read
  /// Where the first byte of the part is in system space.
  var systemAddress: VirtualAddress?
  /// What the routine that mapped it returned, which is what unmaps it.
  var systemResult = VirtualAddress.null
  /// The process that it is mapped into, and where the first byte of the part is.
  var userMapping: (process: Int, address: VirtualAddress, result: VirtualAddress)?

  var isMapped: Bool { systemAddress != nil || userMapping != nil }
}

/// What should be so: as little as can be said of blocks, MDLs and processes.
struct ReferenceState {
  var blocks: [Int: Block] = [:]
  var lists: [Int: List] = [:]
  /// The processes that run, by number; 0 is the system.
  var processes: [Int: Process] = [:]
  var current = 0
  private var lastNumber = 0

  mutating func newNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// The pages that a process has locked.
  func lockedPages(of process: Int) -> Int {
    lists.values.reduce(0) { sum, list in
      guard list.state == .locked, let block = blocks[list.block], block.process == process else {
        return sum
      }
      return sum + MDL.pageCount(from: block.address + list.offset, byteCount: list.byteCount)
    }
  }

  /// Whether any MDL describes a block.
  func isDescribed(_ block: Int) -> Bool { lists.values.contains { $0.block == block } }

  /// The live block of user memory at an address of the current process.
  func userBlock(at address: VirtualAddress, in process: Int) -> Int? {
    blocks.first { _, block in
      guard block.kind == .user, block.process == process, !block.isFreed else { return false }
      let start = block.address.rawValue & ~0xFFF
      return start <= address.rawValue && address.rawValue < start + UInt64(block.pageCount) * 4096
    }?.key
  }
}
