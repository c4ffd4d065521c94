import GuestABI

/// A bitmap: `RTL_BITMAP`.
struct RTLBitmap: GuestStructure {
  /// The number of bits.
  let size = Field<UInt32>(x86: 0, x64: 0)
  /// The bits, in 32-bit words of which the lowest bit is first.
  let buffer = Field<VirtualAddress>(x86: 4, x64: 8)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 8 : 16 }
}

/// The bits of a bitmap in guest memory.
struct GuestBits {
  let memory: AddressSpace
  let buffer: VirtualAddress
  let count: Int

  init(_ bitmap: GuestPointer<RTLBitmap>, in memory: AddressSpace) throws(GuestFault) {
    self.memory = memory
    buffer = try memory[bitmap].buffer
    count = Int(try memory[bitmap].size)
  }

  /// Returns the index of the first bit in a range with a value, or the range's end.
  func first(_ value: Bool, in range: Range<Int>) throws(GuestFault) -> Int {
    var index = range.lowerBound
    while index < range.upperBound {
      let word = try memory.load(UInt32.self, at: buffer + index / 32 * 4)
      let matches = (value ? word : ~word) >> UInt32(index % 32)
      if matches != 0 { return min(index + matches.trailingZeroBitCount, range.upperBound) }
      index = (index / 32 + 1) * 32
    }
    return range.upperBound
  }

  /// Sets each bit of a range, which may lie past the bitmap's end as on Windows.
  func set(_ value: Bool, in range: Range<Int>) throws(GuestFault) {
    var index = range.lowerBound
    while index < range.upperBound {
      let place = buffer + index / 32 * 4
      let end = min((index / 32 + 1) * 32, range.upperBound)
      let ones = (UInt32.max >> UInt32(32 - (end - index))) << UInt32(index % 32)
      let word = try memory.load(UInt32.self, at: place)
      try memory.store(value ? word | ones : word & ~ones, at: place)
      index = end
    }
  }

  /// Returns the number of bits that are set.
  func setCount() throws(GuestFault) -> Int {
    var total = 0
    for start in stride(from: 0, to: count, by: 32) {
      let word = try memory.load(UInt32.self, at: buffer + start / 8)
      let ones = UInt32.max >> UInt32(max(0, 32 - (count - start)))
      total += (word & ones).nonzeroBitCount
    }
    return total
  }

  /// Returns the first run of bits with a value that is long enough and starts in a range.
  func run(of value: Bool, _ length: Int, startingIn range: Range<Int>) throws(GuestFault) -> Int? {
    var start = try first(value, in: range)
    while start < range.upperBound {
      let end = try first(!value, in: start..<min(start + length, count))
      if end - start == length { return start }
      start = try first(value, in: min(end, range.upperBound)..<range.upperBound)
    }
    return nil
  }
}
