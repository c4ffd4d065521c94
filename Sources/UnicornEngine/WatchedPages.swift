internal import GuestABI

/// The places in a range of memory-mapped I/O that stand for watched pages.
struct WatchedPages {
  /// Where the range is in physical memory: above all memory that a machine has.
  static var base: UInt64 { 0x8_0000_0000 }
  /// The number of places.
  ///
  /// When they are used up, all translations are forgotten.
  static var count: Int { 1024 }
  static var byteCount: UInt64 { UInt64(count) * 4096 }

  private var pages: [VirtualAddress] = []
  private var frames: [FrameNumber] = []
  private var next = 0

  /// The access that is being carried out, as far as it is to come in parts.
  private var parts: Range<VirtualAddress>?
  /// The instruction that makes it.
  private var instruction: UInt64 = 0

  /// Gives a watched page a place.
  ///
  /// - Returns: Its physical address, and whether the translations made before must be forgotten.
  mutating func place(_ page: VirtualAddress, _ frame: FrameNumber) -> (
    physical: UInt64, wraps: Bool
  ) {
    let wraps = next == Self.count
    if wraps { next = 0 }
    if next == pages.count {
      pages.append(page)
      frames.append(frame)
    } else {
      pages[next] = page
      frames[next] = frame
    }
    defer { next += 1 }
    return (Self.base + UInt64(next) * 4096, wraps)
  }

  /// Finds what an offset in the range stands for.
  func resolve(_ offset: UInt64) -> (address: VirtualAddress, frame: FrameNumber)? {
    let place = Int(offset >> 12)
    guard place < pages.count else { return nil }
    return (pages[place] + Int(offset & 0xFFF), frames[place])
  }

  /// Notes that an instruction is about to read.
  mutating func beginRead(_ address: VirtualAddress, _ size: Int) {
    // A load that is not aligned reads the two aligned values that hold it.
    let before = Int(address.rawValue & UInt64(size - 1))
    let start = address + -before
    parts = start..<start + (before == 0 ? size : 2 * size)
  }

  /// Whether an aligned part that is read belongs to the access that was noted.
  ///
  /// If not, an access begins in a page that is not watched and ends in this one.
  mutating func isPartOfRead(_ address: VirtualAddress, _ size: Int) -> Bool {
    let part = address..<address + size
    guard let whole = parts, whole.overlaps(part) else { return address.offsetInPage != 0 }
    if part.upperBound >= whole.upperBound { parts = nil }
    return true
  }

  /// Notes that an instruction is about to write.
  ///
  /// - Returns: Whether this is a part of an access that was noted.
  mutating func beginWrite(_ address: VirtualAddress, _ size: Int, by instruction: UInt64) -> Bool {
    if size == 1, let rest = parts, rest.contains(address), instruction == self.instruction {
      parts = address + 1 < rest.upperBound ? address + 1..<rest.upperBound : nil
      return true
    }
    let isAligned = address.rawValue & UInt64(size - 1) == 0
    parts = isAligned ? nil : address..<address + size
    self.instruction = instruction
    return false
  }
}
