public import GuestABI
internal import Snapshots

/// What every page frame is used for, and how often it is referenced.
///
/// Frames are given out in an order that the seed decides and in which none is followed by its
/// neighbour, as long as another is free, so that code which assumes contiguous pages fails.
public final class PFNDatabase {
  /// What a frame is used for.
  public enum Use: UInt8, Sendable, BitwiseCopyable {
    case free, reserved, pageTable, kernelImage, driverImage, stack, nonpagedPool, pagedPool, user
    case contiguous, mdlPages, systemCache
  }

  /// The memory that the frames divide.
  public let ram: GuestRAM

  /// The frames that are not in use.
  public private(set) var freeCount: Int

  private let uses: JournaledBuffer<Use>
  private let references: JournaledBuffer<UInt16>
  private let isStacked: JournaledBuffer<Bool>
  /// The page that each frame was allocated for, or 0.
  private let pages: JournaledBuffer<UInt64>
  /// The number of each frame's ``CachingType``, or 255.
  let cachingTypes: JournaledBuffer<UInt8>
  private var returned: [FrameNumber] = []
  private var cursor: UInt64 = 0
  /// The frame behind the one that was given out last.
  private var neighbour: FrameNumber?
  private let stride: UInt64
  private let start: UInt64

  /// Creates a database in which only the frames that the hardware reserves are in use.
  ///
  /// - Parameters:
  ///   - ram: The memory, at least 2 MiB.
  ///   - seed: What decides the order of frames.
  public init(ram: GuestRAM, seed: UInt64) {
    self.ram = ram
    let count = ram.frameCount
    uses = JournaledBuffer(repeating: .free, count: count)
    references = JournaledBuffer(repeating: 0, count: count)
    isStacked = JournaledBuffer(repeating: false, count: count)
    pages = JournaledBuffer(repeating: 0, count: count)
    cachingTypes = JournaledBuffer(
      repeating: UInt8(CachingType.cached.rawValue),
      count: count
    )
    freeCount = count
    var generator = SeededGenerator(seed: seed)
    // Steps of about a third of memory, coprime to its size, visit each frame once.
    var stride = UInt64(count) / 3 + generator.next() % 1024
    while Self.greatestCommonDivisor(stride, UInt64(count)) != 1 { stride += 1 }
    self.stride = stride
    start = generator.next() % UInt64(count)
    // Page 0, and the hole that PCs have below 1 MiB for video memory and firmware.
    for frame in [0...0, 0x9F...0xFF].joined() where frame < count {
      uses[frame] = .reserved
      freeCount -= 1
    }
  }

  /// Records the page that a frame was allocated for.
  func setPage(_ page: VirtualAddress, of frame: FrameNumber) {
    if ram.contains(frame) { pages[Int(frame)] = page.rawValue }
  }

  /// Returns the page that a frame was allocated for, or nil if it is free or was allocated for none.
  func page(of frame: FrameNumber) -> VirtualAddress? {
    guard ram.contains(frame), uses[Int(frame)] != .free, pages[Int(frame)] != 0 else { return nil }
    return VirtualAddress(rawValue: pages[Int(frame)])
  }

  private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }

  /// Takes a frame, whose contents are undefined.
  ///
  /// - Returns: The frame, or nil if none is free.
  public func allocate(_ use: Use) -> FrameNumber? {
    guard var frame = nextFree() else { return nil }
    if frame == neighbour, let other = nextFree(), other != frame {
      giveBack(frame)
      frame = other
    }
    neighbour = frame + 1
    return take(frame, use)
  }

  /// Finds a frame that is free, and passes it.
  private func nextFree() -> FrameNumber? {
    while let frame = returned.popLast() {
      isStacked[Int(frame)] = false
      if uses[Int(frame)] == .free { return frame }
    }
    let count = UInt64(ram.frameCount)
    while cursor < count {
      let frame = FrameNumber((start + cursor * stride) % count)
      cursor += 1
      if uses[Int(frame)] == .free { return frame }
    }
    return nil
  }

  private func giveBack(_ frame: FrameNumber) {
    guard !isStacked[Int(frame)] else { return }
    isStacked[Int(frame)] = true
    returned.append(frame)
  }

  /// Takes a frame that is all zero.
  public func allocateZeroed(_ use: Use) -> FrameNumber? {
    guard let frame = allocate(use) else { return nil }
    // A frame that was never written is zero already, and need not be committed.
    if ram.isWritten(frame) { ram.fill(frame) }
    return frame
  }

  /// Takes frames that follow each other.
  ///
  /// - Parameters:
  ///   - count: How many; at least 1.
  ///   - range: The frames that will do.
  ///   - alignment: A power of two of frames that the first is a multiple of.
  ///   - use: What the frames are used for.
  /// - Returns: The first frame, or nil if there is no such run.
  public func allocateContiguous(
    _ count: Int,
    in range: Range<Int>,
    alignment: Int = 1,
    _ use: Use
  ) -> FrameNumber? {
    let limit = min(range.upperBound, ram.frameCount)
    var first = (range.lowerBound + alignment - 1) & ~(alignment - 1)
    while first + count <= limit {
      guard let taken = (first..<first + count).last(where: { uses[$0] != .free }) else {
        for frame in first..<first + count { _ = take(FrameNumber(frame), use) }
        return FrameNumber(first)
      }
      first = (taken + alignment) & ~(alignment - 1)
    }
    return nil
  }

  func take(_ frame: FrameNumber, _ use: Use) -> FrameNumber {
    uses[Int(frame)] = use
    references[Int(frame)] = 1
    cachingTypes[Int(frame)] = UInt8(CachingType.cached.rawValue)
    freeCount -= 1
    return frame
  }

  /// Returns what a frame is used for; frames that do not exist are reserved.
  public func use(of frame: FrameNumber) -> Use {
    ram.contains(frame) ? uses[Int(frame)] : .reserved
  }

  /// Returns how often a frame is referenced: by its owner, and by each lock.
  public func referenceCount(of frame: FrameNumber) -> Int {
    ram.contains(frame) ? Int(references[Int(frame)]) : 0
  }

  /// Adds a reference to a frame that is in use, as locking it does.
  public func reference(_ frame: FrameNumber) {
    guard ram.contains(frame), references[Int(frame)] < .max else { return }
    references[Int(frame)] += 1
  }

  /// Removes a reference; a frame without any is free.
  public func dereference(_ frame: FrameNumber) {
    guard ram.contains(frame), references[Int(frame)] > 0 else { return }
    references[Int(frame)] -= 1
    guard references[Int(frame)] == 0 else { return }
    uses[Int(frame)] = .free
    freeCount += 1
    giveBack(frame)
  }
}
