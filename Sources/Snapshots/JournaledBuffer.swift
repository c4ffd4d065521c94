#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// A fixed number of plain values, of which a ``Snapshot`` copies only what changes.
public final class JournaledBuffer<Element: BitwiseCopyable>: StateSaving {
  /// The number of values.
  public let count: Int

  @usableFromInline let base: UnsafeMutablePointer<Element>
  /// For each chunk, whether a change needs not be noted.
  @usableFromInline let isNoted: UnsafeMutablePointer<Bool>
  @usableFromInline let chunkShift: Int
  private let chunkCount: Int
  private var journal: Journal?

  /// Creates a buffer of equal values.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - count: How many.
  public init(repeating value: Element, count: Int) {
    self.count = count
    // Chunks of about 512 bytes.
    var shift = 0
    while MemoryLayout<Element>.stride << shift < 512 { shift += 1 }
    chunkShift = shift
    chunkCount = (count + 1 << shift - 1) >> shift
    base = Self.allocate(repeating: value, count: chunkCount << shift)
    isNoted = .allocate(capacity: chunkCount)
    isNoted.initialize(repeating: true, count: chunkCount)
  }

  /// Allocates memory for values, of which the host commits only what is touched if they are zero.
  private static func allocate(
    repeating value: Element,
    count: Int
  ) -> UnsafeMutablePointer<Element> {
    let isZero = Swift.withUnsafeBytes(of: value) { $0.allSatisfy { $0 == 0 } }
    guard isZero, let zeroed = calloc(count, MemoryLayout<Element>.stride) else {
      guard let memory = malloc(count * MemoryLayout<Element>.stride) else {
        preconditionFailure("The host has no memory left")
      }
      let values = memory.bindMemory(to: Element.self, capacity: count)
      values.initialize(repeating: value, count: count)
      return values
    }
    return zeroed.bindMemory(to: Element.self, capacity: count)
  }

  deinit {
    free(base)
    isNoted.deallocate()
  }

  /// The value at an index, which must be less than ``count``.
  @inlinable
  @inline(__always)
  public subscript(index: Int) -> Element {
    get { base[index] }
    set {
      if !isNoted[index &>> chunkShift] { note(index &>> chunkShift) }
      base[index] = newValue
    }
  }

  @usableFromInline
  func note(_ chunk: Int) {
    isNoted[chunk] = true
    journal?.willChange(chunk)
  }

  /// Calls a closure with the bytes of all values.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride))
  }

  public func saveState() -> () -> Void {
    let chunkSize = MemoryLayout<Element>.stride << chunkShift
    journal = Journal(
      of: UnsafeMutableRawPointer(base),
      chunkCount: chunkCount,
      chunkSize: chunkSize
    )
    isNoted.update(repeating: false, count: chunkCount)
    return { [unowned self] in journal?.rollBack { self.isNoted[$0] = false } }
  }
}
