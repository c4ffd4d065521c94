import GuestABI
import NTKernel

/// Pool memory that is never given out twice.
final class BumpPool: PoolAllocator {
  /// The blocks that were not freed.
  private(set) var live: Set<VirtualAddress> = []
  /// Whether every allocation fails.
  var isExhausted = false

  private var next: VirtualAddress
  private let end: VirtualAddress

  init(from start: VirtualAddress, to end: VirtualAddress) {
    next = start
    self.end = end
  }

  func allocatePool(_ byteCount: Int, _ type: PoolType, tag: UInt32) -> VirtualAddress? {
    let size = (byteCount + 31) / 16 * 16
    guard !isExhausted, next + size <= end else { return nil }
    defer { next = next + size }
    live.insert(next)
    return next
  }

  func freePool(_ address: VirtualAddress) throws {
    guard live.remove(address) != nil else {
      throw BugCheck(BugCheck.Code(rawValue: 0xC2), 7)
    }
  }
}
