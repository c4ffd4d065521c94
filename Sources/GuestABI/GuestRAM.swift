public import Snapshots

#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// The guest's physical memory: one host mapping, divided into page frames.
///
/// The host commits a frame when something first touches it, so memory that a guest never uses
/// costs nothing. Every write, by the guest or by the host on its behalf, marks its frame dirty.
public final class GuestRAM: StateSaving {
  /// The number of bytes in a page frame.
  @inlinable public static var frameSize: Int { 4096 }

  /// The number of page frames.
  public let frameCount: Int

  /// The frames written since ``clearDirtyFrames()``, each once, in the order of their first write.
  public private(set) var dirtyFrames: [FrameNumber] = []

  /// The frames that held fetched code when the host wrote to them, for an engine to forget.
  public private(set) var modifiedCodeFrames: [FrameNumber] = []
  /// Whether ``modifiedCodeFrames`` has any.
  public private(set) var hasModifiedCode = false

  /// Where the first frame is in the host's memory.
  public let base: UnsafeMutableRawPointer

  @usableFromInline let marks: UnsafeMutablePointer<Mark>

  /// What is remembered of a frame.
  @usableFromInline
  struct Mark: OptionSet {
    @usableFromInline let rawValue: UInt8
    @usableFromInline init(rawValue: UInt8) { self.rawValue = rawValue }
    @usableFromInline static var dirty: Self { Self(rawValue: 1) }
    @usableFromInline static var fetched: Self { Self(rawValue: 2) }
    @usableFromInline static var pageTable: Self { Self(rawValue: 4) }
    @usableFromInline static var written: Self { Self(rawValue: 8) }
    /// Written since the state was saved or brought back.
    static var journaled: Self { Self(rawValue: 16) }
  }

  private var journal: Journal?
  /// The marks of the frames in the journal, as they were when the state was saved.
  private var savedMarks: [FrameNumber: Mark] = [:]

  /// Creates memory that is all zero.
  ///
  /// - Parameter byteCount: The size, which is rounded up to whole frames.
  /// - Throws: ``OutOfHostMemory`` if the host refuses the address space.
  public init(byteCount: Int) throws(OutOfHostMemory) {
    frameCount = (byteCount + Self.frameSize - 1) / Self.frameSize
    let mapping = mmap(
      nil,
      frameCount * Self.frameSize,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE),
      -1,
      0
    )
    guard let mapping, mapping != MAP_FAILED else {
      throw OutOfHostMemory(byteCount: frameCount * Self.frameSize)
    }
    base = mapping
    marks = .allocate(capacity: frameCount)
    marks.initialize(repeating: [], count: frameCount)
    dirtyFrames.reserveCapacity(256)
  }

  deinit {
    munmap(base, frameCount * Self.frameSize)
    marks.deallocate()
  }

  /// Returns the first byte of a frame.
  @inlinable
  @inline(__always)
  public func host(_ frame: FrameNumber) -> UnsafeMutableRawPointer {
    base + Int(frame) &* Self.frameSize
  }

  /// Whether a frame exists.
  @inlinable
  @inline(__always)
  public func contains(_ frame: FrameNumber) -> Bool { Int(frame) < frameCount }

  /// Records that a frame is about to be written.
  @inlinable
  @inline(__always)
  public func markDirty(_ frame: FrameNumber) {
    if !marks[Int(frame)].contains(.dirty) { addDirty(frame) }
  }

  @usableFromInline
  func addDirty(_ frame: FrameNumber) {
    willChange(frame)
    marks[Int(frame)].formUnion([.dirty, .written])
    dirtyFrames.append(frame)
  }

  /// Whether a frame was ever written; one that was not is all zero.
  public func isWritten(_ frame: FrameNumber) -> Bool { marks[Int(frame)].contains(.written) }

  /// Starts a new list of dirty frames.
  public func clearDirtyFrames() {
    for frame in dirtyFrames { marks[Int(frame)].remove(.dirty) }
    dirtyFrames.removeAll(keepingCapacity: true)
  }

  /// Whether an engine has ever fetched instructions from a frame.
  @inlinable
  @inline(__always)
  public func isFetched(_ frame: FrameNumber) -> Bool { marks[Int(frame)].contains(.fetched) }

  /// Records that an engine fetches instructions from a frame.
  ///
  /// Use ``AddressSpace/markFetched(_:)``, which also forgets cached writable translations.
  func markFetched(_ frame: FrameNumber) { marks[Int(frame)].insert(.fetched) }

  /// Records that the host changed code.
  func noteModifiedCode(_ frame: FrameNumber) {
    if modifiedCodeFrames.last != frame { modifiedCodeFrames.append(frame) }
    hasModifiedCode = true
  }

  /// Starts a new list of modified code frames.
  public func clearModifiedCodeFrames() {
    modifiedCodeFrames.removeAll(keepingCapacity: true)
    hasModifiedCode = false
  }

  /// Whether a frame holds a page table.
  @inlinable
  public func isPageTable(_ frame: FrameNumber) -> Bool { marks[Int(frame)].contains(.pageTable) }

  /// Records that a frame holds a page table.
  public func markPageTable(_ frame: FrameNumber) {
    guard !isPageTable(frame) else { return }
    willChange(frame)
    marks[Int(frame)].insert(.pageTable)
    pageTableFrames.append(frame)
  }

  /// Records that a frame no longer holds a page table.
  public func unmarkPageTable(_ frame: FrameNumber) {
    guard isPageTable(frame) else { return }
    willChange(frame)
    marks[Int(frame)].remove(.pageTable)
    pageTableFrames.removeAll { $0 == frame }
  }

  /// The frames that hold page tables.
  private var pageTableFrames: [FrameNumber] = []

  /// Records that a processor is about to walk page tables by itself, which sets bits in their entries.
  public func markPageTablesDirty() {
    for frame in pageTableFrames { markDirty(frame) }
  }

  /// Fills a frame with one byte.
  public func fill(_ frame: FrameNumber, with byte: UInt8 = 0) {
    markDirty(frame)
    host(frame).initializeMemory(as: UInt8.self, repeating: byte, count: Self.frameSize)
  }

  private func willChange(_ frame: FrameNumber) {
    guard journal != nil, !marks[Int(frame)].contains(.journaled) else { return }
    journal?.willChange(Int(frame))
    if savedMarks[frame] == nil { savedMarks[frame] = marks[Int(frame)] }
    marks[Int(frame)].insert(.journaled)
  }

  /// Remembers the content of all frames, copying each before it is first written.
  ///
  /// Whoever caches writable translations must forget them, so that the next write is noted:
  /// ``AddressSpace/saveState()`` sees to it.
  public func saveState() -> () -> Void {
    clearDirtyFrames()
    journal?.changed.forEach { marks[$0].remove(.journaled) }
    journal = Journal(of: base, chunkCount: frameCount, chunkSize: Self.frameSize)
    savedMarks = [:]
    return { [unowned self, pageTableFrames] in
      rollBack()
      self.pageTableFrames = pageTableFrames
    }
  }

  private func rollBack() {
    clearDirtyFrames()
    for chunk in journal?.changed ?? [] {
      let frame = FrameNumber(chunk)
      let isFetched = isFetched(frame)
      // Code that changed and is brought back must be translated anew.
      if isFetched, let original = journal?.original(of: chunk),
        memcmp(host(frame), original, Self.frameSize) != 0
      {
        noteModifiedCode(frame)
      }
      marks[chunk] = savedMarks[frame] ?? []
      // An engine that has fetched from the frame goes on to be told of changes.
      if isFetched { marks[chunk].insert(.fetched) }
    }
    journal?.rollBack { _ in }
  }
}

/// The host has no address space left for a guest's memory.
public struct OutOfHostMemory: Error, Sendable, CustomStringConvertible {
  /// The bytes that were asked for.
  public let byteCount: Int

  public var description: String { "the host cannot provide \(byteCount) bytes of guest memory" }
}
