internal import NTStructures

/// The byte ranges of one file that are locked.
struct RangeLocks {
  /// One locked range.
  struct Lock: Equatable {
    let start: UInt64
    let byteCount: UInt64
    let isExclusive: Bool
    let key: UInt32
    /// The file object that locked it.
    let file: UInt64
    /// The process that locked it.
    let process: UInt64

    /// Whether a range has bytes in common with the locked one; an empty range has none, but lies
    /// within a lock that begins before it and ends after it.
    func overlaps(_ start: UInt64, _ byteCount: UInt64) -> Bool {
      guard byteCount > 0, self.byteCount > 0 else { return false }
      let (end, other) = (start &+ (byteCount - 1), self.start &+ (self.byteCount - 1))
      return start <= other && self.start <= end
    }

    func belongs(to file: UInt64, _ process: UInt64, _ key: UInt32) -> Bool {
      self.file == file && self.process == process && self.key == key
    }
  }

  /// The locks, the oldest first.
  private(set) var locks: [Lock] = []

  /// The ranges that may be locked in one file at a time, as a bound on the host's memory.
  static var limit: Int { 65_536 }

  var isEmpty: Bool { locks.isEmpty }

  /// Whether a range can be read: no one else has locked a part of it exclusively.
  func allowsRead(
    _ start: UInt64,
    _ byteCount: UInt64,
    file: UInt64,
    process: UInt64,
    key: UInt32
  ) -> Bool {
    !locks.contains {
      $0.isExclusive && $0.overlaps(start, byteCount) && !$0.belongs(to: file, process, key)
    }
  }

  /// Whether a range can be written: no part of it is locked, but exclusively by the writer.
  func allowsWrite(
    _ start: UInt64,
    _ byteCount: UInt64,
    file: UInt64,
    process: UInt64,
    key: UInt32
  ) -> Bool {
    !locks.contains {
      $0.overlaps(start, byteCount) && !($0.isExclusive && $0.belongs(to: file, process, key))
    }
  }

  /// Whether a range could be locked; not even its owner can lock a range again exclusively.
  func allows(_ lock: Lock) -> Bool {
    !locks.contains {
      (lock.isExclusive || $0.isExclusive) && $0.overlaps(lock.start, lock.byteCount)
    }
  }

  /// Adds a lock that is allowed.
  ///
  /// - Throws: ``Unmodelled`` if more ranges are locked than one file may have.
  mutating func add(_ lock: Lock) throws {
    guard locks.count < Self.limit else {
      throw Unmodelled("more than \(Self.limit) locked ranges of a file")
    }
    locks.append(lock)
  }

  /// Removes the lock of exactly this range.
  ///
  /// - Returns: The lock, or nil if there is none.
  mutating func remove(
    _ start: UInt64,
    _ byteCount: UInt64,
    file: UInt64,
    process: UInt64,
    key: UInt32
  ) -> Lock? {
    let index = locks.firstIndex {
      $0.start == start && $0.byteCount == byteCount && $0.belongs(to: file, process, key)
    }
    return index.map { locks.remove(at: $0) }
  }

  /// Removes the locks of a file object and process, with one key or with any.
  mutating func removeAll(file: UInt64, process: UInt64, key: UInt32? = nil) -> [Lock] {
    let removed = locks.filter {
      $0.file == file && $0.process == process && (key == nil || $0.key == key)
    }
    locks.removeAll { removed.contains($0) }
    return removed
  }

  /// Removes the locks of a file object.
  mutating func removeAll(file: UInt64) { locks.removeAll { $0.file == file } }
}
