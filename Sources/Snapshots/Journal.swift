/// Copies of the chunks of a block of memory as they were before their first change.
///
/// The owner of the memory tells of each first change; chunks that do not change cost nothing.
public struct Journal: ~Copyable {
  /// The bytes of a chunk.
  public let chunkSize: Int
  /// The chunks that changed since the state was saved or brought back, each once.
  public private(set) var changed: [Int] = []

  private let base: UnsafeMutableRawPointer
  private let copies: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let chunkCount: Int
  private var copied: [Int] = []

  /// Creates a journal of memory, in which nothing has changed yet.
  ///
  /// - Parameters:
  ///   - base: The memory, which must outlive the journal.
  ///   - chunkCount: The number of chunks.
  ///   - chunkSize: The bytes of each; the last one too.
  public init(of base: UnsafeMutableRawPointer, chunkCount: Int, chunkSize: Int) {
    self.base = base
    self.chunkCount = chunkCount
    self.chunkSize = chunkSize
    copies = .allocate(capacity: chunkCount)
    copies.initialize(repeating: nil, count: chunkCount)
  }

  deinit {
    for chunk in copied { copies[chunk]?.deallocate() }
    copies.deallocate()
  }

  /// Notes that a chunk is about to change for the first time since the state was saved or brought back.
  public mutating func willChange(_ chunk: Int) {
    changed.append(chunk)
    guard copies[chunk] == nil else { return }
    let copy = UnsafeMutableRawPointer.allocate(byteCount: chunkSize, alignment: 16)
    copy.copyMemory(from: base + chunk * chunkSize, byteCount: chunkSize)
    copies[chunk] = copy
    copied.append(chunk)
  }

  /// Returns what a chunk that changed held.
  public func original(of chunk: Int) -> UnsafeRawPointer? {
    copies[chunk].map { UnsafeRawPointer($0) }
  }

  /// Brings back what the chunks that changed held.
  ///
  /// - Parameter willRestore: What to do with each of them before.
  public mutating func rollBack(_ willRestore: (Int) -> Void) {
    for chunk in changed {
      guard let copy = copies[chunk] else { continue }
      willRestore(chunk)
      (base + chunk * chunkSize).copyMemory(from: copy, byteCount: chunkSize)
    }
    changed.removeAll(keepingCapacity: true)
  }
}
