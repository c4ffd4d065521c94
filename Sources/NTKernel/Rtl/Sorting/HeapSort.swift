import GuestABI

/// A sort of an array in guest memory, whose comparisons the guest makes.
///
/// It makes at most 2 n log n comparisons whatever they answer, so that a wrong comparison cannot keep it
/// from ending.
final class HeapSort {
  private let memory: AddressSpace
  private let base: VirtualAddress
  private let width: Int
  private let order: ElementOrder

  /// The elements before it form the heap.
  private var end: Int
  /// The next element to sift down while the heap is made, or -1.
  private var unsifted: Int
  /// The element that is being sifted down.
  private var root = 0

  init(memory: AddressSpace, base: VirtualAddress, count: Int, width: Int, order: ElementOrder) {
    self.memory = memory
    self.base = base
    self.width = width
    self.order = order
    end = count
    unsifted = count / 2 - 1
  }

  private func element(_ index: Int) -> VirtualAddress { base + index * width }

  /// Goes on until a comparison is to be made or the array is sorted.
  func run() throws -> Completion {
    root = unsifted
    return try sift()
  }

  private func next() throws -> Completion {
    if unsifted > 0 {
      unsifted -= 1
      root = unsifted
      return try sift()
    }
    unsifted = -1
    end -= 1
    guard end > 0 else { return .done }
    try swap(0, end)
    root = 0
    guard end > 1 else { return .done }
    return try sift()
  }

  /// Lets the root sink below its larger child while it is smaller.
  private func sift() throws -> Completion {
    let child = 2 * root + 1
    guard child < end else { return try next() }
    guard child + 1 < end else { return compareWithRoot(child) }
    return order.compare(element(child), element(child + 1)) { [self] result in
      compareWithRoot(result < 0 ? child + 1 : child)
    }
  }

  private func compareWithRoot(_ child: Int) -> Completion {
    order.compare(element(root), element(child)) { [self] result in
      guard result < 0 else { return try next() }
      try swap(root, child)
      root = child
      return 2 * root + 1 < end ? try sift() : try next()
    }
  }

  private func swap(_ first: Int, _ second: Int) throws(GuestFault) {
    let bytes = try memory.bytes(at: element(first), count: width)
    try memory.copy(from: element(second), to: element(first), count: width)
    try memory.store(bytes: bytes, at: element(second))
  }
}
